//! Starting a program with exactly the process state that is asked for.
//!
//! `clone(CLONE_VM | CLONE_VFORK)`: no page tables are copied, and the caller sleeps until the program has
//! been executed or that has failed. What runs in between makes only system calls.
//!
//! A helper is started without that sleep: the file it is, or a directory of `PATH` before it, may lie on a file
//! system that hangs.

use std::ffi::{CString, OsStr, OsString, c_char, c_int, c_void};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::ptr;

use crate::model::Signal;

/// What to start, and in what state.
#[derive(Debug)]
pub struct SpawnRequest<'a> {
    /// Program and arguments. A program without a slash is looked for in `path`.
    pub argv: &'a [OsString],
    /// The whole environment.
    pub environment: &'a [(OsString, OsString)],
    /// Where programs are looked for.
    pub path: Option<&'a OsStr>,
    /// Descriptors that become 0, 1 and 2; `None` keeps ckwrap's.
    pub stdio: [Option<c_int>; 3],
    /// Whether it leads a process group of its own.
    pub own_group: bool,
    /// Whether it is killed when ckwrap's thread that started it dies.
    pub dies_with_us: bool,
    /// Blocked signals.
    pub mask: u64,
    /// Which dispositions are changed.
    pub dispositions: Dispositions,
    /// Do not wait until it has been executed: should that fail, the error number is written here, in this
    /// machine's byte order, and the process ends with 127.
    pub failure: Option<c_int>,
}

/// What is done about dispositions before the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispositions {
    /// As ckwrap found them; SIGCHLD is ignored again if it was.
    Inherited {
        /// Whether SIGCHLD was ignored.
        child_ignored: bool,
    },
    /// Default, but TERM, INT, HUP, USR1 and USR2 ignored: for helpers that must live on while a job is being ended, or a
    /// step that they belong to is signalled.
    Helper,
}

/// A process that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// Its process id.
    pub pid: i32,
}

/// Why nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The program is not there.
    #[error(
        "{0}: command not found; check the name, and that its module is loaded or its directory is in PATH"
    )]
    NotFound(String),
    /// It is there, and what is to run it is not.
    #[error(
        "{0}: cannot be executed, as what runs it is missing; check the interpreter in its first line, or the loader it was linked for (file, ldd)"
    )]
    NoInterpreter(String),
    /// It is there and cannot be executed.
    #[error("{0}: cannot be executed: {1}; {hint}", hint = hint(.1))]
    NotExecutable(String, io::Error),
    /// The system gave no process.
    #[error("no process could be started: {0}; too many processes or too little memory (ulimit -u)")]
    NoProcess(io::Error),
    /// A word holds a NUL byte.
    #[error("an argument or a variable holds a NUL byte")]
    Nul,
}

fn hint(error: &io::Error) -> &'static str {
    match error.raw_os_error() {
        Some(libc::E2BIG) => {
            "give fewer or shorter arguments, such as a file with the list, or unset large variables"
        }
        Some(libc::ETXTBSY) => "something is still writing it; wait until it is complete",
        Some(libc::ENOMEM) => "ask for more memory (ulimit -v)",
        _ => "check its permissions (chmod +x) and its first line",
    }
}

struct Plan {
    candidates: Vec<CString>,
    argv: Vec<*const c_char>,
    /// `sh` and the script, for a file the kernel does not know how to execute.
    shell_argv: Vec<*const c_char>,
    environment: Vec<*const c_char>,
    stdio: [c_int; 3],
    own_group: bool,
    dies_with_us: bool,
    mask: u64,
    dispositions: Dispositions,
    parent: c_int,
    failure: c_int,
    error: c_int,
}

/// Starts a program. Blocks until it has been executed, unless there is a descriptor for the failure.
pub fn spawn(request: &SpawnRequest<'_>) -> Result<Child, SpawnError> {
    let Some(program) = request.argv.first() else { return Err(SpawnError::NotFound(String::new())) };
    let name = || program.to_string_lossy().into_owned();
    let text = |word: &OsStr| CString::new(word.as_bytes()).map_err(|_| SpawnError::Nul);
    let words = request.argv.iter().map(|word| text(word)).collect::<Result<Vec<_>, _>>()?;
    let variables = request
        .environment
        .iter()
        .map(|(key, value)| assignment(key, value))
        .collect::<Result<Vec<_>, _>>()?;
    let candidates =
        candidates(program, request.path).map(|path| text(&path)).collect::<Result<Vec<_>, _>>()?;
    let pointers = |strings: &[CString]| -> Vec<*const c_char> {
        strings.iter().map(|s| s.as_ptr()).chain([ptr::null()]).collect()
    };
    let mut shell_argv = vec![c"sh".as_ptr(), ptr::null()];
    shell_argv.extend(pointers(words.get(1..).unwrap_or_default()));
    let mut plan = Plan {
        argv: pointers(&words),
        shell_argv,
        environment: pointers(&variables),
        candidates,
        stdio: request.stdio.map(|descriptor| descriptor.unwrap_or(-1)),
        own_group: request.own_group,
        dies_with_us: request.dies_with_us,
        mask: request.mask,
        dispositions: request.dispositions,
        parent: super::own_pid(),
        failure: request.failure.unwrap_or(-1),
        error: 0,
    };
    let pid = clone(&mut plan).map_err(SpawnError::NoProcess)?;
    if request.failure.is_some() && request.own_group {
        // It does the same; whichever comes first, the group is there when this returns.
        // SAFETY: plain numbers.
        unsafe {
            libc::setpgid(pid, pid);
        }
    }
    if plan.error == 0 {
        return Ok(Child { pid });
    }
    // SAFETY: our own child that never executed anything; a null status pointer is allowed.
    unsafe {
        libc::waitpid(pid, ptr::null_mut(), 0);
    }
    let error = io::Error::from_raw_os_error(plan.error);
    Err(match plan.error {
        libc::ENOENT if std::path::Path::new(program).is_file() && name().contains('/') => {
            SpawnError::NoInterpreter(name())
        }
        libc::ENOENT | libc::ENOTDIR => SpawnError::NotFound(name()),
        _ => SpawnError::NotExecutable(name(), error),
    })
}

/// `KEY=value` in one piece of memory that is large enough at once: there are many of them.
fn assignment(key: &OsStr, value: &OsStr) -> Result<CString, SpawnError> {
    let mut bytes = Vec::with_capacity(key.len() + value.len() + 2);
    bytes.extend_from_slice(key.as_bytes());
    bytes.push(b'=');
    bytes.extend_from_slice(value.as_bytes());
    CString::new(bytes).map_err(|_| SpawnError::Nul)
}

/// Where the program may lie, as execvp(3) looks for it.
fn candidates<'a>(program: &'a OsStr, path: Option<&'a OsStr>) -> Box<dyn Iterator<Item = OsString> + 'a> {
    let bytes = program.as_bytes();
    if bytes.is_empty() || bytes.contains(&b'/') {
        return Box::new(std::iter::once(program.to_owned()));
    }
    let path = path.unwrap_or(OsStr::new("/bin:/usr/bin"));
    Box::new(path.as_bytes().split(|byte| *byte == b':').map(move |directory| {
        let directory = if directory.is_empty() { b"." } else { directory };
        OsString::from_vec([directory, b"/", bytes].concat())
    }))
}

fn clone(plan: &mut Plan) -> io::Result<c_int> {
    // Room enough for system calls; its pages are not touched before the child does.
    const STACK: usize = 32 * 1024;
    let mut stack = Vec::<u128>::with_capacity(STACK / size_of::<u128>());
    let shared = if plan.failure < 0 { libc::CLONE_VM | libc::CLONE_VFORK } else { 0 };
    // SAFETY: the child runs `execute` on a stack of its own that lives until clone returns, and clone returns only
    // after the child has executed a program or ended (CLONE_VFORK). `plan` outlives that too, and is not touched
    // meanwhile by this thread, which sleeps. Without these flags the child has copies of both.
    let pid = unsafe {
        let top = stack.as_mut_ptr().add(stack.capacity());
        let flags = shared | libc::SIGCHLD;
        libc::clone(execute, top.cast(), flags, ptr::from_mut(plan).cast())
    };
    drop(stack);
    if pid < 0 { Err(io::Error::last_os_error()) } else { Ok(pid) }
}

/// Runs in the child, in the parent's memory or a copy of it: system calls only.
extern "C" fn execute(plan: *mut c_void) -> c_int {
    // SAFETY: `clone` passes a valid plan, and the parent sleeps; every pointer in it was made by `spawn`.
    unsafe {
        let plan = &mut *plan.cast::<Plan>();
        plan.error = prepare(plan).unwrap_or_else(|error| error);
        if plan.error == 0 {
            plan.error = try_each(plan);
        }
        if plan.failure >= 0 {
            libc::write(plan.failure, (&raw const plan.error).cast(), size_of::<c_int>());
        }
        libc::_exit(127)
    }
}

unsafe fn errno() -> c_int {
    // SAFETY: the C library's own errno.
    unsafe { *libc::__errno_location() }
}

unsafe fn prepare(plan: &Plan) -> Result<c_int, c_int> {
    // SAFETY: plain numbers, and structures that live on this stack.
    unsafe {
        if plan.own_group && libc::setpgid(0, 0) != 0 {
            return Err(errno());
        }
        if plan.dies_with_us {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid() != plan.parent {
                // ckwrap died before the line above took effect.
                libc::_exit(128 + libc::SIGKILL);
            }
        }
        for (target, source) in (0..).zip(plan.stdio) {
            if source >= 0 && libc::dup2(source, target) < 0 {
                return Err(errno());
            }
        }
        match plan.dispositions {
            Dispositions::Inherited { child_ignored: true } => {
                libc::signal(libc::SIGCHLD, libc::SIG_IGN);
            }
            Dispositions::Inherited { child_ignored: false } => {}
            Dispositions::Helper => {
                libc::signal(libc::SIGPIPE, libc::SIG_DFL);
                for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::USR1, Signal::USR2] {
                    libc::signal(signal.number(), libc::SIG_IGN);
                }
            }
        }
        super::signals::set_mask(plan.mask);
        Ok(0)
    }
}

unsafe fn try_each(plan: &mut Plan) -> c_int {
    let mut result = libc::ENOENT;
    for candidate in &plan.candidates {
        // SAFETY: all strings end with NUL, all lists with a null pointer.
        let error = unsafe {
            libc::execve(candidate.as_ptr(), plan.argv.as_ptr(), plan.environment.as_ptr());
            errno()
        };
        match error {
            // As execvp(3) does: a directory of `PATH` that is out of reach hides none behind it.
            libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT => {}
            libc::EACCES => result = libc::EACCES,
            libc::ENOEXEC => {
                if let Some(script) = plan.shell_argv.get_mut(1) {
                    *script = candidate.as_ptr();
                }
                // SAFETY: as above.
                return unsafe {
                    libc::execve(c"/bin/sh".as_ptr(), plan.shell_argv.as_ptr(), plan.environment.as_ptr());
                    errno()
                };
            }
            error => return error,
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::super::{Change, next_change};
    use super::*;
    use crate::model::ChildExit;

    fn run(words: &[&str]) -> Result<Child, SpawnError> {
        let argv: Vec<OsString> = words.iter().map(OsString::from).collect();
        spawn(&SpawnRequest {
            argv: &argv,
            environment: &[],
            path: Some(OsStr::new("/usr/bin:/bin")),
            stdio: [None; 3],
            own_group: true,
            dies_with_us: true,
            mask: 0,
            dispositions: Dispositions::Inherited { child_ignored: false },
            failure: None,
        })
    }

    #[test]
    fn errors_tell_what_is_wrong() {
        assert!(matches!(run(&["no-such-command-here"]), Err(SpawnError::NotFound(_))));
        assert!(matches!(run(&["/etc/passwd"]), Err(SpawnError::NotExecutable(..))));
        assert!(matches!(run(&["/etc/passwd/x"]), Err(SpawnError::NotFound(_))));
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, "#!/no/such/interpreter\n").unwrap();
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        assert!(matches!(run(&[script.to_str().unwrap()]), Err(SpawnError::NoInterpreter(_))));
        assert!(matches!(run(&[""]), Err(SpawnError::NotFound(_))));
        assert!(matches!(run(&[]), Err(SpawnError::NotFound(_))));
    }

    #[test]
    fn a_child_runs_and_its_code_is_seen() {
        let child = run(&["sh", "-c", "exit 7"]).unwrap();
        loop {
            match next_change() {
                Some(Change::Exited(pid, exit)) if pid == child.pid => {
                    assert_eq!(exit, ChildExit::Code(7));
                    break;
                }
                _ => std::thread::yield_now(),
            }
        }
    }

    /// A lease holds up whoever opens the file, as a file system does that hangs.
    #[test]
    fn a_helper_that_hangs_before_it_runs_holds_nobody_up() {
        use std::io::Read;
        use std::os::fd::AsRawFd;
        use std::os::unix::fs::PermissionsExt;

        // fcntl(2), the same on all of Linux.
        const F_SETSIG: c_int = 10;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("helper");
        std::fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        let file = std::fs::File::open(&path).unwrap();
        // SAFETY: plain numbers. SIGURG is ignored by default; the usual SIGIO would kill.
        unsafe {
            assert_eq!(libc::fcntl(file.as_raw_fd(), F_SETSIG, libc::SIGURG), 0);
            assert_eq!(libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK), 0);
        }
        let (read, write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).unwrap();
        let began = std::time::Instant::now();
        let child = spawn(&SpawnRequest {
            argv: &[path.into_os_string()],
            environment: &[],
            path: None,
            // The pipe ends with the helper.
            stdio: [None, Some(write.as_raw_fd()), Some(write.as_raw_fd())],
            own_group: true,
            dies_with_us: false,
            mask: 0,
            dispositions: Dispositions::Helper,
            failure: Some(write.as_raw_fd()),
        })
        .unwrap();
        drop(write);
        assert!(super::super::send_group(child.pid, Signal::CONT), "it has its group at once");
        assert!(began.elapsed().as_secs() < 20, "the kernel ends a lease by force after 45 s");
        // SAFETY: plain numbers.
        unsafe {
            assert_eq!(libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_UNLCK), 0);
        }
        let mut said = Vec::new();
        std::fs::File::from(read).read_to_end(&mut said).unwrap();
        assert_eq!(said, b"", "it ran");
    }
}
