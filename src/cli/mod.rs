//! One file per command.

pub mod status;
