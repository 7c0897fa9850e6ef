//! Against a real Slurm, started by `scripts/slurm-cluster` (or by `scripts/test`, which does it for all tests).

pub(crate) mod chain;
pub(crate) mod cluster;
pub(crate) mod job;
pub(crate) mod own;
mod seats;

mod array;
mod by_itself;
mod cancel;
mod dependency;
mod exit_code;
mod failure;
mod faults;
mod gromacs;
mod limit;
mod mpi;
mod options;
mod preemption;
mod requeue;
mod smoke;
mod steps;
mod warning;
