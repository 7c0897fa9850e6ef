//! Run directories, programs in them, and what their journals say.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::support::{Running, Start, Wrapper, example};

/// heat for longer than any test takes.
pub(super) const ENDLESS: &str = "--size 20 --steps 1000000 --pace 5";

/// A run directory with this configuration.
pub(super) fn folder(yaml: &str) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("ckwrap.yaml"), yaml).unwrap();
    folder
}

/// A command in that directory as a chain of the local engine.
pub(super) fn start<W: Into<OsString>>(
    folder: &Path,
    options: &str,
    command: impl IntoIterator<Item = W>,
) -> Start {
    let folder = folder.to_owned();
    Start::new(&Wrapper::ckwrap(&format!("--engine local {options}")), command).set(move |command| {
        command.current_dir(folder);
    })
}

/// Starts it.
pub(super) fn local<W: Into<OsString>>(
    folder: &Path,
    options: &str,
    command: impl IntoIterator<Item = W>,
) -> Running {
    start(folder, options, command).go()
}

/// The words of a shell script.
pub(super) fn script(text: &str) -> [&str; 3] {
    ["/bin/sh", "-c", text]
}

/// The words of `examples/heat`.
pub(super) fn heat(options: &str) -> Vec<OsString> {
    let words = options.split_whitespace().map(OsString::from);
    std::iter::once(example("heat").into_os_string()).chain(words).collect()
}

/// All records of the directory's chains that are whole.
pub(super) fn journal(folder: &Path) -> Vec<Value> {
    let Ok(chains) = fs::read_dir(folder.join(".ckwrap")) else { return Vec::new() };
    let texts = chains.map(|chain| fs::read_to_string(chain.unwrap().path().join("journal.jsonl")));
    let lines = texts.map(Result::unwrap_or_default).collect::<String>();
    lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Those of one kind.
pub(super) fn records(folder: &Path, kind: &str) -> Vec<Value> {
    journal(folder).into_iter().filter(|record| record["type"] == kind).collect()
}
