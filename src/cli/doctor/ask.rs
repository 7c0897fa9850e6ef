//! One command of Slurm's, run to its end or to its time limit, without a supervisor around it.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, AsRawFd as _};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, pipe2};

use crate::model::{Instant, Signal};
use crate::scheduler::{Call, End, MAX_ERRORS, Output};
use crate::sys::{self, Dispositions, SpawnError, SpawnRequest};

/// How long at the most is waited before the command is looked at again.
const TURN: u16 = 20;

struct Capture {
    pipe: Option<File>,
    bytes: Vec<u8>,
    limit: usize,
    broken: bool,
}

impl Capture {
    fn read(&mut self) {
        let mut buffer = [0_u8; 16 * 1024];
        let Some(pipe) = &mut self.pipe else { return };
        match pipe.read(&mut buffer) {
            Ok(0) => self.pipe = None,
            Ok(count) => {
                // One byte over the limit shows the parser that there was too much.
                let room = (self.limit + 1).saturating_sub(self.bytes.len());
                self.bytes.extend_from_slice(buffer.get(..count.min(room)).unwrap_or_default());
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => (self.pipe, self.broken) = (None, true),
        }
    }
}

/// Runs the command.
pub(super) fn run(call: &Call) -> Output {
    let name = call.argv.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    let failed = |end: End| Output { end, stdout: Vec::new(), stderr: name.clone().into_bytes() };
    match start(call) {
        Ok((pid, captures)) => watch(pid, captures, call, &failed),
        Err(errno) => failed(End::NotStarted { errno }),
    }
}

fn start(call: &Call) -> Result<(i32, [Capture; 2]), i32> {
    let number = |error: std::io::Error| error.raw_os_error().unwrap_or(0);
    let null = File::open("/dev/null").map_err(number)?;
    let pipe = || pipe2(OFlag::O_CLOEXEC).map_err(|errno| errno as i32);
    let ((out, out_write), (err, err_write)) = (pipe()?, pipe()?);
    let path = call.environment.iter().find(|(key, _)| key == "PATH").map(|(_, value)| value.as_os_str());
    let child = sys::spawn(&SpawnRequest {
        argv: &call.argv,
        environment: &call.environment,
        path: Some(&sys::helper_path(path)),
        stdio: [Some(null.as_raw_fd()), Some(out_write.as_raw_fd()), Some(err_write.as_raw_fd())],
        own_group: true,
        dies_with_us: true,
        mask: 0,
        dispositions: Dispositions::Helper,
        failure: None,
    });
    let child = child.map_err(|error| match error {
        SpawnError::NotFound(_) | SpawnError::NoInterpreter(_) => libc::ENOENT,
        SpawnError::NotExecutable(_, error) | SpawnError::NoProcess(error) => number(error),
        SpawnError::Nul => libc::EINVAL,
    })?;
    let capture =
        |read, limit| Capture { pipe: Some(File::from(read)), bytes: Vec::new(), limit, broken: false };
    Ok((child.pid, [capture(out, call.max_output), capture(err, MAX_ERRORS)]))
}

fn watch(pid: i32, mut captures: [Capture; 2], call: &Call, failed: &dyn Fn(End) -> Output) -> Output {
    let deadline: Instant = sys::now().instant + call.timeout;
    let mut end = None;
    // What it has started may hold the pipes open; with its own end they are read once more and that is all.
    loop {
        let over = end.is_some();
        let readable: Vec<bool> = {
            let pipes: Vec<(usize, &File)> = captures
                .iter()
                .enumerate()
                .filter_map(|(index, capture)| Some((index, capture.pipe.as_ref()?)))
                .collect();
            let mut waiting: Vec<PollFd<'_>> =
                pipes.iter().map(|(_, pipe)| PollFd::new(pipe.as_fd(), PollFlags::POLLIN)).collect();
            let turn = if over { PollTimeout::ZERO } else { PollTimeout::from(TURN) };
            let _ = poll(&mut waiting, turn);
            let mut readable = vec![false; captures.len()];
            for ((index, _), fd) in pipes.iter().zip(&waiting) {
                if let Some(slot) = readable.get_mut(*index) {
                    *slot = fd.any().unwrap_or(false);
                }
            }
            readable
        };
        let more = readable.contains(&true);
        captures.iter_mut().zip(readable).filter(|(_, ready)| *ready).for_each(|(capture, _)| capture.read());
        if over && !more {
            break;
        }
        if sys::now().instant >= deadline {
            sys::send_group(pid, Signal::KILL);
            if end.is_none() {
                let _ = waitpid(Pid::from_raw(pid), None);
            }
            return failed(End::TimedOut);
        }
        if end.is_none() {
            end = ended(pid);
        }
    }
    match end {
        Some(End::Exited(_)) if captures.iter().any(|capture| capture.broken) => failed(End::Unread),
        Some(End::Exited(code)) => {
            let [out, err] = captures;
            Output { end: End::Exited(code), stdout: out.bytes, stderr: err.bytes }
        }
        other => failed(other.unwrap_or(End::Unread)),
    }
}

/// How it ended, if it has.
fn ended(pid: i32) -> Option<End> {
    match waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG)) {
        Ok(WaitStatus::Exited(_, code)) => Some(End::Exited(code)),
        Ok(WaitStatus::Signaled(_, signal, _)) => Signal::from_number(signal as i32).map(End::Killed),
        Ok(_) | Err(Errno::EINTR) => None,
        // Nobody else reaps; how it ended cannot be told any more.
        Err(_) => Some(End::Unread),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;

    use super::*;

    fn said(script: &str, timeout: Duration) -> Output {
        let argv = ["/bin/sh", "-c", script].map(Into::into).into();
        run(&Call { argv, timeout, environment: Vec::new(), max_output: 10 })
    }

    #[rstest]
    #[case("echo a; echo b >&2; exit 3", End::Exited(3), "a\n", "b\n")]
    #[case("kill -9 $$", End::Killed(Signal::KILL), "", "/bin/sh")]
    #[case("echo 123456789012345", End::Exited(0), "12345678901", "")]
    #[case("sleep 1000 & echo a", End::Exited(0), "a\n", "")]
    fn ends(#[case] script: &str, #[case] end: End, #[case] stdout: &str, #[case] stderr: &str) {
        let output = said(script, Duration::from_mins(1));
        assert_eq!(
            (output.end, output.stdout.as_slice(), output.stderr.as_slice()),
            (end, stdout.as_bytes(), stderr.as_bytes())
        );
    }

    #[rstest]
    #[case("exec sleep 1000")]
    #[case("exec >&- 2>&-; exec sleep 1000")]
    #[case("exec cat /dev/zero")]
    fn one_that_does_not_end_is_killed(#[case] script: &str) {
        assert_eq!(said(script, Duration::from_millis(200)).end, End::TimedOut);
    }

    #[test]
    fn one_that_is_not_there() {
        let argv = vec!["no-such-command".into()];
        let call = Call { argv, timeout: Duration::from_secs(1), environment: Vec::new(), max_output: 10 };
        assert_eq!(run(&call).end, End::NotStarted { errno: libc::ENOENT });
    }
}
