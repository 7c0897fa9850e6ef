//! What ckwrap is and does as a process.

use nix::sys::prctl;
use nix::unistd::{Uid, getpgrp, getpid};

use crate::model::Signal;

/// Process id of ckwrap.
pub fn own_pid() -> i32 {
    getpid().as_raw()
}

/// Process group of ckwrap.
pub fn own_group() -> i32 {
    getpgrp().as_raw()
}

/// User whose rights ckwrap has.
pub fn effective_uid() -> u32 {
    Uid::effective().as_raw()
}

/// Whether the kernel gave this start more rights than the caller has (setuid and the like).
pub fn is_privileged_start() -> bool {
    // SAFETY: getauxval takes and returns plain numbers.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Orphans of the child's tree become ckwrap's children, so that none is left behind.
pub fn become_subreaper() {
    // Not supported before Linux 3.4; then orphans go to init as they would have without ckwrap.
    let _ = prctl::set_child_subreaper(true);
}

/// A number that no other process will draw, from the kernel.
pub fn random() -> u64 {
    let mut bytes = [0_u8; 8];
    // SAFETY: the buffer has the length that is passed.
    let count = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    if count == 8 {
        return u64::from_ne_bytes(bytes);
    }
    // Before Linux 3.17: time and process make it as unique as a chain needs.
    let now = super::now();
    u64::from(now.instant.0.subsec_nanos())
        ^ (now.instant.0.as_secs() << 8)
        ^ (u64::from(own_pid().unsigned_abs()) << 32)
}

/// Wakes ckwrap's own loop from another thread, by a SIGCHLD that stays until it is read.
///
/// [`super::send`] would not do: it spares process 1, and in a container that is what ckwrap may be.
pub fn wake_self() {
    // SAFETY: plain numbers.
    unsafe {
        libc::kill(libc::getpid(), libc::SIGCHLD);
    }
}

/// Stops ckwrap until somebody sends SIGCONT.
pub fn stop_self() {
    super::send(own_pid(), Signal::STOP);
}

/// Ends ckwrap by `signal`, without a second core; where the signal does not kill, by code 128+n.
pub fn die_of(signal: Signal) -> ! {
    let _ = prctl::set_dumpable(false);
    let number = signal.number();
    // The first process of a pid namespace takes no fatal signal from inside, and the library would then abort.
    if own_pid() != 1 {
        // The library's tested way for the classic signals; real-time ones it does not know.
        let _ = signal_hook::low_level::emulate_default_handler(number);
    }
    // SAFETY: the disposition is set to the default and the mask to empty; no pointer outlives its call.
    unsafe {
        libc::signal(number, libc::SIG_DFL);
        super::signals::set_mask(0);
        libc::kill(libc::getpid(), number);
        libc::_exit(128 + number)
    }
}
