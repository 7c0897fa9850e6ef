//! How the program learns that a checkpoint is wanted.
//!
//! A signal handler may do next to nothing, least of all write a file: it sets a flag, and the computation looks at
//! the flag where its state is whole, between two steps.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::poll::{PollTimeout, poll};
use nix::sys::signal::Signal;

/// Where requests arrive.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    asked: Arc<AtomicBool>,
    stop_file: Option<PathBuf>,
}

impl Requests {
    /// Listens for the file, if there is one; signals are added by [`Self::listen`].
    pub(crate) fn new(stop_file: Option<PathBuf>) -> Self {
        Self { asked: Arc::default(), stop_file }
    }

    /// From now on this signal is a request. Until now it had its default effect: mostly death.
    pub(crate) fn listen(&self, signal: Signal) -> io::Result<()> {
        signal_hook::flag::register(signal as i32, Arc::clone(&self.asked)).map(drop)
    }

    /// Whether a checkpoint has been asked for since the last time this was asked. Several requests at once are one.
    pub(crate) fn take(&self) -> bool {
        let by_file = self.stop_file.as_deref().is_some_and(Path::exists);
        if let (true, Some(file)) = (by_file, &self.stop_file) {
            // Left in place, it would stop the next run as well.
            let _ = fs::remove_file(file);
        }
        self.asked.swap(false, Ordering::Relaxed) || by_file
    }

    /// Waits until that instant; a request by signal ends the wait early.
    pub(crate) fn wait_until(&self, end: Instant) {
        while !self.asked.load(Ordering::Relaxed) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            // Poll counts whole milliseconds: round up, or the last one would be spent turning.
            let timeout = PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
            // Interrupted or not, the loop looks again.
            let _ = poll(&mut [], timeout);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_one_request() {
        let requests = Requests::new(None);
        requests.listen(Signal::SIGWINCH).unwrap();
        assert!(!requests.take());
        nix::sys::signal::raise(Signal::SIGWINCH).unwrap();
        nix::sys::signal::raise(Signal::SIGWINCH).unwrap();
        assert!(requests.take());
        assert!(!requests.take());
    }

    #[test]
    fn a_stop_file_is_one_request_and_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("STOP");
        let requests = Requests::new(Some(file.clone()));
        assert!(!requests.take());
        fs::write(&file, "").unwrap();
        assert!(requests.take());
        assert!(!file.exists() && !requests.take());
    }
}
