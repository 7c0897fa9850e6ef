//! The list of fault cases, `docs/faults.md`, and the script that makes a table of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rstest::rstest;
use tempfile::tempdir;

use crate::support::{End, Running, Start, Wrapper};

/// What a case may be provoked by.
const WAYS: [&str; 5] = ["simulated", "injected", "program", "fake", "real"];
/// Where tests beside the code are; they are in another binary.
const BESIDE_THE_CODE: [&str; 12] = [
    "checkpoint",
    "cli",
    "config",
    "journal",
    "model",
    "notify",
    "policy",
    "profile",
    "report",
    "scheduler",
    "supervisor",
    "sys",
];

struct Row {
    case: String,
    cells: [String; 4],
}

impl Row {
    fn tests(&self) -> Vec<&str> {
        let parts = self.cells[3].split('`').collect::<Vec<_>>();
        parts.chunks(2).filter_map(|pair| pair.get(1).copied()).collect()
    }
}

fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
    let text = fs::read_to_string(path).unwrap();
    let row = |line: &str| {
        let cells = line.replace("\\|", "\u{1}");
        let cells: Vec<_> = cells.strip_prefix("| ")?.split('|').map(|cell| cell.trim().to_owned()).collect();
        let is_case = cells[0].len() > 1
            && cells[0].starts_with(|c: char| c.is_ascii_uppercase())
            && cells[0][1..].bytes().all(|byte| byte.is_ascii_digit());
        let [case, fault, holds, way, tests, _end] = <[String; 6]>::try_from(cells).ok()?;
        is_case.then_some(Row { case, cells: [fault, holds, way, tests] })
    };
    text.lines().filter_map(row).collect()
}

/// Names of all tests of this binary.
fn all_tests() -> BTreeSet<String> {
    let words = [std::env::current_exe().unwrap().into_os_string(), "--list".into()];
    let text = String::from_utf8(Start::new(&Wrapper::bare(), words).go().rest()).unwrap();
    text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

#[test]
fn every_case_is_listed_once_with_a_way_and_tests() {
    let rows = rows();
    let letters = [
        ("A", 17),
        ("B", 26),
        ("C", 42),
        ("D", 51),
        ("E", 57),
        ("F", 63),
        ("G", 68),
        ("H", 74),
        ("T", 47),
        ("S", 10),
    ];
    let mut first = 1;
    let mut expected = Vec::new();
    for (letter, last) in letters {
        // A to H are counted on.
        first = if ["T", "S"].contains(&letter) { 1 } else { first };
        expected.extend((first..=last).map(|number| format!("{letter}{number}")));
        first = last + 1;
    }
    assert_eq!(rows.iter().map(|row| row.case.clone()).collect::<Vec<_>>(), expected);
    let wrong = |row: &Row| {
        let [fault, holds, way, _] = &row.cells;
        let ways: Vec<_> = way.split(", ").collect();
        fault.is_empty()
            || holds.is_empty()
            || row.tests().is_empty()
            || !ways.iter().all(|way| WAYS.contains(way))
    };
    let wrong: Vec<_> = rows.iter().filter(|row| wrong(row)).map(|row| row.case.as_str()).collect();
    assert!(wrong.is_empty(), "without a fault, what must hold, a way or tests: {}", wrong.join(" "));
}

#[test]
fn each_test_that_a_case_names_exists() {
    let all = all_tests();
    let is_there = |name: &str| all.iter().any(|test| test == name || test.starts_with(&format!("{name}::")));
    let mut wrong = Vec::new();
    for row in rows() {
        for name in row.tests() {
            let beside = BESIDE_THE_CODE.iter().any(|part| name.starts_with(&format!("{part}::")));
            if !is_there(name) && (!beside || !source_of(name)) {
                wrong.push(format!("{}: {name}", row.case));
            }
        }
    }
    assert!(wrong.is_empty(), "no such tests:\n{}", wrong.join("\n"));
}

/// Whether there is a source file for a test or module beside the code: `policy::tests::running::x` may be in
/// `src/policy/tests/running.rs` and must be named there.
fn source_of(name: &str) -> bool {
    let parts: Vec<_> = name.split("::").collect();
    (1..=parts.len()).rev().any(|length| {
        let stem = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(parts[..length].join("/"));
        let beside = format!("{}_tests.rs", stem.display());
        let files = [stem.with_extension("rs"), stem.join("mod.rs"), beside.into()];
        files.iter().any(|file| {
            let text = fs::read_to_string(file).unwrap_or_default();
            let rest = &parts[length..];
            // `case_1_name` is made by rstest of the function before it.
            let named = rest.iter().filter(|part| !part.starts_with("case_") && **part != "tests");
            !text.is_empty()
                && named.clone().all(|part| {
                    text.contains(&format!("fn {part}(")) || text.contains(&format!("mod {part} "))
                })
        })
    })
}

/// The script over a list and an output of these texts.
fn table(list: &str, output: &str, options: &[&str]) -> Running {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("list.md"), list).unwrap();
    fs::write(folder.path().join("out"), output).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/fault-table");
    let words = ["--list".into(), folder.path().join("list.md").into_os_string()];
    let options = options.iter().map(|option| match *option {
        "out" => folder.path().join("out").into_os_string(),
        option => option.into(),
    });
    let words = std::iter::once(script.into_os_string()).chain(words).chain(options);
    let mut run = Start::new(&Wrapper::bare(), words.collect::<Vec<_>>()).go();
    // The files go with the folder.
    run.stdin = None;
    crate::support::wait_for("the script ends", || (!crate::support::living(run.pid())).then_some(()));
    run
}

const OUTPUT: &str = "running 9 tests
test a::slow has been running for over 60 seconds
test a::slow ... ok
test a::bad ... FAILED
test a::rows::case_1 ... ok
test a::rows::case_2_of_many ... ok
test a::left ... ignored, why
test a::one ... test a::other ... ok
noise of a program
ok
test \u{1b}[1ma::bold\u{1b}[0m ... \u{1b}[32mok\u{1b}[0m
test b::two ... test b::three ... FAILED
ok

failures:

---- a::bad stdout ----
    word

failures:
    a::bad
    b::three

test result: FAILED. 7 passed; 2 failed; 1 ignored
";

#[rstest]
#[case::one("`a::slow`", "holds")]
#[case::several("`a::slow` `a::rows`", "holds")]
#[case::one_of_a_table("`a::rows::case_2_of_many`", "holds")]
#[case::result_lines_later("`a::one` `a::other`", "holds")]
#[case::in_colours("`a::bold`", "holds")]
#[case::failed("`a::slow` `a::bad`", "FAILS: a::bad")]
#[case::failed_by_the_list_at_the_end("`b::three`", "FAILS: b::three")]
#[case::a_module_with_a_failure("`a`", "FAILS: a::bad")]
#[case::ignored("`a::left`", "NOT RUN: a::left")]
#[case::unknown("`a::slo`", "NOT RUN: a::slo")]
#[case::none("", "NO TEST")]
fn a_case_holds_when_all_its_tests_ran_and_none_failed(#[case] tests: &str, #[case] verdict: &str) {
    let list =
        format!("| case | fault |\n|---|---|\n| A1 | it breaks | all holds | program, fake | {tests} |\n");
    let mut run = table(&list, OUTPUT, &["out"]);
    let line = run.line().unwrap();
    assert!(line.starts_with("A1   it breaks  ") && line.contains("  program, fake  "), "{line}");
    assert!(line.ends_with(&format!("  {verdict}")), "{line}");
    let holding = verdict == "holds";
    assert_eq!(run.line().unwrap(), format!("1 cases: {} hold", i32::from(holding)));
    assert_eq!(run.end(), End::Code(i32::from(!holding)));
}

#[test]
fn without_a_way_or_a_case_nothing_holds() {
    let mut run = table("| A1 | it \\| breaks | all holds | | `a::slow` |\n", OUTPUT, &["out"]);
    let line = run.line().unwrap();
    assert!(line.contains("it | breaks") && line.ends_with("  NO WAY"), "{line}");
    run.line();
    assert_eq!(run.end(), End::Code(1));
    assert_eq!(table("no table\n", OUTPUT, &["out"]).end(), End::Code(1));
    assert_eq!(table("| A1 | three cells |\n", OUTPUT, &["out"]).end(), End::Code(2));
    assert_eq!(table("", OUTPUT, &["missing"]).end(), End::Code(2));
}

#[test]
fn the_names_of_all_tests_are_printed_once() {
    let list =
        "| A1 | x | y | fake | `b::two` `a::rows` |\n| A2 | x | y | fake | `a::rows` |\n| A3 | x | y | | |\n";
    let mut run = table(list, "", &["--tests"]);
    assert_eq!(std::iter::from_fn(|| run.line()).collect::<Vec<_>>(), ["a::rows", "b::two"]);
    assert_eq!(run.end(), End::Code(0));
}
