//! One question to the scheduler from a command that supervises nobody: asked, and waited for no longer than it may take.

use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::commands::Commands;
use crate::model::{ChildExit, Instant, Signal};
use crate::scheduler::{Call, End, Output};
use crate::sys;

/// How long an end is waited for at a time once nothing can be read any more.
const AGAIN: Duration = Duration::from_millis(5);

/// Runs a command to its end, at the longest as long as the call allows.
pub fn ask(call: &Call) -> Output {
    let mut commands = Commands::default();
    if let Err((_, output)) = commands.start(sys::now().instant, call, Box::new(|_, _| {})) {
        return output;
    }
    let pid = commands.pids().first().copied();
    loop {
        commands.read();
        if let Some(pid) = pid
            && !reap(&mut commands, pid)
        {
            return Output { end: End::Unread, stdout: Vec::new(), stderr: Vec::new() };
        }
        let now = sys::now().instant;
        commands.expire(now);
        if let Some((_, output)) = commands.take_finished() {
            return output;
        }
        wait(&commands, now);
    }
}

/// Takes note of the end; `false` where it cannot be told: whoever started this process has the ends of its children
/// thrown away (SIGCHLD ignored), or it died of a signal without a name.
fn reap(commands: &mut Commands, pid: i32) -> bool {
    let exit = match waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG)) {
        Ok(WaitStatus::Exited(_, code)) => ChildExit::Code(code),
        Ok(WaitStatus::Signaled(_, signal, _)) => {
            ChildExit::Signal(Signal::from_number(signal as i32).unwrap_or(Signal::KILL))
        }
        Ok(_) | Err(Errno::EINTR) => return true,
        Err(_) => return false,
    };
    commands.exited(pid, exit);
    true
}

fn wait(commands: &Commands, now: Instant) {
    let mut fds: Vec<PollFd<'_>> =
        commands.pipes().map(|pipe| PollFd::new(pipe, PollFlags::POLLIN)).collect();
    let left = commands.deadline().map_or(Duration::ZERO, |deadline| deadline.since(now));
    let left = if fds.is_empty() { left.min(AGAIN) } else { left };
    let timeout = PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
    // An interruption is as good as news.
    let _ = poll(&mut fds, timeout);
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::said("echo yes; echo no >&2; exit 3", End::Exited(3), "yes\n")]
    #[case::nothing("exit 0", End::Exited(0), "")]
    #[case::died("kill -9 $$", End::Killed(Signal::KILL), "")]
    #[case::much("head -c 200000 /dev/zero | tr '\\0' x", End::Exited(0), &"x".repeat(200_000))]
    #[case::too_long("echo half; exec sleep 1000", End::TimedOut, "half\n")]
    fn answers(#[case] script: &str, #[case] end: End, #[case] said: &str) {
        let timeout = if end == End::TimedOut { Duration::from_millis(500) } else { Duration::from_mins(5) };
        let argv = ["/bin/sh", "-c", script].map(OsString::from).to_vec();
        let output = ask(&Call { argv, timeout, environment: Vec::new(), max_output: 1 << 20 });
        assert_eq!((output.end, String::from_utf8(output.stdout).unwrap().as_str()), (end, said));
    }

    #[test]
    fn a_command_that_is_not_there_is_told() {
        let argv = vec!["/nowhere/scontrol".into()];
        let call = Call { argv, timeout: Duration::from_mins(5), environment: Vec::new(), max_output: 10 };
        assert_eq!(ask(&call).end, End::NotStarted { errno: libc::ENOENT });
    }
}
