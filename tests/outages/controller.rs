//! slurmctld hangs, is restarted or dies about the moment at which the chain is carried on.

#![expect(clippy::disallowed_methods, reason = "for how long the controller is gone is the fault itself")]

use std::thread;
use std::time::Duration;

use rstest::rstest;

use super::gate::{Gate, When};
use super::scene::{Scene, assert_finishes, list};
use crate::slurm::chain::{CHAIN, Chain, SHORT, STEPS, heat, wrapped};
use crate::slurm::cluster::{Cluster, PROMPT};
use crate::slurm::own::CONTROLLER;

/// What happens to the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outage {
    /// It hangs for less than Slurm's commands wait.
    Hangs,
    /// It is restarted in good order, as by an administrator.
    Restarted,
    /// It is gone for some seconds; connections are refused.
    Gone,
    /// It hangs for longer than ckwrap asks.
    HangsLong,
}

impl Outage {
    fn begin(self, scene: &Scene) {
        match self {
            Self::Hangs | Self::HangsLong => scene.slurm.freeze(),
            Self::Restarted => scene.slurm.restart(CONTROLLER),
            // Killed, it would forget that the job has started, and start it once more.
            Self::Gone => scene.slurm.stop(CONTROLLER),
        }
    }

    fn end(self, scene: &Scene, chain: &Chain<'_>) {
        match self {
            Self::Hangs => thread::sleep(Duration::from_secs(6)),
            Self::Gone => thread::sleep(Duration::from_secs(12)),
            Self::Restarted => {}
            Self::HangsLong => {
                chain.wait_for_alone("continuation_failed");
                chain.wait_for_log("submit the same script again", PROMPT);
            }
        }
        match self {
            Self::Hangs | Self::HangsLong => scene.slurm.thaw(),
            Self::Gone => scene.slurm.restart(CONTROLLER),
            Self::Restarted => {}
        }
    }
}

#[rstest]
fn at_the_call(
    #[values("requeue", "successor")] mode: &str,
    #[values(When::Before, When::After)] when: When,
    #[values(Outage::Hangs, Outage::Restarted, Outage::Gone)] outage: Outage,
) {
    let scene = Scene::new(&[]);
    let (chain, watch) = scene.chain("");
    let gate = Gate::new(&chain, when);
    let script = wrapped(&format!("--continue {mode} {SHORT}"), &heat(&format!("--steps {STEPS}")));
    scene.cluster.sbatch(&gate.through(&script), &[]);
    gate.wait(&scene.cluster);

    outage.begin(&scene);
    gate.open();
    outage.end(&scene, &chain);

    let jobs = assert_finishes(&chain, &watch, STEPS);
    assert_jobs(mode, &chain, &jobs);
}

/// The checkpoint is still being written when it begins.
#[rstest]
fn at_the_checkpoint(
    #[values("requeue", "successor")] mode: &str,
    #[values(Outage::Hangs, Outage::Restarted)] outage: Outage,
) {
    let scene = Scene::new(&[]);
    let (chain, watch) = scene.chain("");
    let program = heat(&format!("--steps {STEPS} --slow 1"));
    scene.cluster.sbatch(&wrapped(&format!("--continue {mode} --time-limit 12s --lead 6s"), &program), &[]);
    chain.wait_for("triggered", PROMPT);

    outage.begin(&scene);
    outage.end(&scene, &chain);

    let jobs = assert_finishes(&chain, &watch, STEPS);
    assert_jobs(mode, &chain, &jobs);
}

/// ckwrap has given up and told the user so; then the controller does what it was asked for, or does not.
#[rstest]
fn for_longer_than_is_asked(#[values("requeue", "successor")] mode: &str) {
    let scene = Scene::new(&[]);
    let (chain, watch) = scene.chain("chain: mine\n");
    let gate = Gate::new(&chain, When::Before);
    let script = wrapped(&format!("--continue {mode} {SHORT}"), &heat(&format!("--steps {STEPS}")));
    scene.cluster.sbatch(&gate.through(&script), &[]);
    gate.wait(&scene.cluster);

    Outage::HangsLong.begin(&scene);
    gate.open();
    Outage::HangsLong.end(&scene, &chain);

    // The user does what the log said.
    scene.cluster.sbatch(&gate.through(&script), &[]);
    let jobs = go_on_by_hand(&scene.cluster, &chain, &gate.through(&script));
    crate::outages::history::assert_sound(&chain, &watch);
    chain.assert_result(STEPS);
    assert_eq!(chain.all("chain_finished").len(), 1, "{}\n{}", list(&jobs), chain.log());
}

/// Submits again whenever all is over and the chain is not finished, as the log says, at most thrice.
fn go_on_by_hand(cluster: &Cluster, chain: &Chain<'_>, script: &str) -> Vec<crate::slurm::job::Job> {
    for _ in 0..3 {
        let jobs = cluster.wait_until_all_is_over(CHAIN);
        if !chain.all("chain_finished").is_empty() {
            return jobs;
        }
        cluster.sbatch(script, &[]);
    }
    cluster.wait_until_all_is_over(CHAIN)
}

/// No job too many.
fn assert_jobs(mode: &str, chain: &Chain<'_>, jobs: &[crate::slurm::job::Job]) {
    let continued = chain.segments() - 1;
    assert!(continued >= 1, "{}", chain.log());
    match mode {
        "requeue" => {
            assert_eq!(
                (jobs.len(), jobs[0].number("Restarts")),
                (1, Some(continued)),
                "{}\n{}",
                list(jobs),
                chain.log()
            );
        }
        _ => assert_eq!(jobs.len() as u64, continued + 1, "{}\n{}", list(jobs), chain.log()),
    }
}
