//! TensorFlow and Keras on a CPU.

use std::time::Duration;

use super::environment::python;
use super::scene::Scene;

#[test]
fn keras() {
    let python = python("tensorflow");
    let command = format!("{} train.py --epochs 14", python.display());
    let mut scene = Scene::of_example("tensorflow", &["train.py", "ckwrap.yaml"])
        .env("TF_CPP_MIN_LOG_LEVEL", "2")
        .lead(Duration::from_secs(5));
    scene.write("import.py", "import train\n");
    scene.startup_of(&format!("{} import.py", python.display()));
    scene.straight(&command);
    let interrupted = scene.interrupted("--profile tensorflow", &command);
    scene.assert_same(&["model.weights.h5"], &interrupted);
    interrupted.report("TensorFlow (Keras)", "identical");
}
