//! Threads that no signal can reach.

use std::io;
use std::thread;

/// Starts a thread with every signal blocked, and keeps them blocked in the one that starts it.
///
/// With the first thread of a process, glibc unblocks the two signals it uses itself (32 and 33) in the starting thread; and it
/// starts each new one with 32 unblocked. The default effect of 32 is death: one sent by a stranger would end ckwrap, and the
/// child with it.
pub fn start_thread(name: &str, stack: usize, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let started = thread::Builder::new().name(name.to_owned()).stack_size(stack).spawn(move || {
        super::signals::set_mask(u64::MAX);
        work();
    });
    super::signals::set_mask(u64::MAX);
    started.map(drop)
}
