//! What a chain answers when it is asked how it stands, and which record speaks of which segment or attempt.

use rstest::rstest;

use super::super::record::{
    Cause, ChainStopped, Checkpoint, ContinuationFailed, Resumed, StopReason, Triggered, Verdict,
};
use super::tests::{Tale, id, job, token};
use super::*;
use crate::model::ChildExit;

/// A chain whose only segment ran in this job.
fn begun(in_job: &str) -> Tale {
    let mut tale = Tale::new();
    tale.starts(in_job, 0, None);
    tale
}

#[rstest]
#[case::through_the_array(ContinuationMode::Array, Expectation::Next)]
#[case::in_another_way(ContinuationMode::Requeue, Expectation::Sibling)]
fn an_announced_way_tells_whether_the_chain_runs_through_the_array(
    #[case] mode: ContinuationMode,
    #[case] expectation: Expectation,
) {
    let mut tale = begun("20_1");
    tale.means_to(mode, None);
    assert_eq!(tale.history.expects(job("20_2"), 0, None), expectation);
}

#[rstest]
#[case::itself(1, ContinuationMode::Successor, true)]
#[case::that_of_another_segment(2, ContinuationMode::Successor, false)]
#[case::another_way(1, ContinuationMode::Requeue, false)]
fn an_outcome_speaks_of_its_own_attempt_only(
    #[case] segment: u32,
    #[case] mode: ContinuationMode,
    #[case] meant: bool,
) {
    let failed =
        |unknown| ContinuationFailed { segment: SegmentNumber(segment), mode, unknown, text: "?".into() };
    let mut tale = begun("7");
    tale.means_to(ContinuationMode::Successor, Some("t1"));
    tale.tell(failed(true));
    assert_eq!(tale.history.open_intent.as_ref().unwrap().lost_answer.is_some(), meant);
    tale.tell(failed(false));
    assert_eq!(tale.history.open_intent.is_none(), meant);
    let successor = tale.history.expects(job("9"), 0, Some(&token("t1")));
    assert_eq!(successor, if meant { Expectation::Foreign } else { Expectation::Next });
}

#[test]
fn a_second_attempt_that_is_refused_does_not_disown_the_first() {
    let mut tale = begun("7");
    let (segment, mode) = (tale.last(), ContinuationMode::Successor);
    tale.goes_on(mode, Some("t1"), Some("8"));
    tale.means_to(mode, Some("t2"));
    tale.tell(ContinuationFailed { segment, mode, unknown: false, text: "?".into() });
    assert_eq!(tale.history.expects(job("8"), 0, Some(&token("t1"))), Expectation::Next);
    assert_eq!(tale.history.expects(job("9"), 0, Some(&token("t2"))), Expectation::Foreign);
}

#[rstest]
#[case::it_was_lost_and_none_was_seen(false, false, Some(9))]
#[case::one_was_seen(false, true, Some(5))]
#[case::it_came_to_its_end(true, false, None)]
#[case::both(true, true, Some(5))]
fn what_the_next_segment_finds_was_left_by_the_last_if(
    #[case] ended: bool,
    #[case] seen: bool,
    #[case] reached: Option<u64>,
) {
    let mut tale = begun("7");
    if seen {
        tale.tell(Checkpoint { segment: SegmentNumber::FIRST, id: id(5), took_ms: None, asked: false });
    }
    if ended {
        tale.ends(Verdict::Unfinished, Cause::Preempted, None);
    }
    tale.starts("7", 1, Some(9));
    assert_eq!(tale.history.segments[0].reached, reached.map(id));
}

#[test]
fn a_start_that_is_written_late_answers_no_intent_of_the_same_segment() {
    let mut tale = Tale::new();
    let (segment, mode) = (SegmentNumber::FIRST, ContinuationMode::Requeue);
    tale.tell(super::super::record::Intent { segment, mode, token: None, job: None });
    tale.tell(SegmentStarted {
        segment,
        job: Some(job("7")),
        restart: 0,
        host: "n1".into(),
        pid: 1,
        command: vec![],
        checkpoint: None,
        engine: "slurm".into(),
    });
    assert_eq!(tale.history.open_intent.as_ref().map(|intent| intent.segment), Some(segment));
}

#[test]
fn an_end_that_finishes_the_computation_does_so_for_good() {
    let mut tale = begun("7");
    tale.ends(Verdict::Unfinished, Cause::Deadline, None);
    assert!(!tale.history.finished);
    tale.starts("7", 1, None);
    tale.ends(Verdict::Finished, Cause::Completed, None);
    assert!(tale.history.finished);
    tale.tell(SegmentEnded {
        segment: SegmentNumber::FIRST,
        exit: ChildExit::Code(85),
        verdict: Verdict::Unfinished,
        cause: Cause::Deadline,
        checkpoint: None,
        fresh: None,
        ran_ms: 1,
    });
    assert!(tale.history.finished, "an old copy that wakes up late undoes nothing");
}

#[test]
fn an_end_on_record_is_that_of_its_segment() {
    let mut tale = begun("7");
    tale.ends(Verdict::Unfinished, Cause::Deadline, None);
    tale.starts("7", 1, None);
    let ended = |number| tale.history.has_ended(SegmentNumber(number));
    assert_eq!([ended(1), ended(2), ended(3)], [true, false, false]);
}

#[rstest]
#[case::followed_on_another_node(false, 2, "n2", true)]
#[case::followed_on_its_own_node(false, 2, "n1", false)]
#[case::itself(false, 1, "n2", false)]
#[case::before_it(false, 0, "n2", false)]
#[case::ended(true, 2, "n2", false)]
fn a_segment_is_open_before_its_follower(
    #[case] ended: bool,
    #[case] segment: u32,
    #[case] host: &str,
    #[case] open: bool,
) {
    let mut tale = begun("7");
    if ended {
        tale.ends(Verdict::Unfinished, Cause::Deadline, None);
    }
    assert_eq!(tale.history.is_open_before(SegmentNumber(segment), host), open);
}

#[test]
fn a_chain_that_was_stopped_and_set_going_again_was_once_stopped() {
    let mut tale = begun("7");
    let segment = tale.last();
    assert!(!tale.history.was_ever_stopped());
    tale.tell(ChainStopped { segment, reason: StopReason::ByUser, text: String::new() });
    assert!(tale.history.was_ever_stopped());
    tale.tell(Resumed { segment, by: String::new() });
    assert!(tale.history.was_ever_stopped());
}

#[test]
fn the_highest_task_is_one_of_the_array_that_is_asked_for() {
    let mut tale = begun("20_5");
    for other in ["20_3", "21_9", "7"] {
        tale.starts(other, 0, None);
    }
    let highest = |array| tale.history.highest_task(array);
    assert_eq!([highest(20), highest(21), highest(22), highest(7)], [Some(5), Some(9), None, None]);
}

#[test]
fn a_segment_is_continued_once_the_scheduler_has_said_so() {
    let mut tale = Tale::new();
    assert_eq!(tale.history.continuation(), None);
    tale.starts("7", 0, None);
    tale.means_to(ContinuationMode::Successor, Some("t1"));
    assert_eq!(tale.history.continuation(), None, "announced is not done");
    tale.goes_on(ContinuationMode::Successor, Some("t1"), Some("8"));
    assert_eq!(tale.history.continuation(), Some((ContinuationMode::Successor, Some(job("8")))));
    tale.starts("8", 0, None);
    assert_eq!(tale.history.continuation(), None, "that was the segment before");
}

#[rstest]
#[case::of_this_job(StopReason::Cancelled, false, "7", true)]
#[case::of_another_job(StopReason::Cancelled, false, "8", false)]
#[case::that_another_segment_followed(StopReason::Cancelled, true, "7", false)]
#[case::for_another_reason(StopReason::ByUser, false, "7", false)]
fn a_stop_may_be_mistaken(
    #[case] reason: StopReason,
    #[case] followed: bool,
    #[case] asks: &str,
    #[case] mistaken: bool,
) {
    let mut tale = begun("7");
    tale.ends(Verdict::Unfinished, Cause::Unknown, None);
    let segment = tale.last();
    tale.tell(ChainStopped { segment, reason, text: String::new() });
    if followed {
        tale.starts("7", 1, None);
        tale.ends(Verdict::Unfinished, Cause::Unknown, None);
    }
    assert_eq!(tale.history.stop_was_mistaken(job(asks), 2), mistaken);
}

#[test]
fn a_segment_without_an_end_ran_until_it_was_last_heard_of() {
    let mut tale = begun("7");
    let segment = tale.last();
    assert_eq!(tale.history.walltime(), Duration::ZERO);
    tale.tell(Triggered { segment, trigger: "signal".into(), why: "deadline".into() });
    assert_eq!(tale.history.segments[0].ran(), Duration::from_secs(10));
    tale.starts("7", 1, None);
    tale.ends(Verdict::Unfinished, Cause::Deadline, None);
    assert_eq!(tale.history.walltime(), Duration::from_secs(15), "and the other five, as recorded");
}
