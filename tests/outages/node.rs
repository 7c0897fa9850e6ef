//! A node is lost with the job on it: Slurm requeues the job on another, and the old copy may live on.

use std::time::Duration;

use rstest::rstest;

use super::scene::{Scene, assert_finishes, list};
use crate::slurm::chain::{heat, wrapped};
use crate::slurm::cluster::PROMPT;

/// A node that says nothing for so many seconds is down.
const SLURM: [&str; 4] = ["--slurmd-timeout", "10", "--kill-wait", "10"];
/// Longer than it takes until the node is given up.
const STEPS: u64 = 6000;
const LOST: Duration = Duration::from_secs(90);

/// The node's slurmd dies; the job lives on, and is started once more on the other node.
#[rstest]
fn and_the_job_lives_on(#[values(false, true)] comes_back: bool) {
    let scene = Scene::new(&SLURM);
    let (chain, watch) = scene.chain("");
    let script = wrapped("--continue requeue", &heat(&format!("--steps {STEPS} --every 200")));
    let id = scene.cluster.sbatch(&script, &[]);
    chain.wait_until_computing();
    let node = scene.cluster.job(&id).field("NodeList").to_owned();

    scene.slurm.kill(&node);
    scene.cluster.wait_until("the node to be given up", LOST, || {
        let job = scene.cluster.job(&id);
        (job.state() == "PENDING" && job.number("Restarts") == Some(1)).then_some(())
    });
    // Not in two minutes.
    scene.cluster.slurm("scontrol", &["update", &format!("JobId={id}"), "StartTime=now"]);
    chain.wait_for_log("an earlier copy of this job", PROMPT);
    if comes_back {
        // It ends what it should not have any more.
        scene.slurm.restart(&node);
    }

    let jobs = assert_finishes(&chain, &watch, STEPS);
    assert_eq!((jobs.len(), jobs[0].number("Restarts")), (1, Some(1)), "{}\n{}", list(&jobs), chain.log());
}
