//! Programs that can be trusted to go on, rehearsed as a user would before the first job.

use std::time::Duration;

use serde_json::Value;

use super::environment::python;
use super::scene::{Scene, example_directory};
use crate::support::{End, Start, Wrapper};

/// Every step must be good, but for a program that saves too quickly to be killed in the middle of it.
fn assert_trusted(scene: &Scene, threads: &'static str, options: &str, command: &str) {
    let place = scene.many("");
    let wrapper = Wrapper::ckwrap(&format!("rehearse --json {options}"));
    let start = Start::new(&wrapper, command.split(' ')).set(move |command| {
        command.current_dir(place).env("OMP_NUM_THREADS", threads).env("OMP_WAIT_POLICY", "passive");
    });
    let mut run = start.go();
    let (end, said) = (run.end_within(Duration::from_mins(20)), run.rest());
    let errors = run.all_errors();
    let report: Value = serde_json::from_slice(&said).unwrap_or_else(|error| panic!("{error}: {errors}"));
    let good =
        |step: &Value| step["result"] == "good" || (step["step"] == "dying" && step["result"] == "note");
    assert!(report["steps"].as_array().unwrap().iter().all(good), "{report:#}");
    assert_eq!(end, End::Code(0));
}

#[test]
fn gromacs() {
    let scene = Scene::new();
    let script = example_directory("gromacs").join("make-water.sh");
    scene.prepare(&[script.to_str().unwrap(), ".", "30000"]);
    let command = "gmx -quiet mdrun -deffnm md -ntmpi 1 -ntomp 2 -pin off -reprod";
    assert_trusted(&scene, "2", "--compare md.gro --compare md.xtc", command);
}

#[test]
fn lammps() {
    let scene = Scene::of_example("lammps", &["in.restartable"]);
    assert_trusted(
        &scene,
        "1",
        "--compare final.restart",
        "lmp -in in.restartable -var n 10000 -screen none",
    );
}

/// Most of a short run is the import of the library.
#[test]
fn pytorch() {
    let scene = Scene::of_example("pytorch", &["train.py", "waves.py", "ckwrap.yaml"]);
    let command = format!("{} train.py --epochs 60", python("torch").display());
    assert_trusted(&scene, "1", "--profile pytorch --compare model.pt", &command);
}
