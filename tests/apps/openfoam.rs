//! OpenFOAM, by USR2 and an option on its command line that makes it write and stop then.

use std::time::Duration;

use super::scene::{Scene, example_directory};

fn scene(end: &str) -> Scene {
    let scene = Scene::new()
        // Where Debian keeps what OpenFOAM's own bashrc would set.
        .env("WM_PROJECT_DIR", "/usr/share/openfoam")
        .startup(Duration::from_millis(300));
    let script = example_directory("openfoam").join("make-cavity.sh");
    scene.prepare(&[script.to_str().unwrap(), ".", end]);
    scene
}

#[test]
fn one_core() {
    let mut scene = scene("1");
    scene.straight("icoFoam");
    let interrupted = scene.interrupted("", "icoFoam");
    scene.assert_same(&["1/U", "1/p", "1/phi"], &interrupted);
    interrupted.report("openfoam (icoFoam)", "identical");
}

#[test]
fn two_ranks() {
    // Ranks that wait for each other yield: several tests share the cores.
    let mut scene = scene("0.4")
        .env("OMPI_MCA_mpi_yield_when_idle", "1")
        .env("OMPI_ALLOW_RUN_AS_ROOT", "1")
        .env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    let command = "mpirun -np 2 --oversubscribe --bind-to none icoFoam -parallel";
    scene.straight(command);
    let interrupted = scene.interrupted("", command);
    let files = ["processor0/0.4/U", "processor0/0.4/p", "processor1/0.4/U", "processor1/0.4/phi"];
    scene.assert_same(&files, &interrupted);
    interrupted.report("openfoam (icoFoam, 2 ranks)", "identical");
}
