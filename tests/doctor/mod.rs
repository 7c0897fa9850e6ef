//! `ckwrap doctor`: the corpus of batch scripts with their faults, what is mended, what is printed, and the command itself.

mod corpus;
mod mended;
