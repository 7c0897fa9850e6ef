//! An administrator requeues the job about when ckwrap does.

use std::thread;

use rstest::rstest;

use super::gate::{Gate, When};
use super::scene::{Scene, assert_finishes, list};
use crate::slurm::chain::{STEPS, heat, wrapped};
use crate::slurm::cluster::PROMPT;

/// When, as seen from ckwrap's own requeue or submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// While the program computes.
    Computing,
    /// While the checkpoint is written.
    Saving,
    /// Just before the call.
    Before,
    /// At once with the call.
    Together,
    /// The call has been answered.
    After,
}

#[rstest]
fn by_another(
    #[values("linuxproc", "cgroup")] tracking: &str,
    #[values("requeue", "successor")] mode: &str,
    #[values(Moment::Computing, Moment::Saving, Moment::Before, Moment::Together, Moment::After)]
    moment: Moment,
) {
    let scene = Scene::new(&["--proctrack", tracking]);
    let (chain, watch) = scene.chain("");
    let gate = Gate::new(&chain, if moment == Moment::After { When::After } else { When::Before });
    let trap = if tracking == "linuxproc" { "--trap-term" } else { "" };
    let program = heat(&format!("--steps {STEPS} --slow 1 {trap}"));
    let script = wrapped(&format!("--continue {mode} --time-limit 12s --lead 6s"), &program);
    let id = scene.cluster.sbatch(&gate.through(&script), &[]);
    let mut command = scene.cluster.command("scontrol");
    // One in the queue already is refused, and an administrator is told so.
    let mut requeue = move || drop(command.args(["requeue", &id]).output());

    match moment {
        Moment::Computing | Moment::Saving => {
            gate.open();
            if moment == Moment::Computing {
                chain.wait_until_computing();
            } else {
                chain.wait_for("triggered", PROMPT);
            }
            requeue();
        }
        Moment::Before | Moment::After => {
            gate.wait(&scene.cluster);
            requeue();
            gate.open();
        }
        Moment::Together => {
            gate.wait(&scene.cluster);
            thread::scope(|scope| {
                scope.spawn(requeue);
                gate.open();
            });
        }
    }

    let jobs = assert_finishes(&chain, &watch, STEPS);
    // A successor that was made beside the requeued job starts nothing, or has been cancelled.
    let restarts: u64 = jobs.iter().filter_map(|job| job.number("Restarts")).sum();
    if mode == "requeue" {
        assert_eq!((jobs.len(), restarts + 1), (1, chain.segments()), "{}\n{}", list(&jobs), chain.log());
    }
}
