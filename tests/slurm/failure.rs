//! Chains that must not go on for ever: the program fails, or gets nowhere.

use rstest::rstest;

use super::chain::{CHAIN, Chain, SHORT, heat, wrapped};
use super::cluster::{Cluster, PROMPT, Tracking};

/// By default the first failure is the last.
#[test]
fn a_crash_ends_the_chain_with_the_programs_code() {
    let cluster = Cluster::claim(Tracking::Linuxproc, 1);
    let chain = Chain::new(&cluster);

    cluster.sbatch(&wrapped("--continue requeue", &heat("--steps 1000 --every 50 --crash-at 70")), &[]);

    let jobs = chain.stop("failed", PROMPT);
    assert_eq!((jobs.len(), chain.segments()), (1, 1), "{}", chain.log());
    assert_eq!((jobs[0].state(), jobs[0].field("ExitCode")), ("FAILED", "3:0"), "{}", chain.log());
    assert_eq!(jobs[0].number("Restarts"), Some(0));
}

#[rstest]
fn crashes_are_retried_so_many_times(#[values("requeue", "successor")] mode: &str) {
    let cluster = Cluster::claim(Tracking::Cgroup, 1);
    let chain = Chain::configured(
        &cluster,
        &format!("continue: {{mode: {mode}, on_failure: retry, max_failures: 3}}\n"),
    );

    // The first segment gets further than the others, which crash at once.
    cluster.sbatch(&wrapped("", &heat("--steps 1000 --every 50 --crash-at 120")), &[]);

    let jobs = chain.stop("max_failures", CHAIN);
    assert_eq!(chain.segments(), 3, "{}", chain.log());
    let last = jobs.last().unwrap();
    assert_eq!((last.state(), last.field("ExitCode")), ("FAILED", "3:0"), "{}", chain.log());
    match mode {
        "requeue" => assert_eq!((jobs.len(), last.number("Restarts")), (1, Some(2)), "{}", chain.log()),
        _ => assert_eq!(jobs.len(), 3, "{}", chain.log()),
    }
}

#[test]
fn after_a_single_crash_the_chain_comes_to_the_right_result() {
    let cluster = Cluster::claim(Tracking::Cgroup, 1);
    let chain = Chain::configured(&cluster, "continue: {mode: requeue, on_failure: retry}\n");
    let program = heat("--steps 300 --every 50 --crash-at 120 --crash-once crashed --crash-signal SEGV");

    cluster.sbatch(&wrapped("", &program), &[]);

    let jobs = chain.finish(CHAIN);
    assert_eq!(
        (jobs.len(), jobs[0].number("Restarts"), chain.segments()),
        (1, Some(1), 2),
        "{}",
        chain.log()
    );
    assert!(chain.log().contains("step=100\n"), "it goes on from the checkpoint:\n{}", chain.log());
    chain.assert_result(300);
}

/// A program that is deaf, and one that lies.
#[rstest]
fn two_segments_without_a_checkpoint_are_enough(
    #[values("--ignore-signal", "--fail-save")] misbehaviour: &str,
    #[values("requeue", "successor")] mode: &str,
) {
    let cluster = Cluster::claim(Tracking::Linuxproc, 1);
    let chain = Chain::new(&cluster);
    let script =
        wrapped(&format!("--continue {mode} {SHORT}"), &heat(&format!("--steps 10000 {misbehaviour}")));

    cluster.sbatch(&script, &[]);

    let jobs = chain.stop("max_stalls", CHAIN);
    assert_eq!(chain.segments(), 2, "{}", chain.log());
    assert_eq!(jobs.len(), if mode == "requeue" { 1 } else { 2 }, "{}", chain.log());
    assert_ne!(jobs.last().unwrap().state(), "COMPLETED", "that would say that all is well: {}", chain.log());
}
