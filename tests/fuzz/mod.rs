//! Foreign text in every place where it comes in: changed seeds here, fuzzers by `scripts/fuzz`, and the real program
//! with inputs that are too large, too deep, too many or no files at all.

mod files;
mod mutator;
mod seeds;
mod streams;
mod targets;
mod texts;
