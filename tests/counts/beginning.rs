//! Before the program's `execve`: few system calls, no sync, no other command. Seen by strace(1).

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use tempfile::tempdir;

use super::LONG;
use crate::support::{End, FakeSlurm, Start, Wrapper, probe};

/// Most system calls before the program runs, the loader's and the C library's among them.
const PLAIN: usize = 80;
/// The same for a segment of a chain: configuration, history, owner record, checkpoints, each file with a look at whose it is.
const CHAIN: usize = 285;

/// `strace -f ckwrap OPTIONS -- probe exit 0`, which writes down what it sees.
fn traced(seen: &Path, options: &str) -> Start {
    let strace = ["/usr/bin/strace", "-f", "-qq", "-o"].map(OsString::from);
    let program = [probe().into_os_string(), "exit".into(), "0".into()];
    let ckwrap = Wrapper::ckwrap(options);
    let words = strace.into_iter().chain([seen.into()]).chain(ckwrap.words().iter().cloned()).chain(program);
    // Cargo's search path for libraries would have the loader look in all its folders.
    Start::new(&Wrapper::bare(), words.collect::<Vec<_>>()).set(|command| {
        command.env_remove("LD_LIBRARY_PATH");
    })
}

/// The calls up to the one that starts the program, that one included, each as `PID NAME(...`.
#[track_caller]
fn before_the_program(start: Start, seen: &Path) -> Vec<String> {
    let mut run = start.go();
    let end = run.end();
    assert_eq!(end, End::Code(0), "Debian's package strace is needed; {}", run.all_errors());
    let text = fs::read_to_string(seen).unwrap();
    let lines = text.lines().filter(|line| !line.contains("<... ") && line.contains('('));
    let mut lines = lines.map(str::to_owned).collect::<Vec<_>>();
    let program = format!("execve(\"{}\"", probe().display());
    let at = lines.iter().position(|line| line.contains(&program)).expect("the program was started");
    lines.truncate(at + 1);
    lines
}

fn name(line: &str) -> &str {
    line.split_once('(').map_or(line, |(head, _)| head.rsplit(' ').next().unwrap_or(head))
}

#[track_caller]
fn check(what: &str, calls: &[String], most: usize) {
    let executed = calls.iter().filter(|line| name(line).starts_with("execve")).collect::<Vec<_>>();
    assert_eq!(executed.len(), 2, "ckwrap and the program: {executed:#?}");
    let syncs = ["fsync", "fdatasync", "sync", "syncfs", "sync_file_range", "msync"];
    let synced = calls.iter().filter(|line| syncs.contains(&name(line))).collect::<Vec<_>>();
    assert!(synced.is_empty(), "{synced:#?}");
    println!("{what}: {} system calls before the program runs", calls.len());
    assert!(calls.len() <= most, "{calls:#?}");
}

#[test]
fn a_plain_run() {
    let folder = tempdir().unwrap();
    let seen = folder.path().join("seen");
    check("plain run", &before_the_program(traced(&seen, ""), &seen), PLAIN);
}

#[test]
fn the_first_segment_of_a_chain_in_a_job() {
    let slurm = FakeSlurm::new(LONG).config("checkpoint: {glob: [state]}\n");
    let seen = slurm.file("seen");
    check("first segment", &before_the_program(slurm.place(traced(&seen, "")), &seen), CHAIN);
}

#[test]
fn a_later_segment_of_a_chain_in_a_job() {
    let mut slurm = FakeSlurm::new(LONG).config("checkpoint: {glob: [state]}\n");
    let mut first = slurm.run("", ["/bin/sh", "-c", "echo data > state; exit 85"]);
    assert_eq!(first.end(), End::Code(0));
    let job = slurm.job;
    slurm.start(job, LONG);
    let seen = slurm.file("seen");
    check("second segment", &before_the_program(slurm.place(traced(&seen, "")), &seen), CHAIN);
}

#[test]
fn a_successor_in_a_job_of_its_own() {
    let mut slurm = FakeSlurm::new(LONG).config("checkpoint: {glob: [state]}\n");
    let mut first = slurm.run("--continue successor", ["/bin/sh", "-c", "echo data > state; exit 85"]);
    assert_eq!(first.end(), End::Code(0));
    let successor = slurm.successors()[0];
    slurm.start(successor, LONG);
    let seen = slurm.file("seen");
    check("successor", &before_the_program(slurm.place(traced(&seen, "")), &seen), CHAIN);
}

#[test]
fn without_an_end_time_in_the_environment_the_program_does_not_wait_for_the_answer() {
    let slurm = FakeSlurm::new(LONG).without_end_time().plan("show-job", "hang");
    let seen = slurm.file("seen");
    check("no end time", &before_the_program(slurm.place(traced(&seen, "")), &seen), CHAIN);
}
