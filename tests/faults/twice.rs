//! Two who requeue at one moment, two who start: in each order the work goes on once.

use std::fs;

use rstest::rstest;

use super::{LONG, SAVES, slurm};
use crate::support::{End, FakeSlurm, Running, Start, Wrapper, wait_for};

/// Says that it runs, and saves when its input ends.
const WAITS: [&str; 3] =
    ["/bin/sh", "-c", "echo ran >> runs; echo ready; read line; echo data$$ > state; exit 85"];

fn runs(slurm: &FakeSlurm) -> usize {
    fs::read_to_string(slurm.file("runs")).unwrap_or_default().lines().count()
}

/// Runs the job's next turn, which must find its place and nothing else to do than to run once more.
#[track_caller]
fn next_turn(slurm: &mut FakeSlurm, job: u32) {
    let before = runs(slurm);
    slurm.start(job, LONG);
    let mut run = slurm.run("--continue none", SAVES);
    let end = run.end();
    assert_eq!((end, runs(slurm)), (End::Code(85), before + 1), "{}", run.all_errors());
}

/// Of a turn that is over already, nothing is run.
#[track_caller]
fn no_turn(slurm: &mut FakeSlurm, job: u32) {
    let before = runs(slurm);
    slurm.start(job, LONG);
    let mut run = slurm.run("", SAVES);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!((end, runs(slurm)), (End::Code(0), before), "{said}");
    assert!(said.contains("nothing is started"), "{said}");
}

/// The administrator is faster: SIGTERM comes while the program computes.
#[test]
fn an_administrator_requeues_first() {
    let mut slurm = slurm("");
    let mut run = slurm.run("", WAITS);
    slurm.is_batch(&run);
    run.line_with("ready");
    slurm.requeue(slurm.job);
    let said = run.error_with("requeued by somebody else");
    let end = run.finish();
    assert_eq!(end, End::Code(0), "{said} {}", run.all_errors());
    assert_eq!((slurm.get(slurm.job, "Restarts").as_str(), slurm.count("requeue")), ("1", 0));
    let job = slurm.job;
    next_turn(&mut slurm, job);
}

/// ckwrap's call is under way when the administrator's is done.
#[rstest]
#[case::before_it_is_done("delay(1500)", "update-StartTime")]
#[case::when_it_is_lost("timeout", "show-job")]
fn an_administrator_requeues_while_ckwrap_does(#[case] plan: &str, #[case] then: &str) {
    let mut slurm = slurm("").plan("requeue", plan);
    let mut run = slurm.run("", WAITS);
    slurm.is_batch(&run);
    run.line_with("ready");
    run.stdin = None;
    wait_for("the call", || (slurm.count("requeue") == 1).then_some(()));
    slurm.requeue(slurm.job);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(0), "{said}");
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1", "{:?}", slurm.calls());
    assert!(slurm.count(then) > 0 && slurm.successors().is_empty(), "{:?}", slurm.calls());
    let job = slurm.job;
    next_turn(&mut slurm, job);
}

/// ckwrap is faster: what the administrator asks for has happened.
#[test]
fn an_administrator_requeues_after_ckwrap() {
    let mut slurm = slurm("").plan("update-StartTime", "delay(1500)-but-done");
    let mut run = slurm.run("", WAITS);
    slurm.is_batch(&run);
    run.line_with("ready");
    run.stdin = None;
    wait_for("the requeue", || (slurm.count("update-StartTime") == 1).then_some(()));
    slurm.requeue(slurm.job);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!((slurm.get(slurm.job, "Restarts").as_str(), slurm.count("requeue")), ("1", 1));
    let job = slurm.job;
    next_turn(&mut slurm, job);
}

/// The program requeues its job at its end, and nobody has told ckwrap that it does (`requeue: app`).
#[rstest]
#[case::and_ends(85)]
#[case::and_ends_well(0)]
fn the_program_requeues_too(#[case] code: i32) {
    let slurm = slurm("");
    let script = format!(
        "echo ran >> runs; echo ready; read line; echo data$$ > state; scontrol requeue $SLURM_JOB_ID; exit {code}"
    );
    let mut run = slurm.run("", ["/bin/sh", "-c", &script]);
    slurm.is_batch(&run);
    run.line_with("ready");
    run.stdin = None;
    let end = run.end();
    let said = run.all_errors();
    assert_eq!((end, slurm.get(slurm.job, "Restarts").as_str()), (End::Code(0), "1"), "{said}");
    assert_eq!(slurm.count("sbatch"), 0, "{said}");
    // Exit 0 of a program that nobody has asked means that all is done, unless the SIGTERM was faster.
    if code != 0 {
        let mut slurm = slurm;
        let job = slurm.job;
        next_turn(&mut slurm, job);
    }
}

/// The program submits its own successor (as some scripts do), and ckwrap requeues: the other job has no place in the chain, and
/// no business with its files.
#[test]
fn the_program_submits_a_job_of_its_own() {
    let mut slurm = slurm("");
    let script =
        "echo ran >> runs; echo x > state; sbatch --parsable --comment=\"$CKWRAP_CHAIN\" job.sh; exit 85";
    fs::write(slurm.file("job.sh"), "#!/bin/sh\n").unwrap();
    let mut run = slurm.run("", ["/bin/sh", "-c", script]);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let [other] = slurm.successors()[..] else { panic!("{:?}", slurm.successors()) };
    let job = slurm.job;
    slurm.start(job, LONG);
    let first = slurm.run("--continue none", WAITS);
    first.line_with("ready");
    // It has inherited all that the program was told.
    slurm.job = other;
    let start =
        slurm.place(Start::new(&Wrapper::ckwrap("--continue none"), ["/bin/sh", "-c", "echo $CKWRAP_CHAIN"]));
    let mut second = start
        .set(|command| {
            command.env("CKWRAP_CHAIN", "slurm-100").env("CKWRAP_ACTIVE", "100.0").env("CKWRAP_SEGMENT", "1");
        })
        .go();
    assert_eq!(second.end(), End::Code(125));
    let said = second.all_errors();
    assert!(
        said.contains("belongs to chain slurm-100") && said.contains(&format!("slurm-{other}")),
        "{said}"
    );
}

/// A submission of which nobody knows, and the same job put back by hand: whoever starts first has the turn.
#[rstest]
fn an_unknown_successor_and_the_requeued_job(#[values(true, false)] successor_first: bool) {
    let mut slurm = slurm("").plan("sbatch", "timeout-but-done").plan("squeue", "timeout");
    let mut run = slurm.run("--continue successor", SAVES);
    slurm.is_batch(&run);
    wait_for("the look-up", || (slurm.count("squeue") > 0).then_some(()));
    slurm.set(slurm.job, "Reason=TimeLimit");
    slurm.set(slurm.job, "JobState=COMPLETING");
    run.send(15);
    let end = run.end();
    let said = run.all_errors();
    assert!(said.contains("it is not known whether the chain goes on"), "{end:?} {said}");
    let [successor] = slurm.successors()[..] else { panic!("{:?}", slurm.successors()) };
    let job = slurm.job;
    slurm.requeue(job);
    slurm.set(job, "Restarts=1");
    let (first, second) = if successor_first { (successor, job) } else { (job, successor) };
    next_turn(&mut slurm, first);
    no_turn(&mut slurm, second);
    assert_eq!(runs(&slurm), 2);
}

/// The same, and both start at one moment on one node.
#[test]
fn of_an_unknown_successor_and_the_requeued_job_one_runs() {
    let mut slurm = slurm("").plan("sbatch", "timeout-but-done->ok").plan("requeue", "ok");
    let mut run = slurm.run("--continue successor", SAVES);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let [successor] = slurm.successors()[..] else { panic!() };
    let job = slurm.job;
    slurm.set(job, "Restarts=1");
    slurm.start(successor, LONG);
    let one = slurm.run("--continue none", WAITS);
    slurm.start(job, LONG);
    let other = slurm.run("--continue none", WAITS);
    let mut both = [one, other];
    wait_for("one gives way", || {
        let ended = both.iter().filter(|run| !crate::support::living(run.pid())).count();
        (ended == 1).then_some(())
    });
    let ends = both.each_mut().map(Running::finish);
    assert!(ends.contains(&End::Code(85)), "{ends:?}");
    assert_eq!(runs(&slurm), 2);
}

/// The ranks of `srun ckwrap`: one decides, the others pass on signals and codes.
#[test]
fn of_the_ranks_of_a_step_one_requeues() {
    let slurm = slurm("");
    let ranks: Vec<Running> = (0..3)
        .map(|rank: u32| {
            slurm
                .place(Start::new(&Wrapper::ckwrap(""), WAITS))
                .set(move |command| {
                    command.env("SLURM_PROCID", rank.to_string()).env("SLURM_STEP_ID", "0");
                    command.env("SLURM_STEP_NUM_TASKS", "3");
                })
                .go()
        })
        .collect();
    for rank in &ranks {
        rank.line_with("ready");
    }
    let ends: Vec<End> = ranks.into_iter().rev().map(|mut rank| rank.finish()).collect();
    assert_eq!(ends, [End::Code(85), End::Code(85), End::Code(0)]);
    assert_eq!((slurm.get(slurm.job, "Restarts").as_str(), slurm.count("requeue")), ("1", 1));
    assert_eq!(fs::read_dir(slurm.file(".ckwrap")).unwrap().count(), 1);
}

/// Two steps side by side in one job, each with a ckwrap: under one name the second is refused; under two, the job is still
/// requeued once, as the second is told by Slurm's SIGTERM.
#[test]
fn of_two_steps_with_one_name_one_is_refused() {
    let slurm = slurm("");
    let step = |number: &'static str| {
        slurm
            .place(Start::new(&Wrapper::ckwrap(""), WAITS))
            .set(move |command| {
                command.env("SLURM_PROCID", "0").env("SLURM_STEP_ID", number);
            })
            .go()
    };
    let mut first = step("0");
    first.line_with("ready");
    let mut second = step("1");
    assert_eq!(second.end(), End::Code(125));
    assert!(second.all_errors().contains("runs here already"));
    assert_eq!(first.finish(), End::Code(0), "{}", first.all_errors());
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1");
}

#[test]
fn of_two_chains_in_one_job_the_first_to_end_requeues_it() {
    let slurm = slurm("").config("checkpoint: {glob: ['state*']}\n");
    let script = |name: &str| format!("echo ready; read line; echo $$ > state.{name}; exit 85");
    let (one, two) = (script("one"), script("two"));
    let mut one = slurm.run("--chain one", ["/bin/sh", "-c", &one]);
    let mut two = slurm.run("--chain two", ["/bin/sh", "-c", &two]);
    slurm.is_batch(&two);
    one.line_with("ready");
    two.line_with("ready");
    assert_eq!(one.finish(), End::Code(0), "{}", one.all_errors());
    two.error_with("requeued by somebody else");
    assert_eq!(two.finish(), End::Code(0), "{}", two.all_errors());
    assert_eq!((slurm.get(slurm.job, "Restarts").as_str(), slurm.count("requeue")), ("1", 1));
}
