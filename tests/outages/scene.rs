//! A private Slurm for one test, a chain of heat on it, and a watch over its programs.

use crate::outages::history;
use crate::outages::watch::Watch;
use crate::slurm::chain::{CHAIN, Chain};
use crate::slurm::cluster::{Cluster, PROMPT};
use crate::slurm::job::Job;
use crate::slurm::own::OwnCluster;

/// All that a test needs. Fields are dropped in this order: Slurm last.
pub(crate) struct Scene {
    pub(crate) cluster: Cluster,
    pub(crate) slurm: OwnCluster,
}

impl Scene {
    /// With these options of `scripts/slurm-cluster up`.
    pub(crate) fn new(options: &[&str]) -> Self {
        let slurm = OwnCluster::up_with(options);
        Self { cluster: Cluster::on(&slurm), slurm }
    }

    /// A chain of heat in the test's directory, and the watch over it.
    pub(crate) fn chain(&self, configuration: &str) -> (Chain<'_>, Watch) {
        let chain = Chain::configured(&self.cluster, configuration);
        let watch = Watch::over(chain.dir(), &["heat"]);
        (chain, watch)
    }
}

/// The chain comes to its end with the right result, and its history is sound; its jobs.
pub(crate) fn assert_finishes(chain: &Chain<'_>, watch: &Watch, steps: u64) -> Vec<Job> {
    let jobs = chain.finish(CHAIN);
    history::assert_sound(chain, watch);
    chain.assert_result(steps);
    jobs
}

/// The chain has stopped because the user cancelled it: nothing runs or waits, all that was saved is there, and the user
/// was told.
pub(crate) fn assert_cancelled(scene: &Scene, chain: &Chain<'_>, watch: &Watch, steps: u64) {
    let jobs = scene.cluster.wait_until_all_is_over(PROMPT);
    history::assert_sound(chain, watch);
    assert!(jobs.iter().all(|job| job.state() == "CANCELLED"), "{}\n{}", list(&jobs), chain.log());
    chain.assert_checkpoint(steps);
}

/// Jobs for a message.
pub(crate) fn list(jobs: &[Job]) -> String {
    jobs.iter().map(Job::to_string).collect::<Vec<_>>().join("\n")
}
