//! How long checkpoints and continuations took, as the records tell it.

use std::time::Duration;

use rstest::rstest;

use super::super::record::{
    Cause, Checkpoint, Continued, Deadline, Event, Record, SegmentEnded, SegmentStarted, Triggered, Verdict,
};
use super::History;
use crate::model::{CheckpointId, ChildExit, ContinuationMode, SegmentNumber, Signal, Timestamp};

const FIRST: SegmentNumber = SegmentNumber::FIRST;

fn told(events: Vec<(i64, Event)>) -> History {
    let at = |(seconds, event)| Record { t: Timestamp::from_seconds(seconds), event };
    let records: Vec<Record> = events.into_iter().map(at).collect();
    History::of("c".parse().unwrap(), &records)
}

fn started(segment: SegmentNumber) -> Event {
    let command = Vec::new();
    let (host, engine) = ("n1".into(), "slurm".into());
    SegmentStarted { segment, job: None, restart: 0, host, pid: 1, command, checkpoint: None, engine }.into()
}

fn deadline(seconds: i64) -> Event {
    let at = Some(Timestamp::from_seconds(seconds));
    Deadline { segment: FIRST, at, source: String::new(), lead: None }.into()
}

fn asked() -> Event {
    Triggered { segment: FIRST, trigger: String::new(), why: String::new() }.into()
}

fn saved(took: Option<u64>) -> Event {
    let id = CheckpointId { path: "a".into(), size: 1, modified_ns: 1, inode: 1 };
    Checkpoint { segment: FIRST, id, took_ms: took.map(|took| took * 1000), asked: took.is_some() }.into()
}

fn ended(segment: SegmentNumber, ran: u64) -> Event {
    SegmentEnded {
        segment,
        exit: ChildExit::Signal(Signal::TERM),
        verdict: Verdict::Unfinished,
        cause: Cause::Deadline,
        checkpoint: None,
        fresh: Some(false),
        ran_ms: ran * 1000,
    }
    .into()
}

fn continued(segment: SegmentNumber) -> Event {
    Continued { segment, mode: ContinuationMode::Requeue, token: None, job: None }.into()
}

fn times(list: &[(u64, bool)]) -> Vec<(Duration, bool)> {
    list.iter().map(|(seconds, complete)| (Duration::from_secs(*seconds), *complete)).collect()
}

#[rstest]
#[case::none(vec![], &[])]
#[case::answered(vec![(950, asked()), (960, saved(Some(10)))], &[(10, true)])]
#[case::by_itself(vec![(500, saved(None))], &[])]
#[case::twice(
    vec![(800, asked()), (810, saved(Some(10))), (950, asked()), (965, saved(Some(15)))],
    &[(10, true), (15, true)]
)]
#[case::not_in_time(vec![(950, asked()), (1000, ended(FIRST, 995))], &[(45, false)])]
#[case::the_second_not_in_time(
    vec![(800, asked()), (810, saved(Some(10))), (950, asked()), (1000, ended(FIRST, 995))],
    &[(10, true), (45, false)]
)]
#[case::in_the_same_second(vec![(950, asked()), (950, saved(Some(0))), (1000, ended(FIRST, 995))], &[(0, true)])]
#[case::just_before_the_end(vec![(950, asked()), (990, ended(FIRST, 985))], &[(35, false)])]
#[case::ended_long_before(vec![(900, asked()), (985, ended(FIRST, 984))], &[])]
#[case::no_word_of_its_end(vec![(950, asked())], &[])]
fn checkpoint_times(#[case] events: Vec<(i64, Event)>, #[case] expected: &[(u64, bool)]) {
    let mut all = vec![(0, started(FIRST)), (1, deadline(1000))];
    all.extend(events);
    assert_eq!(told(all).checkpoint_times(), times(expected));
}

#[test]
fn without_a_deadline_nothing_was_waited_for_in_vain() {
    let history = told(vec![(0, started(FIRST)), (950, asked()), (1000, ended(FIRST, 995))]);
    assert_eq!(history.checkpoint_times(), []);
}

#[rstest]
#[case::went_on(vec![(996, ended(FIRST, 990)), (997, continued(FIRST))], &[7])]
#[case::said_twice(vec![(996, ended(FIRST, 990)), (997, continued(FIRST)), (1100, continued(FIRST))], &[7])]
#[case::not_yet(vec![(996, ended(FIRST, 990))], &[])]
#[case::no_end(vec![(997, continued(FIRST))], &[])]
#[case::of_another(vec![(996, ended(FIRST, 990)), (997, continued(FIRST.next()))], &[])]
#[case::a_clock_set_back(vec![(996, ended(FIRST, 990)), (900, continued(FIRST))], &[0])]
fn continuation_times(#[case] events: Vec<(i64, Event)>, #[case] expected: &[u64]) {
    let mut all = vec![(0, started(FIRST))];
    all.extend(events);
    let expected: Vec<Duration> = expected.iter().copied().map(Duration::from_secs).collect();
    assert_eq!(told(all).continuation_times(), expected);
}

#[test]
fn only_the_latest_segments_are_looked_at() {
    let mut events = Vec::new();
    let mut segment = FIRST;
    for number in 0..250 {
        let from = i64::from(number) * 1000;
        events.push((from, started(segment)));
        events.push((from + 100, ended(segment, 100)));
        events.push((from + 100 + i64::from(number), continued(segment)));
        segment = segment.next();
    }
    let times = told(events).continuation_times();
    assert_eq!((times.len(), times.first().copied()), (200, Some(Duration::from_secs(50))));
}
