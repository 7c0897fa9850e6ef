//! PyTorch on a CPU: a training in one process and one by torchrun.

use std::time::Duration;

use super::environment::python;
use super::scene::Scene;

/// An import of PyTorch on a busy machine, and the start of the workers that load the data.
const STARTUP: Duration = Duration::from_secs(5);
const FILES: [&str; 4] = ["train.py", "train_ddp.py", "waves.py", "ckwrap.yaml"];

fn scene() -> Scene {
    // Several tests share the cores, and a sum by another number of threads is another sum.
    Scene::of_example("pytorch", &FILES).env("OMP_NUM_THREADS", "1").startup(STARTUP).lead(Duration::from_secs(5))
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
