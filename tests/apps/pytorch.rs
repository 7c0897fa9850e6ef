//! PyTorch on a CPU: a training in one process and one by torchrun.

use std::fs;
use std::time::Duration;

use super::environment::python;
use super::scene::Scene;

/// An import of PyTorch on a busy machine, and the start of the workers that load the data.
const STARTUP: Duration = Duration::from_secs(5);
const FILES: [&str; 4] = ["train.py", "train_ddp.py", "waves.py", "ckwrap.yaml"];

fn scene() -> Scene {
    // Several tests share the cores, and a sum by another number of threads is another sum.
    Scene::of_example("pytorch", &FILES)
        .env("OMP_NUM_THREADS", "1")
        .startup(STARTUP)
        .lead(Duration::from_secs(5))
}

#[test]
fn training() {
    let python = python("torch");
    let command = format!("{} train.py --epochs 10", python.display());
    let mut scene = scene();
    scene.straight(&command);
    let interrupted = scene.interrupted("", &command);
    scene.assert_same(&["model.pt"], &interrupted);
    interrupted.report("PyTorch, data by two workers", "identical");
}

/// What torchrun starts are workers in sessions of their own, each with a worker that loads data.
fn torchrun(scene: &mut Scene, program: &str) {
    let torchrun = python("torch").with_file_name("torchrun");
    let command =
        format!("{} --standalone --nproc-per-node 2 train_ddp.py --epochs 4", torchrun.display());
    scene.straight(&command);
    let interrupted = scene.interrupted("", &command);
    scene.assert_same(&["model.pt"], &interrupted);
    interrupted.report(program, "identical");
}

#[test]
fn distributed() {
    torchrun(&mut scene(), "PyTorch, torchrun, 2 workers");
}

/// torchrun ends with 1 then: the new checkpoint tells a stop from a failure.
#[test]
fn distributed_with_an_exit_code() {
    let mut scene = scene();
    let script = fs::read_to_string(scene.one("train_ddp.py")).unwrap();
    let end = "    dist.destroy_process_group()\n";
    assert!(script.contains(end));
    scene.write("train_ddp.py", &script.replace(end, &format!("{end}    sys.exit(85 if stopped else 0)\n")));
    torchrun(&mut scene, "PyTorch, torchrun, workers exit 85");
}
