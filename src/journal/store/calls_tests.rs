//! What the journal asks of the system, and what it does when that takes only a part: one half runs the other under `strace`.

#![expect(clippy::disallowed_methods, reason = "strace is an ordinary child here")]

use std::path::Path;
use std::process::Command;

use super::super::record::{ChainFinished, Record};
use super::*;
use crate::model::{SegmentNumber, Timestamp};

/// Names the directory in which the traced half is to work; without it that half does nothing.
const PLACE: &str = "CKWRAP_TEST_TRACED";

fn appended_twice(inject: &[&str]) -> (String, String) {
    let place = tempfile::tempdir().unwrap();
    let (log, run) = (place.path().join("trace"), place.path().join("run"));
    std::fs::create_dir(&run).unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-y", "-e", "trace=write,fsync,fdatasync", "-o"]).arg(&log).args(inject);
    if !inject.is_empty() {
        strace.arg("-P").arg(run.join(".ckwrap/c").join(JOURNAL));
    }
    strace.arg(std::env::current_exe().unwrap());
    strace.args(["--exact", "journal::store::calls_tests::half_appends_twice", "--nocapture"]);
    let output = strace.env(PLACE, &run).output().expect("strace is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (said, std::fs::read_to_string(log).unwrap())
}

#[test]
fn half_appends_twice() {
    let Some(run) = std::env::var_os(PLACE) else { return };
    let mut store = Store::create(Path::new(&run), &"c".parse().unwrap()).unwrap();
    for segment in [1, 2] {
        let event = ChainFinished { segment: SegmentNumber(segment) }.into();
        match store.append(&Record { t: Timestamp(0), event }, Durability::Synced) {
            Ok(()) => println!("{segment} is written"),
            Err(error) => println!("{segment} is not: {error}"),
        }
    }
}

#[test]
fn its_names_are_synced_once_and_its_content_each_time() {
    let (said, trace) = appended_twice(&[]);
    assert!(said.contains("1 is written") && said.contains("2 is written"), "{said}");
    let calls = |what: &str| trace.lines().filter(|line| line.contains(what)).count();
    // The chain's directory, `.ckwrap` and the run directory.
    assert_eq!((calls(" fsync("), calls(" fdatasync(")), (3, 2), "{trace}");
}

#[test]
fn a_part_of_a_record_is_none() {
    let (said, trace) = appended_twice(&["-e", "inject=write:retval=3:when=1"]);
    assert!(said.contains("1 is not: only 3 of "), "{said}\n{trace}");
    assert!(said.contains("2 is written"), "{said}\n{trace}");
}
