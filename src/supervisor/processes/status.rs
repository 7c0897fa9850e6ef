//! One process: its signal masks and its place in the tree (proc(5)).

use std::fs;

use crate::model::Signal;

/// Number of a process.
pub type Pid = i32;

/// What a process does with signals, one bit a signal as [`Signal::bit`] gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignalState {
    /// It has a handler for these.
    pub caught: u64,
    /// It ignores these.
    pub ignored: u64,
    /// Its main thread blocks these.
    pub blocked: u64,
}

impl SignalState {
    /// Whether it has a handler for the signal, so that sending it does not kill.
    pub fn catches(self, signal: Signal) -> bool {
        self.caught & signal.bit() != 0
    }
}

/// Where a process stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Its parent.
    pub ppid: Pid,
    /// Its process group.
    pub pgrp: Pid,
    /// Its session.
    pub session: Pid,
    /// When it started, in clock ticks since boot. With the number it names a process for good.
    pub start_ticks: u64,
    /// Its state as one letter: `R`, `S`, `D`, `T`, `Z`, `X`.
    pub state: char,
}

/// What a process does with signals now; `None`: there is no such process, or it cannot be seen.
pub fn signal_state(pid: Pid) -> Option<SignalState> {
    parse_signals(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// Where a process stands now; `None`: there is no such process, or it cannot be seen.
pub fn stat(pid: Pid) -> Option<Stat> {
    // The name in it is bytes of the program's choice.
    parse_stat(&String::from_utf8_lossy(&fs::read(format!("/proc/{pid}/stat")).ok()?))
}

fn parse_signals(text: &str) -> Option<SignalState> {
    let mask = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        u64::from_str_radix(line.trim(), 16).ok()
    };
    Some(SignalState { caught: mask("SigCgt:")?, ignored: mask("SigIgn:")?, blocked: mask("SigBlk:")? })
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name may hold blanks, brackets and line ends; only what follows its last bracket is safe to split.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let ppid = fields.next()?.parse().ok()?;
    let pgrp = fields.next()?.parse().ok()?;
    let session = fields.next()?.parse().ok()?;
    // Start time is the 22nd field of all, the session the 6th.
    let start_ticks = fields.nth(15)?.parse().ok()?;
    Some(Stat { ppid, pgrp, session, start_ticks, state })
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the shell sets its signal state by itself")]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("(sleep)", true)]
    #[case("(a) R 1 2 3 (b)", true)]
    #[case("(tmux: server)", true)]
    #[case("()", true)]
    #[case("(a\nb)", true)]
    #[case("sleep", false)]
    fn names_do_not_confuse(#[case] name: &str, #[case] parses: bool) {
        let text = format!("42 {name} S 7 8 9 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 5 6 7");
        let expected = Stat { ppid: 7, pgrp: 8, session: 9, start_ticks: 12345, state: 'S' };
        assert_eq!(parse_stat(&text), parses.then_some(expected));
    }

    #[rstest]
    #[case("")]
    #[case("42 (x)")]
    #[case("42 (x) S 1 2 3")]
    #[case("42 (x) S a 2 3 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345")]
    fn torn(#[case] text: &str) {
        assert_eq!(parse_stat(text), None);
    }

    #[rstest]
    #[case("SigBlk:\t0000000000010000\nSigIgn:\t0\nSigCgt:\t0000000000004202\n", Some((0x4202, 0, 0x10000)))]
    #[case("SigBlk:\t0\nSigIgn:\t0\n", None)]
    #[case("SigBlk:\tx\nSigIgn:\t0\nSigCgt:\t0\n", None)]
    fn masks(#[case] text: &str, #[case] expected: Option<(u64, u64, u64)>) {
        let expected = expected.map(|(caught, ignored, blocked)| SignalState { caught, ignored, blocked });
        assert_eq!(parse_signals(text), expected);
    }

    #[test]
    fn a_shell_that_traps() {
        let script = "trap 'true' USR1; trap '' USR2; echo ready; read line";
        let mut shell = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        let pid = i32::try_from(shell.id()).unwrap();
        let state = signal_state(pid).unwrap();
        assert!(state.catches(Signal::USR1) && !state.catches(Signal::USR2) && !state.catches(Signal::HUP));
        assert_ne!(state.ignored & Signal::USR2.bit(), 0);
        let place = stat(pid).unwrap();
        assert_eq!(place.ppid, i32::try_from(std::process::id()).unwrap());
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert_eq!((signal_state(pid), stat(pid)), (None, None));
    }
}
