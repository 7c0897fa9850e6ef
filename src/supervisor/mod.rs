//! EDGE: carries the policy's decisions out: one loop, one child, one worker thread for the file system.
//!
//! Whether anything is done is decided in [`crate::policy`]; here it is only done, and what came of it told.

mod aside;
mod chain;
mod commands;
mod durable;
mod edge;
mod edit;
mod errands;
mod fallback;
mod fence;
mod keeping;
mod lammps;
mod ledger;
mod looking;
mod mailbox;
mod memory;
mod news;
mod notify;
mod others;
mod perform;
mod place;
mod prepare;
pub mod processes;
mod record;
mod run;
mod step_signal;
mod stop;
mod tell;
mod tree;
mod triggers;
mod words;
mod worker;

pub(crate) use edit::{copies, edits};
pub(crate) use lammps::{DerivedInput, derive};
pub(crate) use place::chain_name;
pub use run::{Run, run};
pub use tell::Teller;
pub(crate) use words::{OF_ONE_SEGMENT, active_mark};
