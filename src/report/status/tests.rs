//! Histories as people see them.

use rstest::rstest;

use super::super::table::WIDTH;
use super::super::timeline;
use super::*;
use crate::journal::codec;

const FIXTURE: &str = include_str!("../../../tests/fixtures/journal-v1.jsonl");

/// The history after the first `lines` lines of the fixture.
fn after(lines: usize) -> Loaded {
    let text: String = FIXTURE.split_inclusive('\n').take(lines).collect();
    let mut history = History::new("slurm-4711".parse().unwrap());
    let reading = codec::read(text.as_bytes(), |record| history.apply(record)).unwrap();
    Loaded { history, reading }
}

fn now() -> Timestamp {
    serde_json::from_str("\"2025-11-22T02:00:00Z\"").unwrap()
}

#[rstest]
#[case::nothing(0, Life::Unknown, State::New)]
#[case::begun(1, Life::Unknown, State::New)]
#[case::runs(2, Life::Alive, State::Running)]
#[case::runs_elsewhere(5, Life::Unknown, State::Running)]
#[case::killed(5, Life::Dead, State::Killed)]
#[case::ending(6, Life::Alive, State::Running)]
#[case::ended(6, Life::Dead, State::Ended)]
#[case::asked(7, Life::Dead, State::Unclear)]
#[case::refused(8, Life::Dead, State::Stuck)]
#[case::asked_otherwise(9, Life::Unknown, State::Unclear)]
#[case::waits(10, Life::Dead, State::Waiting)]
#[case::next_runs(12, Life::Unknown, State::Running)]
#[case::stopped(15, Life::Dead, State::Stopped)]
#[case::finished(19, Life::Dead, State::Finished)]
fn states(#[case] lines: usize, #[case] owner: Life, #[case] state: State) {
    assert_eq!(ChainStatus::of(&after(lines), owner, now()).state, state);
}

#[test]
fn the_table_says_what_to_do() {
    let all = [ChainStatus::of(&after(8), Life::Dead, now()), ChainStatus::of(&after(5), Life::Alive, now())];
    let expected = "\
CHAIN       STATE    SEG  CHECKPOINT          FAILED  STALLED     RUN
slurm-4711  stuck      1  1h55m ago, 1.1 MiB       0        0  11h56m
slurm-4711  running    1  1h55m ago, 1.1 MiB       0        0   3m00s
slurm-4711: requeueing the job did not work: Requested operation is presently
    disabled
slurm-4711: to go on: submit the same script again with --chain slurm-4711
";
    assert_eq!(table(&all), expected);
}

#[test]
fn what_the_program_says_of_itself_is_shown() {
    let mut all = after(20);
    let status = ChainStatus::of(&all, Life::Dead, now());
    let lines = table(std::slice::from_ref(&status));
    assert_eq!(lines.lines().last(), Some("slurm-4711: 25% done (2.5/10), computing (1h40m ago)"));
    let json = serde_json::to_value(&status).unwrap();
    assert_eq!(json["told"]["progress"], serde_json::json!({"done": 2.5, "total": 10.0, "percent": 25}));
    let told = all.history.told.as_mut().unwrap();
    told.status = Some("\u{1b}[2J\u{7}sly".into());
    told.progress = None;
    let lines = table(&[ChainStatus::of(&all, Life::Dead, now())]);
    assert_eq!(lines.lines().last(), Some("slurm-4711: sly (1h40m ago)"));
}

#[test]
fn the_timeline_shows_each_segment() {
    let expected = "\
SEG  JOB     START (UTC)        RAN  END        CHECKPOINT    GAP
  1  4711    11-22 00:01:00  11h56m  deadline      1.1 MiB  6m00s
  2  4712    11-22 00:11:00      0s  unknown           0 B  4m00s
  3  4713_7  11-22 00:16:00      0s  completed        none
";
    assert_eq!(timeline(&after(19).history, now()), expected);
}

#[test]
fn no_line_is_wider_than_a_terminal_and_none_can_move_the_cursor() {
    let mut loaded = after(8);
    loaded.history.chain = "x".repeat(100).parse().unwrap();
    if let Some(failed) = &mut loaded.history.failed_continuation {
        failed.text = format!("\u{1b}[2J{} {}", "y".repeat(300), "word ".repeat(80));
    }
    let status = ChainStatus::of(&loaded, Life::Dead, now());
    let text = table(&[status]) + &timeline(&loaded.history, now());
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn json_holds_plain_values() {
    let status = serde_json::to_value(ChainStatus::of(&after(15), Life::Dead, now())).unwrap();
    assert_eq!(status["state"], "stopped");
    assert_eq!(status["failures_in_row"], 1);
    assert_eq!(status["segments"], 2);
    assert!(status["reason"].as_str().unwrap().contains("3 times"));
}
