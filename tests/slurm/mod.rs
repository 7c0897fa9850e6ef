//! Against a real Slurm, started by `scripts/slurm-cluster` (or by `scripts/test`, which does it for all tests).

mod cluster;
mod job;
mod seats;
mod smoke;
