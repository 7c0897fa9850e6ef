//! `SECURITY.md` and the attacks name each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Text of a file of the repository.
fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

/// The numbered rules: number, and the tests named in them.
fn rules() -> Vec<(usize, Vec<String>)> {
    let mut rules: Vec<(usize, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in text("SECURITY.md").lines() {
        let number = line.split_once(". ").and_then(|(number, _)| number.parse().ok());
        if let Some(number) = number {
            rules.push((number, Vec::new()));
            inside = true;
        } else if !line.starts_with(' ') {
            inside = false;
        }
        if let (true, Some((_, tests))) = (inside, rules.last_mut()) {
            let quoted = line.split('`').skip(1).step_by(2);
            tests.extend(quoted.filter(|word| word.contains("::") && !word.contains(' ')).map(str::to_owned));
        }
    }
    rules
}

/// The names of the tests in a file.
fn tests_in(path: &str) -> BTreeSet<String> {
    let text = text(path);
    let mut marked = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        marked |= line.starts_with("#[test]") || line.starts_with("#[rstest]");
        if let Some(name) = line.strip_prefix("fn ").filter(|_| marked) {
            found.extend(name.split('(').next().map(str::to_owned));
            marked = false;
        }
    }
    found
}

#[test]
fn each_rule_names_attacks_that_are_there() {
    let rules = rules();
    assert!(rules.len() > 10, "{rules:?}");
    let numbers: Vec<usize> = rules.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=rules.len()).collect::<Vec<_>>());
    for (number, tests) in &rules {
        assert!(!tests.is_empty(), "rule {number} names no test");
        for test in tests {
            let (module, name) = test.rsplit_once("::").unwrap();
            let file = format!("tests/{}.rs", module.replace("::", "/"));
            assert!(tests_in(&file).contains(name), "rule {number} names {test}, which is not there");
        }
    }
}

#[test]
fn each_attack_has_its_rule() {
    let named: BTreeSet<String> = rules().into_iter().flat_map(|(_, tests)| tests).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/security");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.strip_suffix(".rs").unwrap();
        if ["mod", "rules"].contains(&module) {
            continue;
        }
        for test in tests_in(&format!("tests/security/{name}")) {
            let test = format!("security::{module}::{test}");
            assert!(named.contains(&test), "no rule of SECURITY.md names {test}");
        }
    }
}
