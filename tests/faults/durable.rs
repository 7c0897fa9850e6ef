//! The checkpoint that a chain is continued from is on the disk before the intent to continue is, as far as that can be had
//! in time. Seen by strace(1), which also makes the disk fail and hang.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use rstest::rstest;

use super::{LONG, journal};
use crate::support::{End, FakeSlurm, Running, Start, Wrapper, wait_for};

/// Everything of strace(1) but what it traces.
const STRACE: [&str; 7] = ["/usr/bin/strace", "-f", "-qqq", "-y", "-s", "400", "-o"];

/// A disk so slow that whoever does not wait for it is seen.
const SLOW: [&str; 4] = ["-e", "trace=fsync,fdatasync,write", "-e", "inject=fsync:delay_enter=100000"];

/// `ckwrap OPTIONS -- SH -c SCRIPT` in the job, under strace.
fn traced(slurm: &FakeSlurm, strace: &[&str], options: &str, script: &str) -> Running {
    let seen = slurm.file("../seen").into_os_string();
    let words = STRACE.map(OsString::from).into_iter().chain([seen]).chain(strace.iter().map(OsString::from));
    let ckwrap = Wrapper::ckwrap(options);
    let words = words.chain(ckwrap.words().iter().cloned());
    let words = words.chain(["/bin/sh", "-c", script].map(OsString::from)).collect::<Vec<_>>();
    slurm.place(Start::new(&Wrapper::bare(), words)).go()
}

/// Each call that has ended, in the order of their ends.
fn calls(seen: &Path) -> Vec<String> {
    let text = fs::read_to_string(seen).unwrap();
    let mut begun: Vec<(&str, &str)> = Vec::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let (pid, call) = line.split_once(' ').unwrap();
        if let Some(start) = call.trim().strip_suffix("<unfinished ...>") {
            begun.push((pid, start));
        } else if call.contains("resumed>") {
            let at = begun.iter().position(|(its, _)| *its == pid).unwrap();
            calls.push(begun.remove(at).1.to_owned());
        } else {
            calls.push(call.trim().to_owned());
        }
    }
    calls
}

/// When something like this was done first.
#[track_caller]
fn first(calls: &[String], words: [&str; 2]) -> usize {
    let fits = |call: &String| words.iter().all(|word| call.contains(word));
    calls.iter().position(fits).unwrap_or_else(|| panic!("no {words:?} in {calls:#?}"))
}

#[rstest]
#[case::a_file("[state]", "file", "echo data > state", &["/state>", "RUN>"])]
#[case::further_down("['d/*/state']", "file", "/bin/mkdir -p d/1; echo data > d/1/state", &["/d/1/state>", "/d/1>", "/d>", "RUN>"])]
#[case::behind_a_link("[last]", "file", "echo data > state; /bin/ln -s state last", &["/state>", "RUN>"])]
#[case::a_set("[a, b]", "set", "echo data > a; echo data > b", &["/a>", "/b>", "RUN>"])]
#[case::a_directory("['chk*']", "dir", "/bin/mkdir chk1; echo data > chk1/a; echo data > chk1/b", &["/chk1/a>", "/chk1/b>", "/chk1>", "RUN>"])]
fn all_of_the_checkpoint_is_on_the_disk_before_the_intent(
    #[case] glob: &str,
    #[case] kind: &str,
    #[case] saves: &str,
    #[case] synced: &[&str],
) {
    let slurm = FakeSlurm::new(LONG).config(&format!("checkpoint: {{glob: {glob}, kind: {kind}}}\n"));
    let mut run = traced(&slurm, &SLOW, "", &format!("{saves}; exit 85"));
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!(slurm.count("requeue"), 1);
    let calls = calls(&slurm.file("../seen"));
    let intent = first(&calls, ["write(", "intent"]);
    let run_dir = format!("{}>", slurm.run_dir.display());
    for name in synced {
        let at = first(&calls, ["fsync(", &name.replace("RUN>", &run_dir)]);
        assert!(at < intent, "{name}: {calls:#?}");
    }
    let durable =
        calls.iter().skip(intent).any(|call| call.contains("fdatasync(") || call.contains("fsync("));
    assert!(durable, "{calls:#?}");
    assert!(!run.all_errors().contains("on the disk"));
}

#[rstest]
#[case::a_plain_run("--engine none", "echo data > state; exit 85", End::Code(85))]
#[case::nothing_new("", "exit 85", End::Code(0))]
#[case::finished("", "echo data > state; exit 0", End::Code(0))]
fn where_nothing_is_continued_from_it_no_checkpoint_is_synced(
    #[case] options: &str,
    #[case] script: &str,
    #[case] end: End,
) {
    let slurm = super::slurm("");
    fs::write(slurm.file("state"), "old").unwrap();
    let mut run = traced(&slurm, &["-e", "trace=fsync,fdatasync,sync_file_range"], options, script);
    assert_eq!(run.end(), end, "{}", run.all_errors());
    let calls = calls(&slurm.file("../seen"));
    assert!(!calls.iter().any(|call| call.contains("/state>")), "{calls:#?}");
}

/// Of all syncs that of the checkpoint alone.
fn of_the_checkpoint(slurm: &FakeSlurm, how: &str) -> [String; 6] {
    let path = slurm.file("state").display().to_string();
    ["-P".into(), path, "-e".into(), "trace=fsync".into(), "-e".into(), format!("inject=fsync:{how}")]
}

#[rstest]
#[case::broken("EIO", "--continue requeue")]
#[case::broken_with_a_successor("EIO", "--continue successor")]
#[case::full("ENOSPC", "--continue requeue")]
#[case::over_quota("EDQUOT", "--continue successor")]
fn a_checkpoint_that_the_disk_does_not_take_is_told_and_the_chain_goes_on(
    #[case] errno: &str,
    #[case] options: &str,
) {
    let slurm = super::slurm("");
    fs::write(slurm.file("state"), "old").unwrap();
    let words = of_the_checkpoint(&slurm, &format!("error={errno}"));
    let mut run = traced(&slurm, &words.each_ref().map(String::as_str), options, super::SAVES[2]);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let said = run.all_errors();
    assert_eq!(said.matches("checkpoint state is complete, but may not be on the disk").count(), 1, "{said}");
    assert!(said.contains("an older one that is whole") && !said.contains("lost"), "{said}");
    assert_eq!(slurm.count("requeue") + slurm.count("sbatch"), 1, "{said}");
    let journal = journal(&slurm);
    assert!(journal.contains("\"type\":\"intent\"") && journal.contains("continued"), "{journal}");
}

#[rstest]
#[case::requeue("--continue requeue")]
#[case::successor("--continue successor")]
fn a_disk_that_hangs_holds_the_chain_up_for_a_moment_only(#[case] options: &str) {
    let slurm = super::slurm("");
    fs::write(slurm.file("state"), "old").unwrap();
    // Far longer than any test waits.
    let words = of_the_checkpoint(&slurm, "delay_enter=600000000");
    let run = traced(&slurm, &words.each_ref().map(String::as_str), options, super::SAVES[2]);
    run.error_with("not all of it was on the disk");
    run.error_with("unfinished; goes on by");
    assert_eq!(slurm.count("requeue") + slurm.count("sbatch"), 1);
    wait_for("the record", || journal(&slurm).contains("\"type\":\"continued\"").then_some(()));
    let journal = journal(&slurm);
    assert!(journal.contains("\"type\":\"intent\""), "{journal}");
}
