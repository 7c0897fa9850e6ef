//! The private clusters do what the other tests rely on.

use std::fs;

use rstest::rstest;

use super::cluster::{Cluster, PROMPT, Tracking};
use super::seats::Seats;

#[rstest]
#[case::linuxproc(Tracking::Linuxproc)]
#[case::cgroup(Tracking::Cgroup)]
fn a_job_runs_and_completes(#[case] tracking: Tracking) {
    let cluster = Cluster::claim(tracking, 1);

    let id = cluster.sbatch("#!/bin/bash\nenv\npwd\n", &["--job-name=two words"]);

    let job = cluster.wait_for_state(&id, "COMPLETED", PROMPT);
    assert_eq!((job.id(), job.field("JobName"), job.field("ExitCode")), (id.clone(), "two words", "0:0"));
    assert_eq!(job.number("Restarts"), Some(0));
    assert!(job.number("StartTime").is_some(), "{job}");
    let log = cluster.log(&id);
    assert!(log.contains(&format!("SLURM_JOB_ID={id}\n")), "{log}");
    assert!(log.ends_with(&format!("{}\n", cluster.dir().display())), "{log}");
    assert!(!log.contains("CARGO"), "the test's own environment leaks into the job:\n{log}");
    assert_eq!(cluster.jobs().len(), 1);
}

/// What tells the two kinds of process tracking apart, and why tests of signals must run under both.
#[rstest]
#[case::linuxproc(Tracking::Linuxproc, true)]
#[case::cgroup(Tracking::Cgroup, false)]
fn a_signal_reaches_the_processes_that_tracking_says(#[case] tracking: Tracking, #[case] child_too: bool) {
    let cluster = Cluster::claim(tracking, 1);
    let script = "#!/bin/bash
        (trap 'echo child >> signalled; exit' TERM; while :; do sleep 0.1; done) & child=$!
        trap 'echo leader >> signalled' TERM
        echo ready
        wait $child
        timeout 2 tail --pid=$child -f /dev/null
    ";
    let id = cluster.sbatch(script, &[]);
    cluster.wait_until("the job's traps", PROMPT, || cluster.log(&id).contains("ready").then_some(()));

    cluster.scancel(&[&id]);

    cluster.wait_for_state(&id, "CANCELLED", PROMPT);
    let signalled = fs::read_to_string(cluster.dir().join("signalled")).unwrap();
    assert!(signalled.contains("leader"), "{signalled}");
    assert_eq!(signalled.contains("child"), child_too, "{signalled}");
}

/// A job of high takes the place of one of low.
#[test]
fn the_high_partition_preempts_the_low_one() {
    let cluster = Cluster::claim(Tracking::Linuxproc, Seats::ALL);
    let low =
        cluster.sbatch("#!/bin/bash\nexec sleep 100\n", &["--partition=low", "--nodes=2", "--exclusive"]);
    cluster.wait_for_state(&low, "RUNNING", PROMPT);

    let high = cluster.sbatch("#!/bin/bash\n", &["--partition=high", "--nodes=2", "--exclusive"]);

    cluster.wait_for_state(&high, "COMPLETED", PROMPT);
    let job = cluster.wait_for_state(&low, "PENDING", PROMPT);
    assert_eq!(job.number("Restarts"), Some(1));
}

/// Root passes where a user would be refused, so whoever tests as root must look at a user's jobs too.
#[test]
fn an_ordinary_user_can_submit() {
    if !nix::unistd::geteuid().is_root() {
        return; // All other tests show it.
    }
    let cluster = Cluster::claim(Tracking::Linuxproc, 1);

    let id = cluster.sbatch_as("nobody", "#!/bin/bash\nid -un; scontrol show job $SLURM_JOB_ID\n", &[]);

    cluster.wait_for_state(&id, "COMPLETED", PROMPT);
    assert!(cluster.log(&id).starts_with("nobody\nJobId="), "{}", cluster.log(&id));
}
