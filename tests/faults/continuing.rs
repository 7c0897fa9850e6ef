//! Requeues and submissions that are refused, or whose answers are lost.

use rstest::rstest;

use super::{CHECKPOINT, LONG, SAVES, segment, slurm};
use crate::support::{End, FakeSlurm};

#[test]
fn a_requeue_takes_two_calls_and_is_hastened() {
    let mut slurm = slurm("");
    segment(&slurm, "", End::Code(0));
    assert_eq!(slurm.calls(), ["show-partition", "requeue", "update-StartTime"]);
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1");
    let job = slurm.job;
    slurm.start(job, LONG);
    segment(&slurm, "", End::Code(0));
    assert_eq!(slurm.get(job, "Restarts"), "2");
    assert_eq!(std::fs::read_to_string(slurm.file("runs")).unwrap(), "ran\nran\n");
}

#[test]
fn a_job_that_must_not_be_requeued_is_first_allowed_to() {
    let slurm = slurm("--no-requeue");
    segment(&slurm, "", End::Code(0));
    let calls = slurm.calls();
    assert_eq!(calls[1..], ["requeue", "update-Requeue", "requeue", "update-StartTime"]);
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1");
}

#[test]
fn refused_for_good_a_requeue_becomes_a_successor() {
    let slurm = slurm("").plan("requeue", "refused(Access/permission denied for job 100)");
    let said = segment(&slurm, "", End::Code(0));
    assert!(said.contains("requeue is not possible: Access/permission denied"), "{said}");
    let [successor] = slurm.successors()[..] else { panic!("{:?}", slurm.successors()) };
    assert!(slurm.get(successor, "Comment").starts_with("ckwrap:slurm-100.1."));
    assert_eq!(slurm.get(slurm.job, "Restarts"), "0");
}

#[test]
fn with_no_successor_either_the_exit_code_is_left() {
    let slurm = slurm("")
        .plan("requeue", "refused(Requested operation is presently disabled for job 100)")
        .plan("sbatch", "refused(sbatch: error: Batch job submission failed: Access/permission denied)")
        .requeue_exit("99");
    segment(&slurm, "", End::Code(99));
    let acts = slurm.calls().into_iter().filter(|call| !call.starts_with("show")).collect::<Vec<_>>();
    assert_eq!(acts, ["requeue", "update-Requeue", "requeue", "write", "sbatch"]);
}

#[test]
fn with_nothing_left_the_user_is_told_what_to_type() {
    let slurm = slurm("")
        .plan("requeue", "refused(Access/permission denied for job 100)")
        .plan("sbatch", "refused(sbatch: error: QOSMaxSubmitJobPerUserLimit)");
    let said = segment(&slurm, "", End::Code(85));
    assert!(said.contains("submit the same script again from this directory"), "{said}");
    assert!(slurm.file("state").exists() && slurm.successors().is_empty());
}

#[rstest]
#[case::timed_out("timeout-but-done->ok")]
#[case::killed("kill-but-done->ok")]
#[case::garbled("garbage-but-done->ok")]
fn a_submission_whose_answer_is_lost_is_found_by_its_token(#[case] plan: &str) {
    let slurm = slurm("").plan("sbatch", plan);
    let said = segment(&slurm, "--continue successor", End::Code(0));
    assert!(said.contains("no answer from the scheduler"), "{said}");
    assert_eq!((slurm.count("sbatch"), slurm.count("squeue"), slurm.successors().len()), (1, 2, 1), "{said}");
}

#[rstest]
#[case::timed_out("timeout->ok", 2)]
#[case::killed("kill->ok", 2)]
#[case::three_times("3*timeout->ok", 4)]
#[case::lost_twice("timeout->timeout-but-done->ok", 2)]
fn a_submission_that_did_not_happen_is_made_once_more(#[case] plan: &str, #[case] tries: usize) {
    let slurm = slurm("").plan("sbatch", plan);
    segment(&slurm, "--continue successor", End::Code(0));
    assert_eq!((slurm.count("sbatch"), slurm.successors().len()), (tries, 1));
    // Before each second try it was looked whether the first had happened.
    let calls = slurm.calls();
    let acts = calls.iter().filter(|call| ["sbatch", "squeue"].contains(&call.as_str()));
    assert!(!acts.collect::<Vec<_>>().windows(2).any(|pair| pair == ["sbatch", "sbatch"]), "{calls:?}");
}

#[test]
fn while_the_look_up_has_no_answer_nothing_is_submitted() {
    let slurm = slurm("").plan("sbatch", "timeout-but-done->ok").plan("squeue", "timeout->kill->ok");
    segment(&slurm, "--continue successor", End::Code(0));
    assert_eq!((slurm.count("sbatch"), slurm.successors().len()), (1, 1));
}

#[rstest]
#[case::done("timeout-but-done->ok", 1)]
#[case::not_done("timeout->ok", 2)]
#[case::killed_after("kill-but-done->ok", 1)]
#[case::killed_before("kill->ok", 2)]
fn a_requeue_whose_answer_is_lost_is_looked_up(#[case] plan: &str, #[case] tries: usize) {
    let slurm = slurm("").plan("requeue", plan);
    segment(&slurm, "--continue requeue", End::Code(0));
    assert_eq!((slurm.count("requeue"), slurm.get(slurm.job, "Restarts")), (tries, "1".to_owned()));
    assert!(slurm.successors().is_empty());
}

#[test]
fn a_requeue_that_is_never_answered_starts_no_successor() {
    // An answer that does not come is no refusal: the job may come back, and a successor would run beside it.
    let slurm = FakeSlurm::new(std::time::Duration::from_secs(1)).config(CHECKPOINT);
    let slurm = slurm.plan("requeue", "timeout").plan("show-job", "timeout");
    let mut run = slurm.run("", SAVES);
    run.error_with("no answer from the scheduler");
    // The limit is reached: now there are seconds left to say what is known.
    run.send(15);
    let end = run.end();
    let said = run.all_errors();
    assert!(said.contains("it is not known whether the chain goes on"), "{end:?} {said}");
    assert!(said.contains("squeue --me"), "{said}");
    assert_eq!(slurm.count("sbatch"), 0);
}

#[test]
fn a_successor_knows_its_place_and_goes_on() {
    let mut slurm = slurm("");
    segment(&slurm, "--continue successor", End::Code(0));
    let successor = slurm.successors()[0];
    slurm.start(successor, LONG);
    let mut run = slurm.run("", ["/bin/sh", "-c", "echo $CKWRAP_CHAIN $CKWRAP_SEGMENT $CKWRAP_CHECKPOINT"]);
    assert_eq!(run.line().unwrap(), "slurm-100 2 state");
    assert_eq!(run.end(), End::Code(0));
    assert!(run.all_errors().contains("finished"));
}

#[test]
fn an_unexpected_second_submission_ends_without_running_the_program() {
    // Two jobs with one token: the first to start has the place, the other must not run the same segment again.
    let mut slurm = slurm("").plan("sbatch", "timeout-but-done->ok");
    segment(&slurm, "--continue successor", End::Code(0));
    let [successor] = slurm.successors()[..] else { panic!() };
    slurm.start(successor, LONG);
    segment(&slurm, "", End::Code(0));
    let runs = std::fs::read_to_string(slurm.file("runs")).unwrap();
    // The twin carries the same comment and the same environment.
    slurm.job = 999;
    let said = segment(&slurm, "", End::Code(0));
    assert!(said.contains("nothing is started"), "{said}");
    assert_eq!(std::fs::read_to_string(slurm.file("runs")).unwrap(), runs);
}

#[test]
fn an_unexpected_second_submission_begins_nothing_afresh_either() {
    let mut slurm = slurm("").plan("sbatch", "timeout-but-done->ok");
    segment(&slurm, "--continue successor --fresh", End::Code(0));
    let [successor] = slurm.successors()[..] else { panic!() };
    slurm.start(successor, LONG);
    segment(&slurm, "--fresh", End::Code(0));
    let saved = std::fs::read_to_string(slurm.file("state")).unwrap();
    slurm.job = 999;
    let said = segment(&slurm, "--fresh", End::Code(0));
    assert!(said.contains("nothing is started"), "{said}");
    assert_eq!(std::fs::read_to_string(slurm.file("state")).unwrap(), saved);
}

#[test]
fn a_requeued_job_whose_journal_is_gone_does_not_begin_afresh_again() {
    // `--fresh` stands in the script for good; only the first start of the job is what the user meant.
    let mut slurm = slurm("");
    segment(&slurm, "--fresh", End::Code(0));
    std::fs::remove_dir_all(slurm.file(".ckwrap")).unwrap();
    let job = slurm.job;
    slurm.start(job, LONG);
    let mut run = slurm.run("--fresh", ["/bin/sh", "-c", "echo from:$CKWRAP_CHECKPOINT"]);
    assert_eq!(run.line().as_deref(), Some("from:state"), "{}", run.errors());
    assert_eq!(run.end(), End::Code(0));
}
