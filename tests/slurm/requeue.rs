//! A chain by requeue: one job, put back into the queue again and again.

use std::time::Duration;

use rstest::rstest;

use super::chain::{CHAIN, Chain, SHORT, STEPS, ckwrap, heat, wrapped};
use super::cluster::{Cluster, PROMPT, Tracking};

#[rstest]
fn the_result_is_that_of_an_uninterrupted_run(
    #[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking,
) {
    let cluster = Cluster::claim(tracking, 1);
    let chain = Chain::new(&cluster);

    cluster.sbatch(&wrapped(&format!("--continue requeue {SHORT}"), &heat(&format!("--steps {STEPS}"))), &[]);

    let jobs = chain.finish(CHAIN);
    chain.assert_result(STEPS);
    assert!(chain.segments() >= 3, "{}", chain.log());
    let [job] = &jobs[..] else { panic!("{} jobs", jobs.len()) };
    assert_eq!((job.state(), job.field("ExitCode")), ("COMPLETED", "0:0"), "{}", chain.log());
    assert_eq!(job.number("Restarts"), Some(chain.segments() - 1));
    // Slurm's own hold is two minutes.
    let gaps = chain.gaps(&format!("requeue under {tracking:?}"));
    assert!(gaps.iter().all(|gap| *gap < Duration::from_secs(20)), "{gaps:?}\n{}", chain.log());
}

/// No requeue was wanted on the command line; it is allowed first.
#[test]
fn a_job_with_no_requeue_is_continued_all_the_same() {
    let cluster = Cluster::claim(Tracking::Cgroup, 1);
    let chain = Chain::new(&cluster);

    let id = cluster.sbatch(&wrapped(SHORT, &heat("--steps 1000")), &["--no-requeue"]);
    assert_eq!(cluster.job(&id).field("Requeue"), "0");

    let jobs = chain.finish(CHAIN);
    chain.assert_result(1000);
    let [job] = &jobs[..] else { panic!("{} jobs", jobs.len()) };
    assert_eq!((job.number("Restarts"), job.field("Requeue")), (Some(chain.segments() - 1), "1"));
    assert!(chain.segments() >= 2, "{}", chain.log());
}

/// A shell stands between Slurm and ckwrap, and goes on after it.
#[rstest]
fn without_exec_a_chain_still_gets_to_its_end(
    #[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking,
) {
    let cluster = Cluster::claim(tracking, 1);
    let chain = Chain::new(&cluster);
    let script = format!(
        "#!/bin/bash\n#SBATCH --open-mode=append\n{} --continue requeue {SHORT} -- {}\necho after $?\n",
        ckwrap(),
        heat("--steps 1000")
    );

    cluster.sbatch(&script, &[]);

    let jobs = chain.finish(CHAIN);
    chain.assert_result(1000);
    assert_eq!((jobs.len(), jobs[0].number("Restarts")), (1, Some(chain.segments() - 1)), "{}", chain.log());
    assert!(chain.log().contains("after 0\n"), "{}", chain.log());
}

/// Versions of Slurm from 24.05 on requeue a job that ends in a preemption's grace even if it has finished.
#[test]
fn a_finished_job_that_is_started_again_ends_at_once() {
    let cluster = Cluster::claim(Tracking::Cgroup, 1);
    let chain = Chain::new(&cluster);
    let id = cluster.sbatch(&wrapped("--continue requeue", &heat("--steps 100")), &[]);
    chain.finish(CHAIN);
    let restarts = || cluster.job(&id).number("Restarts");
    assert_eq!(restarts(), Some(0));

    cluster.slurm("scontrol", &["requeue", &id]);
    // Not at once: a node refuses a job that it has seen end in the same second.
    cluster.slurm("scontrol", &["update", &format!("JobId={id}"), "StartTime=now+5"]);

    let job = cluster.wait_for_state(&id, "COMPLETED", PROMPT * 2);
    assert_eq!((job.number("Restarts"), job.field("ExitCode")), (Some(1), "0:0"));
    assert_eq!(chain.log().matches("heat: ready").count(), 1, "{}", chain.log());
}
