//! A journal that cannot be written: the program runs, one warning, and nothing that could be doubled.

use std::ffi::OsString;
use std::fs;

use rstest::rstest;

use super::{SAVES, slurm};
use crate::support::{End, FakeSlurm, Start, Wrapper};

/// A Slurm in whose run directory no `.ckwrap` can be made: not even by root.
fn without_journal(options: &str) -> FakeSlurm {
    let slurm = slurm(options);
    fs::write(slurm.file(".ckwrap"), "in the way").unwrap();
    slurm
}

fn warnings(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.contains("warning:") || line.contains("error:")).collect()
}

#[test]
fn the_program_runs_and_the_job_is_requeued_after_one_warning() {
    let slurm = without_journal("");
    let mut run = slurm.run("", SAVES);
    assert_eq!(run.end(), End::Code(0));
    let said = run.all_errors();
    let [warning] = warnings(&said)[..] else { panic!("{said}") };
    assert!(warning.contains(".ckwrap"), "{warning}");
    // The number of the job stays, so a requeue cannot be doubled.
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1");
    assert_eq!(slurm.count("sbatch"), 0);
}

#[rstest]
#[case::auto("", "--continue auto")]
#[case::requeue("", "--continue requeue")]
fn without_a_new_checkpoint_nothing_is_requeued(#[case] submitted: &str, #[case] options: &str) {
    // Nobody would count the turns of a chain that gets nowhere.
    let slurm = without_journal(submitted);
    let mut run = slurm.run(options, ["/bin/sh", "-c", "exit 85"]);
    assert_eq!(run.end(), End::Code(85));
    let said = run.all_errors();
    assert!(said.contains("submit the same script again"), "{said}");
    assert_eq!((slurm.count("requeue"), slurm.count("sbatch")), (0, 0));
}

#[test]
fn no_successor_is_submitted_that_nobody_would_know() {
    let slurm = without_journal("");
    let mut run = slurm.run("--continue successor", SAVES);
    assert_eq!(run.end(), End::Code(85));
    assert_eq!(slurm.count("sbatch"), 0);
    let said = run.all_errors();
    assert!(said.contains("journal") && said.contains("submit the same script again"), "{said}");
}

#[test]
fn the_code_of_a_finished_program_is_kept() {
    let slurm = without_journal("");
    let mut run = slurm.run("", ["/bin/sh", "-c", "exit 0"]);
    assert_eq!(run.end(), End::Code(0));
    let mut run = slurm.run("", ["/bin/sh", "-c", "exit 3"]);
    assert_eq!(run.end(), End::Code(3));
    assert!(slurm.calls().iter().all(|call| call.starts_with("show")), "{:?}", slurm.calls());
}

#[test]
fn a_journal_that_is_lost_while_the_program_runs_does_not_stop_it() {
    let slurm = slurm("");
    let mut run = slurm.run("", ["/bin/sh", "-c", "echo ready; read line; echo data > state; exit 85"]);
    assert_eq!(run.line().as_deref(), Some("ready"));
    // The segment's start is on record first: what is removed later is not made again.
    crate::support::wait_for("a record", || {
        fs::read_dir(slurm.file(".ckwrap")).ok()?.flatten().find(|chain| {
            fs::read_to_string(chain.path().join("journal.jsonl"))
                .is_ok_and(|text| text.contains("segment_started"))
        })
    });
    fs::remove_dir_all(slurm.file(".ckwrap")).unwrap();
    fs::write(slurm.file(".ckwrap"), "in the way").unwrap();
    assert_eq!(run.finish(), End::Code(0));
    let said = run.all_errors();
    assert_eq!(slurm.count("sbatch"), 0, "{said}");
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1", "{said}");
}

/// A disk that takes writes and then cannot keep them: full, over quota on NFS, broken.
#[rstest]
#[case::broken("EIO", "--continue successor", End::Code(85), (0, 0))]
#[case::full("ENOSPC", "--continue successor", End::Code(85), (0, 0))]
#[case::stale("ESTALE", "--continue auto", End::Code(0), (1, 0))]
#[case::quota("EDQUOT", "--continue requeue", End::Code(0), (1, 0))]
fn on_a_disk_that_keeps_nothing_no_intent_is_acted_on_that_could_be_doubled(
    #[case] errno: &str,
    #[case] options: &str,
    #[case] end: End,
    #[case] acts: (usize, usize),
) {
    let slurm = slurm("");
    let inject = format!("inject=fsync,fdatasync:error={errno}");
    let strace =
        ["/usr/bin/strace", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", &inject];
    let ckwrap = Wrapper::ckwrap(options);
    let words = strace.into_iter().map(OsString::from).chain(ckwrap.words().iter().cloned());
    let words = words.chain(SAVES.map(OsString::from)).collect::<Vec<_>>();
    let mut run = slurm.place(Start::new(&Wrapper::bare(), words)).go();
    let seen = run.end();
    let said = run.all_errors();
    assert_eq!(seen, end, "{said}");
    assert_eq!((slurm.count("requeue"), slurm.count("sbatch")), acts, "{said}");
    assert_eq!(fs::read_to_string(slurm.file("runs")).unwrap(), "ran\n");
    assert_eq!(said.matches("; the program runs on").count(), 1, "{said}");
}

/// The first record that cannot be written: of all of them, the next job can do least without it.
#[rstest]
#[case::once("when=1")]
#[case::three_times("when=1..3")]
#[case::now_and_then("when=1+2")]
fn what_could_not_be_written_is_written_later_and_in_order(#[case] when: &str) {
    let slurm = slurm("");
    let path = slurm.file(".ckwrap/full/journal.jsonl");
    let inject = format!("inject=write:error=ENOSPC:{when}");
    let strace = ["/usr/bin/strace", "-f", "-qqq", "-o", "/dev/null", "-P", path.to_str().unwrap()];
    let strace = strace.into_iter().chain(["-e", "trace=write", "-e", &inject]);
    let ckwrap = Wrapper::ckwrap("--chain full");
    let words = strace.map(OsString::from).chain(ckwrap.words().iter().cloned());
    let words = words.chain(SAVES.map(OsString::from)).collect::<Vec<_>>();
    let mut run = slurm.place(Start::new(&Wrapper::bare(), words)).go();
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let kinds: Vec<String> = super::scene::journal(&slurm.file("."))
        .iter()
        .filter_map(|record| Some(record.get("type")?.as_str()?.to_owned()))
        .filter(|kind| ["chain_started", "segment_started", "segment_ended"].contains(&kind.as_str()))
        .collect();
    assert_eq!(kinds, ["chain_started", "segment_started", "segment_ended"], "{}", run.all_errors());
}
