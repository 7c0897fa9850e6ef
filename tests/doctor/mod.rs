//! `ckwrap doctor`: the corpus of batch scripts with their faults, what is mended, what is printed, and the command itself.

mod command;
mod corpus;
mod files;
mod mended;
mod place;
mod screens;
mod site;
