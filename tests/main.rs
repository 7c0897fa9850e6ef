//! All integration tests, in one binary.

#[cfg(test)] // here too: it is what tells clippy that these are tests
mod slurm;
