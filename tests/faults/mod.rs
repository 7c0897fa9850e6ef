//! Everything around the program fails, one thing at a time: the child must run on, no checkpoint may be lost, and no
//! segment continued twice. The ledger of the fake Slurm is the judge.
//!
//! | faults | where |
//! |---|---|
//! | commands missing, hanging, talking nonsense | `scheduler` |
//! | requeues and submissions that are refused, or whose answers are lost | `continuing` |
//! | a journal that cannot be written | `journal` |
//! | a checkpoint that the disk does not take, or not in time | `durable` |
//! | wrong configuration, options and environment | `configuration` |
//! | two at once, copies that come back, chains that are over | `owners` |
//! | programs that do not listen, checkpoints that are not whole | `programs` |
//! | mistakes in ckwrap itself | `panics` |
//! | SIGTERM, by each of those who send it | `term` |
//! | each exit code and death, crash loops, what cannot be executed | `ends` |
//! | programs that stop, leave for a session of their own, save slowly, go on | `behaviour` |
//! | checkpoints that are empty, stale, unreadable, or lead nowhere | `saves` |
//! | signals twice, early, in odd states; very many of everything | `stops`, `storms` |
//! | odd ends of jobs, clocks that stood still, a starved processor | `time` |
//! | no memory; ckwrap's own file replaced | `memory`, `binary` |
//! | two chains in one directory, a look while a chain writes | `together` |
//! | the list of all cases, `docs/faults.md` | `table` |
//! | answers that are half, coloured, translated, endless | `answers` |
//! | requeues and submissions that Slurm refuses in its own words | `requeue_refused` |
//! | no controller over the whole end | `outage` |
//! | two who requeue, two who start | `twice` |
//! | `scancel` in every phase | `cancelled` |
//! | warnings in every order, limits that move, preemption | `warned` |
//! | arrays, heterogeneous jobs, the largest numbers | `arrays` |
//! | what a successor inherits | `inherited` |
//! | odd words and odd files | `arguments` |
//! | ckwrap in, under and around others, and as process 1 | `nesting` |

mod answers;
mod arguments;
mod arrays;
mod behaviour;
mod binary;
mod cancelled;
mod configuration;
mod continuing;
mod durable;
mod ends;
mod inherited;
mod journal;
mod memory;
mod nesting;
mod outage;
mod owners;
mod panics;
mod programs;
mod requeue_refused;
mod saves;
mod scene;
mod scheduler;
mod stops;
mod storms;
mod table;
mod term;
mod time;
mod together;
mod twice;
mod warned;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::support::{End, FakeSlurm};

/// Far more than any test takes.
const LONG: Duration = Duration::from_secs(3600);

/// The checkpoint of [`SAVES`].
const CHECKPOINT: &str = "checkpoint: {glob: [state]}\n";

/// A program that writes a checkpoint at once and says by its exit code that it is not finished. Needs no command of the
/// system, as the job's `PATH` holds only Slurm's.
const SAVES: [&str; 3] = ["/bin/sh", "-c", "echo ran >> runs; echo data$$ > state; exit 85"];

/// A Slurm whose job has an hour, for a program like [`SAVES`].
fn slurm(options: &str) -> FakeSlurm {
    FakeSlurm::with_options(LONG, options).config(CHECKPOINT)
}

/// Runs one segment of [`SAVES`] to this end, after which nothing of it is left, and answers what was said.
#[track_caller]
fn segment(slurm: &FakeSlurm, options: &str, end: End) -> String {
    let mut run = slurm.run(options, SAVES);
    let seen = run.end();
    let said = run.all_errors();
    assert_eq!(seen, end, "{said}\n{:#?}", slurm.ledger());
    assert_eq!(run.survivors(), Vec::<i32>::new());
    said
}

/// The directory of the only chain.
fn chain(slurm: &FakeSlurm) -> PathBuf {
    fs::read_dir(slurm.file(".ckwrap")).unwrap().flatten().next().unwrap().path()
}

/// All records of the only chain.
fn journal(slurm: &FakeSlurm) -> String {
    fs::read_to_string(chain(slurm).join("journal.jsonl")).unwrap()
}
