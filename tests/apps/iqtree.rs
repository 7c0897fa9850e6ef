//! IQ-TREE, which is never asked: its own periodic checkpoint is waited for.

use std::time::Duration;

use super::scene::{Scene, example_directory};

#[test]
fn iqtree() {
    // A checkpoint every second, and a start that reads the last one: both take a while on a busy machine.
    let mut scene = Scene::new().startup(Duration::from_secs(1)).lead(Duration::from_secs(6));
    let script = example_directory("iqtree").join("make-alignment.sh");
    scene.prepare(&[script.to_str().unwrap(), ".", "50", "1200"]);
    let command = "iqtree2 -s alignment.phy -m GTR+G --seed 4711 -T 1 --cptime 1";
    scene.straight(command);
    let interrupted = scene.interrupted("", command);
    // The tree with all its branch lengths.
    scene.assert_same(&["alignment.phy.treefile"], &interrupted);
    interrupted.report("iqtree", "identical tree");
}
