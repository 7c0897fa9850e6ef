//! From the verdict to the exit.

use std::time::Duration;

use rstest::rstest;

use super::super::*;
use super::bench::{Bench, facts, found, situation, term};
use super::settings;
use crate::model::{ChildExit, ContinuationMode as Mode, ExitStatus, JobId, OnFailure, Signal};

const SUCCESSOR: JobId = JobId::Single(9);

fn by(mode: Mode) -> Settings {
    Settings { mode, ..settings() }
}

fn submits(action: &Action) -> bool {
    matches!(action, Action::Step(Step::Submit { .. }))
}

fn refused(kind: Refused) -> StepAnswer {
    StepAnswer::Refused(kind, "no".into())
}

/// A successor is being submitted.
fn submitting() -> Bench {
    let mut bench = Bench::continuing(by(Mode::Successor));
    bench.give(Event::Recorded(true));
    assert!(bench.step(StepAnswer::Done).iter().any(submits));
    bench
}

#[test]
fn intent_then_act_then_outcome() {
    let mut bench = Bench::continuing(settings());
    assert_eq!(bench.all.last(), Some(&Action::RecordDurably(Entry::Intent(Mode::Requeue))));
    assert_eq!(bench.give(Event::Recorded(true)), [Action::Step(Step::Requeue { incomplete: true })]);
    assert!(matches!(bench.step(StepAnswer::Done)[..], [Action::Step(Step::Hasten(_))]));
    let wanted = bench.step(StepAnswer::Done);
    let record = Action::Record(Entry::Continued { mode: Mode::Requeue, job: None });
    assert_eq!(wanted, [record, Action::Exit(Outcome::Exit(ExitStatus::SUCCESS))]);
}

#[test]
fn the_sigterm_of_the_own_requeue_means_nothing() {
    let mut bench = Bench::continuing(settings());
    bench.give(Event::Recorded(true));
    assert_eq!(bench.give(term()), []);
    bench.step(StepAnswer::Done);
    assert_eq!(bench.give(term()), []);
    bench.step(StepAnswer::Done);
    assert!(bench.has_ended() && bench.has_gone_on());
}

#[test]
fn but_it_is_explained_where_that_requeue_was_refused() {
    let mut bench = Bench::continuing(settings());
    bench.give(Event::Recorded(true));
    bench.give(term());
    let wanted = bench.step(refused(Refused::Other));
    assert!(matches!(
        wanted[..],
        [Action::QueryJob(_), Action::RecordDurably(Entry::Intent(Mode::Successor))]
    ));
    bench.job(facts(JobPhase::Completing));
    bench.give(Event::Recorded(true));
    assert!(bench.has_stopped(StopReason::Cancelled) && bench.wanted(submits) == 0);
}

#[test]
fn cancelled_during_the_intent_nothing_is_begun() {
    let mut bench = Bench::continuing(by(Mode::Successor));
    bench.give(term());
    bench.job(facts(JobPhase::Completing));
    bench.give(Event::Recorded(true));
    assert!(bench.has_ended() && bench.has_stopped(StopReason::Cancelled));
    assert_eq!(bench.wanted(|action| matches!(action, Action::Step(_))), 0);
}

#[rstest]
#[case::known_before_the_answer(true)]
#[case::known_after_it(false)]
fn cancelled_during_sbatch_the_successor_is_cancelled_too(#[case] cause_first: bool) {
    let mut bench = submitting();
    bench.give(term());
    if cause_first {
        bench.job(facts(JobPhase::Completing));
        bench.step(StepAnswer::Job(SUCCESSOR));
    } else {
        bench.step(StepAnswer::Job(SUCCESSOR));
        bench.step(StepAnswer::Done);
        assert!(!bench.has_gone_on());
        bench.job(facts(JobPhase::Completing));
    }
    assert_eq!(bench.all.last(), Some(&Action::Step(Step::CancelSuccessor(SUCCESSOR))));
    bench.step(StepAnswer::Done);
    assert!(bench.has_ended() && bench.has_stopped(StopReason::Cancelled) && !bench.has_gone_on());
}

#[rstest]
#[case(true)]
#[case(false)]
fn requeued_by_another_during_sbatch_the_successor_is_cancelled_and_the_job_goes_on(
    #[case] cause_first: bool,
) {
    let mut bench = submitting();
    let requeued = JobFacts { restarts: Some(1), ..facts(JobPhase::Completing) };
    bench.give(term());
    if cause_first {
        bench.job(requeued);
        bench.step(StepAnswer::Job(SUCCESSOR));
    } else {
        bench.step(StepAnswer::Job(SUCCESSOR));
        bench.step(StepAnswer::Done);
        bench.job(requeued);
    }
    assert_eq!(bench.all.last(), Some(&Action::Step(Step::CancelSuccessor(SUCCESSOR))));
    let wanted = bench.step(StepAnswer::Done);
    assert_eq!(wanted, [Action::Exit(Outcome::Exit(ExitStatus::SUCCESS))]);
    let record = Action::Record(Entry::Continued { mode: Mode::Requeue, job: None });
    assert!(bench.all.contains(&record) && !bench.has_stopped(StopReason::Cancelled));
}

#[test]
fn the_time_limit_during_sbatch_changes_nothing() {
    let mut bench = submitting();
    bench.give(term());
    bench.job(JobFacts { time_limit: true, ..facts(JobPhase::Completing) });
    bench.step(StepAnswer::Job(SUCCESSOR));
    bench.step(StepAnswer::Done);
    let record = Action::Record(Entry::Continued { mode: Mode::Successor, job: Some(SUCCESSOR) });
    assert!(bench.has_ended() && bench.all.contains(&record));
}

#[test]
fn a_sigterm_without_a_word_takes_the_successor_back() {
    let mut bench = submitting();
    bench.give(term());
    bench.step(StepAnswer::Job(SUCCESSOR));
    bench.step(StepAnswer::Done);
    bench.until(960);
    assert!(bench.has_stopped(StopReason::Cancelled));
    assert_eq!(bench.wanted(|action| *action == Action::Step(Step::CancelSuccessor(SUCCESSOR))), 1);
}

#[test]
fn where_sbatch_may_have_happened_a_sigterm_is_explained_before_the_end() {
    let mut bench = submitting();
    bench.give(term());
    bench.step(StepAnswer::Unknown("timed out".into()));
    for second in 946..956 {
        bench.step(StepAnswer::Unknown("timed out".into()));
        bench.until(second);
    }
    assert!(!bench.has_ended(), "the cause is awaited");
    bench.job(facts(JobPhase::Completing));
    assert!(bench.has_ended() && bench.has_stopped(StopReason::Cancelled));
}

#[test]
fn a_cancellation_learned_late_keeps_a_requeue_from_being_repeated() {
    let mut bench = Bench::continuing(settings());
    bench.give(term());
    let cause = bench.last_query();
    bench.give(Event::Recorded(true));
    let preempted = JobAnswer::Facts(JobFacts { preempted: true, ..facts(JobPhase::Completing) });
    bench.step(StepAnswer::Unknown("timed out".into()));
    bench.give(Event::Job(cause, JobAnswer::Facts(facts(JobPhase::Completing))));
    let look = bench.last_query();
    bench.give(Event::Job(look, preempted));
    assert!(bench.has_ended() && bench.has_stopped(StopReason::Cancelled));
}

#[test]
fn a_slow_sbatch_is_waited_for() {
    // The patience of the clearing once went on into the continuation and began a requeue beside it.
    let mut bench = submitting();
    assert_eq!(bench.until(999), []);
    bench.step(StepAnswer::Job(SUCCESSOR));
    bench.step(StepAnswer::Done);
    assert_eq!(bench.wanted(|action| matches!(action, Action::Step(Step::Requeue { .. }))), 0);
    assert!(bench.has_gone_on());
}

#[test]
fn a_requeue_of_a_job_that_is_over_is_looked_into() {
    let mut bench = Bench::continuing(settings());
    bench.give(Event::Recorded(true));
    assert!(matches!(bench.step(refused(Refused::NotPending))[..], [Action::QueryJob(_)]));
    bench.job(facts(JobPhase::Completing));
    assert!(bench.has_stopped(StopReason::Cancelled) && bench.wanted(submits) == 0);
}

#[rstest]
#[case::refused(Some(false))]
#[case::hangs(None)]
fn without_a_journal_only_a_requeue_with_progress_is_made(#[case] answer: Option<bool>) {
    let mut bench = Bench::continuing(settings());
    let wanted = match answer {
        Some(durable) => bench.give(Event::Recorded(durable)),
        None => bench.until(955),
    };
    assert_eq!(wanted, [Action::Step(Step::Requeue { incomplete: true })]);
    assert_eq!(bench.give(Event::Recorded(true)), [], "an answer that comes too late begins nothing anew");
    bench.step(refused(Refused::Other));
    bench.give(Event::Recorded(false));
    assert_eq!(bench.wanted(submits), 0);
}

#[test]
fn an_answer_for_an_intent_given_up_is_not_one_for_the_next() {
    let mut bench = Bench::continuing(settings());
    bench.until(955);
    bench.step(refused(Refused::Other));
    assert_eq!(bench.give(Event::Recorded(true)), [], "of the requeue");
    assert_eq!(bench.give(Event::Recorded(true)), [Action::Step(Step::FetchScript)]);
}

#[rstest]
#[case::last(true)]
#[case::not_last(false)]
fn an_array_goes_on_by_its_next_task(#[case] last: bool) {
    let task = Situation { array: Some(ArrayPlace::new(last, true, 0)), ..situation() };
    let mut bench = Bench::asked_with(by(Mode::Array), task);
    bench.child_ends(ChildExit::Code(85), found("new"));
    let wanted = bench.give(Event::Recorded(true));
    assert_eq!(wanted == [Action::Step(Step::FetchScript)], last);
    if last {
        assert_eq!(bench.step(StepAnswer::Done), [Action::Step(Step::Submit { next_index: true })]);
    } else {
        bench.step(StepAnswer::Done);
        assert!(bench.has_gone_on() && bench.has_ended());
    }
}

/// With the controller out of reach the journal is believed: the task before handed the chain over, so this one may too.
#[rstest]
#[case::no_answer(StepAnswer::Unknown("timed out".into()))]
#[case::refused(refused(Refused::Other))]
fn an_array_goes_on_where_nobody_says_what_is_left(#[case] answer: StepAnswer) {
    let task = Situation { array: Some(ArrayPlace::new(false, true, 0)), ..situation() };
    let mut bench = Bench::asked_with(by(Mode::Array), task);
    bench.child_ends(ChildExit::Code(85), found("new"));
    bench.give(Event::Recorded(true));
    bench.step(answer);
    assert!(bench.has_gone_on() && bench.has_ended());
}

/// A stop that could not be written down has cancelled the tasks; one that was put back may be the last to have its turn.
#[rstest]
#[case::one_is_left(StepAnswer::Done, true, false)]
#[case::none_is_left(StepAnswer::Absent, false, true)]
#[case::nobody_says(StepAnswer::Unknown("timed out".into()), false, false)]
fn where_the_journal_may_miss_a_stop_it_is_looked_for_tasks(
    #[case] answer: StepAnswer,
    #[case] goes_on: bool,
    #[case] stops: bool,
    #[values((true, 1), (false, 0))] (handed_over, restart): (bool, u32),
) {
    let task = Situation { array: Some(ArrayPlace::new(false, handed_over, restart)), ..situation() };
    let mut bench = Bench::asked_with(by(Mode::Array), task);
    bench.child_ends(ChildExit::Code(85), found("new"));
    assert_eq!(bench.give(Event::Recorded(true)), [Action::Step(Step::FindTasks)]);
    bench.step(answer);
    assert_eq!((bench.has_gone_on(), bench.has_stopped(StopReason::NoContinuation)), (goes_on, stops));
}

#[test]
fn an_array_that_ran_out_submits_nothing_without_a_journal() {
    let task = Situation { array: Some(ArrayPlace::new(true, true, 0)), ..situation() };
    let mut bench = Bench::asked_with(by(Mode::Array), task);
    bench.child_ends(ChildExit::Code(85), found("new"));
    bench.give(Event::Recorded(false));
    assert!(bench.has_ended() && bench.wanted(submits) == 0);
}

/// By the exit code Slurm may go: with a SIGKILL near it does not wait for a file system that hangs.
#[test]
fn near_a_sigkill_the_journal_holds_up_no_exit() {
    let mut bench = Bench::asked_with(by(Mode::ExitCode), situation());
    assert_eq!(bench.machine.patience_at_the_end(), Duration::from_secs(10));
    bench.give(term());
    bench.job(JobFacts { time_limit: true, ..facts(JobPhase::Completing) });
    // A third of nine tenths of 30 s.
    assert_eq!(bench.machine.patience_at_the_end(), Duration::from_secs(9));
    bench.until(bench.now.0.as_secs() + 24);
    assert_eq!(bench.machine.patience_at_the_end(), Duration::from_secs(1));
}

#[rstest]
#[case::finished(Answer::Yes)]
#[case::cancelled(Answer::No)]
fn an_array_that_is_over_cancels_what_waits(#[case] finished: Answer) {
    let task = Situation { array: Some(ArrayPlace::new(false, true, 0)), ..situation() };
    let mut bench = Bench::asked_with(by(Mode::Array), task);
    if finished == Answer::No {
        bench.give(term());
        bench.job(facts(JobPhase::Completing));
    }
    bench.give(Event::ChildExited(ChildExit::Code(85)));
    bench.give(Event::TreeGone);
    bench.scanned(found("new"));
    bench.give(Event::Assessed(Assessment { finished, stopped: false, retry: None }));
    assert_eq!(bench.all.last(), Some(&Action::Step(Step::CancelPending)));
    bench.step(StepAnswer::Done);
    assert!(bench.has_ended());
}

#[rstest]
#[case::stalls(Settings { max_stalls: 1, ..settings() }, "old", ChildExit::Code(85), StopReason::MaxStalls)]
#[case::segments(Settings { max_segments: 1, ..settings() }, "new", ChildExit::Code(85), StopReason::MaxSegments)]
#[case::walltime(
    Settings { max_walltime: Some(Duration::from_secs(900)), ..settings() },
    "new", ChildExit::Code(85), StopReason::MaxWalltime
)]
#[case::failed(settings(), "new", ChildExit::Signal(Signal::SEGV), StopReason::Failed)]
#[case::failures(
    Settings { max_failures: 1, on_failure: OnFailure::Retry, ..settings() },
    "old", ChildExit::Signal(Signal::SEGV), StopReason::MaxFailures
)]
fn bounds_stop_a_chain(
    #[case] settings: Settings,
    #[case] newest: &str,
    #[case] exit: ChildExit,
    #[case] reason: StopReason,
) {
    let mut bench = Bench::asked_with(settings, situation());
    bench.child_ends(exit, found(newest));
    assert!(bench.has_ended() && bench.has_stopped(reason) && !bench.has_gone_on());
}

#[test]
fn silence_to_the_end_is_told_as_unknown() {
    let mut bench = Bench::continuing(settings());
    bench.give(Event::Recorded(true));
    bench.step(StepAnswer::Unknown("timed out".into()));
    for second in 946..1100 {
        if bench.has_ended() {
            break;
        }
        let ticket = bench.last_query();
        bench.give(Event::Job(ticket, JobAnswer::Unknown("timed out".into())));
        bench.until(second);
    }
    let told = |action: &Action| matches!(action, Action::Say(Notice::NotContinued { unknown: true, .. }));
    assert_eq!((bench.has_ended(), bench.wanted(told)), (true, 1));
    assert_eq!(bench.wanted(submits), 0, "what may have happened is not done otherwise");
}

/// A script with `array` in its settings that was submitted without `--array`: no other task would ever come.
#[test]
fn array_without_an_array_goes_on_by_itself() {
    let mut bench = Bench::asked_with(by(Mode::Array), situation());
    bench.until(945);
    bench.child_ends(ChildExit::Code(85), found("new"));
    bench.give(Event::Recorded(true));
    assert_eq!(bench.wanted(|action| matches!(action, Action::Step(Step::Requeue { .. }))), 1);
}
