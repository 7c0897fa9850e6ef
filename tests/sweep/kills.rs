//! SIGKILL in place of each call from the request for a checkpoint on; then the next segment, as Slurm or its user would
//! start it. The chain must end as if it had never been interrupted.

use std::fs;
use std::sync::OnceLock;
use std::time::Duration;

use rstest::rstest;

use super::pool::{Extent, each};
use super::segment::{spoiled, survivors};
use crate::support::{End, FakeSlurm, Running, example};

/// So that the allocation ends in the middle of the computation.
const LEFT: Duration = Duration::from_secs(4);
const LONG: Duration = Duration::from_secs(3600);
/// More than any of these takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who starts the next segment where ckwrap itself did not see to it; or beside the one that it saw to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Slurm requeues the job, as after the failure of a node: also where a successor waits already.
    Requeued,
    /// The user submits the script again; nobody, where a successor waits already.
    ByHand,
}

/// The computation; it takes its time only while it is to be interrupted.
fn heat(pace: u32) -> [String; 3] {
    let heat = example("heat").display().to_string();
    ["/bin/sh".into(), "-c".into(), format!("exec {heat} --size=20 --steps=800 --pace={pace}")]
}

/// What an uninterrupted run ends with.
fn result() -> &'static [u8] {
    static RESULT: OnceLock<Vec<u8>> = OnceLock::new();
    RESULT.get_or_init(|| {
        let slurm = FakeSlurm::new(LONG);
        assert_eq!(slurm.run("--engine none", heat(0)).end(), End::Code(0));
        fs::read(slurm.file("heat.out")).unwrap()
    })
}

/// A segment that is killed in place of its n-th call.
fn killed(options: &str, n: u64) -> Result<(FakeSlurm, String), String> {
    let mut slurm = FakeSlurm::new(LEFT).config("checkpoint: {glob: [heat.ck], lead: 1500ms}\n");
    let job = slurm.job;
    slurm.start(job, LEFT);
    let mut run = spoiled(&slurm, options, &format!("kill:{n}"), heat(5)).go();
    let end = run.end_or_none(PATIENCE);
    let left = survivors(&run);
    let report = fs::read_to_string(slurm.file("../report")).unwrap_or_default();
    if end.is_none() || !left.is_empty() {
        return Err(format!("{end:?}, left behind: {left:?}; {report}{}", run.errors_so_far()));
    }
    Ok((slurm, format!("{report}{}", run.errors_so_far())))
}

/// Lets the chain go on to its end, and answers how often the program was started.
fn go_on(slurm: &mut FakeSlurm, options: &str, then: Then) -> Result<usize, String> {
    let first = slurm.job;
    let restarts = slurm.get(first, "Restarts");
    let successors = slurm.successors();
    if successors.len() > 1 || (restarts != "0" && !successors.is_empty()) || restarts > "1".into() {
        return Err(format!("continued twice: {restarts} restarts, successors {successors:?}"));
    }
    let mut runs = Vec::new();
    if options.contains("local") {
        // Nobody but the user knows of it.
    } else if restarts == "0" && then == Then::Requeued {
        slurm.set(first, "Restarts=1");
    } else if restarts == "0" {
        slurm.set(first, "JobState=FAILED");
    }
    if slurm.get(first, "Restarts") != "0" {
        slurm.start(first, LONG);
        runs.push(slurm.run(options, heat(0)));
    }
    if let Some(successor) = successors.first() {
        slurm.start(*successor, LONG);
        runs.push(slurm.run(options, heat(0)));
    }
    if options.contains("local") {
        runs.push(slurm.run(&options.replace("--time-limit 3s", "--time-limit 1h"), heat(0)));
    } else if runs.is_empty() {
        let again = slurm.submit_again();
        slurm.start(again, LONG);
        runs.push(slurm.run(options, heat(0)));
    }
    let ends: Vec<Option<End>> = runs.iter_mut().map(|run| run.end_or_none(PATIENCE)).collect();
    let started = runs.iter().map(starts).sum();
    if ends.contains(&Some(End::Code(0))) && runs.iter().all(|run| survivors(run).is_empty()) {
        return Ok(started);
    }
    Err(format!("{ends:?}: {}", runs.iter().map(Running::errors_so_far).collect::<String>()))
}

/// How often the program said that it is there.
fn starts(run: &Running) -> usize {
    String::from_utf8_lossy(&run.rest()).matches("heat: ready").count()
}

fn attempt(options: &str, n: u64, then: Then) -> Result<(), String> {
    let told = |text: String| format!("kill:{n} {then:?}: {text}");
    let (mut slurm, said) = killed(options, n).map_err(told)?;
    let before = fs::read(slurm.file("heat.ck")).is_ok();
    // By the embedded scheduler it may have come to its end, and that is on record.
    let journal = fs::read_to_string(slurm.file(".ckwrap/mine/journal.jsonl")).unwrap_or_default();
    let was_finished = journal.contains("\"verdict\":\"finished\"");
    let started =
        go_on(&mut slurm, options, then).map_err(|text| told(format!("{text}\n  before: {said}")))?;
    let ends = fs::read(slurm.file("heat.out")).is_ok_and(|out| out == result());
    if ends && started == usize::from(!was_finished) {
        return Ok(());
    }
    let what = format!("same result: {ends}, a checkpoint: {before}, started again {started} times");
    Err(told(format!("{what}; Slurm: {:?}\n  before: {said}", slurm.calls())))
}

/// By the embedded scheduler a process runs several segments: every eighth of their calls, if not all are wanted.
fn some_of(extent: &Extent, ways: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let Extent::Drawn { seed, .. } = extent else { return ways };
    ways.into_iter().skip(usize::try_from(seed % 8).unwrap()).step_by(8).collect()
}

#[rstest]
#[case::requeue("--chain mine --continue requeue")]
#[case::successor("--chain mine --continue successor")]
#[case::local("--engine local --chain mine --time-limit 3s --lead 1500ms")]
fn killed_at_any_call_the_chain_ends_with_the_same_result(#[case] options: &str) {
    let extent = Extent::chosen();
    result();
    let (_, report) = killed(options, u64::MAX).unwrap();
    let calls: u64 = report.lines().find_map(|line| line.strip_prefix("calls ")?.parse().ok()).unwrap();
    let ways: Vec<Vec<String>> = (1..=calls)
        .map(|n| [Then::Requeued, Then::ByHand].map(|then| format!("kill:{n} {then:?}")).into())
        .collect();
    let ways = if options.contains("local") { some_of(&extent, ways) } else { ways };
    println!("kill {options}: {calls} calls");
    let faults: Vec<&String> =
        ways.iter().enumerate().flat_map(|(index, ways)| extent.of(index, ways)).collect();
    each(&format!("kill {options}"), &extent, &faults, |fault| {
        let (n, then) = fault.trim_start_matches("kill:").split_once(' ').unwrap();
        let then = if then == "ByHand" { Then::ByHand } else { Then::Requeued };
        attempt(options, n.parse().unwrap(), then)
    });
}
