//! The same script is submitted twice in one directory, at once.

use super::scene::{Scene, list};
use crate::outages::history::assert_sound;
use crate::slurm::chain::{CHAIN, SHORT, STEPS, heat, wrapped};
use crate::slurm::cluster::PROMPT;
use crate::slurm::job::Job;

/// The chain has a name, so both are the same chain: one runs it, the other starts nothing and says why.
#[test]
fn of_a_named_chain_one_runs() {
    let scene = Scene::new(&[]);
    let (chain, watch) = scene.chain("chain: mine\n");
    let script = wrapped(&format!("--continue requeue {SHORT}"), &heat(&format!("--steps {STEPS}")));

    let ids = [(); 2].map(|()| scene.cluster.sbatch(&script, &[]));

    chain.wait_for("chain_finished", CHAIN);
    let jobs = scene.cluster.wait_until_all_is_over(PROMPT);
    assert_sound(&chain, &watch);
    chain.assert_result(STEPS);
    let mut states: Vec<_> = jobs.iter().map(Job::state).collect();
    states.sort_unstable();
    assert_eq!(states, ["COMPLETED", "FAILED"], "{ids:?}\n{}", list(&jobs));
    assert!(chain.log().contains("nothing is started"), "{}", chain.log());
}
