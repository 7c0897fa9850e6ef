//! Finish and stop rules against real files and logs.

use std::path::PathBuf;

use rstest::rstest;

use super::*;
use crate::model::Signal;

const DONE: ChildExit = ChildExit::Code(0);

fn logged(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("log"), text).unwrap();
    dir
}

fn number_in(regex: &str) -> NumberIn {
    NumberIn { file: "log".into(), regex: regex.into() }
}

fn from_log(regex: &str) -> NumberFrom {
    NumberFrom::Text(number_in(regex))
}

fn log(regex: &str, not: Option<&str>) -> Condition {
    Condition::Log { file: "log".into(), regex: regex.into(), not: not.map(str::to_owned) }
}

fn ask(rule: &FinishRule, exit: ChildExit, dir: &Path) -> &'static str {
    short(&finished(rule, exit, dir, &LogMarks::default()))
}

fn short(answer: &Answer) -> &'static str {
    match answer {
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::Unknown(_) => "unknown",
    }
}

#[rstest]
#[case(&[], "unknown", "unknown")]
#[case(&["y"], "yes", "yes")]
#[case(&["n"], "no", "no")]
#[case(&["u"], "unknown", "unknown")]
#[case(&["n", "y"], "yes", "no")]
#[case(&["u", "y"], "yes", "unknown")]
#[case(&["u", "n"], "unknown", "no")]
#[case(&["n", "u"], "unknown", "no")]
fn three_values(#[case] conditions: &[&str], #[case] any: &str, #[case] all: &str) {
    let dir = tempfile::tempdir().unwrap();
    let conditions: Vec<Condition> = conditions
        .iter()
        .map(|answer| match *answer {
            "y" => Condition::Exit(vec![0]),
            "n" => Condition::Exit(vec![1]),
            _ => log("x", None),
        })
        .collect();
    assert_eq!(ask(&FinishRule::Any(conditions.clone()), DONE, dir.path()), any);
    assert_eq!(ask(&FinishRule::All(conditions), DONE, dir.path()), all);
}

#[rstest]
#[case(ChildExit::Code(0), "yes")]
#[case(ChildExit::Code(137), "no")]
#[case(ChildExit::Signal(Signal::KILL), "no")]
fn exits(#[case] exit: ChildExit, #[case] answer: &str) {
    let rule = FinishRule::Any(vec![Condition::Exit(vec![0, 2])]);
    assert_eq!(ask(&rule, exit, Path::new(".")), answer);
}

#[rstest]
#[case("JOB DONE", None, "yes")]
#[case("JOB FAILED", None, "no")]
#[case("JOB DONE", Some("stopped by user"), "yes")]
#[case("JOB DONE", Some("Total"), "no")]
#[case("[", None, "unknown")]
#[case("JOB DONE", Some("["), "unknown")]
fn logs(#[case] regex: &str, #[case] not: Option<&str>, #[case] answer: &str) {
    let dir = logged("Total time\nJOB DONE.\n");
    assert_eq!(ask(&FinishRule::Any(vec![log(regex, not)]), DONE, dir.path()), answer);
}

#[rstest]
#[case("step 100", "nsteps = 100", "yes")]
#[case("step 99", "nsteps = 100", "no")]
#[case("step 10\nstep 100\nstep 50", "nsteps = 100", "no")]
#[case("step 100", "nsteps = -1", "no")]
#[case("", "nsteps = -1", "no")]
#[case("", "nsteps = 100", "unknown")]
#[case("step 100", "", "unknown")]
#[case("step 109", "nsteps = 100\ninit = 10", "no")]
#[case("step 110", "nsteps = 100\ninit = 10", "yes")]
#[case("step 110", "nsteps = -1\ninit = 10", "no")]
#[case("step 1.5e2", "nsteps = 100", "yes")]
fn numbers(#[case] have: &str, #[case] want: &str, #[case] answer: &str) {
    let init = if want.contains("init") { "" } else { "init = 0" };
    let dir = logged(&format!("{init}\n{want}\n{have}\n"));
    let want = vec![from_log(r"init = (\S+)"), from_log(r"nsteps = (\S+)")];
    let rule = FinishRule::Any(vec![Condition::Reached { have: from_log(r"^step (\S+)"), want }]);
    assert_eq!(ask(&rule, DONE, dir.path()), answer);
}

#[rstest]
#[case(&["0", "0.5", "10"], "10", "yes")]
#[case(&["0", "9.5", "0.orig"], "10", "no")]
#[case(&["0", "1e-05", "constant"], "1e-05", "yes")]
#[case(&["0", "0.333333"], "0.33333333", "yes")]
#[case(&["0", "10.incomplete-1700000000"], "10", "no")]
#[case(&[], "10", "unknown")]
fn the_largest_of_names(#[case] names: &[&str], #[case] end: &str, #[case] answer: &str) {
    let dir = logged(&format!("endTime {end};\n"));
    fs::create_dir(dir.path().join("processor0")).unwrap();
    for name in names {
        fs::create_dir(dir.path().join("processor0").join(name)).unwrap();
    }
    let have = NumberFrom::Names("processor*/[0-9]*".into());
    let rule = FinishRule::Any(vec![Condition::Reached { have, want: vec![from_log(r"endTime\s+([^;]+)")] }]);
    assert_eq!(ask(&rule, DONE, dir.path()), answer);
}

#[rstest]
#[case(Condition::File("log".into()), "yes")]
#[case(Condition::File("none".into()), "no")]
#[case(Condition::File(PathBuf::from("y".repeat(300))), "unknown")]
#[case(Condition::Absent("*.ckp".into()), "yes")]
#[case(Condition::Absent("l*".into()), "no")]
#[case(Condition::Absent("log".into()), "no")]
#[case(Condition::Absent("none".into()), "yes")]
#[case(Condition::Absent("[".into()), "unknown")]
fn paths(#[case] condition: Condition, #[case] answer: &str) {
    let dir = logged("");
    assert_eq!(ask(&FinishRule::Any(vec![condition]), DONE, dir.path()), answer);
}

#[rstest]
#[case(85, "", "yes")]
#[case(0, "Run time exceeded\n", "yes")]
#[case(0, "Finished\n", "no")]
#[case(1, "", "no")]
fn stops(#[case] code: i32, #[case] text: &str, #[case] answer: &str) {
    let dir = logged(text);
    let rule = StoppedRule { exit: vec![85], log: vec![number_in("Run time exceeded")] };
    assert_eq!(short(&stopped(&rule, ChildExit::Code(code), dir.path(), &LogMarks::default())), answer);
    assert_eq!(short(&stopped(&StoppedRule::default(), DONE, dir.path(), &LogMarks::default())), "no");
}

/// A log that is appended to keeps the messages of earlier segments.
#[test]
fn only_this_segment_speaks() {
    let dir = logged("Run time exceeded\nAll done\n");
    let rule = StoppedRule { exit: vec![], log: vec![number_in("Run time exceeded")] };
    let finish = FinishRule::Any(vec![log("All done", None)]);
    let marks = LogMarks::take(Some(&finish), &rule, &[], Streams::default(), dir.path());
    assert_eq!(stopped(&rule, DONE, dir.path(), &marks), Answer::No);
    assert_eq!(finished(&finish, DONE, dir.path(), &marks), Answer::No);
    fs::write(dir.path().join("log"), "Run time exceeded\nAll done\nAll done\n").unwrap();
    assert_eq!(stopped(&rule, DONE, dir.path(), &marks), Answer::No);
    assert_eq!(finished(&finish, DONE, dir.path(), &marks), Answer::Yes);
}

#[test]
fn a_fifo_in_place_of_a_log_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    nix::unistd::mkfifo(&dir.path().join("log"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_eq!(ask(&FinishRule::Any(vec![log("x", None)]), DONE, dir.path()), "unknown");
}
