//! Who may use how many CPUs of a cluster at once: tests run in parallel, but the nodes have four CPUs in all.
//!
//! Knows nothing of Slurm.

use std::sync::{Condvar, Mutex, PoisonError};

/// CPUs of one cluster, shared by the tests of this process.
pub(crate) struct Seats {
    free: Mutex<usize>,
    freed: Condvar,
}

/// CPUs that one test holds; given back when dropped.
pub(crate) struct Claim {
    seats: &'static Seats,
    cpus: usize,
}

impl Seats {
    /// All of a cluster's CPUs.
    pub(crate) const ALL: usize = 4;

    pub(crate) const fn new() -> Self {
        Self { free: Mutex::new(Self::ALL), freed: Condvar::new() }
    }

    /// Waits until `cpus` are free and takes them.
    pub(crate) fn claim(&'static self, cpus: usize) -> Claim {
        assert!((1..=Self::ALL).contains(&cpus), "a cluster has {} CPUs, not {cpus}", Self::ALL);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free =
            self.freed.wait_while(free, |free| *free < cpus).unwrap_or_else(PoisonError::into_inner);
        *free -= cpus;
        Claim { seats: self, cpus }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        *self.seats.free.lock().unwrap_or_else(PoisonError::into_inner) += self.cpus;
        self.seats.freed.notify_all();
    }
}
