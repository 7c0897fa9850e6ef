//! No controller over the whole end of a segment: what was wanted is on record, the user is told, and whatever happened in
//! truth, the chain goes on once or not at all.

use std::fs;
use std::time::{Duration, SystemTime};

use rstest::rstest;

use super::{CHECKPOINT, LONG, SAVES};
use crate::support::{End, FakeSlurm, wait_for};

/// Long enough to be started on a busy machine.
const LAST: Duration = Duration::from_secs(15);

/// A job at its end, whose controller does nothing, or does what it is told without saying so.
fn outage(mode: &str, done: bool) -> FakeSlurm {
    let lost = if done { "timeout-but-done" } else { "timeout" };
    let mut slurm = FakeSlurm::new(LAST).config(CHECKPOINT);
    let over = SystemTime::now() + LAST;
    for question in ["squeue", "show-config", "show-partition"] {
        slurm = slurm.plan(question, "timeout");
    }
    // For a successor the job's options are asked for first, and its script.
    slurm = slurm.plan("show-job", if mode == "successor" { "ok->timeout" } else { "timeout" });
    for act in ["requeue", "sbatch"] {
        slurm = slurm.plan(act, lost);
    }
    let mut run = slurm.run(&format!("--chain mine --continue {mode}"), SAVES);
    run.error_with("no answer from the scheduler");
    wait_for("the end of the allocation", || (SystemTime::now() >= over).then_some(()));
    // The limit is enforced as soon as the controller is back.
    run.send(15);
    let end = run.end();
    let said = run.all_errors();
    assert_ne!(end, End::Code(0), "{said}");
    assert!(
        said.contains("it is not known whether the chain goes on") && said.contains("squeue --me"),
        "{said}"
    );
    assert!(slurm.file("state").exists());
    let journal = fs::read_to_string(slurm.file(".ckwrap/mine/journal.jsonl")).unwrap();
    assert!(journal.contains("\"intent\"") && journal.contains("\"unknown\":true"), "{journal}");
    assert!(!journal.contains("chain_stopped"), "{journal}");
    for back in ["show-job", "squeue", "show-config", "show-partition", "requeue", "sbatch"] {
        slurm = slurm.plan(back, "ok");
    }
    slurm
}

/// The place in the chain that a job finds.
#[track_caller]
fn segment(slurm: &FakeSlurm) -> String {
    let script = "echo ran >> runs; echo $CKWRAP_SEGMENT from:$CKWRAP_CHECKPOINT; exit 85";
    let mut run = slurm.run("--chain mine --continue none", ["/bin/sh", "-c", script]);
    let line = run.line();
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(85), "{said}");
    line.unwrap()
}

fn runs(slurm: &FakeSlurm) -> usize {
    fs::read_to_string(slurm.file("runs")).unwrap().lines().count()
}

#[test]
fn the_requeue_has_happened_and_the_job_finds_its_place() {
    let mut slurm = outage("requeue", true);
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1");
    let job = slurm.job;
    slurm.start(job, LONG);
    assert_eq!(segment(&slurm), "2 from:state");
}

#[test]
fn the_successor_is_there_and_finds_its_place() {
    let mut slurm = outage("successor", true);
    let [successor] = slurm.successors()[..] else { panic!("{:?}", slurm.successors()) };
    slurm.start(successor, LONG);
    assert_eq!(segment(&slurm), "2 from:state");
}

/// Neither has happened: the user submits the script again.
#[rstest]
fn nothing_has_happened_and_by_hand_it_goes_on(#[values("requeue", "successor", "auto")] mode: &str) {
    let mut slurm = outage(mode, false);
    assert!(slurm.successors().is_empty() && slurm.get(slurm.job, "Restarts") == "0");
    slurm.set(slurm.job, "JobState=TIMEOUT");
    slurm.start_by_hand(555);
    assert_eq!(segment(&slurm), "2 from:state");
}

/// The user was told to look first, and did not: of the two jobs one runs.
#[rstest]
fn by_hand_beside_a_successor_that_nobody_knows(#[values(true, false)] by_hand_first: bool) {
    let mut slurm = outage("successor", true);
    let [successor] = slurm.successors()[..] else { panic!("{:?}", slurm.successors()) };
    slurm.set(slurm.job, "JobState=TIMEOUT");
    if by_hand_first {
        slurm.start_by_hand(555);
        assert_eq!(segment(&slurm), "2 from:state");
        slurm.start(successor, LONG);
        let mut late = slurm.run("--chain mine", SAVES);
        assert_eq!(late.end(), End::Code(0));
        assert!(late.all_errors().contains("nothing is started"));
        assert_eq!(runs(&slurm), 2);
    } else {
        slurm.start(successor, LONG);
        let first = slurm.run(
            "--chain mine --continue none",
            ["/bin/sh", "-c", "echo ran >> runs; echo ready; read line"],
        );
        first.line_with("ready");
        slurm.start_by_hand(555);
        let mut late = slurm.run("--chain mine", SAVES);
        assert_eq!(late.end(), End::Code(125));
        assert!(late.all_errors().contains("runs here already"));
        assert_eq!(runs(&slurm), 2);
    }
}

/// The job that was put back without a word waits still: a second one by hand is refused.
#[rstest]
fn by_hand_beside_a_requeued_job_that_waits(#[values("ok", "timeout")] plan: &str) {
    let mut slurm = outage("requeue", true).plan("show-job", plan);
    slurm.set(slurm.job, "JobState=PENDING");
    slurm.start_by_hand(555);
    let mut second = slurm.run("--chain mine", SAVES);
    assert_eq!(second.end(), End::Code(125));
    let said = second.all_errors();
    assert!(said.contains("job 100") && said.contains("nothing is started"), "{said}");
    assert_eq!(runs(&slurm), 1);
}

/// It is back in time: a few questions later the chain goes on.
#[rstest]
#[case::requeue("requeue", "3*timeout->ok")]
#[case::successor("successor", "timeout->ok")]
fn a_controller_that_comes_back_is_asked_again(#[case] mode: &str, #[case] plan: &str) {
    let slurm = FakeSlurm::new(LONG).config(CHECKPOINT);
    let slurm = ["requeue", "sbatch", "show-job", "squeue", "write"]
        .into_iter()
        .fold(slurm, |slurm, key| slurm.plan(key, plan));
    let mut run = slurm.run(&format!("--continue {mode}"), SAVES);
    let end = run.end_within(Duration::from_secs(120));
    assert_eq!(end, End::Code(0), "{}", run.all_errors());
    let continued = slurm.successors().len() + usize::from(slurm.get(slurm.job, "Restarts") == "1");
    assert_eq!(continued, 1, "{:?}", slurm.calls());
    // Not as fast as it can.
    let questions = slurm.ledger().into_iter().filter(|call| call.key == "show-job").take(2);
    let times: Vec<u64> = questions.map(|call| call.time).collect();
    assert!(times.windows(2).all(|pair| pair[1] >= pair[0] + 900), "{times:?}");
}

/// An outage while the program computes: it is not asked for ever, and not often.
#[test]
fn questions_that_are_not_answered_become_rarer() {
    let slurm = FakeSlurm::new(LONG).config(CHECKPOINT).without_end_time().plan("show-job", "timeout");
    let mut run = slurm.run("", ["/bin/sh", "-c", "read line; exit 0"]);
    run.error_with("the end of this allocation is not known");
    // Each SIGCONT is a reason to ask, but not a second time while the first question is open.
    for _ in 0..50 {
        run.send(18);
    }
    assert_eq!(run.finish(), End::Code(0));
    assert!(slurm.count("show-job") <= 52, "{}", slurm.count("show-job"));
}
