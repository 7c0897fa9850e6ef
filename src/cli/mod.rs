//! The command line: one file per command.
//!
//! Data goes to standard output, talk to standard error with `ckwrap:` before it.

mod arguments;
pub mod config;
mod dispatch;
pub mod doctor;
mod dry_run;
mod json;
pub mod notify;
pub mod profiles;
mod run;
pub mod status;

pub use arguments::{Arguments, Command, RunArgs};
pub use dispatch::main;
