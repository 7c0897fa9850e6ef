//! PyTorch on a CPU: a training in one process and one by torchrun.

use std::fs;
use std::time::Duration;

use super::environment::python;
use super::scene::Scene;

const FILES: [&str; 4] = ["train.py", "train_ddp.py", "waves.py", "ckwrap.yaml"];

fn scene() -> Scene {
    // Several tests share the cores, and a sum by another number of threads is another sum.
    Scene::of_example("pytorch", &FILES).env("OMP_NUM_THREADS", "1").lead(Duration::from_secs(5))
}

/// Runs it with so many epochs, interrupted and not, and compares the weights.
fn compare(mut scene: Scene, command: &str, epochs: u32, options: &str, program: &str) {
    scene.startup_of(&format!("{command} --epochs 0"));
    let command = format!("{command} --epochs {epochs}");
    scene.straight(&command);
    let interrupted = scene.interrupted(options, &command);
    scene.assert_same(&["model.pt"], &interrupted);
    interrupted.report(program, "identical");
}

#[test]
fn training() {
    let command = format!("{} train.py", python("torch").display());
    compare(scene(), &command, 14, "--profile pytorch", "PyTorch, data by two workers");
}

/// Two workers in sessions of their own, each with one that loads data.
fn torchrun() -> String {
    let torchrun = python("torch").with_file_name("torchrun");
    format!("{} --standalone --nproc-per-node 2 train_ddp.py", torchrun.display())
}

#[test]
fn distributed() {
    compare(scene(), &torchrun(), 12, "", "PyTorch, torchrun, 2 workers");
}

/// torchrun ends with 1 then: the new checkpoint tells a stop from a failure.
#[test]
fn distributed_with_an_exit_code() {
    let scene = scene();
    let script = fs::read_to_string(scene.one("train_ddp.py")).unwrap();
    let end = "    dist.destroy_process_group()\n";
    assert!(script.contains(end));
    scene.write("train_ddp.py", &script.replace(end, &format!("{end}    sys.exit(85 if stopped else 0)\n")));
    compare(scene, &torchrun(), 12, "", "PyTorch, torchrun, workers exit 85");
}
