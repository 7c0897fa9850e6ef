//! LAMMPS inputs: a user's input is read, and inputs that can be stopped and continued are derived from it.
//!
//! Pure: it must not know where files lie or how a segment runs. What it knows of LAMMPS is from its manual and source
//! (29Sep2021) and was tried against that version; what it does not know it refuses, since a continuation that differs
//! from the uninterrupted run would be believed.
//!
//! How it works: `restart N a b` writes two restart files in turn and makes LAMMPS build its neighbour lists anew at
//! each multiple of N, interrupted or not; a `fix halt` at the same steps leaves the run when the stop file is there.
//! A continuation reads the newer file, sets up again what restart files do not hold, and runs to the same last step.

mod digest;
mod input;
mod interval;
mod lexer;
mod name;
mod options;
mod refusal;
mod rules;
mod script;
mod styles;
mod variables;
mod writer;

#[cfg(test)]
mod tests;

pub use input::{Input, Source, read};
pub use name::CheckpointName;
pub use options::Options;
pub use refusal::Refusal;
pub use script::Script;
