//! A script with Python's standard library alone.

use std::time::Duration;

use super::scene::Scene;

const ISING: &str = "python3 ising.py --size 32 --sweeps 12000";

#[test]
fn standard_library() {
    let mut scene = Scene::of_example("python", &["ising.py"]).startup(Duration::from_millis(200));
    scene.straight(ISING);
    let interrupted = scene.interrupted("", ISING);
    scene.assert_same(&["ising.out"], &interrupted);
    interrupted.report("python (standard library)", "identical");
}
