//! A job of more weight wants the place just when the checkpoint is written.

use rstest::rstest;

use super::scene::{Scene, assert_finishes, list};
use crate::slurm::chain::{STEPS, heat, wrapped};
use crate::slurm::cluster::PROMPT;

#[rstest]
fn at_the_moment_of_the_checkpoint(
    #[values("linuxproc", "cgroup")] tracking: &str,
    #[values("low", "grace")] partition: &str,
    #[values("requeue", "successor")] mode: &str,
) {
    let scene = Scene::new(&["--proctrack", tracking, "--grace", "10", "--kill-wait", "10"]);
    let (chain, watch) = scene.chain("");
    let trap = if tracking == "linuxproc" { "--trap-term" } else { "" };
    let program = heat(&format!("--steps {STEPS} --slow 2 {trap}"));
    let script = wrapped(&format!("--continue {mode} --time-limit 14s --lead 7s"), &program);
    scene.cluster.sbatch(&script, &["--nodes=2", "--exclusive", "--partition", partition]);
    chain.wait_for("triggered", PROMPT);

    let high =
        scene.cluster.sbatch("#!/bin/bash\nsleep 2\n", &["--nodes=2", "--exclusive", "--partition=high"]);

    scene.cluster.wait_for_state(&high, "COMPLETED", PROMPT * 3);
    let jobs = assert_finishes(&chain, &watch, STEPS);
    let ran: u64 = jobs.iter().filter(|job| job.id() != high).filter_map(|job| job.number("Restarts")).sum();
    if mode == "requeue" {
        assert_eq!((jobs.len(), ran + 1), (2, chain.segments()), "{}\n{}", list(&jobs), chain.log());
    }
}
