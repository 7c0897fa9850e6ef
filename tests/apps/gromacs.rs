//! GROMACS on one node, through the embedded scheduler.

use std::time::Duration;

use super::scene::{Scene, example_directory};

/// Pinned to no core, as tests run side by side.
const MDRUN: &str = "gmx -quiet mdrun -deffnm md -ntmpi 1 -ntomp 2 -pin off -reprod";
/// About 15 seconds of two cores.
const STEPS: &str = "20000";

fn scene() -> Scene {
    // Threads that wait for each other sleep: several tests share the cores.
    let scene = Scene::new().env("OMP_WAIT_POLICY", "passive").startup(Duration::from_millis(500));
    let script = example_directory("gromacs").join("make-water.sh");
    scene.prepare(&[script.to_str().unwrap(), ".", STEPS]);
    scene
}

#[test]
fn thread_mpi() {
    let mut scene = scene();
    scene.straight(MDRUN);
    let interrupted = scene.interrupted("", MDRUN);
    scene.assert_same(&["md.gro", "md.xtc", "md.edr"], &interrupted);
    interrupted.report("gromacs (thread-MPI)", "identical");
}
