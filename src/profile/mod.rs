//! What ckwrap knows about applications: the built-in profiles, which one fits a command line, and what a
//! profile's rules do to that command line.
//!
//! Pure; profiles are read and resolved by `config`.

mod builtin;
mod detect;
pub mod edit;
pub mod lammps;
mod launcher;
pub mod limit;
pub mod path_part;
pub mod reach;
pub mod restart;
pub mod rules;
mod table;
pub mod template;

pub use builtin::{Builtin, GENERIC, Matches, NONE, Pattern, builtin};
pub use detect::{Program, detect, program};
pub use table::BUILTIN;
