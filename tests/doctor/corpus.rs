//! Every fault of the corpus is found where it is, and nothing is found in scripts that are right.
//!
//! `corpus/NAME.sh` has the faults that `corpus/NAME.expected` lists, code and line; `good/NAME.sh` has none.

use std::fs;
use std::path::{Path, PathBuf};

use ckwrap::doctor::{Place, Report, Settings, judge, line_and_column};

/// The scripts of one folder, with their texts.
pub(super) fn scripts(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor").join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "sh")).collect();
    paths.sort();
    paths.iter().map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect()
}

/// Findings as `CODE LINE`, in the order of codes.
pub(super) fn codes(report: &Report, text: &str) -> Vec<String> {
    let line = |place: &Place| match place {
        Place::Script(at) => line_and_column(text, at.start).0,
        _ => 0,
    };
    let mut codes: Vec<String> =
        report.findings.iter().map(|finding| format!("{} {}", finding.code, line(&finding.place))).collect();
    codes.sort();
    codes
}

#[test]
fn every_fault_is_found_and_none_invented() {
    let scripts = scripts("corpus");
    assert!(scripts.len() >= 40, "{}", scripts.len());
    let mut wrong = Vec::new();
    for (path, text) in scripts {
        let expected = fs::read_to_string(path.replace(".sh", ".expected")).unwrap();
        let mut expected: Vec<&str> = expected.lines().collect();
        expected.sort_unstable();
        let report = judge(&text, &path, &Settings::default(), None);
        let found = codes(&report, &text);
        if found != expected || !report.not_judged.is_empty() {
            wrong.push(format!(
                "{path}: expected {expected:?}, found {found:?}, not judged {:?}",
                report.not_judged
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_found_in_scripts_that_are_right() {
    let mut scripts = scripts("good");
    assert!(scripts.len() >= 15, "{}", scripts.len());
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for folder in
        fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.extension().is_some_and(|end| end == "sbatch") {
                scripts.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    // What the guide shows must be right too.
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let blocks = readme.split("```bash\n").skip(1).filter_map(|rest| rest.split("```").next());
    let blocks = blocks.filter(|block| block.starts_with("#!") && block.contains("ckwrap"));
    scripts.extend(blocks.map(|block| ("README.md".to_owned(), block.to_owned())));
    assert!(scripts.iter().filter(|(path, _)| path == "README.md").count() >= 5);
    for (path, text) in scripts {
        let report = judge(&text, &path, &Settings::default(), None);
        assert_eq!(codes(&report, &text), [""; 0], "{path}");
        assert_eq!(report.not_judged, [""; 0], "{path}");
    }
}

#[test]
fn the_table_of_findings_is_complete() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("docs/doctor.md")).unwrap();
    let listed: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| CK")?.split(' ').next()).collect();
    let mut folders = vec![root.join("src/doctor"), root.join("src/cli/doctor")];
    let mut named: Vec<String> = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let codes = text.split("\"CK").skip(1).filter_map(|rest| rest.get(..3));
            named.extend(codes.filter(|code| code.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned));
        }
    }
    named.sort();
    named.dedup();
    assert_eq!(listed, named);
    // Each finding about the script stands in some script of the corpus.
    let expected: String = scripts("corpus")
        .iter()
        .map(|(path, _)| fs::read_to_string(path.replace(".sh", ".expected")).unwrap())
        .collect();
    let of_scripts = listed.iter().filter(|code| code.starts_with(['0', '1']) && **code != "016");
    let missing: Vec<_> = of_scripts.filter(|code| !expected.contains(&format!("CK{code} "))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
