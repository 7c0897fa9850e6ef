//! The command line: one file per command.
//!
//! Data goes to standard output, talk to standard error with `ckwrap:` before it.

mod arguments;
mod chains;
pub mod config;
mod counters;
mod dispatch;
pub mod doctor;
mod dry_run;
pub mod init;
mod json;
mod logs;
pub mod notify;
mod path;
pub mod profiles;
mod publish;
pub mod rehearse;
pub mod remaining;
pub mod report;
mod run;
mod slurm;
pub mod status;
mod watch;

pub use arguments::{Arguments, Command, RunArgs};
pub use dispatch::main;
