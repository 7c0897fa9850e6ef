//! Bare against wrapped: the same program by itself and under the wrapper, and nobody can tell the difference.
//!
//! | check | where |
//! |---|---|
//! | exit codes, death by signal, 126, 127, fork fails | `exit` |
//! | inherited state: signals, descriptors, limits, arguments, environment, session | `state` |
//! | standard streams: passed through, closed, released | `streams` |
//! | signals: each forwarded once, bursts, no echo | `forwarding` |
//! | stop and continue | `stopping` |
//! | the first milliseconds, and what was there before | `beginning` |
//! | nobody is left behind | `leftovers` |
//! | Ctrl-C and Ctrl-Z | `terminal` |
//! | once there are threads | `threads` |
//!
//! docs/conformance.md tells which of these tests make up each of the 25 checks; `scripts/conformance` runs them under other
//! supervisors too.
//!
//! To see how another supervisor fares: `CKWRAP_TEST_WRAPPER='tini -s --' cargo test --test it conformance`.

mod beginning;
mod exit;
mod forwarding;
mod leftovers;
mod state;
mod stopping;
mod streams;
mod terminal;
mod threads;

use crate::support::Wrapper;

/// The same observation, bare and wrapped.
fn both<T>(observe: impl Fn(&Wrapper) -> T) -> (T, T) {
    (observe(&Wrapper::bare()), observe(&Wrapper::wrapped()))
}

/// Does this for many numbers and tells all that went wrong, not only the first.
#[track_caller]
fn for_each(numbers: impl IntoIterator<Item = i32>, mut check: impl FnMut(i32) -> Result<(), String>) {
    let wrong = numbers.into_iter().filter_map(|n| check(n).err().map(|error| format!("{n}: {error}")));
    // As many as tell of what kind the trouble is; each may have been waited for.
    let wrong = wrong.take(10).collect::<Vec<_>>();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
