//! The process entry: `main` without the standard library's start-up.
//!
//! That start-up would ignore SIGPIPE and reopen closed standard streams, and the child would inherit both.

use std::ffi::{CStr, OsString, c_char, c_int};
use std::io::Write as _;
use std::os::unix::ffi::OsStringExt;

use crate::model::ExitStatus;

/// Defines the C entry point of a binary: `entry!(run)` with `fn run(Vec<OsString>) -> ExitStatus`.
#[macro_export]
macro_rules! entry {
    ($run:path) => {
        #[unsafe(no_mangle)]
        extern "C" fn main(
            count: ::std::ffi::c_int,
            words: *const *const ::std::ffi::c_char,
        ) -> ::std::ffi::c_int {
            // SAFETY: the C runtime passes the process's own argument vector.
            unsafe { $crate::sys::start(count, words, $run) }
        }
    };
}

/// Runs `run` with the process's arguments and ends the process as it says.
///
/// # Safety
///
/// `words` points to `count` pointers to NUL-terminated strings, as a C `main` receives them.
#[doc(hidden)]
pub unsafe fn start(
    count: c_int,
    words: *const *const c_char,
    run: fn(Vec<OsString>) -> ExitStatus,
) -> c_int {
    super::descriptors::fill_closed_stdio();
    super::panic::remember_panics();
    let count = usize::try_from(count).unwrap_or(0);
    let mut arguments = Vec::with_capacity(count);
    for index in 0..count {
        // SAFETY: the C runtime passes `count` pointers to NUL-terminated strings that live as long as the process.
        let word = unsafe { CStr::from_ptr(*words.add(index)) };
        arguments.push(OsString::from_vec(word.to_bytes().to_vec()));
    }
    let status = super::guarded(|| run(arguments)).unwrap_or_else(|panic| {
        // Nothing else is left to tell it to.
        let _ = writeln!(
            std::io::stderr(),
            "ckwrap: error: {panic}; this is a fault of ckwrap, please report it"
        );
        ExitStatus::INTERNAL
    });
    match status {
        ExitStatus::Code(code) => c_int::from(code),
        ExitStatus::Signal(signal) => super::die_of(signal),
    }
}
