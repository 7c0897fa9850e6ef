//! How often Slurm is asked over the life of a segment, by the ledger of the fake one. An array of ten thousand tasks
//! makes ten thousand times as many calls.

use std::time::Duration;

use rstest::rstest;

use super::LONG;
use crate::support::{End, FakeSlurm, example, wait_for};

const SAVES: [&str; 3] = ["/bin/sh", "-c", "echo data > state; exit 85"];
const WAITS: [&str; 3] = ["/bin/sh", "-c", "echo ready; read line; exit 0"];

fn slurm() -> FakeSlurm {
    FakeSlurm::new(LONG).config("checkpoint: {glob: [state]}\n")
}

/// Waits until so many calls have been made, then lets the program finish; answers all calls.
fn finished(slurm: &FakeSlurm, expected: usize) -> Vec<String> {
    let mut run = slurm.run("", WAITS);
    assert_eq!(run.line().as_deref(), Some("ready"));
    wait_for("the calls of the start", || (slurm.calls().len() >= expected).then_some(()));
    assert_eq!(run.finish(), End::Code(0), "{}", run.all_errors());
    slurm.calls()
}

#[test]
fn a_program_that_finishes_costs_one_question() {
    // Whether the partition's jobs are preempted with grace; when the job ends is in the environment.
    assert_eq!(finished(&slurm(), 1), ["show-partition"]);
}

#[test]
fn and_none_where_preemption_is_of_no_interest() {
    let slurm = slurm().config("preemption: off\ncheckpoint: {glob: [state]}\n");
    assert_eq!(finished(&slurm, 0), [""; 0]);
}

#[test]
fn before_23_02_it_costs_two() {
    let mut calls = finished(&slurm().without_end_time(), 2);
    calls.sort();
    assert_eq!(calls, ["show-job", "show-partition"]);
}

#[rstest]
#[case::requeue("--continue requeue", &["requeue", "update-StartTime"])]
#[case::successor("--continue successor", &["show-job", "write", "sbatch", "squeue"])]
#[case::exit_code("--continue exit-code", &["show-config"])]
#[case::none("--continue none", &[])]
fn a_continuation_makes_no_more_calls_than_it_must(#[case] options: &str, #[case] expected: &[&str]) {
    let slurm = slurm().config("preemption: off\ncheckpoint: {glob: [state]}\n").requeue_exit("99");
    slurm.run(options, SAVES).end();
    assert_eq!(slurm.calls(), expected);
}

#[test]
fn a_chain_asks_for_its_script_once() {
    let mut slurm = slurm().config("preemption: off\ncheckpoint: {glob: [state]}\n");
    assert_eq!(slurm.run("--continue successor", SAVES).end(), End::Code(0));
    let successor = slurm.successors()[0];
    slurm.start(successor, LONG);
    assert_eq!(slurm.run("--continue successor", SAVES).end(), End::Code(0));
    assert_eq!((slurm.count("write"), slurm.count("sbatch"), slurm.successors().len()), (1, 2, 2));
}

#[test]
fn a_segment_up_to_its_deadline_asks_once_more_before_the_checkpoint() {
    let slurm = FakeSlurm::new(Duration::from_secs(9)).config("checkpoint: {glob: [heat.ck], lead: 4s}\n");
    let words = ["--size=20", "--steps=1000000", "--pace=5"].map(std::ffi::OsString::from);
    let mut run = slurm.run("", std::iter::once(example("heat").into_os_string()).chain(words));
    run.line_with("heat: checkpoint");
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!(slurm.calls(), ["show-partition", "show-job", "requeue", "update-StartTime"]);
    let requeue = slurm.ledger().into_iter().find(|call| call.key == "requeue").unwrap();
    let job = slurm.job.to_string();
    assert_eq!(requeue.argv, ["scontrol", "requeue", "Incomplete", &job]);
}
