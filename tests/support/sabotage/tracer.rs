//! The tracing loop: every call of every thread of the program, until nothing of it is left that has not executed another.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::Fallible;
use crate::calls::name;
use crate::plan::{Fault, How};

/// A thread, or a process before it executes a program.
#[derive(Debug, Default)]
struct Tracee {
    label: String,
    counts: BTreeMap<String, u64>,
    /// Whether a call is under way, and what becomes of its answer.
    in_call: bool,
    answer: Option<How>,
}

/// Everything that is known of the program.
pub(crate) struct Tracer {
    main: Pid,
    fault: Fault,
    tracees: BTreeMap<Pid, Tracee>,
    /// Came to their first stop before their parent told of them.
    early: Vec<Pid>,
    threads: u32,
    children: u32,
    /// The dynamic loader's calls, before the program's own first one, do not count.
    executed: bool,
    begun: bool,
    /// Calls since the first signal to another process.
    since: Option<u64>,
    code: u8,
    report: String,
}

impl Tracer {
    pub(crate) fn new(main: Pid, fault: Fault) -> Self {
        let tracees = BTreeMap::from([(main, Tracee { label: "main".into(), ..Tracee::default() })]);
        Self {
            main,
            fault,
            tracees,
            early: Vec::new(),
            threads: 0,
            children: 0,
            executed: false,
            begun: false,
            since: None,
            code: 0,
            report: String::new(),
        }
    }

    pub(crate) fn report(&self) -> &str {
        &self.report
    }

    /// Traces to the end, and answers the program's code.
    pub(crate) fn run(&mut self) -> Fallible<u8> {
        waitpid(self.main, None)?;
        let options = Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACEEXEC;
        ptrace::setoptions(self.main, options)?;
        ptrace::syscall(self.main, None)?;
        loop {
            match waitpid(None, Some(WaitPidFlag::__WALL)) {
                Ok(status) => self.changed(status),
                Err(Errno::EINTR) => {}
                Err(Errno::ECHILD) => {
                    let _ = self.since.map(|calls| writeln!(self.report, "calls {calls}"));
                    return Ok(self.code);
                }
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn changed(&mut self, status: WaitStatus) {
        match status {
            WaitStatus::Exited(pid, code) => self.ended(pid, u8::try_from(code).unwrap_or(u8::MAX)),
            WaitStatus::Signaled(pid, signal, _) => self.ended(pid, 128 + signal as u8),
            WaitStatus::PtraceSyscall(pid) => {
                self.call(pid);
                go_on(pid, None);
            }
            WaitStatus::PtraceEvent(pid, _, event) => self.event(pid, event),
            WaitStatus::Stopped(pid, Signal::SIGSTOP) if !self.tracees.contains_key(&pid) => {
                self.early.push(pid);
            }
            WaitStatus::Stopped(pid, Signal::SIGSTOP) if self.tracees[&pid].counts.is_empty() => {
                go_on(pid, None);
            }
            WaitStatus::Stopped(pid, signal) => go_on(pid, Some(signal)),
            WaitStatus::Continued(_) | WaitStatus::StillAlive => {}
        }
    }

    fn ended(&mut self, pid: Pid, code: u8) {
        self.tracees.remove(&pid);
        if pid == self.main {
            self.code = code;
        }
    }

    fn event(&mut self, pid: Pid, event: i32) {
        match event {
            libc::PTRACE_EVENT_EXEC if pid == self.main => self.executed = true,
            libc::PTRACE_EVENT_EXEC => {
                self.tracees.remove(&pid);
                let _ = ptrace::detach(pid, None);
                return;
            }
            _ => {
                let new = ptrace::getevent(pid).ok().and_then(|new| i32::try_from(new).ok());
                if let Some(new) = new {
                    self.born(Pid::from_raw(new), event == libc::PTRACE_EVENT_CLONE);
                }
            }
        }
        go_on(pid, None);
    }

    fn born(&mut self, pid: Pid, is_thread: bool) {
        let (count, kind) =
            if is_thread { (&mut self.threads, "thread") } else { (&mut self.children, "child") };
        *count += 1;
        let label = format!("{kind}{count}");
        self.tracees.insert(pid, Tracee { label, ..Tracee::default() });
        if let Some(at) = self.early.iter().position(|early| *early == pid) {
            self.early.remove(at);
            go_on(pid, None);
        }
    }

    /// The beginning or the end of a call.
    fn call(&mut self, pid: Pid) {
        let Some(tracee) = self.tracees.get_mut(&pid) else { return };
        tracee.in_call = !tracee.in_call;
        if !tracee.in_call {
            if let Some(how) = tracee.answer.take() {
                registers::answer(pid, how);
            }
            return;
        }
        let Some((number, arguments)) = registers::call(pid) else { return };
        let mut call = name(number);
        let command = i32::try_from(arguments[1]).unwrap_or(-1);
        if call == "fcntl"
            && [libc::F_SETLK, libc::F_SETLKW, libc::F_OFD_SETLK, libc::F_OFD_SETLKW].contains(&command)
        {
            call = "flock".into();
        }
        if !self.begun {
            self.begun = self.executed && call == "fcntl";
            if !self.begun {
                return;
            }
        }
        // Made by the standard library, in a build with its checks, whenever it closes something.
        if call == "fcntl" && arguments[1] == libc::F_GETFD.unsigned_abs().into() {
            return;
        }
        let k = tracee.counts.entry(call.clone()).or_default();
        *k += 1;
        let line = format!("{} {call} {k} {}\n", tracee.label, about(pid, &call, arguments));
        let how = self.fault.of(&tracee.label, &call, *k);
        if let Some(how) = how {
            tracee.answer = Some(how);
            registers::spoil(pid, how);
            self.report.push_str(&line);
        } else if self.fault == Fault::List {
            self.report.push_str(&line);
        }
        self.count(pid, &call, arguments, &line);
    }

    /// Counts towards the kill.
    fn count(&mut self, _pid: Pid, call: &str, arguments: [u64; 3], line: &str) {
        let Fault::Kill(last) = self.fault else { return };
        if self.since.is_none() && call == "kill" && arguments[1] != libc::SIGCHLD.unsigned_abs().into() {
            self.since = Some(0);
        }
        let Some(since) = &mut self.since else { return };
        *since += 1;
        if *since == last {
            let _ = write!(self.report, "killed {line}");
            let _ = kill(self.main, Signal::SIGKILL);
        }
    }
}

fn go_on(pid: Pid, signal: Option<Signal>) {
    // It may have been killed meanwhile; then its end is told next.
    let _ = ptrace::syscall(pid, signal);
}

/// What a call is about, for people: the file, by its descriptor or its path.
fn about(pid: Pid, call: &str, [first, second, _]: [u64; 3]) -> String {
    let by_number = |number: u64| {
        let link = format!("/proc/{pid}/fd/{number}");
        let folder = if fs::metadata(&link).is_ok_and(|meta| meta.is_dir()) { "/" } else { "" };
        format!("{}{folder}", fs::read_link(&link).unwrap_or_default().display())
    };
    match call {
        "openat" | "mkdirat" | "unlinkat" | "linkat" | "renameat" | "statx" | "newfstatat" => {
            text(pid, second)
        }
        "mkdir" | "unlink" | "rmdir" | "readlink" | "execve" | "rename" => text(pid, first),
        "read" | "pread64" | "write" | "close" | "fsync" | "fdatasync" | "fcntl" | "lseek" | "fchmod"
        | "getdents64" => by_number(first),
        "kill" if second == libc::SIGCHLD.unsigned_abs().into() => "itself".into(),
        _ => String::new(),
    }
}

fn text(pid: Pid, address: u64) -> String {
    use std::os::unix::fs::FileExt as _;
    let mut bytes = [0; 200];
    let memory = fs::File::open(format!("/proc/{pid}/mem"));
    let count = memory.and_then(|memory| memory.read_at(&mut bytes, address)).unwrap_or(0);
    let end = bytes.iter().take(count).position(|byte| *byte == 0).unwrap_or(count);
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

/// Where a call's number, its arguments and its answer stand.
#[cfg(target_arch = "x86_64")]
mod registers {
    use super::{How, Pid, ptrace};

    pub(super) fn call(pid: Pid) -> Option<(i64, [u64; 3])> {
        let registers = ptrace::getregs(pid).ok()?;
        Some((registers.orig_rax.cast_signed(), [registers.rdi, registers.rsi, registers.rdx]))
    }

    pub(super) fn spoil(pid: Pid, how: How) {
        let Ok(mut registers) = ptrace::getregs(pid) else { return };
        match how {
            How::Fail(_) => registers.orig_rax = u64::MAX,
            How::Short(most) => registers.rdx = registers.rdx.min(most),
            How::Lie(_) => return,
        }
        let _ = ptrace::setregs(pid, registers);
    }

    pub(super) fn answer(pid: Pid, how: How) {
        let Ok(mut registers) = ptrace::getregs(pid) else { return };
        if let How::Fail(errno) | How::Lie(errno) = how {
            registers.rax = (-errno).cast_unsigned();
            let _ = ptrace::setregs(pid, registers);
        }
    }
}

/// Other machines: nothing can be spoiled, so that every test of it fails.
#[cfg(not(target_arch = "x86_64"))]
mod registers {
    use super::{How, Pid};

    pub(super) fn call(_: Pid) -> Option<(i64, [u64; 3])> {
        None
    }

    pub(super) fn spoil(_: Pid, _: How) {}

    pub(super) fn answer(_: Pid, _: How) {}
}
