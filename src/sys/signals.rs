//! Signals in and out: all are blocked and taken one by one, so that none can end ckwrap.
//!
//! The mask is set by the raw system call: the C library's functions leave out the signals it uses itself
//! (32 and 33, on musl also 34), and one of those sent by a stranger would kill ckwrap and orphan the child.

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use crate::model::Signal;

/// Signal state as ckwrap found it: what the child must get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inherited {
    /// Blocked signals.
    pub mask: u64,
    /// Whether SIGCHLD was ignored.
    pub child_ignored: bool,
}

/// One signal that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Which.
    pub signal: Signal,
    /// Process that sent it; 0 where the kernel did.
    pub pid: i32,
    /// Whether the kernel itself sent it.
    pub from_kernel: bool,
    /// Value that came with it (`sigqueue`).
    pub value: Option<u64>,
}

/// Blocks every signal and makes children waitable. Returns what was before.
pub fn take_over_signals() -> Inherited {
    let mask = set_mask(u64::MAX);
    // SAFETY: a zeroed sigaction is SIG_DFL without flags; both pointers are valid for the call.
    let child_ignored = unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGCHLD, std::ptr::null(), &raw mut old);
        let unusual = old.sa_sigaction == libc::SIG_IGN || old.sa_flags & libc::SA_NOCLDWAIT != 0;
        if unusual {
            let default: libc::sigaction = std::mem::zeroed();
            libc::sigaction(libc::SIGCHLD, &raw const default, std::ptr::null_mut());
        }
        unusual
    };
    Inherited { mask, child_ignored }
}

/// Undoes [`take_over_signals`]: for commands that supervise nobody.
pub fn give_back_signals(inherited: Inherited) {
    set_mask(inherited.mask);
}

/// Sets this thread's mask and returns the old one.
pub(super) fn set_mask(mask: u64) -> u64 {
    let mut old = 0_u64;
    // SAFETY: both masks are 8 bytes, as the last argument says.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            &raw const mask,
            &raw mut old,
            size_of::<u64>(),
        );
    }
    old
}

/// All signals, from a descriptor; where none can be had, or it cannot be read, by sigtimedwait(2).
#[derive(Debug)]
pub struct SignalSource {
    descriptor: Option<OwnedFd>,
    /// Taken while resting.
    kept: Option<Received>,
}

/// Signals that are taken at one go.
const MOST: usize = 32;

impl SignalSource {
    /// Every signal there is. They must be blocked already.
    pub fn open() -> Self {
        let all = u64::MAX;
        let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
        // SAFETY: the mask is 8 bytes, as the argument says; the result is a new descriptor or -1.
        let descriptor =
            unsafe { libc::syscall(libc::SYS_signalfd4, -1, &raw const all, size_of::<u64>(), flags) };
        let descriptor = i32::try_from(descriptor).ok().filter(|descriptor| *descriptor >= 0);
        // SAFETY: the kernel just made it, and nobody else has it.
        Self { descriptor: descriptor.map(|number| unsafe { OwnedFd::from_raw_fd(number) }), kept: None }
    }

    /// What becomes readable when a signal comes; without it the only way to wait is to [rest](Self::rest).
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.descriptor.as_ref().map(AsFd::as_fd)
    }

    /// Signals that have come in, at most 32 at a time. Never blocks.
    pub fn read(&mut self) -> Vec<Received> {
        if let Some(kept) = self.kept.take() {
            return vec![kept];
        }
        let mut buffer: [MaybeUninit<libc::signalfd_siginfo>; MOST] = [MaybeUninit::uninit(); MOST];
        while let Some(descriptor) = &self.descriptor {
            // SAFETY: the buffer has room for what is asked for.
            let bytes = unsafe {
                libc::read(descriptor.as_raw_fd(), buffer.as_mut_ptr().cast(), size_of_val(&buffer))
            };
            let Ok(bytes) = usize::try_from(bytes) else {
                match io::Error::last_os_error().kind() {
                    io::ErrorKind::Interrupted => continue,
                    io::ErrorKind::WouldBlock => return Vec::new(),
                    _ => break,
                }
            };
            let known = buffer.iter().take(bytes / size_of::<libc::signalfd_siginfo>()).map(|info| {
                // SAFETY: the kernel has filled as many as it says.
                unsafe { info.assume_init_ref() }
            });
            return known.filter_map(received).collect();
        }
        self.descriptor = None;
        std::iter::from_fn(|| pending(Duration::ZERO)).take(MOST).collect()
    }

    /// Sleeps until a signal comes, which is kept for the next [read](Self::read), and at most so long.
    pub fn rest(&mut self, longest: Duration) {
        if self.kept.is_none() {
            self.kept = pending(longest);
        }
    }
}

/// The next signal, waited for so long.
fn pending(patience: Duration) -> Option<Received> {
    let all = u64::MAX;
    let time = nix::sys::time::TimeSpec::from_duration(patience);
    let mut info = MaybeUninit::<libc::siginfo_t>::uninit();
    // SAFETY: the mask is 8 bytes, as the last argument says; the other pointers are to live values of the right type.
    // The kernel fills the structure where it answers with a signal.
    let info = unsafe {
        let number = libc::syscall(
            libc::SYS_rt_sigtimedwait,
            &raw const all,
            info.as_mut_ptr(),
            std::ptr::from_ref(time.as_ref()),
            size_of::<u64>(),
        );
        if number <= 0 {
            return None;
        }
        info.assume_init()
    };
    // SAFETY: which of the union's parts is there follows from the code, as sigaction(2) tells.
    let (sender, value) = unsafe { (info.si_pid(), info.si_value().sival_ptr as u64) };
    let from_kernel = info.si_code > 0;
    Some(Received {
        signal: Signal::from_number(info.si_signo)?,
        pid: if from_kernel && info.si_signo != libc::SIGCHLD { 0 } else { sender },
        from_kernel,
        value: (info.si_code == libc::SI_QUEUE).then_some(value),
    })
}

fn received(info: &libc::signalfd_siginfo) -> Option<Received> {
    let signal = Signal::from_number(i32::try_from(info.ssi_signo).ok()?)?;
    Some(Received {
        signal,
        pid: i32::try_from(info.ssi_pid).unwrap_or(0),
        from_kernel: info.ssi_code > 0,
        value: (info.ssi_code == libc::SI_QUEUE).then_some(info.ssi_ptr),
    })
}

/// Sends a signal to one process. Never to process 1, to none, or to all.
pub fn send(pid: i32, signal: Signal) -> bool {
    if pid <= 1 {
        return false;
    }
    // SAFETY: plain numbers.
    unsafe { libc::kill(pid, signal.number()) == 0 }
}

/// Sends a signal with a value, as `sigqueue` does.
pub fn send_value(pid: i32, signal: Signal, value: u64) -> bool {
    if pid <= 1 {
        return false;
    }
    // SAFETY: the value is passed on as it came, in the width of a pointer; nobody here follows it.
    unsafe {
        let value = libc::sigval { sival_ptr: value as *mut libc::c_void };
        libc::sigqueue(pid, signal.number(), value) == 0
    }
}

/// Sends a signal to a process group other than ckwrap's own.
pub fn send_group(group: i32, signal: Signal) -> bool {
    if group <= 1 || group == super::own_group() {
        return false;
    }
    // SAFETY: plain numbers.
    unsafe { libc::kill(-group, signal.number()) == 0 }
}
