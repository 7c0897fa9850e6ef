//! CP2K, by a file that it looks for every 20 seconds.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::scene::Scene;

#[test]
fn molecular_dynamics() {
    let mut scene = Scene::of_example("cp2k", &["argon.inp"])
        .env("OMP_NUM_THREADS", "1")
        // Asked after 10 seconds, as 20 are kept for it to notice.
        .segment(Duration::from_secs(33));
    let command = "cp2k.psmp -i argon.inp";
    scene.straight(command);
    let interrupted = scene.interrupted("", command);
    let [one, many] = [scene.one("argon-1.ener"), scene.many("argon-1.ener")].map(|path| energies(&path));
    assert!(one == many, "{one:#?}\n{many:#?}\n{}", interrupted.log);
    // The restart file is text in other units than CP2K computes in.
    let [one, many] =
        [scene.one("argon-pos-1.xyz"), scene.many("argon-pos-1.xyz")].map(|path| last_frame(&path));
    let apart = one.iter().zip(&many).map(|(one, many)| (one - many).abs()).fold(0.0, f64::max);
    assert!(apart < 1e-6, "{apart} Angstrom apart\n{}", interrupted.log);
    interrupted.report("cp2k", &format!("energies identical, atoms within {apart:.0e} A"));
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

/// Where all atoms are in the end, in Angstrom.
fn last_frame(path: &Path) -> Vec<f64> {
    let text = fs::read_to_string(path).unwrap();
    let atoms = text.lines().rev().take_while(|line| line.trim_start().starts_with("Ar "));
    let numbers =
        |line: &str| line.split_whitespace().skip(1).map(|word| word.parse().unwrap()).collect::<Vec<_>>();
    let positions: Vec<f64> = atoms.flat_map(numbers).collect();
    assert_eq!(positions.len(), 3 * 256, "{text}");
    positions
}
