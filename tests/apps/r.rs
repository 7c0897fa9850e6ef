//! R, by a file that the script looks for.

use std::time::Duration;

use super::scene::Scene;

#[test]
fn rscript() {
    let mut scene = Scene::of_example("r", &["wells.R", "ckwrap.yaml"]).startup(Duration::from_millis(300));
    let command = "Rscript wells.R 150000";
    scene.straight(command);
    let interrupted = scene.interrupted("", command);
    scene.assert_same(&["wells.txt", "wells.rds"], &interrupted);
    interrupted.report("r (Rscript)", "identical");
}
