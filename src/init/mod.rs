//! A first batch script: what lies in a directory, which command computes it, and the files that start it under ckwrap.
//!
//! Pure: names and beginnings of files come in, texts go out. Directories, Slurm and the terminal are the caller's.

mod command;
mod guess;
mod inputs;
mod program;
mod script;
mod settings;

pub use command::{Command, Word};
pub use guess::{GuessError, guess};
pub use inputs::{Entry, Kind};
pub use program::given;
pub use script::BatchScript;
pub use settings::settings;
