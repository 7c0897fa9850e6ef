//! What a program tells ckwrap through `NOTIFY_SOCKET`, by real processes.
//!
//! | check | where |
//! |---|---|
//! | the messages, each with what follows from it | `messages` |
//! | what must be kept out: strangers, floods, garbage, descriptors | `intruders` |
//! | the socket itself: where it lies, when it goes, what if there is none | `socket` |
//! | `examples/notify`, with R and for a minute or more: part of `scripts/test apps` | `apps` |
#![expect(clippy::disallowed_methods, reason = "the clients are ordinary processes here")]

mod apps;
mod intruders;
mod messages;
mod socket;

use std::ffi::OsString;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::support::{Running, Start, Wrapper};

/// A program that says where its socket is, then waits for the end of its input.
const TELLS_WHERE: &str = "echo $NOTIFY_SOCKET; read line; exit 0";

fn ckwrap() -> &'static str {
    env!("CARGO_BIN_EXE_ckwrap")
}

/// A run directory with this configuration.
fn folder(yaml: &str) -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("ckwrap.yaml"), yaml).unwrap();
    folder
}

/// Runs a shell script in that directory under the local engine, for an hour unless the options say otherwise, with
/// ckwrap in its `PATH`.
fn local(folder: &Path, options: &str, script: &str) -> Running {
    let limit = if options.contains("--time-limit") { "" } else { "--time-limit 1h" };
    let wrapper = Wrapper::ckwrap(&format!("--engine local {limit} {options}"));
    start(&wrapper, folder, ["/bin/sh", "-c", script]).go()
}

fn start<W: Into<OsString>>(wrapper: &Wrapper, folder: &Path, command: impl IntoIterator<Item = W>) -> Start {
    let folder = folder.to_owned();
    Start::new(wrapper, command).set(move |command| {
        command.current_dir(folder).env("PATH", path());
    })
}

/// `PATH` with ckwrap at its head.
fn path() -> OsString {
    let mut path = OsString::from(Path::new(ckwrap()).parent().unwrap());
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}

/// A chain that waits, and its socket.
fn waiting(folder: &Path, options: &str) -> (Running, PathBuf) {
    let run = local(folder, options, TELLS_WHERE);
    let socket = run.line().expect("the program tells its socket");
    (run, socket.into())
}

fn send(socket: &Path, text: &[u8]) {
    UnixDatagram::unbound().unwrap().send_to(text, socket).unwrap();
}

/// The records of this kind in the directory's only chain.
fn records(folder: &Path, kind: &str) -> Vec<Value> {
    let chains = fs::read_dir(folder.join(".ckwrap")).unwrap().map(|entry| entry.unwrap().path());
    let texts = chains.map(|chain| fs::read_to_string(chain.join("journal.jsonl")).unwrap_or_default());
    let lines = texts.collect::<String>();
    // A line that is being written does not count yet.
    let records = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    records.filter(|record| record["type"] == kind).collect()
}

/// What `ckwrap status` prints there.
fn status(folder: &Path) -> String {
    let output = Command::new(ckwrap()).arg("status").current_dir(folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
