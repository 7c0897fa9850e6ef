//! The deadline moves while the job runs.

#![expect(clippy::disallowed_methods, reason = "for how long a job stands still is the fault itself")]

use std::thread;
use std::time::Duration;

use rstest::rstest;

use super::scene::{Scene, assert_finishes, list};
use crate::slurm::chain::{Chain, heat, wrapped};
use crate::slurm::cluster::PROMPT;

/// At the pace of the tests more than fits into the first limit of a minute, and less than into two.
const STEPS: u64 = 9_000;

/// How long the first segment ran before it was asked for its checkpoint, or ended.
fn ran(chain: &Chain<'_>) -> Duration {
    let started = chain.all("segment_started")[0].time();
    let asked = chain.all("triggered");
    let end = asked.first().or(chain.all("segment_ended").first()).unwrap().time();
    end.duration_since(started).unwrap()
}

/// What was planned for the first deadline is not done when it has moved away.
#[test]
fn a_longer_limit_is_used() {
    let scene = Scene::new(&[]);
    let (chain, watch) = scene.chain("");
    let script = wrapped("--continue requeue --lead 20s", &heat(&format!("--steps {STEPS}")));
    let id = scene.cluster.sbatch(&script, &["--time=1"]);
    chain.wait_until_computing();

    scene.cluster.slurm("scontrol", &["update", &format!("JobId={id}"), "TimeLimit=3"]);

    let jobs = assert_finishes(&chain, &watch, STEPS);
    assert_eq!(chain.segments(), 1, "{}\n{}", list(&jobs), chain.log());
}

/// The job stands still for a while, and Slurm moves its end by as much.
#[rstest]
fn a_suspension_moves_the_deadline(#[values("linuxproc", "cgroup")] tracking: &str) {
    let scene = Scene::new(&["--proctrack", tracking]);
    let (chain, watch) = scene.chain("");
    let script = wrapped("--continue requeue --lead 30s", &heat(&format!("--steps {}", STEPS / 2)));
    let id = scene.cluster.sbatch(&script, &["--time=1"]);
    chain.wait_until_computing();

    scene.cluster.slurm("scontrol", &["suspend", &id]);
    thread::sleep(Duration::from_secs(20));
    scene.cluster.slurm("scontrol", &["resume", &id]);

    let jobs = assert_finishes(&chain, &watch, STEPS / 2);
    assert!(chain.segments() >= 2, "{}", chain.log());
    assert_eq!(jobs[0].number("Restarts"), Some(chain.segments() - 1), "{}", list(&jobs));
    // 30 s before the first deadline, and the 20 s on top.
    assert!(ran(&chain) > Duration::from_secs(40), "{:?}\n{}", ran(&chain), chain.log());
}

/// It stands still while the checkpoint is written, and beyond the deadline that was.
#[rstest]
fn a_suspension_in_the_checkpoint_loses_nothing(
    #[values("linuxproc", "cgroup")] tracking: &str,
    #[values("requeue", "successor")] mode: &str,
) {
    let scene = Scene::new(&["--proctrack", tracking]);
    let (chain, watch) = scene.chain("");
    let program = heat(&format!("--steps {} --slow 3", STEPS / 6));
    let script = wrapped(&format!("--continue {mode} --time-limit 14s --lead 8s"), &program);
    let id = scene.cluster.sbatch(&script, &[]);
    chain.wait_for("triggered", PROMPT);

    scene.cluster.slurm("scontrol", &["suspend", &id]);
    thread::sleep(Duration::from_secs(15));
    scene.cluster.slurm("scontrol", &["resume", &id]);

    let jobs = assert_finishes(&chain, &watch, STEPS / 6);
    let continued = jobs.len() as u64 - 1 + jobs[0].number("Restarts").unwrap();
    assert_eq!(continued, chain.segments() - 1, "{}\n{}", list(&jobs), chain.log());
}
