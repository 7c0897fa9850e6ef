//! Every place where foreign text comes in, as a function from bytes: it may answer what it likes, and must neither panic
//! nor take long nor grow.
//!
//! The tests beside it call these with seeds and changes of them, and the fuzzers in `fuzz/` with whatever finds new ways.

mod checkpoints;
mod command_line;
mod config;
mod environment;
mod journal;
mod lammps;
mod scheduler;
mod scratch;
mod words;

/// A target: its name, and what is done with the bytes.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All of them, by name.
pub(crate) const TARGETS: [Target; 16] = [
    ("command_line", command_line::command_line),
    ("config", config::config),
    ("environment", environment::environment),
    ("job", scheduler::job),
    ("journal", journal::journal),
    ("lammps", lammps::lammps),
    ("logs", checkpoints::logs),
    ("notify", words::notify),
    ("owner", journal::owner),
    ("patterns", checkpoints::patterns),
    ("profile", config::profile),
    ("records", journal::records),
    ("scheduler", scheduler::answers),
    ("scheduler_errors", scheduler::errors),
    ("successor", scheduler::successor),
    ("words", words::words),
];

/// Calls the target of this name.
///
/// # Panics
///
/// Where there is none.
pub(crate) fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(other, _)| *other == name).expect("a target of this name");
    target(data);
}
