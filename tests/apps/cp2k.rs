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
    // The restart file is text in other units than CP2K computes in, and what is rounded grows.
    let energy = apart([scene.one("argon-1.ener"), scene.many("argon-1.ener")].map(|path| energies(&path)));
    let last = [scene.one("argon-pos-1.xyz"), scene.many("argon-pos-1.xyz")];
    let place = apart(last.map(|path| last_frame(&path)));
    assert!(energy < 1e-6, "{energy} Hartree apart\n{}", interrupted.log);
    assert!(place < 1e-4, "{place} Angstrom apart\n{}", interrupted.log);
    interrupted.report("cp2k", &format!("within {energy:.0e} Hartree, {place:.0e} Angstrom"));
}

/// The largest difference.
fn apart([one, many]: [Vec<f64>; 2]) -> f64 {
    assert_eq!(one.len(), many.len());
    one.iter().zip(&many).map(|(one, many)| (one - many).abs()).fold(0.0, f64::max)
}

/// Of every thousandth step the kinetic, the potential and the conserved energy in Hartree; where it was stopped there is
/// a line more.
fn energies(path: &Path) -> Vec<f64> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let thousandth = lines.filter(|words| words.first().is_some_and(|step| step.ends_with("000")));
    let numbers: Vec<f64> =
        thousandth.flat_map(|words| [2, 4, 5].map(|column: usize| words[column].parse().unwrap())).collect();
    assert!(numbers.len() >= 3 * 60, "{text}");
    numbers
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
