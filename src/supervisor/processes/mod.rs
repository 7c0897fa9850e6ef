//! What `/proc` says about processes: whether they are ready for a signal, who descends from whom, and which of
//! them are the workers of a program that was started through launchers.
//!
//! Reads only; nothing here sends a signal or waits. A process that ended meanwhile is `None`, never an error.

mod container;
mod ranks;
mod status;
mod steps;
mod tree;

pub use container::{BatchContainer, batch_container, signals_reach_children};
pub use ranks::find_ranks;
pub use status::{Pid, SignalState, Stat, signal_state, stat};
pub use steps::{LocalSteps, children_are_signalled, local_steps, survives};
pub use tree::descendants;
