//! Chains told record by record.

use rstest::rstest;

use super::super::record::{Cause, StopReason, Verdict};
use super::super::record::{
    ChainFinished, ChainStarted, ChainStopped, Checkpoint, ContinuationFailed, Continued, Intent,
    Quarantined, Resumed,
};
use super::*;
use crate::model::{ChildExit, Token};

/// A chain in the making: each step adds the records that a real segment would write.
pub(super) struct Tale {
    pub(super) history: History,
    now: i64,
}

pub(super) fn id(n: u64) -> CheckpointId {
    CheckpointId { path: "ck".into(), size: n, modified_ns: i128::from(n), inode: n }
}

pub(super) fn job(text: &str) -> JobId {
    text.parse().unwrap()
}

pub(super) fn token(text: &str) -> Token {
    text.to_owned().try_into().unwrap()
}

#[rstest]
#[case::by_its_number("8", None, Expectation::Next)]
#[case::by_its_token("9", Some("c.1.ab"), Expectation::Next)]
#[case::another("9", None, Expectation::First)]
fn a_successor_is_known_although_the_first_segments_start_was_not_written(
    #[case] started: &str,
    #[case] carries: Option<&str>,
    #[case] expectation: Expectation,
) {
    let mut tale = Tale { history: History::new("c".parse().unwrap()), now: 0 };
    let (segment, mode) = (SegmentNumber::FIRST, ContinuationMode::Successor);
    tale.tell(Intent { segment, mode, token: Some(token("c.1.ab")), job: None });
    tale.tell(Continued { segment, mode, token: Some(token("c.1.ab")), job: Some(job("8")) });
    assert_eq!(tale.history.expects(job(started), 0, carries.map(token).as_ref()), expectation);
    assert_eq!(tale.history.next_number(), SegmentNumber(2));
}

impl Tale {
    pub(super) fn new() -> Self {
        let mut tale = Self { history: History::new("c".parse().unwrap()), now: 0 };
        tale.tell(ChainStarted { chain: "c".parse().unwrap(), command: vec!["./sim".into()] });
        tale
    }

    pub(super) fn tell(&mut self, event: impl Into<Event>) {
        self.now += 10;
        self.history.apply(&Record { t: Timestamp::from_seconds(self.now), event: event.into() });
    }

    pub(super) fn last(&self) -> SegmentNumber {
        self.history.segments.last().map_or(SegmentNumber(0), |segment| segment.number)
    }

    pub(super) fn starts(&mut self, text: &str, restart: u32, from: Option<u64>) {
        let segment = self.history.next_number();
        let (job, checkpoint) = (Some(job(text)), from.map(id));
        self.tell(SegmentStarted {
            segment,
            job,
            restart,
            checkpoint,
            host: "n1".into(),
            pid: 1,
            command: vec![],
            engine: "slurm".into(),
        });
    }

    pub(super) fn ends(&mut self, verdict: Verdict, cause: Cause, fresh: Option<bool>) {
        let segment = self.last();
        let exit = ChildExit::Code(i32::from(verdict == Verdict::Failed));
        let checkpoint = (fresh == Some(true)).then(|| id(u64::try_from(self.now).unwrap()));
        self.tell(SegmentEnded { segment, exit, verdict, cause, checkpoint, fresh, ran_ms: 5000 });
    }

    pub(super) fn means_to(&mut self, mode: ContinuationMode, with: Option<&str>) {
        let segment = self.last();
        self.tell(Intent { segment, mode, token: with.map(token), job: None });
    }

    pub(super) fn goes_on(&mut self, mode: ContinuationMode, with: Option<&str>, as_job: Option<&str>) {
        let segment = self.last();
        self.tell(Continued { segment, mode, token: with.map(token), job: as_job.map(job) });
    }
}

/// A segment in one letter: how it ended.
fn chain(letters: &str) -> History {
    use Cause::{Crashed, Deadline, Preempted, RequeuedByOther, TimeLimit};
    use Verdict::{Failed, Unfinished};
    let mut tale = Tale::new();
    for letter in letters.chars() {
        if letter == 'R' {
            let segment = tale.last();
            tale.tell(Resumed { segment, by: "ann".into() });
            continue;
        }
        let restart = tale.last().0;
        tale.starts("7", restart, Some(3));
        match letter {
            'g' => tale.ends(Unfinished, Deadline, Some(true)),
            'c' => tale.ends(Unfinished, Cause::Completed, Some(false)),
            's' => tale.ends(Unfinished, Deadline, Some(false)),
            't' => tale.ends(Failed, TimeLimit, Some(false)),
            '?' => tale.ends(Unfinished, Deadline, None),
            'p' => tale.ends(Unfinished, Preempted, Some(false)),
            'P' => tale.ends(Unfinished, Preempted, Some(true)),
            'o' => tale.ends(Unfinished, RequeuedByOther, None),
            'f' => tale.ends(Failed, Crashed, Some(false)),
            'F' => tale.ends(Failed, Crashed, Some(true)),
            'l' => {}
            'L' => {
                let segment = tale.last();
                tale.tell(Checkpoint { segment, id: id(99), took_ms: None, asked: false });
            }
            other => panic!("{other}"),
        }
    }
    tale.history
}

#[rstest]
#[case::nothing("", 0, 0, 0)]
#[case::good("ggg", 0, 0, 0)]
#[case::stalls("gss", 0, 2, 0)]
#[case::stopped_by_itself_with_nothing_new("ccc", 0, 3, 0)]
#[case::cannot_tell_is_no_stall("g??", 0, 0, 0)]
#[case::a_fresh_one_ends_the_row("ssg", 0, 0, 0)]
#[case::preemption_neither_counts_nor_resets("sps", 0, 2, 0)]
#[case::requeue_neither_counts_nor_resets("sos", 0, 2, 0)]
#[case::a_preempted_one_with_progress_resets("sPs", 0, 1, 0)]
#[case::failures("gff", 2, 0, 0)]
#[case::failures_with_progress_are_failures("FFF", 3, 0, 0)]
#[case::a_stall_is_no_failure("fsf", 1, 1, 0)]
#[case::failures_across_a_preemption("fpf", 2, 0, 0)]
#[case::failures_across_a_lost_one("flf", 2, 0, 0)]
#[case::killed_at_the_limit_is_both("tt", 2, 2, 0)]
#[case::lost_are_neither("lllg", 0, 0, 0)]
#[case::lost_in_a_row("glll", 0, 0, 2)]
#[case::lost_with_progress("lLl", 0, 0, 0)]
#[case::a_last_open_one_is_not_lost_yet("l", 0, 0, 0)]
#[case::a_person_has_judged("ffRf", 1, 0, 0)]
#[case::a_person_has_judged_stalls("ssR", 0, 0, 0)]
fn counts_in_a_row(#[case] told: &str, #[case] failures: u32, #[case] stalls: u32, #[case] lost: u32) {
    let history = chain(told);
    let counts = (history.failures_in_row(), history.stalls_in_row(), history.lost_in_row());
    assert_eq!(counts, (failures, stalls, lost));
}

#[test]
fn a_checkpoint_is_judged_by_the_starts_that_failed() {
    let history = chain("gfFfl");
    assert_eq!(history.failed_starts(&id(3)), 2);
    assert_eq!(history.failed_starts(&id(4)), 0);
    assert_eq!(chain("ffR").failed_starts(&id(3)), 0);
}

#[test]
fn sums_and_last_checkpoint() {
    let mut tale = Tale::new();
    assert!(!tale.history.had_checkpoint);
    tale.starts("7", 0, None);
    let segment = tale.last();
    tale.tell(Checkpoint { segment, id: id(5), took_ms: Some(1500), asked: true });
    let at = Timestamp::from_seconds(tale.now);
    tale.tell(SegmentEnded {
        segment,
        exit: ChildExit::Code(85),
        verdict: Verdict::Unfinished,
        cause: Cause::Deadline,
        checkpoint: Some(id(5)),
        fresh: Some(true),
        ran_ms: 20_000,
    });
    tale.starts("7", 1, Some(5));
    let segment = tale.last();
    tale.tell(Quarantined { checkpoint: id(5), why: String::new() });
    let history = &tale.history;
    assert_eq!(history.last_checkpoint, Some(SeenCheckpoint { id: id(5), at }));
    assert!(history.had_checkpoint && history.is_quarantined(&id(5)));
    assert_eq!(history.segments[0].taken[0].took, Some(Duration::from_millis(1500)));
    assert_eq!(history.open_segment().unwrap().number, segment);
    assert_eq!(history.walltime(), Duration::from_secs(20));
    assert_eq!(history.next_number(), SegmentNumber(3));
    tale.tell(ChainFinished { segment });
    assert!(tale.history.finished);
    tale.tell(ChainStopped { segment, reason: StopReason::ByUser, text: String::new() });
    tale.tell(Resumed { segment, by: String::new() });
    assert!(!tale.history.finished && tale.history.stopped.is_none() && !tale.history.is_quarantined(&id(5)));
}

#[test]
fn an_intent_stays_open_until_its_outcome_is_known() {
    let mut tale = Tale::new();
    tale.starts("7", 0, None);
    tale.ends(Verdict::Unfinished, Cause::Deadline, Some(true));
    let segment = tale.last();
    let failed = |mode, unknown| ContinuationFailed { segment, mode, unknown, text: "timed out".into() };
    tale.means_to(ContinuationMode::Requeue, None);
    assert_eq!(tale.history.open_intent.as_ref().unwrap().lost_answer, None);
    tale.tell(failed(ContinuationMode::Requeue, false));
    assert_eq!(tale.history.open_intent, None);
    assert_eq!(tale.history.failed_continuation.as_ref().unwrap().mode, ContinuationMode::Requeue);
    tale.means_to(ContinuationMode::Successor, Some("c.1.aa"));
    tale.tell(failed(ContinuationMode::Successor, true));
    assert_eq!(tale.history.open_intent.as_ref().unwrap().lost_answer.as_deref(), Some("timed out"));
    tale.goes_on(ContinuationMode::Successor, Some("c.1.aa"), Some("8"));
    assert_eq!((&tale.history.open_intent, &tale.history.failed_continuation), (&None, &None));
}

#[test]
fn the_next_segment_answers_an_open_intent() {
    let mut tale = Tale::new();
    tale.starts("7", 0, None);
    tale.means_to(ContinuationMode::Requeue, None);
    tale.starts("7", 1, None);
    assert_eq!(tale.history.open_intent, None);
}

#[test]
fn an_end_that_arrives_late_belongs_to_its_own_segment() {
    let mut tale = Tale::new();
    tale.starts("7", 0, None);
    tale.starts("7", 1, None);
    tale.starts("7", 2, None);
    assert_eq!(tale.history.lost_in_row(), 2);
    tale.tell(SegmentEnded {
        segment: SegmentNumber(2),
        exit: ChildExit::Code(1),
        verdict: Verdict::Failed,
        cause: Cause::Crashed,
        checkpoint: None,
        fresh: None,
        ran_ms: 1,
    });
    assert_eq!((tale.history.lost_in_row(), tale.history.failures_in_row()), (0, 1));
}

#[test]
fn an_empty_chain_takes_anyone() {
    let history = Tale::new().history;
    assert_eq!(history.expects(job("7"), 0, None), Expectation::First);
}

/// Job 7 ran, was requeued once, submitted 8 (token `t2`); 8 ran and submitted with token `t3`, whose answer was lost.
fn handed_over() -> Tale {
    let mut tale = Tale::new();
    tale.starts("7", 0, None);
    tale.goes_on(ContinuationMode::Requeue, None, Some("7"));
    tale.starts("7", 1, None);
    tale.goes_on(ContinuationMode::Successor, Some("t2"), Some("8"));
    tale.starts("8", 0, None);
    tale.means_to(ContinuationMode::Successor, Some("t3"));
    tale
}

#[rstest]
#[case::requeued("8", 1, None, Expectation::Next)]
#[case::second_start_in_the_job("8", 0, Some("t2"), Expectation::SameAllocation)]
#[case::lost_answer("9", 0, Some("t3"), Expectation::Next)]
#[case::old_copy("7", 0, None, Expectation::Outdated)]
#[case::earlier_job("7", 1, None, Expectation::AlreadyTaken { after: SegmentNumber(2) })]
#[case::earlier_job_requeued("7", 2, None, Expectation::AlreadyTaken { after: SegmentNumber(2) })]
#[case::inherited_token("10", 0, Some("t2"), Expectation::TokenTaken { after: SegmentNumber(2) })]
#[case::nobody("10", 0, None, Expectation::Foreign)]
#[case::nobody_with_a_token("10", 0, Some("other"), Expectation::Foreign)]
fn who_is_next(
    #[case] who: &str,
    #[case] restart: u32,
    #[case] with: Option<&str>,
    #[case] answer: Expectation,
) {
    let with = with.map(token);
    assert_eq!(handed_over().history.expects(job(who), restart, with.as_ref()), answer);
}

#[test]
fn a_successor_that_comes_after_a_requeue_finds_its_place_taken() {
    let mut tale = Tale::new();
    tale.starts("7", 0, None);
    tale.goes_on(ContinuationMode::Successor, Some("t1"), Some("8"));
    assert_eq!(tale.history.expects(job("8"), 0, None), Expectation::Next);
    assert_eq!(tale.history.expects(job("7"), 1, None), Expectation::Next);
    tale.starts("7", 1, None);
    let answer = Expectation::AlreadyTaken { after: SegmentNumber(1) };
    assert_eq!(tale.history.expects(job("8"), 0, Some(&token("t1"))), answer);
}

#[test]
fn a_refused_successor_is_not_expected() {
    let mut tale = Tale::new();
    tale.starts("7", 0, None);
    tale.means_to(ContinuationMode::Successor, Some("t1"));
    let segment = tale.last();
    let mode = ContinuationMode::Successor;
    tale.tell(ContinuationFailed { segment, mode, unknown: false, text: String::new() });
    assert_eq!(tale.history.expects(job("9"), 0, Some(&token("t1"))), Expectation::Foreign);
}

#[test]
fn local_goes_on_in_the_same_process() {
    let mut tale = Tale::new();
    tale.starts("7", 0, None);
    assert_eq!(tale.history.expects(job("7"), 0, None), Expectation::SameAllocation);
    tale.goes_on(ContinuationMode::Local, None, Some("7"));
    assert_eq!(tale.history.expects(job("7"), 0, None), Expectation::Next);
}

#[test]
fn tasks_of_an_array() {
    let mut tale = Tale::new();
    tale.starts("20_1", 0, None);
    assert_eq!(tale.history.expects(job("20_2"), 0, None), Expectation::Sibling);
    assert_eq!(tale.history.expects(job("21_2"), 0, None), Expectation::Foreign);
    tale.goes_on(ContinuationMode::Array, None, None);
    assert_eq!(tale.history.expects(job("20_2"), 0, None), Expectation::Next);
    tale.starts("20_2", 0, None);
    assert_eq!(tale.history.expects(job("20_3"), 0, None), Expectation::Next, "20_2 may have been lost");
    assert_eq!(
        tale.history.expects(job("20_1"), 1, None),
        Expectation::Next,
        "requeued task, still an allocation"
    );
    let taken = Expectation::AlreadyTaken { after: SegmentNumber(1) };
    assert_eq!(tale.history.expects(job("20_1"), 0, None), taken);
}

#[test]
fn a_lost_segment_brought_something_if_the_next_began_with_a_newer_checkpoint() {
    // Node failures: the program's periodic checkpoints are seen only by the segment that starts from them.
    let mut tale = Tale::new();
    for restart in 0..5 {
        tale.starts("7", restart, (restart > 0).then(|| u64::from(restart)));
    }
    assert_eq!(tale.history.lost_in_row(), 0);
    tale.starts("7", 5, Some(4));
    tale.starts("7", 6, Some(4));
    assert_eq!(tale.history.lost_in_row(), 2);
}

#[test]
fn two_tasks_of_an_array_preempted_in_turn_both_come_back() {
    // Neither could say that the chain runs through the array: Slurm had continued them.
    let mut tale = Tale::new();
    tale.starts("20_1", 0, None);
    tale.ends(Verdict::Unfinished, Cause::Preempted, Some(true));
    tale.goes_on(ContinuationMode::Requeue, None, Some("20_1"));
    tale.starts("20_2", 0, None);
    tale.ends(Verdict::Unfinished, Cause::Preempted, Some(true));
    tale.goes_on(ContinuationMode::Requeue, None, Some("20_2"));
    assert_eq!(tale.history.expects(job("20_1"), 1, None), Expectation::Sibling);
    assert_eq!(tale.history.expects(job("20_2"), 1, None), Expectation::Next);
    assert!(matches!(tale.history.expects(job("20_1"), 0, None), Expectation::AlreadyTaken { .. }));
}

#[rstest]
#[case::put_back_by_slurm(Cause::Unknown, false, 1, true)]
#[case::the_same_start(Cause::Unknown, false, 0, false)]
#[case::put_back_by_ckwrap_itself(Cause::Unknown, true, 1, false)]
#[case::cancelled_for_certain(Cause::Cancelled, false, 1, false)]
fn a_job_that_slurm_starts_again_was_not_cancelled(
    #[case] cause: Cause,
    #[case] requeued: bool,
    #[case] restart: u32,
    #[case] mistaken: bool,
) {
    let mut tale = Tale::new();
    tale.starts("7", 0, None);
    tale.ends(Verdict::Unfinished, cause, Some(true));
    if requeued {
        tale.means_to(ContinuationMode::Requeue, None);
    }
    let segment = tale.last();
    tale.tell(ChainStopped { segment, reason: StopReason::Cancelled, text: "?".into() });
    assert_eq!(tale.history.stop_was_mistaken(job("7"), restart), mistaken);
}
