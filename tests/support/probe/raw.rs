//! The probe's dealings with signals that no safe interface offers: real-time ones, dispositions, who sent them.
#![expect(
    unsafe_code,
    reason = "signal dispositions are process-wide; in this program there is nobody else to disturb"
)]

use std::ffi::c_int;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

/// Where the handler writes to; -1 until there is one.
static RECORDS: AtomicI32 = AtomicI32::new(-1);

/// Sets a signal to be ignored.
pub(crate) fn ignore(signal: c_int) -> io::Result<()> {
    set(signal, libc::SIG_IGN)
}

/// Sets a signal to its default effect.
pub(crate) fn reset(signal: c_int) -> io::Result<()> {
    set(signal, libc::SIG_DFL)
}

fn set(signal: c_int, disposition: libc::sighandler_t) -> io::Result<()> {
    // The handler comes first; flags and mask stay zero.
    let mut action: Action = [0; 8];
    action[0] = disposition;
    change(signal, &action)
}

/// The kernel's `struct sigaction`, of which only the first word, the handler, is looked at here. Longer than on any
/// architecture.
type Action = [libc::sighandler_t; 8];

/// Sets a disposition without the C library, which refuses 32 and 33.
fn change(signal: c_int, action: &Action) -> io::Result<()> {
    // SAFETY: the kernel reads a `sigaction` from a larger buffer; the mask in it has 8 bytes, as the last argument says.
    check(unsafe {
        libc::syscall(libc::SYS_rt_sigaction, signal, action.as_ptr(), ptr::null_mut::<Action>(), 8_usize)
    })
}

/// Catches a signal: for each that arrives, its number is written to `records` as four bytes.
pub(crate) fn catch(signal: c_int, records: c_int) -> io::Result<()> {
    RECORDS.store(records, Ordering::Relaxed);
    // SAFETY: all-zero is a valid `sigaction`; all fields that matter are set.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = record as extern "C" fn(c_int) as libc::sighandler_t;
    action.sa_flags = libc::SA_RESTART;
    // What the C library refuses is set up for another signal and copied as the kernel has it.
    let (accepted, refused) = if [32, 33].contains(&signal) { (64, true) } else { (signal, false) };
    // SAFETY: both pointers are to live values of the right type; the handler only does what signal-safety(7) allows.
    let installed = unsafe {
        libc::sigfillset(&raw mut action.sa_mask);
        libc::sigaction(accepted, &raw const action, ptr::null_mut())
    };
    check(installed)?;
    if !refused {
        return Ok(());
    }
    let mut action: Action = [0; 8];
    // SAFETY: the kernel writes a `sigaction` into a larger buffer.
    check(unsafe {
        libc::syscall(libc::SYS_rt_sigaction, accepted, ptr::null::<Action>(), action.as_mut_ptr(), 8_usize)
    })?;
    change(signal, &action)
}

extern "C" fn record(signal: c_int) {
    let bytes = signal.to_ne_bytes();
    // SAFETY: write(2) is async-signal-safe, the buffer lives on this stack, and the pipe is open for the process's life.
    unsafe { libc::write(RECORDS.load(Ordering::Relaxed), bytes.as_ptr().cast(), bytes.len()) };
}

/// Sends any signal, real-time ones included.
pub(crate) fn send(pid: c_int, signal: c_int) -> io::Result<()> {
    // SAFETY: takes two numbers.
    check(unsafe { libc::kill(pid, signal) })
}

/// Adds signals to the mask (`SIG_BLOCK`), or takes them out (`SIG_UNBLOCK`).
pub(crate) fn mask(how: c_int, signals: impl IntoIterator<Item = c_int>) -> io::Result<()> {
    let set = signals.into_iter().fold(0_u64, |set, signal| set | 1 << (signal - 1));
    // SAFETY: the mask has 8 bytes, as the last argument says. The C library would leave 32 and 33 out.
    check(unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, how, &raw const set, ptr::null_mut::<u64>(), 8_usize)
    })
}

/// Makes `to` a copy of `from` that survives `execve`.
pub(crate) fn duplicate(from: c_int, to: c_int) -> io::Result<()> {
    if from == to {
        // SAFETY: takes numbers.
        return check(unsafe { libc::fcntl(to, libc::F_SETFD, 0) });
    }
    // SAFETY: takes two numbers; whatever `to` was, nothing in this program owns it.
    check(unsafe { libc::dup2(from, to) })
}

/// Closes a descriptor of which no Rust value is the owner.
pub(crate) fn close(descriptor: c_int) -> io::Result<()> {
    // SAFETY: takes a number; the standard streams and inherited descriptors have no owner here.
    check(unsafe { libc::close(descriptor) })
}

/// Raises the nice value.
pub(crate) fn nice(by: c_int) -> io::Result<()> {
    // SAFETY: takes a number.
    check(unsafe { libc::nice(by) })
}

fn check(result: impl Into<i64>) -> io::Result<()> {
    if result.into() < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Has a child that has a child of its own and ends; that one ends at once too, without a parent by then or soon after.
pub(crate) fn leave_orphan() -> io::Result<()> {
    // SAFETY: this process has one thread, and the children only make system calls.
    unsafe {
        match libc::fork() {
            -1 => Err(io::Error::last_os_error()),
            0 => {
                libc::fork();
                libc::_exit(0)
            }
            child => check(libc::waitpid(child, ptr::null_mut(), 0)),
        }
    }
}
