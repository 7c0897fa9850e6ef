//! What stands before the program on a command line: launchers, their options, `NAME=VALUE` words.
//!
//! The tables hold options that take a value in the next word; everything unknown with a dash is taken to stand alone,
//! unless a program that is known comes right after what would then be its value (see [`Launcher::skip`]).

mod container;
mod mpi;
mod python;
mod skip;
mod srun;
mod table;
mod wrapper;

pub(super) use python::torch_module;
pub(super) use skip::is_assignment;
pub(super) use table::{Kind, Launcher};
