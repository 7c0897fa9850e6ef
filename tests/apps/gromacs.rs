//! GROMACS on one node, through the embedded scheduler.

use std::time::Duration;

use super::scene::{Scene, example_directory};

/// Pinned to no core, as tests run side by side.
const MDRUN: &str = "gmx -quiet mdrun -deffnm md -ntmpi 1 -ntomp 2 -pin off -reprod";
/// About 15 seconds of two cores.
const STEPS: &str = "20000";
/// The same for two ranks.
const STEPS_OF_RANKS: &str = "12000";

fn scene(steps: &str) -> Scene {
    // Threads that wait for each other sleep: several tests share the cores.
    let scene = Scene::new().env("OMP_WAIT_POLICY", "passive").startup(Duration::from_millis(500));
    let script = example_directory("gromacs").join("make-water.sh");
    scene.prepare(&[script.to_str().unwrap(), ".", steps]);
    scene
}

#[test]
fn thread_mpi() {
    let mut scene = scene(STEPS);
    scene.straight(MDRUN);
    let interrupted = scene.interrupted("", MDRUN);
    scene.assert_same(&["md.gro", "md.xtc", "md.edr"], &interrupted);
    interrupted.report("gromacs (thread-MPI)", "identical");
}

/// The program's own limit, which needs no signal.
#[test]
fn by_its_own_limit() {
    let mut scene = scene(STEPS);
    scene.straight(MDRUN);
    scene.write("ckwrap.yaml", "trigger: [{limit: [-maxh, \"{hours_left}\"]}]\n");
    let interrupted = scene.interrupted("", MDRUN);
    scene.assert_same(&["md.gro", "md.xtc", "md.edr"], &interrupted);
    assert_eq!(interrupted.of_kind("triggered").count(), 0, "{}", interrupted.log);
    interrupted.report("gromacs (-maxh)", "identical");
}

/// Two ranks on one node: mpirun stays unharmed, one rank gets the signal.
#[test]
fn mpirun() {
    let mdrun = "mpirun --oversubscribe -np 2 gmx_mpi -quiet mdrun -deffnm md -ntomp 1 -pin off -reprod -dlb no \
                 -notunepme";
    let mut scene = scene(STEPS_OF_RANKS).startup(Duration::from_secs(1));
    for (name, value) in [
        // Ranks that wait leave the core to others.
        ("OMPI_MCA_mpi_yield_when_idle", "1"),
        ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
        ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
    ] {
        scene = scene.env(name, value);
    }
    scene.straight(mdrun);
    let interrupted = scene.interrupted("", mdrun);
    scene.assert_same(&["md.gro", "md.xtc", "md.edr"], &interrupted);
    interrupted.report("gromacs (mpirun)", "identical");
}
