//! `heat`: heat spreading over a square plate, as a program that checkpoints well.
//!
//! It is three things at once: a demonstration for `ckwrap`, the scripted child of ckwrap's tests, and a model to
//! copy from. For the last, read in this order:
//!
//! * `field`: the computation. Deterministic, so that a continued run ends bit for bit like an uninterrupted one.
//! * `checkpoint`: what a checkpoint holds, and how a reader knows that it is whole.
//! * `atomic`: how a file is replaced so that a complete one exists at every instant.
//! * `request`: how the program learns that a checkpoint is wanted.
//! * `simulation`: the loop that brings these together.
//!
//! `misbehaviour` is for the tests: all the ways in which real programs fall short.

mod atomic;
mod checkpoint;
mod field;
mod misbehaviour;
mod options;
mod request;
mod simulation;

use std::process::ExitCode;

use clap::Parser as _;

use crate::options::Options;

fn main() -> ExitCode {
    match simulation::run(&Options::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            talk::complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// What the program says: whole lines, flushed at once, so that who reads along sees each when it happens.
mod talk {
    use std::fmt::{Arguments, Display};
    use std::io::Write as _;

    /// Prints one line to stdout. A reader that has gone away is no reason to stop computing.
    pub(crate) fn say(line: Arguments<'_>) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "heat: {line}");
        let _ = out.flush();
    }

    /// Prints an error to stderr.
    pub(crate) fn complain(error: &dyn Display) {
        let _ = writeln!(std::io::stderr(), "heat: {error}");
    }
}
