//! TensorFlow and Keras on a CPU.

use std::time::Duration;

use super::environment::python;
use super::scene::Scene;

/// An import of TensorFlow and the compilation of the model on a busy machine.
const STARTUP: Duration = Duration::from_secs(7);

#[test]
fn keras() {
    let python = python("tensorflow");
    let command = format!("{} train.py --epochs 8", python.display());
    let mut scene = Scene::of_example("tensorflow", &["train.py", "ckwrap.yaml"])
        .env("TF_CPP_MIN_LOG_LEVEL", "2")
        .startup(STARTUP)
        .lead(Duration::from_secs(5));
    scene.straight(&command);
    let interrupted = scene.interrupted("", &command);
    scene.assert_same(&["model.weights.h5"], &interrupted);
    interrupted.report("TensorFlow (Keras)", "identical");
}
