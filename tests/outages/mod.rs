//! What breaks a chain on a real Slurm: daemons that hang or die, administrators, users in a hurry.
//!
//! Each test has a private Slurm of its own, since what it does would disturb the jobs of others; all can run at once.

pub(crate) mod gate;
pub(crate) mod history;
pub(crate) mod scene;
pub(crate) mod watch;

mod administrator;
mod cancel;
mod controller;
mod limit;
mod node;
mod preemption;
mod requeue;
mod twice;
