//! TensorFlow and Keras on a CPU.

use std::time::Duration;

use super::environment::python;
use super::scene::Scene;

#[test]
fn keras() {
    let command = format!("{} train.py", python("tensorflow").display());
    let mut scene = Scene::of_example("tensorflow", &["train.py", "ckwrap.yaml"])
        .env("TF_CPP_MIN_LOG_LEVEL", "2")
        .lead(Duration::from_secs(5));
    scene.startup_of(&format!("{command} --epochs 0"));
    let command = format!("{command} --epochs 14");
    scene.straight(&command);
    let interrupted = scene.interrupted("--profile tensorflow", &command);
    scene.assert_same(&["model.weights.h5"], &interrupted);
    interrupted.report("TensorFlow (Keras)", "identical");
}
