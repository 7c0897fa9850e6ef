//! GNU Octave, by a file that the script looks for; MATLAB runs the same script.

use std::time::Duration;

use super::scene::Scene;

#[test]
fn octave() {
    let mut scene =
        Scene::of_example("octave", &["wells.m", "ckwrap.yaml"]).startup(Duration::from_millis(700));
    let command = "octave-cli --eval wells(120000)";
    scene.straight(command);
    let interrupted = scene.interrupted("", command);
    // wells.mat itself holds the time of its writing.
    scene.assert_same(&["wells.txt"], &interrupted);
    interrupted.report("octave", "identical");
}
