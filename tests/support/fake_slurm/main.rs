//! A Slurm that fails on demand: one program under the names `scontrol`, `sbatch`, `squeue` and `scancel`.
//!
//! `$FAKE_SLURM` names its directory:
//!
//! | file | holds |
//! |---|---|
//! | `ledger` | a line a call, written before anything is done: milliseconds, kind, failpoint and words, by tabs |
//! | `plan/KEY` | how calls of this kind fail; see `failpoint.rs` |
//! | `jobs/ID` | one job or task, by its plain number: a field of `scontrol show job` a line |
//! | `jobs/ID.script`, `jobs/ID.argv`, `jobs/ID.env` | its batch script, and arguments and environment of its `sbatch` |
//! | `batch.ID` | process id of its batch step, which is signalled when the job is ended; else the caller's parent is |
//! | `config`, `partition` | what `scontrol show config` and `show partition` print |
//!
//! Tests set things up through the same program, by its own name: `fake-slurm set ID KEY=VALUE...`, `fake-slurm get ID KEY`;
//! and act as an administrator or the job's user: `fake-slurm requeue ID`, `fake-slurm cancel ID`.
//! The shapes of all answers are those of Slurm 22.05.8 in `tests/fixtures`.

mod acts;
mod answering;
mod failpoint;
mod questions;
mod state;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use state::State;

/// What a command prints and returns.
#[derive(Debug, Default, Clone)]
pub(crate) struct Said {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) code: u8,
}

impl Said {
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    pub(crate) fn text(text: impl Into<Vec<u8>>) -> Self {
        Self { stdout: text.into(), ..Self::default() }
    }

    pub(crate) fn error(text: impl Into<String>) -> Self {
        Self { stderr: text.into(), code: 1, ..Self::default() }
    }
}

type Outcome = Result<Said, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let words = std::env::args().collect::<Vec<_>>();
    let said = run(&words).unwrap_or_else(|error| Said {
        stderr: format!("fake Slurm: {words:?}: {error}"),
        code: 70,
        ..Said::default()
    });
    // A killed or closed reader is no matter of ours.
    let _ = io::stdout().write_all(&said.stdout);
    if !said.stderr.is_empty() {
        let _ = writeln!(io::stderr(), "{}", said.stderr);
    }
    ExitCode::from(said.code)
}

fn run(words: &[String]) -> Outcome {
    let name = words.first().and_then(|word| Path::new(word).file_name()?.to_str()).unwrap_or_default();
    let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    // `cargo test --examples` runs all examples, this one included.
    let Some(dir) = std::env::var_os("FAKE_SLURM") else { return Ok(Said::nothing()) };
    let state = State::open(Path::new(&dir));
    match name {
        "scontrol" | "sbatch" | "squeue" | "scancel" => call(&state, name, &words),
        _ => direct(&state, &words),
    }
}

/// A call by ckwrap: entered into the ledger, then answered as planned.
fn call(state: &State, name: &str, words: &[&str]) -> Outcome {
    let key = key(name, words);
    let failpoint = state.next_failpoint(&key)?;
    state.enter(&key, name, words, &failpoint)?;
    let id = words.iter().rev().find_map(|word| job_number(word)).unwrap_or(0);
    answering::answer(&failpoint, name, id, || perform(state, name, words))
}

/// The kind of a call, by which it is planned and counted.
fn key(name: &str, words: &[&str]) -> String {
    let words: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with('-')).collect();
    match (name, words.as_slice()) {
        ("scontrol", ["show", what, ..]) => format!("show-{what}"),
        ("scontrol", ["update", rest @ ..]) => {
            let field = rest.iter().find_map(|word| {
                word.split_once('=').map(|(field, _)| field).filter(|field| *field != "JobId")
            });
            format!("update-{}", field.unwrap_or_default())
        }
        ("scontrol", [verb, ..]) => (*verb).to_owned(),
        _ => name.to_owned(),
    }
}

fn perform(state: &State, name: &str, words: &[&str]) -> Outcome {
    match (name, words) {
        ("scontrol", ["-o", "show", "job", id]) => questions::show_job(state, id),
        ("scontrol", ["show", "config"]) => state.text("config").map(Said::text),
        ("scontrol", ["-o", "show", "partition", ..]) => state.text("partition").map(Said::text),
        ("scontrol", ["write", "batch_script", id, "-"]) => Ok(questions::script(state, id)),
        ("scontrol", ["requeue", "Incomplete", id]) => {
            acts::requeue(state, id, acts::By::Job { incomplete: true })
        }
        ("scontrol", ["requeue", id]) => acts::requeue(state, id, acts::By::Job { incomplete: false }),
        ("scontrol", ["update", job, change]) => acts::update(state, job, change),
        ("sbatch", words) => acts::submit(state, words),
        ("squeue", words) => questions::queue(state, words),
        ("scancel", words) => acts::cancel(state, words),
        _ => Err("this call is not known".into()),
    }
}

/// A test sets something up or looks at it.
fn direct(state: &State, words: &[&str]) -> Outcome {
    match words {
        ["set", id, changes @ ..] => {
            let _guard = state.lock()?;
            let mut job = state.job(job_number(id).ok_or("no job number")?)?.ok_or("no such job")?;
            for change in changes {
                let (key, value) = change.split_once('=').ok_or("want KEY=VALUE")?;
                job.set(key, value);
            }
            if changes.contains(&"JobState=RUNNING") {
                let restarts = job.get("Restarts").unwrap_or("0").to_owned();
                job.set(state::BEGAN, &restarts);
            }
            state.save(&job)?;
            Ok(Said::nothing())
        }
        ["get", id, key] => {
            let job = state.job(job_number(id).ok_or("no job number")?)?.ok_or("no such job")?;
            Ok(Said::text(job.get(key).unwrap_or_default()))
        }
        ["submit", words @ ..] => acts::submit(state, words),
        ["requeue", id] => acts::requeue(state, id, acts::By::Administrator),
        ["cancel", id] => acts::end_by_user(state, id),
        _ => Err("no such sub-command; see the top of the source".into()),
    }
}

/// The plain number in `12`, `12_3` or `JobId=12`.
pub(crate) fn job_number(word: &str) -> Option<u32> {
    let word = word.strip_prefix("JobId=").unwrap_or(word);
    word.split_once('_').map_or(word, |(array, _)| array).parse().ok()
}
