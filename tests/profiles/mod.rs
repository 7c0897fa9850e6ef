//! What the keys of a profile promise, with real processes.
//!
//! | keys | where |
//! |---|---|
//! | `checkpoint.copy`, `checkpoint.keep` | `copies` |
//! | `retry`, `{stderr}` | `failures` |
//! | `clean`, `effect: continue`, `requeue: app` | `running` |
//! | `checkpoint.lead: auto`, `kill.safe` | `lead` |

mod copies;
mod failures;
mod lead;
mod running;

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::Path;

use tempfile::{TempDir, tempdir};

use crate::support::{Running, Start, Wrapper, example};

/// A run directory with this configuration.
fn folder(yaml: &str) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("ckwrap.yaml"), yaml).unwrap();
    folder
}

/// Runs a command in that directory, segment after segment.
fn local<W: Into<OsString>>(folder: &Path, options: &str, command: impl IntoIterator<Item = W>) -> Running {
    start(folder, options, command).go()
}

fn start<W: Into<OsString>>(folder: &Path, options: &str, command: impl IntoIterator<Item = W>) -> Start {
    let folder = folder.to_owned();
    Start::new(&Wrapper::ckwrap(&format!("--engine local {options}")), command).set(move |command| {
        command.current_dir(folder);
    })
}

/// The same with both streams in the file `out`, as in a batch job.
fn as_in_a_job<W: Into<OsString>>(
    folder: &Path,
    options: &str,
    command: impl IntoIterator<Item = W>,
) -> Running {
    let out = File::options().create(true).append(true).open(folder.join("out")).unwrap();
    start(folder, options, command)
        .set(move |command| {
            command.stdout(out.try_clone().unwrap()).stderr(out);
        })
        .go()
}

fn heat(folder: &Path, options: &str, heat: &str) -> Running {
    let words = heat.split_whitespace().map(OsString::from);
    let words = std::iter::once(example("heat").into_os_string()).chain(words);
    local(folder, options, words.collect::<Vec<_>>())
}

/// What the journal of the chain `local` says, one kind of record after the other.
fn records(folder: &Path) -> Vec<String> {
    let journal = fs::read_to_string(folder.join(".ckwrap/local/journal.jsonl")).unwrap();
    let kind = |line: &str| Some(line.split_once("\"type\":\"")?.1.split('"').next()?.to_owned());
    journal.lines().filter_map(kind).collect()
}

/// Names in a directory, sorted; none where there is no directory.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
