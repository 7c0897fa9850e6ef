//! Waiting for what another process does.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// How long anything may take before a test fails. Far above what is needed: machines that run tests are busy.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// The same; or as many seconds as `CKWRAP_TEST_PATIENCE` says, since some supervisors hang and are to be waited for no longer.
pub(crate) fn patience() -> Duration {
    static PATIENCE: LazyLock<Duration> = LazyLock::new(|| {
        let seconds = std::env::var("CKWRAP_TEST_PATIENCE").ok().and_then(|text| text.parse().ok());
        seconds.map_or(DEADLINE, Duration::from_secs)
    });
    *PATIENCE
}

/// Looks until there is an answer, every millisecond.
///
/// # Panics
/// If there is none within [`patience`].
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    wait_so_long(what, patience(), look)
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
