//! Good texts to begin with: for each target the files that `fuzz/seeds/TARGET.from` names by patterns, and those in
//! `fuzz/seeds/TARGET/`. Inputs that once were too much are in `fuzz/regressions/TARGET/`.

use std::fs;
use std::path::{Path, PathBuf};

/// The texts of a target.
pub(super) fn of(target: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let seeds = root.join("fuzz/seeds");
    let lists = fs::read_to_string(seeds.join(format!("{target}.from"))).unwrap_or_default();
    let mut files: Vec<PathBuf> = Vec::new();
    for pattern in lists.lines().filter(|line| !line.is_empty()) {
        let found = glob::glob(&root.join(pattern).to_string_lossy()).expect("a pattern");
        let before = files.len();
        files.extend(found.map(Result::unwrap));
        assert!(files.len() > before, "fuzz/seeds/{target}.from: nothing matches {pattern}");
    }
    files.extend(files_in(&seeds.join(target)));
    files.iter().map(|file| without_prompts(&fs::read(file).unwrap())).collect()
}

/// Without the lines that show which command printed a fixture.
fn without_prompts(text: &[u8]) -> Vec<u8> {
    text.split_inclusive(|byte| *byte == b'\n')
        .filter(|line| !line.starts_with(b"$ "))
        .flatten()
        .copied()
        .collect()
}

/// Inputs of a target that once made it fail, by name.
pub(super) fn regressions(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(target);
    let name = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
    files_in(&folder).iter().map(|file| (name(file), fs::read(file).unwrap())).collect()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
