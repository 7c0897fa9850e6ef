//! Slurm's signals in every order, and limits that move: one checkpoint in time, one continuation.

use std::ffi::OsString;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rstest::rstest;

use super::LONG;
use crate::support::{End, FakeSlurm, Running, example};

fn heat(slurm: &FakeSlurm, options: &str) -> Running {
    let words = ["--size=20", "--steps=1000000", "--pace=5"].map(OsString::from);
    let run = slurm.run(options, std::iter::once(example("heat").into_os_string()).chain(words));
    slurm.is_batch(&run);
    run.line_with("heat: ready");
    run
}

fn slurm(left: Duration, config: &str) -> FakeSlurm {
    FakeSlurm::new(left).config(&format!("checkpoint: {{glob: [heat.ck]}}\n{config}"))
}

fn seconds_from_now(seconds: u64) -> u64 {
    (SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(seconds)).as_secs()
}

const USR1: i32 = 10;
const CONT: i32 = 18;
const TERM: i32 = 15;

/// Ends and answers what was said; the program was asked once, and the job requeued once.
#[track_caller]
fn one_checkpoint_one_requeue(slurm: &FakeSlurm, mut run: Running) -> String {
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(0), "{said}");
    assert!(slurm.file("heat.ck").exists());
    assert_eq!(said.matches("asked: ").count(), 1, "{said}");
    assert_eq!((slurm.get(slurm.job, "Restarts").as_str(), slurm.count("requeue")), ("1", 1), "{said}");
    assert_eq!((slurm.count("sbatch"), run.survivors()), (0, vec![]));
    said
}

/// Without a lead of its own, ckwrap takes the warning as the moment: up to a minute early, twice, before or after SIGCONT.
#[rstest]
#[case::once(&[USR1])]
#[case::twice(&[USR1, USR1])]
#[case::cont_first(&[CONT, USR1])]
#[case::cont_last(&[USR1, CONT])]
#[case::often(&[CONT, USR1, CONT, USR1, USR1, CONT])]
fn a_warning_asks_once(#[case] signals: &[i32]) {
    let slurm = slurm(LONG, "deadline: {warning_signals: [USR1]}\n");
    let run = heat(&slurm, "");
    for signal in signals {
        run.send(*signal);
    }
    one_checkpoint_one_requeue(&slurm, run);
}

/// The warning was lost with the controller, and comes with the SIGTERM at the limit, in the same millisecond.
#[rstest]
#[case::warning_first(&[USR1, TERM, CONT])]
#[case::term_first(&[CONT, TERM, USR1])]
fn warning_and_term_at_once(#[case] signals: &[i32]) {
    let slurm = slurm(LONG, "deadline: {warning_signals: [USR1]}\n");
    let run = heat(&slurm, "");
    for change in ["JobState=COMPLETING", "Reason=TimeLimit"] {
        slurm.set(slurm.job, change);
    }
    for signal in signals {
        run.send(*signal);
    }
    one_checkpoint_one_requeue(&slurm, run);
}

/// With a deadline and a lead that the user has given, a warning is a hint, and the program goes on computing.
#[test]
fn a_warning_that_is_too_early_is_waited_out() {
    let slurm = slurm(LONG, "deadline: {warning_signals: [USR1]}\n");
    let mut run = heat(&slurm, "--lead 1m --verbose");
    run.send(USR1);
    run.error_with("USR1 taken as a hint");
    crate::support::wait_for("the question", || (slurm.count("show-job") > 0).then_some(()));
    assert!(!slurm.file("heat.ck").exists());
    slurm.cancel(slurm.job);
    run.end();
}

/// SIGCONT comes before all that Slurm sends, and asks for nothing.
#[test]
fn cont_alone_asks_for_nothing() {
    let slurm = slurm(LONG, "deadline: {warning_signals: [USR1]}\n");
    let mut run = heat(&slurm, "");
    (0..5).for_each(|_| run.send(CONT));
    crate::support::wait_for("the question", || (slurm.count("show-job") > 0).then_some(()));
    slurm.cancel(slurm.job);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(said.matches("asked: ").count(), 1, "{end:?} {said}");
    assert!(said.contains("the job was cancelled"), "{said}");
}

/// An administrator gives the job more time: no signal tells of it, and Slurm's warning does not come again.
#[test]
fn a_limit_that_is_raised_is_made_use_of() {
    let slurm = slurm(Duration::from_secs(7), "");
    let raised = seconds_from_now(12);
    slurm.set(slurm.job, &format!("EndTime={raised}"));
    let run = heat(&slurm, "--lead 2s");
    let said = one_checkpoint_one_requeue(&slurm, run);
    let asked = slurm.ledger().into_iter().find(|call| call.key == "requeue").unwrap().time / 1000;
    // Environment: 7 s. Five more were given, and ckwrap has stayed for most of them.
    assert!(asked >= raised - 3 && asked <= raised, "{asked} {raised} {said}");
}

/// A preemption with grace: no signal comes, only the end moves. One checkpoint, one requeue, and Slurm's own is not doubled.
#[rstest]
#[case::requeued_by_ckwrap(false)]
#[case::slurm_is_faster(true)]
fn a_grace_time_is_seen_by_the_end_that_moves(#[case] slurm_first: bool) {
    let slurm = slurm(LONG, "").partition("GraceTime=6 PreemptMode=REQUEUE");
    let run = heat(&slurm, "");
    crate::support::wait_for("the partition", || (slurm.count("show-partition") > 0).then_some(()));
    let end = seconds_from_now(20);
    slurm.set(slurm.job, &format!("PreemptTime={}", seconds_from_now(0)));
    slurm.set(slurm.job, &format!("EndTime={end}"));
    if slurm_first {
        run.error_with("preempted");
        slurm.requeue(slurm.job);
        let mut run = run;
        let seen = run.end();
        assert_eq!(seen, End::Code(0), "{}", run.all_errors());
        assert_eq!(slurm.get(slurm.job, "Restarts"), "1");
        assert!(slurm.file("heat.ck").exists() && slurm.count("sbatch") == 0);
    } else {
        let said = one_checkpoint_one_requeue(&slurm, run);
        assert!(said.contains("preempted"), "{said}");
    }
}

/// While it is suspended its end is stale and lies in the past; nothing is concluded from it.
#[test]
fn a_suspended_job_is_not_taken_for_one_that_is_over() {
    let slurm = slurm(LONG, "");
    slurm.set(slurm.job, "JobState=SUSPENDED");
    slurm.set(slurm.job, &format!("EndTime={}", seconds_from_now(0) - 100));
    let mut run = heat(&slurm, "");
    run.send(CONT);
    crate::support::wait_for("the question", || (slurm.count("show-job") > 0).then_some(()));
    slurm.set(slurm.job, "JobState=RUNNING");
    slurm.set(slurm.job, &format!("EndTime={}", seconds_from_now(3600)));
    run.send(CONT);
    crate::support::wait_for("the question", || (slurm.count("show-job") > 1).then_some(()));
    assert!(!slurm.file("heat.ck").exists(), "{}", run.errors());
    slurm.cancel(slurm.job);
    run.end();
}
