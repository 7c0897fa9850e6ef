//! Slurm or the file system fail: the program runs and is saved in time all the same, and nothing is doubled.

use std::fs;
use std::time::Duration;

use super::chain::{CHAIN, Chain, SHORT, STEPS, heat, wrapped};
use super::cluster::{Cluster, PROMPT, Tracking};
use super::own::OwnCluster;
use crate::support::write_executable;

/// What is longer than any chain here runs.
const LONG: u64 = 10_000;

#[test]
fn without_slurms_commands_the_work_is_saved_and_can_be_resumed_by_hand() {
    let cluster = Cluster::claim(Tracking::Cgroup, 1);
    let chain = Chain::bare(&cluster);
    fs::write(chain.file("ckwrap.yaml"), "chain: by-hand\n").unwrap();
    let script = wrapped(SHORT, &heat("--steps 1000"));

    cluster.sbatch(&script.replace("exec ", "PATH=/nowhere\nexec "), &[]);

    let jobs = chain.stop("no_continuation", CHAIN);
    assert_eq!((jobs.len(), jobs[0].state()), (1, "FAILED"), "{}", chain.log());
    assert!(chain.log().contains("submit the same script again"), "{}", chain.log());
    assert!(chain.file("heat.ck").exists());

    cluster.sbatch(&script, &[]);

    cluster.wait_until_all_is_over(CHAIN);
    chain.assert_result(1000);
    assert_eq!(chain.all("chain_finished").len(), 1, "{}", chain.log());
}

/// The controller hangs from before the checkpoint until the requeue has been tried in vain; then it carries out what it
/// was asked for.
#[test]
fn a_requeue_that_is_answered_late_is_not_repeated() {
    let own = OwnCluster::up();
    let cluster = Cluster::on(&own);
    let chain = Chain::new(&cluster);
    let script = wrapped(&format!("--continue requeue {SHORT}"), &heat(&format!("--steps {STEPS}")));
    cluster.sbatch(&script, &[]);
    chain.wait_until_computing();

    own.freeze();
    let ended = chain.wait_for_alone("segment_ended");
    let started = chain.all("segment_started")[0].time();
    assert!(ended.time().duration_since(started).unwrap() < Duration::from_secs(10), "{}", chain.log());
    assert_eq!(ended.text("verdict"), "unfinished", "{}", chain.log());
    chain.wait_for_log("no answer from the scheduler", CHAIN);
    own.thaw();

    let jobs = chain.finish(CHAIN);
    chain.assert_result(STEPS);
    assert_eq!((jobs.len(), jobs[0].number("Restarts")), (1, Some(chain.segments() - 1)), "{}", chain.log());
}

/// The controller hangs while sbatch is under way, and takes the job after sbatch has given up.
#[test]
fn a_submission_that_is_answered_late_is_found_and_not_repeated() {
    let own = OwnCluster::up();
    let cluster = Cluster::on(&own);
    let submit = cluster.dir().join("submit");
    let chain = Chain::configured(
        &cluster,
        &format!("continue: {{mode: successor, submit_command: [{}]}}\n", submit.display()),
    );
    // The first call of all waits until the controller hangs.
    let text = "#!/bin/bash\nmkdir submitting 2>/dev/null && until [ -e frozen ]; do sleep 0.1; done\nexec sbatch \"$@\"\n";
    write_executable(&submit, text);
    cluster.sbatch(&wrapped(SHORT, &heat(&format!("--steps {STEPS}"))), &[]);

    cluster.wait_until("a submission", CHAIN, || chain.file("submitting").exists().then_some(()));
    own.freeze();
    fs::write(chain.file("frozen"), "").unwrap();
    chain.wait_for_log("no answer from the scheduler", CHAIN);
    own.thaw();

    let jobs = chain.finish(CHAIN);
    chain.assert_result(STEPS);
    assert_eq!(jobs.len() as u64, chain.segments(), "{}", chain.log());
    assert!(jobs.len() >= 3, "{}", chain.log());
}

/// The controller is gone and does not come back.
#[test]
fn without_a_controller_the_work_is_saved_and_the_log_says_what_is_not_known() {
    let own = OwnCluster::up();
    let cluster = Cluster::on(&own);
    let chain = Chain::new(&cluster);
    cluster.sbatch(&wrapped(&format!("--continue requeue {SHORT}"), &heat(&format!("--steps {LONG}"))), &[]);
    chain.wait_until_computing();

    own.end_controller();

    let ended = chain.wait_for_alone("segment_ended");
    let started = chain.all("segment_started")[0].time();
    assert!(ended.time().duration_since(started).unwrap() < Duration::from_secs(10), "{}", chain.log());
    chain.wait_for_alone("continuation_failed");
    chain.wait_for_log("submit the same script again", PROMPT);
    chain.assert_checkpoint(LONG);
}

/// A file stands where the journal's directory should be. A requeue keeps the job's number and cannot be doubled.
#[test]
fn without_a_journal_a_requeue_still_carries_the_chain_on() {
    let cluster = Cluster::claim(Tracking::Linuxproc, 1);
    let chain = Chain::new(&cluster);
    fs::write(chain.file(".ckwrap"), "").unwrap();

    cluster.sbatch(&wrapped(&format!("--continue requeue {SHORT}"), &heat("--steps 1000")), &[]);

    let jobs = cluster.wait_until_all_is_over(CHAIN);
    assert_eq!((jobs.len(), jobs[0].state()), (1, "COMPLETED"), "{}", chain.log());
    assert!(jobs[0].number("Restarts") >= Some(1), "{}", chain.log());
    chain.assert_result(1000);
}

/// A successor could be doubled, as nobody would remember it.
#[test]
fn without_a_journal_no_successor_is_submitted() {
    let cluster = Cluster::claim(Tracking::Linuxproc, 1);
    let chain = Chain::new(&cluster);
    fs::write(chain.file(".ckwrap"), "").unwrap();

    cluster
        .sbatch(&wrapped(&format!("--continue successor {SHORT}"), &heat(&format!("--steps {LONG}"))), &[]);

    let jobs = cluster.wait_until_all_is_over(CHAIN);
    assert_eq!((jobs.len(), jobs[0].state()), (1, "FAILED"), "{}", chain.log());
    let log = chain.log();
    let warnings =
        log.lines().filter(|line| line.starts_with("ckwrap: warning: ") && line.contains("journal"));
    // The last says why the chain ends.
    let warnings = warnings.filter(|line| !line.contains("the chain stops here")).count();
    assert_eq!(warnings, 1, "{}", chain.log());
    chain.assert_checkpoint(LONG);
}
