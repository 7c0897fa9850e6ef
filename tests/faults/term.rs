//! SIGTERM while the program computes: a checkpoint is saved whatever the cause, and what follows depends on who sent it.
//! The states are those that `scontrol` shows from the handler (measured on 22.05.8 and 25.05.8).

use rstest::rstest;

use super::LONG;
use crate::support::{End, FakeSlurm, Running, example};

/// A job with heat in it, which listens.
fn computing(slurm: &FakeSlurm) -> Running {
    let words = ["--size=20", "--steps=1000000", "--pace=5"].map(std::ffi::OsString::from);
    let run = slurm.run("", std::iter::once(example("heat").into_os_string()).chain(words));
    run.line_with("heat: ready");
    run
}

fn slurm() -> FakeSlurm {
    FakeSlurm::new(LONG).config("preemption: off\ncheckpoint: {glob: [heat.ck]}\n")
}

/// Sends SIGTERM in a job that looks so, and answers its end and what was said.
#[track_caller]
fn term(slurm: &FakeSlurm, changes: &[&str]) -> (End, String) {
    let mut run = computing(slurm);
    for change in changes {
        slurm.set(slurm.job, change);
    }
    run.send(15);
    let end = run.end();
    let said = run.all_errors();
    assert!(slurm.file("heat.ck").exists(), "a checkpoint was saved: {said}");
    assert_eq!(slurm.count("sbatch"), 0, "{said}");
    (end, said)
}

#[test]
fn at_the_time_limit_the_job_is_requeued() {
    let slurm = slurm();
    let (end, said) = term(&slurm, &["JobState=COMPLETING", "Reason=TimeLimit"]);
    assert_eq!((end, slurm.get(slurm.job, "Restarts").as_str()), (End::Code(0), "1"), "{said}");
}

#[test]
fn cancelled_by_its_user_nothing_continues() {
    let slurm = slurm();
    let (end, said) = term(&slurm, &["JobState=COMPLETING", "EndTime=1795348716"]);
    // KillWait is asked for at the same time; that question may be dropped before it has been put.
    let mut calls = slurm.calls();
    calls.retain(|call| call != "show-config");
    assert_eq!(calls, ["show-job"], "{end:?} {said}");
    assert!(said.contains("cancelled") && said.contains("the checkpoint is kept"), "{said}");
    assert_ne!(end, End::Code(0), "a cancelled job is no finished one");
}

#[rstest]
#[case::by_another(&["JobState=COMPLETING", "Restarts=1"])]
#[case::preempted(&["JobState=COMPLETING", "Restarts=1", "PreemptTime=1795348716"])]
fn requeued_already_it_is_not_requeued_twice(#[case] changes: &[&str]) {
    let slurm = slurm();
    let (end, said) = term(&slurm, changes);
    assert_eq!((end, slurm.count("requeue")), (End::Code(0), 0), "{said}");
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1");
}

#[test]
fn without_an_answer_a_cancelled_job_is_not_resurrected() {
    // `requeue Incomplete` alone tells: it does nothing for a job that is being cancelled.
    let slurm = slurm().plan("show-job", "3*timeout->ok");
    let (end, said) = term(&slurm, &["JobState=COMPLETING", "EndTime=1795348716"]);
    assert_eq!(slurm.get(slurm.job, "Restarts"), "0", "{end:?} {said}\n{:?}", slurm.calls());
    let plain = slurm
        .ledger()
        .into_iter()
        .filter(|call| call.key == "requeue" && !call.argv.contains(&"Incomplete".into()));
    assert_eq!(plain.count(), 0);
}

#[test]
fn sent_to_ckwrap_alone_it_asks_for_a_checkpoint_and_ends() {
    let slurm = slurm();
    let (end, said) = term(&slurm, &[]);
    assert_eq!(slurm.count("requeue"), 0, "{end:?} {said}");
}
