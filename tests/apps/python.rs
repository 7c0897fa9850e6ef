//! Scripts with Python's standard library alone.

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

/// Handles no signal. Slow only under ckwrap, which waits ten seconds for a handler before it writes the file.
const LOOKS_FOR_A_FILE: &str = r#"
import os, sys, time

state = open("state").read().split() if os.path.exists("state") else (0, 1)
step, value = map(int, state)
while step < 600:
    if "CKWRAP_STOP_FILE" in os.environ:
        time.sleep(0.05)
        if os.path.exists(os.environ["CKWRAP_STOP_FILE"]):
            with open("state.tmp", "w") as file:
                file.write(f"{step} {value}")
            os.replace("state.tmp", "state")
            sys.exit(85)
    step, value = step + 1, (value * 31 + step) % 1000003
open("result", "w").write(str(value))
"#;

#[test]
fn stop_file() {
    let mut scene = Scene::new().startup(Duration::from_millis(10_500));
    scene.write("steps.py", LOOKS_FOR_A_FILE);
    scene.straight("python3 steps.py");
    let interrupted = scene.interrupted("", "python3 steps.py");
    scene.assert_same(&["result"], &interrupted);
    interrupted.report("python (stop file)", "identical");
}
