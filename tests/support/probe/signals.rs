//! Signals that reach the probe, and signals it dies of.

use std::ffi::c_int;
use std::io::Read as _;
use std::os::fd::{AsFd as _, AsRawFd as _};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::{Outcome, raw, say};

/// All that can be caught, except CHLD.
fn catchable() -> impl Iterator<Item = c_int> {
    (1..=64).filter(|signal| ![9, 17, 19].contains(signal))
}

/// Prints a line for each signal that arrives, until stdin ends. First sends `provocation` to the parent, if given.
pub(crate) fn count(provocation: Option<c_int>) -> Outcome {
    let (mut reader, writer) = std::io::pipe()?;
    catchable().try_for_each(|signal| raw::catch(signal, writer.as_raw_fd()))?;
    say(&format!("ready pid={}", std::process::id()))?;
    if let Some(signal) = provocation {
        raw::send(nix::unistd::getppid().as_raw(), signal)?;
        say("provoked")?;
    }
    let stdin = std::io::stdin();
    loop {
        let (records, input) = (reader.as_fd(), stdin.as_fd());
        let mut sources = [PollFd::new(records, PollFlags::POLLIN), PollFd::new(input, PollFlags::POLLIN)];
        if poll(&mut sources, PollTimeout::NONE).is_err() {
            continue;
        }
        let [got_signal, got_input] = sources.map(|source| source.any() == Some(true));
        if got_signal {
            let mut record = [0; 4];
            reader.read_exact(&mut record)?;
            say(&format!("got {}", c_int::from_ne_bytes(record)))?;
        } else if got_input && stdin.lock().read(&mut [0; 64])? == 0 {
            say("end")?;
            return Ok(0);
        }
    }
}

/// Sends signals in no order: half of them ordinary, which may merge, half of them real-time ones, none of which may be lost.
/// Stops are left out, and the end is told by the real-time ones alone.
pub(crate) fn storm(pid: c_int, count: c_int, seed: c_int) -> Result<(), Box<dyn std::error::Error>> {
    const ORDINARY: [c_int; 12] = [1, 2, 3, 10, 12, 13, 14, 15, 16, 17, 23, 28];
    let mut sent = std::collections::BTreeMap::new();
    let mut random = u64::from(seed.unsigned_abs()) | 1;
    for _ in 0..count {
        // Marsaglia's xorshift: any order will do, if it can be had again.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let draw = usize::try_from(random % 62)?;
        let real_time = || c_int::try_from(draw).map(|draw| 34 + draw / 2);
        let signal = if draw % 2 == 0 { ORDINARY[draw / 2 % ORDINARY.len()] } else { real_time()? };
        raw::send(pid, signal)?;
        *sent.entry(signal).or_insert(0) += 1;
    }
    sent.into_iter().try_for_each(|(signal, times): (c_int, u32)| say(&format!("sent {signal} {times}")))
}

/// Dies of a signal, whatever its disposition and the mask were. Leaves no core file.
pub(crate) fn die(signal: c_int) -> Outcome {
    nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0)?;
    if ![9, 19].contains(&signal) {
        raw::reset(signal)?;
    }
    raw::mask(libc::SIG_UNBLOCK, [signal])?;
    raw::send(nix::unistd::getpid().as_raw(), signal)?;
    Err("still alive".into())
}
