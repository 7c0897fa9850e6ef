//! Waiting for what another process does.

use std::time::{Duration, Instant};

/// How long anything may take before a test fails. Far above what is needed: machines that run tests are busy.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Looks until there is an answer, every millisecond.
///
/// # Panics
/// If there is none before [`DEADLINE`].
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    wait_so_long(what, DEADLINE, look)
}

/// The same for what takes longer.
#[track_caller]
pub(super) fn wait_so_long<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = look() {
            return answer;
        }
        assert!(start.elapsed() < patience, "waited {patience:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
