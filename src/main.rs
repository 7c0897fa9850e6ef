//! The `ckwrap` command.

#![no_main]

ckwrap::entry!(ckwrap::cli::main);
