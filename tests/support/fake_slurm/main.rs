//! A Slurm that fails on demand: one program under the names `scontrol`, `sbatch`, `squeue` and `scancel`.
//!
//! `$FAKE_SLURM` names its directory:
//!
//! | file | holds |
//! |---|---|
//! | `ledger` | a line a call, written before anything is done: milliseconds, kind, failpoint and words, by tabs |
//! | `plan/KEY` | how calls of this kind fail; see `failpoint.rs` |
//! | `jobs/ID` | one job, a field of `scontrol show job` a line |
//! | `jobs/ID.script`, `jobs/ID.argv` | its batch script and the arguments of its `sbatch`, one a line |
//! | `config`, `partition` | what `scontrol show config` and `show partition` print |
//!
//! Tests set things up through the same program, by its own name: `fake-slurm set ID KEY=VALUE...`, `fake-slurm get ID KEY`.
//! The shapes of all answers are those of Slurm 22.05.8 in `tests/fixtures`.
#![expect(clippy::disallowed_methods, reason = "a fake that hangs sleeps")]

mod acts;
mod failpoint;
mod questions;
mod state;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use failpoint::Answer;
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
    let done = if failpoint.acts() { Some(perform(state, name, words)?) } else { None };
    match failpoint.answer {
        Answer::Real => Ok(done.unwrap_or_default()),
        Answer::Delayed(time) => {
            std::thread::sleep(time);
            perform(state, name, words)
        }
        Answer::Refused(text) => Ok(Said::error(text)),
        Answer::TimedOut => Ok(timed_out(name, id)),
        Answer::Garbage => Ok(Said::text(*b"\x1b[1;31m{\"jobs\": [\xff\xfe\x00 JobId=4294967296 7|\n\n")),
        Answer::Hang => loop {
            std::thread::sleep(Duration::from_secs(3600));
        },
        Answer::Kill => {
            nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL)?;
            Ok(Said::nothing())
        }
    }
}

/// How a frozen controller is told, by the command (`frozen-*.txt`).
fn timed_out(name: &str, id: u32) -> Said {
    Said::error(match name {
        "sbatch" => {
            "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation".into()
        }
        "scontrol" if id > 0 => format!("Unexpected message received for job {id}"),
        _ => "slurm_load_jobs error: Socket timed out on send/recv operation".to_owned(),
    })
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
        ("scontrol", ["-o", "show", "partition", _]) => state.text("partition").map(Said::text),
        ("scontrol", ["write", "batch_script", id, "-"]) => Ok(questions::script(state, id)),
        ("scontrol", ["requeue", "Incomplete", id]) => acts::requeue(state, id, true),
        ("scontrol", ["requeue", id]) => acts::requeue(state, id, false),
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
            state.save(&job)?;
            Ok(Said::nothing())
        }
        ["get", id, key] => {
            let job = state.job(job_number(id).ok_or("no job number")?)?.ok_or("no such job")?;
            Ok(Said::text(job.get(key).unwrap_or_default()))
        }
        ["submit", words @ ..] => acts::submit(state, words),
        _ => Err("no such sub-command; see the top of the source".into()),
    }
}

/// The plain number in `12`, `12_3` or `JobId=12`.
pub(crate) fn job_number(word: &str) -> Option<u32> {
    let word = word.strip_prefix("JobId=").unwrap_or(word);
    word.split_once('_').map_or(word, |(array, _)| array).parse().ok()
}
