//! Continuation by an exit code at which the site requeues.

use rstest::rstest;

use super::chain::{Chain, SHORT, heat, wrapped};
use super::cluster::{Cluster, PROMPT, Tracking};

/// That the job runs again after two minutes is Slurm's affair.
#[rstest]
fn the_job_is_requeued_by_the_sites_code(
    #[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking,
) {
    let cluster = Cluster::claim(tracking, 1);
    let chain = Chain::new(&cluster);
    let id = cluster.sbatch(&wrapped(&format!("--continue exit-code {SHORT}"), &heat("--steps 10000")), &[]);

    chain.wait_for("continued", PROMPT);

    let job = cluster.wait_for_state(&id, "PENDING", PROMPT);
    assert_eq!((job.number("Restarts"), cluster.jobs().len()), (Some(1), 1), "{}", chain.log());
    cluster.scancel(&[&id]);
    let jobs = cluster.wait_until_all_is_over(PROMPT);
    assert_eq!((jobs.len(), jobs[0].state()), (1, "CANCELLED"));
    chain.assert_checkpoint(10_000);
}
