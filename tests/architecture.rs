//! Who may import whom, and other rules of the sources that no lint knows: held by reading them.
//!
//! | part | may use |
//! |---|---|
//! | `model` | nothing of ours |
//! | `policy`, `profile`, `sys` | `model` |
//! | `journal`, `scheduler` | `model`, `sys` |
//! | `checkpoint` | the same, and `profile::rules` |
//! | `config` | `model`, `policy`, `profile`, `sys` |
//! | `report` | `model`, `journal` |
//! | `doctor` | `model`, `config`, `profile`, `scheduler` |
//! | `init` | `model`, `profile` |
//! | `rehearsal` | `model` |
//! | `supervisor` | all but `cli`, `doctor`, `init`, `rehearsal` and `report` |
//! | `cli` | all |

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rstest::rstest;

/// Longest file without a reason.
const LONG: usize = 400;

/// Longer ones, and why.
const LONGER: [(&str, &str); 1] = [("src/config/tests.rs", "tables")];

/// What a pure module must not even name.
const IMPURE: [&str; 12] = [
    "std::fs",
    "std::process",
    "std::thread",
    "std::env",
    "std::net",
    "std::io",
    "std::sync",
    "SystemTime",
    "std::time::Instant",
    "nix::",
    "libc::",
    "crate::sys",
];

/// A source file, without comments and without what only tests see.
struct Source {
    /// From the repository, such as `src/policy/machine.rs`.
    path: String,
    /// Module path below the crate, such as `["policy", "machine"]`.
    module: Vec<String>,
    code: String,
    text: String,
}

impl Source {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_str().unwrap().to_owned();
        let words = path.trim_end_matches(".rs").split('/').skip(1);
        let module = words.filter(|word| *word != "mod").map(str::to_owned).collect();
        Self { module, code: without_tests(&without_comments(&text)), path, text }
    }

    /// The part of ckwrap it belongs to: the first step of its module path.
    fn part(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }

    /// Whether its own module is only there for tests.
    fn is_for_tests(&self) -> bool {
        let name = Path::new(&self.path).file_stem().unwrap().to_str().unwrap();
        name == "tests"
            || name.ends_with("_tests")
            || self.path.starts_with("src/policy/sim")
            || self.path.contains("/tests/")
    }

    /// Every path into another part, from that part on: `policy::Machine`.
    fn imports(&self) -> Vec<String> {
        let mut found = after(&self.code, "crate::");
        // So many `super::` in a row lead up to the crate itself.
        found.extend(after(&self.code, &"super::".repeat(self.module.len())));
        found.retain(|path| path.split("::").next() != Some(self.part()));
        found
    }
}

/// What follows each occurrence of a prefix; a group in braces counts as so many paths.
fn after(code: &str, prefix: &str) -> Vec<String> {
    occurrences(code, prefix).flat_map(|at| paths(code.get(at + prefix.len()..).unwrap())).collect()
}

/// Where a path begins so, and not only another path's later part.
fn occurrences(code: &str, prefix: &str) -> impl Iterator<Item = usize> {
    let whole = move |at: &usize| {
        let before = code.get(..*at).unwrap().chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && before != '_' && before != ':')
    };
    code.match_indices(prefix).map(|(at, _)| at).filter(whole)
}

fn paths(code: &str) -> Vec<String> {
    let Some(group) = code.strip_prefix('{') else {
        let end = code.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(code.len());
        return vec![code.get(..end).unwrap().to_owned()];
    };
    let (mut depth, mut names, mut name) = (0, Vec::new(), String::new());
    for letter in group.chars() {
        match letter {
            '}' if depth == 0 => break,
            ',' if depth == 0 => {
                names.push(std::mem::take(&mut name));
                continue;
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        name.push(letter);
    }
    names.push(name);
    names.into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

fn without_comments(text: &str) -> String {
    let code = |line: &&str| !line.trim_start().starts_with("//");
    let cut = |line: &str| line.split_once(" // ").map_or(line, |(code, _)| code).to_owned() + "\n";
    text.lines().filter(code).map(cut).collect()
}

/// Leaves out each item under `#[cfg(test)]`: to its semicolon, or to the brace that closes it at the same indentation.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push_str(line);
            kept.push('\n');
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let closes = format!("{}}}", " ".repeat(indent));
        let ends = |line: &str| {
            let own = line.len() - line.trim_start().len() == indent;
            own && (line.starts_with(&closes) || line.ends_with(';') || line.ends_with('}'))
        };
        lines.by_ref().find(|line| ends(line));
    }
    kept
}

fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(Source::read(&path));
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(found.len() > 3, "{folder} holds the sources");
    found
}

/// The sources that go into the library, without those that only tests see.
fn library() -> Vec<Source> {
    sources("src").into_iter().filter(|source| !source.is_for_tests()).collect()
}

#[track_caller]
fn none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

fn may_use(part: &str, path: &str) -> bool {
    let other = path.split("::").next().unwrap();
    match part {
        "model" => false,
        "policy" | "profile" | "sys" => other == "model",
        "journal" | "scheduler" => ["model", "sys"].contains(&other),
        "checkpoint" => ["model", "sys"].contains(&other) || path.starts_with("profile::rules"),
        "config" => ["model", "policy", "profile", "sys"].contains(&other),
        "report" => ["model", "journal"].contains(&other),
        "doctor" => ["model", "config", "profile", "scheduler"].contains(&other),
        "init" => ["model", "profile"].contains(&other),
        "rehearsal" => other == "model",
        "supervisor" => !["cli", "doctor", "init", "rehearsal", "report"].contains(&other),
        "cli" | "lib" | "main" => true,
        _ => panic!("{part} is a new part: say here what it may use"),
    }
}

#[test]
fn parts_import_only_what_they_may() {
    let mut broken = Vec::new();
    let mut seen = BTreeSet::new();
    for source in library() {
        for path in source.imports() {
            seen.insert(source.part().to_owned());
            if !may_use(source.part(), &path) {
                broken.push(format!("{}: crate::{path}", source.path));
            }
        }
    }
    assert!(seen.len() >= 8, "imports are found at all: {seen:?}");
    none("these imports lead the wrong way", &broken);
}

#[rstest]
#[case("use crate::model::{Instant, Now};", &["model::"])]
#[case("use crate::{model::{A, B}, sys};", &["model::{A, B}", "sys"])]
#[case("let x = crate::sys::now();", &["sys::now"])]
#[case("use super::super::sys::now;", &["sys::now"])]
#[case("use super::event::Event; mycrate::x; crate::policy::y", &[])]
fn imports_are_found(#[case] code: &str, #[case] expected: &[&str]) {
    let source = Source {
        path: "src/policy/x.rs".into(),
        module: vec!["policy".into(), "x".into()],
        code: code.into(),
        text: String::new(),
    };
    assert_eq!(source.imports(), expected);
}

#[test]
fn what_only_tests_see_is_left_out() {
    let code = "a\n#[cfg(test)]\nmod tests {\n    use crate::sys;\n}\nb\n#[cfg(test)]\nuse crate::sys;\n    #[cfg(test)]\n    fn f() {\n        sys\n    }\nc\n";
    assert_eq!(without_tests(code), "a\nb\nc\n");
}

#[test]
fn the_policy_the_model_the_profiles_and_the_doctor_know_no_world() {
    let parts = ["policy", "model", "profile", "doctor", "init", "rehearsal"];
    let pure = library().into_iter().filter(|source| parts.contains(&source.part()));
    let mut broken = Vec::new();
    for source in pure {
        let named = IMPURE.iter().filter(|word| occurrences(&source.code, word).next().is_some());
        broken.extend(named.map(|word| format!("{}: {word}", source.path)));
        for line in source.code.lines().filter(|line| line.contains("use std::")) {
            let hidden =
                line.contains("std::{") || (line.contains("std::time::") && line.contains("Instant"));
            broken.extend(hidden.then(|| format!("{}: {line}", source.path)));
        }
    }
    none("pure modules name no clock, file, process, thread or environment", &broken);
}

#[test]
fn only_sys_is_unsafe() {
    let mut broken = Vec::new();
    for source in sources("src").into_iter().filter(|source| source.part() != "sys") {
        let word = |word: &&str| *word == "unsafe" || word.starts_with("unsafe(");
        let named =
            source.code.split_whitespace().any(|part| word(&part)) || source.text.contains("(unsafe_code");
        broken.extend(named.then_some(source.path));
    }
    none("unsafe code and leave for it are in src/sys alone", &broken);
}

#[test]
fn nothing_panics_by_unwrap_or_expect() {
    let mut broken = Vec::new();
    for source in library() {
        let lines =
            source.code.lines().filter(|line| line.contains(".unwrap()") || line.contains(".expect("));
        broken.extend(lines.map(|line| format!("{}: {}", source.path, line.trim())));
    }
    none("an error is handled, not unwrapped", &broken);
}

#[test]
fn directories_are_read_by_the_one_function_that_does_not_panic() {
    let mut broken = Vec::new();
    for source in library() {
        let lines =
            source.code.lines().filter(|line| line.contains("read_dir(") || line.contains("remove_dir_all("));
        broken.extend(lines.map(|line| format!("{}: {}", source.path, line.trim())));
    }
    none("sys::list and sys::remove_tree are there for that", &broken);
}

#[test]
fn every_module_says_what_it_is_for() {
    let all = ["src", "tests", "benches"].into_iter().flat_map(sources);
    let silent = all.filter(|source| !source.text.starts_with("//!")).map(|source| source.path);
    none("the first line of a file is a `//!`", &silent.collect::<Vec<_>>());
}

#[test]
fn long_files_have_a_reason() {
    let all = ["src", "tests", "benches", "examples"].into_iter().flat_map(sources);
    let long: Vec<Source> = all.filter(|source| source.text.lines().count() > LONG).collect();
    let without = long.iter().filter(|source| !LONGER.iter().any(|(path, _)| *path == source.path));
    none("too long without a reason", &without.map(|source| source.path.clone()).collect::<Vec<_>>());
    let stale = LONGER.iter().filter(|(path, _)| !long.iter().any(|source| source.path == *path));
    none("no longer too long", &stale.map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>());
}

#[test]
fn mod_rs_declares_and_does_not_do() {
    let files = library().into_iter().filter(|source| source.path.ends_with("/mod.rs"));
    let doing = files.filter(|source| source.code.contains("fn ")).map(|source| source.path);
    none("code goes into a file with a name of its own", &doing.collect::<Vec<_>>());
}
