//! ckwrap runs a program over as many batch allocations as it takes: a checkpoint before each end, a continuation after it.
//!
//! This is the map of the code. What ckwrap does for its users stands in `README.md`.
//!
//! # Life of a segment
//!
//! 1. [`sys`] blocks every signal before anything else; [`cli`] reads the words, [`config`] the layers of settings: a `Plan`.
//! 2. The supervisor's `prepare` finds the chain this job belongs to ([`journal`]), claims it, and looks for checkpoints.
//! 3. [`policy::start()`] decides whether anything starts, and from which checkpoint; [`profile`] makes the command line of it.
//! 4. A [`policy::Machine`] begins with `Spawn`: the child runs before anything is synced and before Slurm is asked.
//! 5. The loop sleeps in `poll(2)`. Signals, timers, ends, answers and the program's own words become [`policy::Event`]s;
//!    [`policy::Action`]s come back.
//! 6. At the deadline less the lead, on SIGTERM or on preemption the program is asked for a checkpoint by its trigger.
//! 7. When the child has ended, what it left running is ended too; only then are its files looked at ([`checkpoint`]).
//! 8. A [`policy::Verdict`] is given, and the stop rules say whether the chain goes on.
//! 9. The intent is synced to the journal, then carried out by [`scheduler`] calls; an answer that fails to come is looked up.
//! 10. The outcome is recorded, and ckwrap ends with the documented code, or starts the next segment itself (`--engine local`).
//!
//! # Where decisions live
//!
//! All of them in [`policy`]: when to ask, what an end means, whether and how the chain goes on, what to do about each event in
//! each phase (`policy::rule` answers every pair). It has no clock, file, process, thread or environment, so that whole chains can be
//! tried in virtual time. [`supervisor`] carries out and reports back, and decides nothing. Where a scheduler or a file system does
//! not answer, "unknown" is an answer of its own, and the policy alone says what follows from it.
//!
//! # Who may import whom
//!
//! | module | what it is | may use |
//! |---|---|---|
//! | [`model`] | the words of the field as types | nothing |
//! | [`policy`] | the decisions, pure | `model` |
//! | [`profile`] | what is known of applications, pure | `model` |
//! | [`config`] | layers of settings to a plan | `model`, `policy`, `profile`, `sys` |
//! | [`scheduler`] | calls of Slurm's commands and their answers | `model`, `sys` |
//! | [`journal`] | the durable record of a chain | `model`, `sys` |
//! | [`checkpoint`] | which checkpoints there are and which are whole | `model`, `profile::rules`, `sys` |
//! | [`supervisor`] | one loop, one child, one thread for files | all but `cli`, `doctor`, `init`, `rehearsal` and `report` |
//! | [`report`] | what people are shown of a chain | `model`, `journal` |
//! | [`doctor`] | what is wrong with a batch script and its place, pure | `model`, `config`, `profile`, `scheduler` |
//! | [`init`] | a first batch script for what lies in a directory, pure | `model`, `profile` |
//! | [`rehearsal`] | what one whole cycle showed of a program, pure | `model` |
//! | [`cli`] | one file a command | everything |
//! | [`sys`] | the only unsafe code | `model` |
//!
//! The edges (`scheduler`, `journal`, `checkpoint`) do not know each other: what one needs of another passes through the supervisor.

pub mod checkpoint;
pub mod cli;
pub mod config;
pub mod doctor;
pub mod init;
pub mod journal;
pub mod model;
pub mod policy;
pub mod profile;
pub mod rehearsal;
pub mod report;
pub mod scheduler;
pub mod supervisor;
pub mod sys;
