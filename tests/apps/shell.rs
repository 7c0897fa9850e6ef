//! A shell script that works through a list.

use super::scene::Scene;

/// Forty pieces of a third of a second.
const PIECES: &str = "./pieces.sh 40 2000000";

#[test]
fn pieces() {
    let mut scene = Scene::of_example("shell", &["pieces.sh"]);
    scene.straight(PIECES);
    let interrupted = scene.interrupted("", PIECES);
    scene.assert_same(&["area.out", "pieces/1", "pieces/40"], &interrupted);
    interrupted.report("bash script", "identical");
}
