//! CP2K, by a file that it looks for every 20 seconds.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::scene::Scene;

#[test]
fn molecular_dynamics() {
    let mut scene = Scene::of_example("cp2k", &["argon.inp"])
        .env("OMP_NUM_THREADS", "1")
        // As long as it may take to notice.
        .startup(Duration::from_secs(20));
    let command = "cp2k.psmp -i argon.inp";
    scene.straight(command);
    let interrupted = scene.interrupted("", command);
    let [one, many] = ["one", "many"].map(|run| {
        let path = |name| if run == "one" { scene.one(name) } else { scene.many(name) };
        (energies(&path("argon-1.ener")), last_frame(&path("argon-pos-1.xyz")))
    });
    assert!(one == many, "{one:#?}\n{many:#?}\n{}", interrupted.log);
    interrupted.report("cp2k", "all printed digits");
}

/// Every thousandth step without the time it took; where it was stopped there is a line more.
fn energies(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<String> = text
        .lines()
        .filter(|line| line.split_whitespace().next().is_some_and(|step| step.ends_with("000")))
        .map(|line| line.split_whitespace().take(6).collect::<Vec<_>>().join(" "))
        .collect();
    assert!(lines.len() >= 60, "{text}");
    lines
}

/// Where all atoms are in the end, ten decimals.
fn last_frame(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<_> = text.lines().rev().take(256).map(str::to_owned).collect();
    assert!(lines.iter().all(|line| line.trim_start().starts_with("Ar ")), "{text}");
    lines
}
