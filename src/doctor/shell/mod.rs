//! A reader of batch scripts for sh and bash: enough to find the commands, how they are joined and what they stand in.
//!
//! No shell: nothing is expanded or run, and what it cannot follow it says. Pure.

mod lexer;
mod parser;
mod script;
#[cfg(test)]
mod tests;
mod word;

pub use lexer::Unclear;
pub use parser::read;
pub use script::{Block, Command, Join, Kind, Redirect, Script};
pub use word::{Part, Word, is_name};
