//! A process under test with all its descendants.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::wait::wait_so_long;
use super::{Wrapper, patience, probe};

/// The variable by which the descendants of one start are found, wherever they went.
const MARK: &str = "CONFORMANCE_RUN";

/// A change of a command before it is started.
type Change = Box<dyn FnOnce(&mut Command)>;

/// How a process is to be started.
pub(crate) struct Start {
    words: Vec<OsString>,
    changes: Vec<Change>,
}

impl Start {
    /// A command under a wrapper.
    pub(crate) fn new<W: Into<OsString>>(wrapper: &Wrapper, command: impl IntoIterator<Item = W>) -> Self {
        let words = wrapper.words().iter().cloned().chain(command.into_iter().map(Into::into)).collect();
        Self { words, changes: Vec::new() }
    }

    /// A sub-command of the probe under a wrapper.
    pub(crate) fn probe(wrapper: &Wrapper, verb: &str) -> Self {
        let words = verb.split_whitespace().map(OsString::from);
        Self::new(wrapper, std::iter::once(probe().into_os_string()).chain(words))
    }

    /// Started by the probe in a state of its own (`tests/support/probe/launch.rs`), such as `--ignore 1 --close 0`.
    pub(crate) fn with(mut self, options: &str) -> Self {
        let launcher = [probe().into_os_string(), "with".into()];
        let options = options.split_whitespace().map(OsString::from);
        self.words.splice(0..0, launcher.into_iter().chain(options).chain(["--".into()]));
        self
    }

    /// Started by a shell that first runs this text.
    pub(crate) fn after(mut self, script: &str) -> Self {
        let script = format!("{script}; exec \"$@\"");
        self.words.splice(0..0, ["/bin/sh".into(), "-c".into(), script.into(), "sh".into()]);
        self
    }

    /// One more change of the command, such as its streams.
    pub(crate) fn set(mut self, change: impl FnOnce(&mut Command) + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Starts it.
    #[track_caller]
    pub(crate) fn go(self) -> Running {
        let (program, arguments) = self.words.split_first().expect("a command");
        let mut command = Command::new(program);
        let mark = prepare(&mut command);
        // In a process group of its own, whose parent is outside of it: only such a group can be stopped by TSTP.
        command.args(arguments).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for change in self.changes {
            change(&mut command);
        }
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let out = child.stdout.take().map(lines);
        let err = child.stderr.take().map(lines);
        Running { stdin: child.stdin.take(), child, out, err, mark, ended: false }
    }
}

/// Marks a command, so that what comes of it can be found. Takes away job and settings: what the caller's environment
/// says must not decide what is tested.
pub(super) fn prepare(command: &mut Command) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mark = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    command.env(MARK, &mark).current_dir("/");
    for (key, _) in std::env::vars_os() {
        if ["SLURM_", "CKWRAP_", "NOTIFY_"].iter().any(|prefix| key.to_string_lossy().starts_with(prefix)) {
            command.env_remove(key);
        }
    }
    mark
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Code(i32),
    Signal(i32),
}

impl End {
    /// As a shell or Slurm's batch step tells it: 128+n after a signal.
    pub(crate) fn shell_code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        status.code().map_or_else(|| Self::Signal(status.signal().unwrap_or(0)), Self::Code)
    }
}

/// A started process. When it is dropped, nothing of it is left.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    /// Taken or dropped, it ends the probe's waiting.
    pub(crate) stdin: Option<ChildStdin>,
    out: Option<Receiver<Vec<u8>>>,
    err: Option<Receiver<Vec<u8>>>,
    mark: String,
    ended: bool,
}

impl Running {
    /// Process id of what was started: the wrapper, if there is one.
    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    /// The next line on stdout, without its end; `None` at the end of the stream.
    #[track_caller]
    pub(crate) fn line(&self) -> Option<String> {
        match self.line_within(patience()) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                panic!("no line within {:?}; stderr: {}", patience(), self.errors())
            }
        }
    }

    /// The next line, if it comes in time and stdout has not ended.
    pub(crate) fn line_within(&self, time: Duration) -> Result<String, RecvTimeoutError> {
        let line = self.out.as_ref().expect("stdout is a pipe").recv_timeout(time)?;
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// Reads stdout up to the line that begins so.
    #[track_caller]
    pub(crate) fn line_with(&self, start: &str) -> String {
        loop {
            match self.line() {
                Some(line) if line.starts_with(start) => return line,
                Some(_) => {}
                None => panic!("stdout ended before `{start}`; stderr: {}", self.errors()),
            }
        }
    }

    /// Waits for the probe's ready line and answers the probe's own process id.
    #[track_caller]
    pub(crate) fn ready(&self) -> i32 {
        self.line_with("ready pid=").trim_start_matches("ready pid=").parse().unwrap()
    }

    /// Sends a signal to what was started. The real-time ones go through the probe, as no safe call sends them.
    #[track_caller]
    pub(crate) fn send(&self, signal: i32) {
        if let Ok(signal) = Signal::try_from(signal) {
            kill(Pid::from_raw(self.pid()), signal).expect("the process is there");
        } else {
            self.send_many(signal, 1);
        }
    }

    /// Sends a signal so many times in a row.
    #[track_caller]
    pub(crate) fn send_many(&self, signal: i32, count: u32) {
        let words = ["kill".to_owned(), self.pid().to_string(), signal.to_string(), count.to_string()];
        assert!(
            Command::new(probe()).args(words).status().unwrap().success(),
            "signal {signal} was not sent"
        );
    }

    /// Waits for the end of what was started.
    #[track_caller]
    pub(crate) fn end(&mut self) -> End {
        self.end_within(patience())
    }

    /// Waits so long for the end of what was started.
    #[track_caller]
    pub(crate) fn end_within(&mut self, patience: Duration) -> End {
        let child = &mut self.child;
        let status = wait_so_long("the process ends", patience, || child.try_wait().unwrap());
        self.ended = true;
        status.into()
    }

    /// Waits so long for the end of what was started, and answers `None` if it does not come.
    pub(crate) fn end_or_none(&mut self, patience: Duration) -> Option<End> {
        let began = std::time::Instant::now();
        while began.elapsed() < patience {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.ended = true;
                return Some(status.into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    /// Closes stdin, then waits for the end.
    #[track_caller]
    pub(crate) fn finish(&mut self) -> End {
        self.stdin = None;
        self.end()
    }

    /// Everything that is still to come on stdout, to its end.
    #[track_caller]
    pub(crate) fn rest(&self) -> Vec<u8> {
        let mut all = Vec::new();
        let out = self.out.as_ref().expect("stdout is a pipe");
        loop {
            match out.recv_timeout(patience()) {
                Ok(line) => all.extend(line),
                Err(RecvTimeoutError::Disconnected) => return all,
                Err(RecvTimeoutError::Timeout) => panic!("stdout did not end; stderr: {}", self.errors()),
            }
        }
    }

    /// What has come on stderr so far.
    pub(crate) fn errors(&self) -> String {
        let lines = self.err.iter().flat_map(Receiver::try_iter).flatten().collect::<Vec<_>>();
        String::from_utf8_lossy(&lines).into_owned()
    }

    /// Reads stderr up to the line that holds this text, and answers that line.
    #[track_caller]
    pub(crate) fn error_with(&self, text: &str) -> String {
        let mut seen = String::new();
        let err = self.err.as_ref().expect("stderr is a pipe");
        loop {
            let Ok(line) = err.recv_timeout(patience()) else {
                panic!("`{text}` did not come on stderr, only: {seen}");
            };
            let line = String::from_utf8_lossy(&line);
            if line.contains(text) {
                return line.trim_end().to_owned();
            }
            seen.push_str(&line);
        }
    }

    /// What comes on stderr in a moment, whether or not it has ended.
    pub(crate) fn errors_so_far(&self) -> String {
        let mut all = Vec::new();
        let err = self.err.as_ref().expect("stderr is a pipe");
        while let Ok(line) = err.recv_timeout(Duration::from_millis(200)) {
            all.extend(line);
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Everything that is still to come on stderr, to its end.
    #[track_caller]
    pub(crate) fn all_errors(&self) -> String {
        let mut all = Vec::new();
        let err = self.err.as_ref().expect("stderr is a pipe");
        while let Ok(line) = err.recv_timeout(patience()) {
            all.extend(line);
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Process ids of all that lives of this start: itself, its descendants, and those whose parents are gone. What has
    /// been killed does not live, even while it is not gone yet.
    pub(crate) fn survivors(&self) -> Vec<i32> {
        marked(&self.mark).into_iter().filter(|pid| !dying(*pid)).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        kill_marked(&self.mark);
    }
}

/// Ends all that came of a start. Looks again until nothing is found, as what is ended may just have forked; and not for
/// ever, as this runs while a failed test is cleaned up.
pub(super) fn kill_marked(mark: &str) {
    for _ in 0..1000 {
        let found = marked(mark);
        if found.is_empty() {
            return;
        }
        for pid in found {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Lines as they come; the stream's end closes the channel.
fn lines(stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if sender.send(std::mem::take(&mut line)).is_err() {
                break;
            }
        }
    });
    receiver
}

fn marked(mark: &str) -> Vec<i32> {
    let mark = format!("{MARK}={mark}\0").into_bytes();
    let has_mark = |pid: &i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.windows(mark.len()).any(|part| part == mark)
    };
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(has_mark).collect()
}

/// The state letter of a process as in proc(5), `T` for stopped; `None` if there is no such process.
pub(crate) fn state(pid: i32) -> Option<char> {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Whether the process has been killed or is on its way out: a busy machine takes a moment to bury it.
fn dying(pid: i32) -> bool {
    let place = Path::new("/proc").join(pid.to_string());
    let text = |name: &str| fs::read_to_string(place.join(name)).unwrap_or_default();
    let has_kill = |line: &str| {
        let pending = line.strip_prefix("SigPnd:").or_else(|| line.strip_prefix("ShdPnd:"));
        let set = pending.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
        set.is_some_and(|set| set & 1 << (Signal::SIGKILL as u32 - 1) != 0)
    };
    // `PF_EXITING` of the kernel; flags are the ninth field of proc(5), the seventh behind the name.
    let flags =
        text("stat").rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(6)?.parse::<u64>().ok());
    flags.is_none_or(|flags| flags & 4 != 0) || text("status").lines().any(has_kill)
}

/// Whether the process exists and is more than a remembered exit code.
pub(crate) fn living(pid: i32) -> bool {
    state(pid).is_some_and(|state| !matches!(state, 'Z' | 'X'))
}
