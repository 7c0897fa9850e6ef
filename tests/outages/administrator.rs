//! What an administrator does to a chain's waiting jobs.

use super::gate::{Gate, When};
use super::scene::{Scene, assert_finishes, list};
use crate::outages::history::assert_sound;
use crate::slurm::chain::{SHORT, STEPS, heat, wrapped};
use crate::slurm::cluster::PROMPT;

/// A held job waits for as long as it is held; nobody makes another.
#[test]
fn holds_the_requeued_job_and_releases_it() {
    let scene = Scene::new(&[]);
    let (chain, watch) = scene.chain("");
    let gate = Gate::new(&chain, When::After);
    let script = wrapped(&format!("--continue requeue {SHORT}"), &heat(&format!("--steps {STEPS}")));
    let id = scene.cluster.sbatch(&gate.through(&script), &[]);
    gate.wait(&scene.cluster);

    scene.cluster.slurm("scontrol", &["hold", &id]);
    gate.open();
    let held = scene.cluster.wait_until("a held job", PROMPT, || {
        let job = scene.cluster.job(&id);
        (job.field("Reason") == "JobHeldAdmin" && job.state() == "PENDING").then_some(job)
    });
    assert_eq!(held.number("Restarts"), Some(1), "{held}");
    chain.wait_for("continued", PROMPT);
    assert_eq!(scene.cluster.jobs().len(), 1, "{}", chain.log());
    scene.cluster.slurm("scontrol", &["release", &id]);

    let jobs = assert_finishes(&chain, &watch, STEPS);
    assert_eq!((jobs.len(), jobs[0].number("Restarts")), (1, Some(chain.segments() - 1)), "{}", list(&jobs));
}

/// The successor is cancelled while the job that made it still runs. The user submits the script again.
#[test]
fn cancels_the_successor() {
    let scene = Scene::new(&[]);
    let (chain, watch) = scene.chain("chain: mine\n");
    let gate = Gate::new(&chain, When::After);
    let script = wrapped(&format!("--continue successor {SHORT}"), &heat(&format!("--steps {STEPS}")));
    let id = scene.cluster.sbatch(&gate.through(&script), &[]);
    gate.wait(&scene.cluster);
    let successor = scene.cluster.jobs().into_iter().find(|job| job.id() != id).unwrap();

    scene.cluster.scancel(&[&successor.id()]);
    gate.open();

    scene.cluster.wait_until_all_is_over(PROMPT);
    assert_eq!(chain.segments(), 1, "{}", chain.log());
    assert_sound(&chain, &watch);
    scene.cluster.sbatch(&gate.through(&script), &[]);
    assert_finishes(&chain, &watch, STEPS);
}
