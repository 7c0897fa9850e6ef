//! Short helper commands (scheduler calls, checks of checkpoints): started, bounded in time and output, reaped.
//!
//! They ignore TERM, INT and HUP, since Slurm signals every process of a job that is being ended, and they
//! lead process groups of their own, so that a time-out takes their children along.

use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::pipe2;

use super::edge::Edge;
use crate::model::{ChildExit, Instant, Signal};
use crate::scheduler::{Call, End, MAX_ERRORS, Output};
use crate::sys::{self, Dispositions, SpawnError, SpawnRequest};

/// What is done with a command's output.
pub(super) type Done = Box<dyn FnOnce(&mut Edge, Output)>;

/// Reads at one go, more than a pipe holds by default. What a flood brings meanwhile waits for the loop's next
/// turn, so that it delays no deadline, the command's own included.
const MOST_READS: usize = 16;

/// The commands under way.
#[derive(Default)]
pub(super) struct Commands {
    running: Vec<Running>,
    /// Killed and no longer waited for, but still to be reaped.
    abandoned: Vec<i32>,
}

struct Running {
    /// What it is, for a user who hears that it did not answer.
    name: String,
    pid: i32,
    stdout: Capture,
    stderr: Capture,
    /// Where it would say why it could not be executed.
    failure: Capture,
    deadline: Instant,
    end: Option<End>,
    done: Done,
}

struct Capture {
    pipe: Option<std::fs::File>,
    bytes: Vec<u8>,
    limit: usize,
    /// Whether its end was never seen, as it could not be read.
    broken: bool,
}

impl Capture {
    fn new(read: OwnedFd, limit: usize) -> Self {
        Self { pipe: Some(read.into()), bytes: Vec::new(), limit, broken: false }
    }

    fn drain(&mut self) {
        let mut buffer = [0_u8; 16 * 1024];
        for _ in 0..MOST_READS {
            let Some(pipe) = &mut self.pipe else { break };
            match pipe.read(&mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(count) => {
                    // One byte over the limit shows the parser that there was too much.
                    let room = (self.limit + 1).saturating_sub(self.bytes.len());
                    self.bytes.extend_from_slice(buffer.get(..count.min(room)).unwrap_or_default());
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => (self.pipe, self.broken) = (None, true),
            }
        }
    }
}

/// A pipe whose read end does not block.
fn capture_pipe() -> nix::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    fcntl(&read, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok((read, write))
}

impl Commands {
    /// Starts a command; `done` gets its output, at the latest when its time is up.
    pub(super) fn start(&mut self, now: Instant, call: &Call, done: Done) -> Result<(), (Done, Output)> {
        let name = name_of(call);
        let failed = |errno: i32| Output {
            end: End::NotStarted { errno },
            stdout: Vec::new(),
            stderr: name_of(call).into_bytes(),
        };
        let pipes = capture_pipe().and_then(|out| Ok((out, capture_pipe()?, capture_pipe()?)));
        let ((out_read, out_write), (err_read, err_write), (failure_read, failure_write)) = match pipes {
            Ok(pipes) => pipes,
            Err(errno) => return Err((done, failed(errno as i32))),
        };
        let null = match std::fs::File::open("/dev/null") {
            Ok(null) => null,
            Err(error) => return Err((done, failed(error.raw_os_error().unwrap_or(0)))),
        };
        let path = call.environment.iter().find(|(key, _)| key == "PATH").map(|(_, value)| value.as_os_str());
        let path = sys::helper_path(path);
        let request = SpawnRequest {
            argv: &call.argv,
            environment: &call.environment,
            path: Some(&path),
            stdio: [Some(null.as_raw_fd()), Some(out_write.as_raw_fd()), Some(err_write.as_raw_fd())],
            own_group: true,
            dies_with_us: false,
            mask: 0,
            dispositions: Dispositions::Helper,
            failure: Some(failure_write.as_raw_fd()),
        };
        match sys::spawn(&request) {
            Ok(child) => {
                self.running.push(Running {
                    name,
                    pid: child.pid,
                    stdout: Capture::new(out_read, call.max_output),
                    stderr: Capture::new(err_read, MAX_ERRORS),
                    failure: Capture::new(failure_read, size_of::<i32>()),
                    deadline: now + call.timeout,
                    end: None,
                    done,
                });
                Ok(())
            }
            Err(error) => Err((done, failed(errno_of(&error)))),
        }
    }

    /// Process ids of all of them.
    pub(super) fn pids(&self) -> Vec<i32> {
        self.running.iter().map(|command| command.pid).chain(self.abandoned.iter().copied()).collect()
    }

    /// Takes note of an end.
    pub(super) fn exited(&mut self, pid: i32, exit: ChildExit) {
        self.abandoned.retain(|abandoned| *abandoned != pid);
        for command in self.running.iter_mut().filter(|command| command.pid == pid) {
            command.end = Some(match exit {
                ChildExit::Code(code) => End::Exited(code),
                ChildExit::Signal(signal) => End::Killed(signal),
            });
        }
    }

    /// Descriptors to wait for.
    pub(super) fn pipes(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.running.iter().flat_map(|command| {
            [&command.stdout, &command.stderr].into_iter().filter_map(|c| c.pipe.as_ref()).map(AsFd::as_fd)
        })
    }

    /// Reads what is there.
    pub(super) fn read(&mut self) {
        for command in &mut self.running {
            command.stdout.drain();
            command.stderr.drain();
        }
    }

    /// When the next of them has had its time.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.running.iter().filter(|command| command.end.is_none()).map(|command| command.deadline).min()
    }

    /// Kills those whose time is up.
    pub(super) fn expire(&mut self, now: Instant) {
        for command in
            self.running.iter_mut().filter(|command| command.end.is_none() && command.deadline <= now)
        {
            sys::send_group(command.pid, Signal::KILL);
            self.abandoned.push(command.pid);
            command.end = Some(End::TimedOut);
        }
    }

    /// One that is over, with what is to be done about it.
    pub(super) fn take_finished(&mut self) -> Option<(Done, Output)> {
        let index = self.running.iter().position(|command| command.end.is_some())?;
        let mut command = self.running.swap_remove(index);
        command.stdout.drain();
        command.stderr.drain();
        command.failure.drain();
        let errno = command.failure.bytes.first_chunk().map(|bytes| i32::from_ne_bytes(*bytes));
        let mut end = errno.map_or(command.end?, |errno| End::NotStarted { errno });
        let captures = [&command.stdout, &command.stderr, &command.failure];
        if matches!(end, End::Exited(_)) && captures.into_iter().any(|capture| capture.broken) {
            end = End::Unread;
        }
        if !matches!(end, End::Exited(_)) {
            // Whatever it said, it is not an answer; which command it was is what counts.
            command.stderr.bytes = command.name.into_bytes();
        }
        Some((command.done, Output { end, stdout: command.stdout.bytes, stderr: command.stderr.bytes }))
    }

    /// Kills all of them and forgets what was to be done.
    pub(super) fn kill_all(&mut self) {
        for command in self.running.drain(..) {
            sys::send_group(command.pid, Signal::KILL);
            self.abandoned.push(command.pid);
        }
    }
}

/// The command with its first word or two, such as `scontrol requeue`.
fn name_of(call: &Call) -> String {
    let plain = |word: &&std::ffi::OsString| !word.as_encoded_bytes().starts_with(b"-");
    let words = call.argv.iter().take(1).chain(call.argv.iter().skip(1).take(2).filter(plain).take(1));
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn errno_of(error: &SpawnError) -> i32 {
    match error {
        SpawnError::NotFound(_) | SpawnError::NoInterpreter(_) => libc::ENOENT,
        SpawnError::NotExecutable(_, error) | SpawnError::NoProcess(error) => {
            error.raw_os_error().unwrap_or(0)
        }
        SpawnError::Nul => libc::EINVAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts a command that may take a moment, and looks after it until it is over.
    fn over(script: &str) -> Output {
        let argv = ["/bin/sh", "-c", script].map(Into::into).into();
        let timeout = std::time::Duration::from_millis(200);
        let call = Call { argv, timeout, environment: Vec::new(), max_output: 1000 };
        let mut commands = Commands::default();
        assert!(commands.start(sys::now().instant, &call, Box::new(|_, _| {})).is_ok());
        let pid = commands.pids()[0];
        loop {
            commands.read();
            commands.expire(sys::now().instant);
            if let Some((_, output)) = commands.take_finished() {
                // Killed with all that it has started, and still to be reaped.
                assert_eq!(commands.pids(), [pid]);
                nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(pid), None).unwrap();
                assert!(nix::sys::signal::killpg(nix::unistd::Pid::from_raw(pid), None).is_err());
                return output;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_command_that_does_not_end_is_killed_when_its_time_is_up() {
        for script in ["exec sleep 1000", "trap '' TERM INT HUP; while :; do :; done", "exec cat /dev/zero"] {
            let output = over(script);
            assert_eq!(output.end, End::TimedOut, "{script}");
            // One byte more than is wanted shows that there was too much.
            assert!(output.stdout.len() <= 1001, "{script}");
            // What it said is no answer.
            assert!(output.stderr.starts_with(b"/bin/sh "), "{script}");
        }
    }

    #[test]
    fn a_flood_does_not_hold_the_loop_up() {
        let flood = std::fs::File::open("/dev/zero").unwrap();
        let mut capture = Capture { pipe: Some(flood), bytes: Vec::new(), limit: 10, broken: false };
        capture.drain();
        assert_eq!(capture.bytes.len(), 11);
    }

    /// An empty answer means that there is no such job; one that could not be read means nothing.
    #[test]
    fn what_could_not_be_read_is_no_empty_answer() {
        let folder = std::fs::File::open("/").unwrap();
        let pipe = |file| Capture { pipe: file, bytes: Vec::new(), limit: 10, broken: false };
        let unread = Running {
            name: "squeue".into(),
            pid: 0,
            stdout: pipe(Some(folder)),
            stderr: pipe(None),
            failure: pipe(None),
            deadline: Instant::default(),
            end: Some(End::Exited(0)),
            done: Box::new(|_, _| {}),
        };
        let mut commands = Commands { running: vec![unread], abandoned: Vec::new() };
        assert_eq!(commands.take_finished().unwrap().1.end, End::Unread);
    }
}
