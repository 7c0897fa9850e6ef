//! Marks by which one process is told from all others, and whether it still lives.
//!
//! Reads `/proc` and nothing else. A process id alone says little: it is used again, and means another process in another
//! namespace or on another node.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

/// One process, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessMark {
    /// The node's name.
    pub host: String,
    /// Its process id.
    pub pid: u32,
    /// When it started, in clock ticks since boot (`/proc/PID/stat`, field 22).
    pub start_ticks: u64,
    /// The kernel's id of this boot; `None`: not readable.
    #[serde(default)]
    pub boot_id: Option<String>,
    /// The namespace that its id belongs to; `None`: not readable.
    #[serde(default)]
    pub pid_namespace: Option<String>,
}

/// Whether a process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It does.
    Alive,
    /// It does not.
    Dead,
    /// It cannot be told from here.
    Unknown,
}

impl ProcessMark {
    /// This process.
    pub fn current() -> Self {
        let pid = std::process::id();
        Self {
            host: nix::unistd::gethostname().unwrap_or_default().to_string_lossy().into_owned(),
            pid,
            start_ticks: read_stat(pid).ok().flatten().map_or(0, |stat| stat.start_ticks),
            boot_id: fs::read_to_string("/proc/sys/kernel/random/boot_id")
                .ok()
                .map(|id| id.trim().to_owned()),
            pid_namespace: fs::read_link("/proc/self/ns/pid")
                .ok()
                .map(|ns| ns.to_string_lossy().into_owned()),
        }
    }

    /// Whether this process lives, as seen from `here`.
    pub fn life(&self, here: &Self) -> Life {
        let (Some(theirs), Some(ours)) = (&self.boot_id, &here.boot_id) else {
            return Life::Unknown;
        };
        if theirs != ours {
            // The node was booted since, unless the name is one that many nodes share.
            let telling = !self.host.is_empty() && !self.host.starts_with("localhost");
            return if telling && self.host == here.host { Life::Dead } else { Life::Unknown };
        }
        // From inside another namespace a living process cannot be seen.
        if self.pid_namespace.is_none() || self.pid_namespace != here.pid_namespace {
            return Life::Unknown;
        }
        match read_stat(self.pid) {
            Ok(None) => Life::Dead,
            Ok(Some(stat)) if stat.ended || stat.start_ticks != self.start_ticks => Life::Dead,
            Ok(Some(_)) => Life::Alive,
            Err(_) => Life::Unknown,
        }
    }
}

struct Stat {
    ended: bool,
    start_ticks: u64,
}

/// What `/proc/PID/stat` says; `None`: no such process.
fn read_stat(pid: u32) -> io::Result<Option<Stat>> {
    judge_stat(fs::read(format!("/proc/{pid}/stat")), || fs::exists("/proc/self/stat"))
}

fn judge_stat(
    read: io::Result<Vec<u8>>,
    proc_is_there: impl FnOnce() -> io::Result<bool>,
) -> io::Result<Option<Stat>> {
    match read {
        Ok(text) => {
            parse_stat(&String::from_utf8_lossy(&text)).map(Some).ok_or(io::ErrorKind::InvalidData.into())
        }
        // Without /proc every process would seem gone.
        Err(error) if error.kind() == io::ErrorKind::NotFound && proc_is_there()? => Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The name, in parentheses, may hold anything, parentheses and blanks too; all after it are plain fields (proc(5)).
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    let start_ticks = fields.nth(18)?.parse().ok()?;
    Some(Stat { ended: matches!(state, "Z" | "X" | "x"), start_ticks })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn edited(edit: impl FnOnce(&mut ProcessMark)) -> ProcessMark {
        let mut mark = ProcessMark::current();
        edit(&mut mark);
        mark
    }

    #[rstest]
    #[case::itself(edited(|_| {}), Life::Alive)]
    #[case::id_used_again(edited(|m| m.start_ticks += 1), Life::Dead)]
    #[case::gone(edited(|m| m.pid = u32::MAX), Life::Dead)]
    #[case::rebooted(edited(|m| m.boot_id = Some("x".into())), Life::Dead)]
    #[case::other_node(edited(|m| { m.boot_id = Some("x".into()); m.host = "n2".into(); }), Life::Unknown)]
    #[case::no_boot_id(edited(|m| m.boot_id = None), Life::Unknown)]
    #[case::other_namespace(edited(|m| m.pid_namespace = Some("pid:[1]".into())), Life::Unknown)]
    #[case::renamed_host(edited(|m| m.host = "container".into()), Life::Alive)]
    fn judges_what_it_can_see(#[case] mark: ProcessMark, #[case] life: Life) {
        assert_eq!(mark.life(&ProcessMark::current()), life);
    }

    #[test]
    fn nodes_that_share_a_name_are_not_told_apart() {
        let here = edited(|mark| mark.host = "localhost".into());
        let there = edited(|mark| {
            mark.host = "localhost".into();
            mark.boot_id = Some("x".into());
        });
        assert_eq!(there.life(&here), Life::Unknown);
    }

    #[rstest]
    #[case::plain("1 (a) S 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 777 0", Some((false, 777)))]
    #[case::odd_name("1 (a) b) (c) Z 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 777 0", Some((true, 777)))]
    #[case::short("1 (a) S 1", None)]
    #[case::rubbish("", None)]
    fn stat_lines(#[case] text: &str, #[case] expected: Option<(bool, u64)>) {
        assert_eq!(parse_stat(text).map(|stat| (stat.ended, stat.start_ticks)), expected);
    }

    #[rstest]
    #[case::gone(libc::ENOENT, true, true)]
    #[case::gone_while_it_is_read(libc::ESRCH, true, true)]
    #[case::no_proc(libc::ENOENT, false, false)]
    #[case::hidden(libc::EACCES, true, false)]
    fn only_a_proc_that_is_there_says_that_a_process_is_gone(
        #[case] errno: i32,
        #[case] proc_is_there: bool,
        #[case] gone: bool,
    ) {
        let stat = judge_stat(Err(io::Error::from_raw_os_error(errno)), || Ok(proc_is_there));
        assert_eq!(matches!(stat, Ok(None)), gone);
        assert!(gone || stat.is_err());
    }
}
