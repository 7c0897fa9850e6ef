//! `scancel` in every phase of a segment: what is saved stays, nothing new begins, and what was begun is taken back.

use std::fs;

use rstest::rstest;

use super::{LONG, SAVES, slurm};
use crate::support::{End, FakeSlurm, Running, example, wait_for};

fn heat(slurm: &FakeSlurm, options: &str, more: &[&str]) -> Running {
    let words = ["--size=20", "--steps=1000000", "--pace=5"].iter().chain(more).map(std::ffi::OsString::from);
    let run = slurm.run(options, std::iter::once(example("heat").into_os_string()).chain(words));
    slurm.is_batch(&run);
    run.line_with("heat: ready");
    run
}

fn computing() -> FakeSlurm {
    FakeSlurm::new(LONG).config("preemption: off\ncheckpoint: {glob: [heat.ck]}\n")
}

fn acts(slurm: &FakeSlurm) -> Vec<String> {
    slurm.calls().into_iter().filter(|call| !call.starts_with("show")).collect()
}

/// A later start of the same job, should there be one, does nothing.
#[track_caller]
fn stays_stopped(mut slurm: FakeSlurm, job: u32) {
    let before = fs::read_to_string(slurm.file("runs")).unwrap_or_default();
    slurm.start(job, LONG);
    let mut run = slurm.run("", SAVES);
    let end = run.end();
    let said = run.all_errors();
    assert!(said.contains("nothing is started"), "{end:?} {said}");
    assert_eq!(fs::read_to_string(slurm.file("runs")).unwrap_or_default(), before);
}

#[test]
fn while_the_program_computes() {
    let slurm = computing();
    let mut run = heat(&slurm, "", &[]);
    slurm.cancel(slurm.job);
    let end = run.end();
    let said = run.all_errors();
    assert!(slurm.file("heat.ck").exists() && said.contains("the job was cancelled"), "{end:?} {said}");
    assert_eq!((end, acts(&slurm)), (End::Code(85), vec![]), "{said}");
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

/// The planned checkpoint is being written.
#[test]
fn while_it_saves() {
    let slurm = FakeSlurm::new(std::time::Duration::from_secs(8));
    let slurm = slurm.config("preemption: off\ncheckpoint: {glob: [heat.ck], lead: 4s}\n");
    let mut run = heat(&slurm, "", &["--slow=1"]);
    run.error_with("asked: ");
    slurm.cancel(slurm.job);
    let end = run.end();
    let said = run.all_errors();
    assert!(slurm.file("heat.ck").exists(), "{end:?} {said}");
    assert_eq!((end, acts(&slurm)), (End::Code(85), vec![]), "{said}");
}

/// The requeue is under way, and the controller takes the cancellation first.
#[rstest]
#[case::answered_late("delay(1500)")]
#[case::lost("timeout")]
#[case::never_done("prints()")]
fn before_the_requeue_is_done(#[case] plan: &str) {
    let slurm = slurm("").plan("requeue", plan);
    let mut run =
        slurm.run("", ["/bin/sh", "-c", "echo ready; read line; echo ran >> runs; echo x > state; exit 85"]);
    slurm.is_batch(&run);
    run.line_with("ready");
    // Nothing has been asked for yet but about the partition: the order of the two is what is tested.
    if plan == "prints()" {
        slurm.cancel(slurm.job);
    }
    run.stdin = None;
    if plan != "prints()" {
        wait_for("the requeue", || (slurm.count("requeue") == 1).then_some(()));
        slurm.cancel(slurm.job);
    }
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(slurm.get(slurm.job, "Restarts"), "0", "{end:?} {said} {:?}", slurm.calls());
    assert_eq!(slurm.count("sbatch"), 0);
    assert_ne!(end, End::Code(0), "{said}");
    assert!(slurm.file("state").exists() && said.contains("the job was cancelled"), "{said}");
    let job = slurm.job;
    stays_stopped(slurm, job);
}

/// The submission is under way: what comes of it is cancelled too.
#[rstest]
#[case::answered_late("delay(1500)", "ok", 1)]
#[case::lost_and_found("timeout-but-done", "ok", 1)]
#[case::lost_and_not_done("timeout", "ok", 0)]
fn before_the_submission_is_answered(#[case] plan: &str, #[case] queue: &str, #[case] cancelled: usize) {
    let slurm = slurm("").plan("sbatch", plan).plan("squeue", queue);
    let mut run = slurm.run("--continue successor", SAVES);
    slurm.is_batch(&run);
    wait_for("the submission", || (slurm.count("sbatch") == 1).then_some(()));
    slurm.cancel(slurm.job);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!((slurm.count("sbatch"), slurm.count("scancel")), (1, cancelled), "{end:?} {said}");
    let left: Vec<u32> = slurm.successors();
    assert!(left.iter().all(|job| slurm.get(*job, "JobState") == "CANCELLED"), "{said}");
    assert!(slurm.file("state").exists(), "{said}");
}

/// Neither the submission nor the look-up is ever answered: should the successor start all the same, the journal stops it.
#[test]
fn and_nobody_ever_answers() {
    let mut slurm = slurm("").plan("sbatch", "timeout-but-done").plan("squeue", "timeout");
    let mut run = slurm.run("--continue successor", SAVES);
    slurm.is_batch(&run);
    wait_for("the look-up", || (slurm.count("squeue") > 0).then_some(()));
    slurm.cancel(slurm.job);
    let end = run.end();
    let said = run.all_errors();
    assert!(said.contains("cancelled"), "{end:?} {said}");
    let [successor] = slurm.successors()[..] else { panic!() };
    slurm.job = successor;
    stays_stopped(slurm, successor);
}

/// The successor of a chain that goes on is cancelled while it waits: the chain ends, and by hand it goes on.
#[test]
fn the_successor_while_it_waits() {
    let mut slurm = slurm("");
    let mut run = slurm.run("--chain mine --continue successor", SAVES);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let [successor] = slurm.successors()[..] else { panic!() };
    slurm.cancel(successor);
    slurm.start_by_hand(555);
    let mut run =
        slurm.run("--chain mine", ["/bin/sh", "-c", "echo $CKWRAP_SEGMENT from:$CKWRAP_CHECKPOINT"]);
    assert_eq!(run.line().as_deref(), Some("2 from:state"), "{}", run.errors());
    assert_eq!(run.end(), End::Code(0));
}

/// It waits still: the user's second job does not run beside it.
#[rstest]
#[case::waits("JobState=PENDING", "ok")]
#[case::waits_for_ever("Reason=DependencyNeverSatisfied", "ok")]
#[case::held("Reason=JobHeldUser", "ok")]
#[case::nobody_answers("JobState=PENDING", "timeout")]
fn nothing_starts_beside_a_successor_that_waits(#[case] change: &str, #[case] plan: &str) {
    let mut slurm = slurm("");
    let mut run = slurm.run("--chain mine --continue successor", SAVES);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let [successor] = slurm.successors()[..] else { panic!() };
    slurm.set(successor, change);
    slurm.start_by_hand(555);
    let slurm = slurm.plan("show-job", plan);
    let mut second = slurm.run("--chain mine", SAVES);
    let end = second.end();
    let said = second.all_errors();
    assert_eq!(end, End::Code(125), "{said}");
    assert!(said.contains(&format!("job {successor}")) && said.contains("nothing is started"), "{said}");
    assert_eq!(fs::read_to_string(slurm.file("runs")).unwrap(), "ran\n");
}
