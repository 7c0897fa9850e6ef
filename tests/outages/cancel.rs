//! The user's scancel while the chain is being carried on: nothing goes on, whatever was asked for already.

use rstest::rstest;

use super::gate::{Gate, When};
use super::scene::{Scene, assert_cancelled};
use crate::slurm::chain::{SHORT, heat, wrapped};

const STEPS: u64 = 2000;

/// Of the running job, while ckwrap asks for its continuation. Of one that is in the queue again, if it was requeued.
#[rstest]
fn at_the_call(
    #[values("linuxproc", "cgroup")] tracking: &str,
    #[values("requeue", "successor")] mode: &str,
    #[values(When::Before, When::After)] when: When,
) {
    let scene = Scene::new(&["--proctrack", tracking]);
    let (chain, watch) = scene.chain("");
    let gate = Gate::new(&chain, when);
    let script = wrapped(&format!("--continue {mode} {SHORT}"), &heat(&format!("--steps {STEPS}")));
    let id = scene.cluster.sbatch(&gate.through(&script), &[]);
    gate.wait(&scene.cluster);

    scene.cluster.scancel(&[&id]);
    gate.open();

    assert_cancelled(&scene, &chain, &watch, STEPS);
    assert_eq!(chain.segments(), 1, "{}", chain.log());
}
