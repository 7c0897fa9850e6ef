//! Arrays: of independent chains, and as the segments of one.

use rstest::rstest;

use super::chain::{CHAIN, Chain, SHORT, STEPS, ckwrap, heat, wrapped};
use super::cluster::{Cluster, Tracking};

/// The number of one of the tasks is that of the array: a careless requeue there takes all of them.
#[rstest]
fn of_a_sweep_only_the_own_task_is_requeued(
    #[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking,
) {
    let cluster = Cluster::claim(tracking, 2);
    let sweep = Chain::new(&cluster);
    let tasks = [1, 2, 3, 4].map(|task| (task, 450 * task, sweep.below(&format!("task-{task}"))));
    let script = format!(
        "#!/bin/bash\n#SBATCH --open-mode=append\ncd task-$SLURM_ARRAY_TASK_ID || exit\n\
            exec {} --continue requeue {SHORT} -- {}\n",
        ckwrap(),
        heat("--steps $((450 * SLURM_ARRAY_TASK_ID))")
    );

    let id = cluster.sbatch(&script, &["--array=1-4%2"]);

    for (task, steps, chain) in &tasks {
        chain.wait_for("chain_finished", CHAIN);
        chain.assert_result(*steps);
        let segments = *steps / 600;
        assert!(chain.segments() > segments, "task {task} had {} segments", chain.segments());
    }
    let jobs = cluster.wait_until_all_is_over(CHAIN);
    assert_eq!(jobs.len(), 4, "{}", sweep.log());
    for (task, _, chain) in &tasks {
        let job = jobs.iter().find(|job| job.id() == format!("{id}_{task}")).unwrap();
        assert_eq!(job.number("Restarts"), Some(chain.segments() - 1), "{job}\n{}", sweep.log());
        assert_eq!(job.state(), "COMPLETED");
    }
}

#[test]
fn a_finished_chain_cancels_the_tasks_that_still_wait() {
    let cluster = Cluster::claim(Tracking::Linuxproc, 1);
    let chain = Chain::new(&cluster);

    let id = cluster.sbatch(
        &wrapped(&format!("--continue array {SHORT}"), &heat(&format!("--steps {STEPS}"))),
        &["--array=1-9%1"],
    );

    let jobs = chain.finish(CHAIN);
    chain.assert_result(STEPS);
    chain.gaps("array");
    let segments = chain.segments();
    assert!(segments >= 3, "{}", chain.log());
    let ran: Vec<_> = jobs.iter().filter(|job| job.state() == "COMPLETED").collect();
    assert_eq!(ran.len() as u64, segments, "{}", chain.log());
    for (index, task) in ran.iter().map(|job| job.field("ArrayTaskId").parse::<u64>().unwrap()).enumerate() {
        assert!((1..=segments).contains(&task), "task {task} is number {index} of those that ran in {id}");
    }
    let left: Vec<_> = jobs.iter().filter(|job| job.state() != "COMPLETED").collect();
    assert!(!left.is_empty() && left.iter().all(|job| job.state() == "CANCELLED"), "{}", chain.log());
}

/// More segments than tasks: a job of the next index goes on.
#[test]
fn an_array_that_is_too_short_is_prolonged() {
    let cluster = Cluster::claim(Tracking::Cgroup, 1);
    let chain = Chain::new(&cluster);

    cluster.sbatch(
        &wrapped(&format!("--continue array {SHORT}"), &heat(&format!("--steps {STEPS}"))),
        &["--array=1-2%1"],
    );

    let jobs = chain.finish(CHAIN);
    chain.assert_result(STEPS);
    assert_eq!(jobs.len() as u64, chain.segments(), "{}", chain.log());
    let mut indices: Vec<_> =
        jobs.iter().map(|job| job.field("ArrayTaskId").parse::<u64>().unwrap()).collect();
    indices.sort_unstable();
    assert_eq!(indices, (1..=chain.segments()).collect::<Vec<_>>());
    assert!(jobs.iter().all(|job| job.state() == "COMPLETED"));
}
