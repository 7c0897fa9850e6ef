//! Slurm's commands are not there, hang or talk nonsense: the checkpoint is made on time, and the end says what to type.

use std::time::Duration;

use rstest::rstest;

use super::CHECKPOINT;
use super::scene::journal;
use crate::support::{End, FakeSlurm, Running, example};

/// An allocation just long enough for a checkpoint in its middle.
const SHORT: Duration = Duration::from_secs(4);

/// heat for longer than any allocation here.
fn heat(slurm: &FakeSlurm, options: &str) -> Running {
    let words = ["--size=20", "--steps=1000000", "--pace=5"].map(std::ffi::OsString::from);
    slurm.run(options, std::iter::once(example("heat").into_os_string()).chain(words))
}

fn short() -> FakeSlurm {
    FakeSlurm::new(SHORT).config("checkpoint: {glob: [heat.ck], lead: 2s}\n")
}

#[rstest]
#[case::from_the_environment(short(), "")]
#[case::from_the_option(short().without_end_time(), "--time-limit 4s")]
fn without_scontrol_the_checkpoint_is_made_on_time(#[case] slurm: FakeSlurm, #[case] options: &str) {
    let slurm = slurm.without("scontrol").without("sbatch").without("squeue").without("scancel");
    let mut run = heat(&slurm, options);
    run.line_with("heat: checkpoint");
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(85), "{said}");
    assert!(slurm.file("heat.ck").exists());
    assert!(said.contains("submit the same script again from this directory"), "{said}");
    assert!(said.contains("scontrol") && said.contains("not"), "{said}");
}

#[test]
fn without_any_word_about_the_end_the_user_is_told() {
    let slurm = FakeSlurm::new(SHORT).config(CHECKPOINT).without_end_time().without("scontrol");
    let mut run = slurm.run("", ["/bin/sh", "-c", "read line; exit 0"]);
    let said = run.error_with("the end of this allocation is not known");
    assert!(said.contains("--time-limit") && said.contains("scontrol"), "{said}");
    assert_eq!(run.finish(), End::Code(0));
}

#[test]
fn while_scontrol_hangs_the_checkpoint_is_made_on_time() {
    let slurm = short().plan("show-job", "hang").plan("show-partition", "hang").plan("requeue", "hang");
    let run = heat(&slurm, "");
    run.line_with("heat: checkpoint");
    let said = run.error_with("asked: ");
    assert!(said.contains("SIGUSR1") || said.contains("USR1"), "{said}");
    // The child is gone and the continuation hangs; nothing was submitted blindly.
    crate::support::wait_for("the requeue", || (slurm.count("requeue") == 1).then_some(()));
    assert_eq!(slurm.count("sbatch"), 0);
}

#[test]
fn a_requeue_that_hangs_is_given_up_in_time_to_tell_the_user() {
    let slurm = short().plan("show-job", "hang").plan("requeue", "hang");
    let mut run = heat(&slurm, "");
    crate::support::wait_for("the requeue", || (slurm.count("requeue") == 1).then_some(()));
    run.send(15);
    let said = run.error_with("squeue --me");
    assert!(said.contains("it is not known whether the chain goes on"), "{said}");
    run.end();
}

#[rstest]
#[case::garbage("garbage")]
#[case::killed("kill")]
#[case::timed_out("timeout")]
#[case::refused("refused(slurm_load_jobs error: Invalid job id specified)")]
fn without_an_answer_the_end_is_unknown_and_asked_for_again(#[case] plan: &str) {
    let slurm = FakeSlurm::new(SHORT).config(CHECKPOINT).without_end_time().plan("show-job", plan);
    let mut run = slurm.run("", ["/bin/sh", "-c", "read line; exit 0"]);
    run.error_with("the end of this allocation is not known");
    assert_eq!(run.finish(), End::Code(0));
    assert_eq!(slurm.count("show-job"), 1);
}

#[rstest]
#[case::unlimited("EndTime=Unknown", "TimeLimit=UNLIMITED", "no time limit")]
#[case::no_number("EndTime=NONE", "TimeLimit=00:05:00", "not known")]
#[case::far("EndTime=253402300799", "TimeLimit=UNLIMITED", "left; checkpoint")]
fn an_end_that_is_no_number_is_no_deadline(#[case] end: &str, #[case] limit: &str, #[case] said: &str) {
    let slurm = FakeSlurm::new(SHORT).config(CHECKPOINT).without_end_time();
    slurm.set(slurm.job, end);
    slurm.set(slurm.job, limit);
    let mut run = slurm.run("", ["/bin/sh", "-c", "read line; exit 0"]);
    run.error_with(said);
    assert_eq!(run.finish(), End::Code(0));
}

#[test]
fn a_slow_answer_is_waited_for() {
    let slurm = FakeSlurm::new(SHORT).config("checkpoint: {glob: [heat.ck], lead: 2s}\n").without_end_time();
    let slurm = slurm.plan("show-job", "delay(700)->ok");
    let mut run = heat(&slurm, "");
    run.line_with("heat: checkpoint");
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1");
}

/// Proved by the order of the records, as a busy machine is late for any moment.
#[test]
fn a_deadline_that_moves_closer_is_noticed_before_the_planned_checkpoint() {
    // The environment promises more than the controller knows by now: planned at 15 s, asked again at 12 s.
    let slurm = FakeSlurm::new(Duration::from_secs(30)).config("checkpoint: {glob: [heat.ck], lead: 15s}\n");
    let soon = std::time::SystemTime::now() + Duration::from_secs(26);
    let soon = soon.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    slurm.set(slurm.job, &format!("EndTime={soon}"));
    let mut run = heat(&slurm, "");
    run.line_with("heat: checkpoint");
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!(slurm.count("requeue"), 1);
    let kinds = ["deadline", "triggered"];
    let order =
        journal(&slurm.run_dir).into_iter().filter(|record| kinds.iter().any(|kind| record["type"] == *kind));
    let order: Vec<_> = order.collect();
    let order: Vec<_> = order.iter().map(|record| record["type"].as_str().unwrap()).collect();
    // Planned at first, planned anew by the answer, and asked after that.
    assert_eq!(order, ["deadline", "deadline", "triggered"], "{:#?}", journal(&slurm.run_dir));
}
