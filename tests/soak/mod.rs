//! Many chains at once on a real Slurm, for minutes or hours, while everything that can break them does, at random.
//!
//! `scripts/soak` runs it. `CKWRAP_SOAK_MINUTES` says how long faults come, `CKWRAP_SOAK_SEED` repeats their order.

mod chains;
mod cluster;
mod faults;
mod jobs;
mod program;
mod random;
mod verdict;
