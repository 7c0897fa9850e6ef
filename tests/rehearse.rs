//! `ckwrap rehearse`: what it finds out about programs that save as they should, and about those that do not.

use std::fs;
use std::time::Duration;

use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{End, Start, Wrapper, example, living, wait_for};

/// What ckwrap knows of the program.
const SETTINGS: &str = "trigger: [{signal: USR1}]\ncheckpoint: {glob: ['*.ck']}\nstopped: {exit: [85]}\nfinish: {any: [{exit: [0]}]}\n";
/// A computation of fifteen seconds: a second more or less on a busy machine must not matter.
const HEAT: &str = "--size 32 --steps 150 --pace 100";

/// The verdict on a shell command, in which `HEAT` stands for the program; the directory must be as it was.
fn rehearse(options: &str, command: &str) -> (End, Value, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("ckwrap.yaml"), SETTINGS).unwrap();
    let heat = format!("{} {HEAT}", example("heat").display());
    let endless = heat.replace("--steps 150", "--steps 100000");
    let command = command.replace("HEAT", &heat).replace("ENDLESS", &endless);
    let wrapper = Wrapper::ckwrap(&format!("rehearse --json {options}"));
    let place = dir.path().to_owned();
    let start = Start::new(&wrapper, ["/bin/sh", "-c", &command]);
    let mut run = start.set(move |command| _ = command.current_dir(place)).go();
    let (end, said) = (run.end_within(Duration::from_secs(300)), run.rest());
    let errors = run.all_errors();
    let value = serde_json::from_slice(&said).unwrap_or_else(|error| panic!("{error}: {errors}"));
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["ckwrap.yaml"]);
    (end, value, dir)
}

/// How each step went, in order.
fn words(report: &Value) -> Vec<&str> {
    report["steps"].as_array().unwrap().iter().map(|step| step["result"].as_str().unwrap()).collect()
}

const GOOD: [&str; 6] = ["good"; 6];
const NOT_ASKED: [&str; 6] = ["BAD", "not tried", "not tried", "not tried", "not tried", "not tried"];

#[rstest]
#[case::as_it_should("exec HEAT --slow 1", GOOD, "the same, byte for byte")]
#[case::no_handler("exec HEAT --no-handler", NOT_ASKED, "it handles none of the signals")]
#[case::slow("exec HEAT --slow 20", ["good", "BAD", "note", "not tried", "not tried", "not tried"], "no complete new checkpoint within ")]
#[case::truncated("exec HEAT --truncate", ["good", "good", "good", "not tried", "BAD", "not tried"], "started from the checkpoint it ended with code 4")]
#[case::not_saved("exec HEAT --fail-save", ["good", "BAD", "good", "not tried", "not tried", "not tried"], "no complete new checkpoint")]
#[case::from_zero("unset CKWRAP_CHECKPOINT; exec HEAT --checkpoint $$.ck --slow 1", ["good", "good", "good", "good", "BAD", "good"], "it seems to begin from the start")]
#[case::another_result("echo $$ >> pid.out; exec HEAT --slow 1", ["good", "good", "good", "good", "good", "BAD"], "pid.out")]
#[case::crash("exec HEAT --crash-at 5", NOT_ASKED, "without")]
fn what_a_program_does_wrong_is_found(
    #[case] command: &str,
    #[case] expected: [&str; 6],
    #[case] text: &str,
) {
    if command.contains("crash") {
        return crash(command);
    }
    let (end, report, _dir) = rehearse("--compare *.out", command);
    assert_eq!(words(&report), expected, "{report:#}");
    let told =
        report["steps"].as_array().unwrap().iter().any(|step| step["text"].as_str().unwrap().contains(text));
    assert!(told, "{report:#}");
    let good = expected == GOOD;
    assert_eq!((end, report["good"].as_bool()), (End::Code(i32::from(!good)), Some(good)));
}

/// What does not even run by itself is no matter of checkpoints.
fn crash(command: &str) {
    let dir = tempfile::tempdir().unwrap();
    let command = command.replace("HEAT", &format!("{} {HEAT}", example("heat").display()));
    let place = dir.path().to_owned();
    let start = Start::new(&Wrapper::ckwrap("rehearse --compare *.out"), ["/bin/sh", "-c", &command]);
    let mut run = start.set(move |command| _ = command.current_dir(place)).go();
    assert_eq!(run.end_within(Duration::from_secs(60)), End::Code(125));
    let errors = run.all_errors();
    assert!(
        errors.contains("without an interruption the program ended with code 3; it said:")
            && errors.contains("hint: "),
        "{errors}"
    );
}

/// Without a result to compare it ends after the third segment has saved again.
#[test]
fn without_a_comparison_it_is_soon_over() {
    let (end, report, _dir) = rehearse("--after 3s", "exec ENDLESS --slow 1");
    assert_eq!(words(&report), ["good", "good", "good", "good", "good", "not tried"], "{report:#}");
    assert_eq!((end, report["initial_lead_s"].as_u64()), (End::Code(0), Some(30)));
}

/// Nothing of it goes on, and nothing stays behind.
#[rstest]
#[case(libc::SIGINT)]
#[case(libc::SIGTERM)]
fn an_interruption_ends_all_of_it(#[case] signal: i32) {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().to_owned();
    let started = dir.path().join("started");
    let command = format!("echo $$ > {}; exec sleep 1000", started.display());
    let start = Start::new(&Wrapper::ckwrap("rehearse"), ["/bin/sh", "-c", &command]);
    let mut run = start.set(move |command| _ = command.current_dir(place)).go();
    let pid: i32 = wait_for("the program's start", || fs::read_to_string(&started).ok()?.trim().parse().ok());
    run.send(signal);
    assert_eq!(run.end(), End::Code(125));
    assert!(run.all_errors().contains("interrupted by "), "{}", run.all_errors());
    assert!(!living(pid));
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["started"]);
}
