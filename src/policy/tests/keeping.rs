//! Copies of good checkpoints, rules about failures, and programs that requeue their job by themselves.

use std::time::Duration;

use rstest::rstest;

use super::super::*;
use super::bench::{Bench, at, facts, found, id, situation, term};
use super::settings;
use crate::model::{ChildExit, ExitStatus, OnFailure};

const SAVED: ChildExit = ChildExit::Code(85);

fn keeping() -> Settings {
    Settings { keeps: true, ..settings() }
}

fn keeps(action: &Action) -> bool {
    matches!(action, Action::Keep(_))
}

fn intends(action: &Action) -> bool {
    matches!(action, Action::RecordDurably(Entry::Intent(_)))
}

#[test]
fn a_fresh_checkpoint_is_copied_before_the_chain_goes_on() {
    let mut bench = Bench::continuing(keeping());
    assert_eq!(bench.all.last(), Some(&Action::Keep(id("new"))));
    let wanted = bench.give(Event::Kept(KeepAnswer::Done));
    assert_eq!(wanted.first(), Some(&Action::Record(Entry::Kept(id("new")))));
    assert!(wanted.iter().any(intends));
}

#[test]
fn without_a_copy_the_chain_goes_on_with_a_warning() {
    let mut bench = Bench::continuing(keeping());
    let wanted = bench.give(Event::Kept(KeepAnswer::Failed("no space left".into())));
    assert!(wanted.iter().any(intends));
    assert_eq!(bench.wanted(|action| matches!(action, Action::Say(Notice::NotKept(_)))), 1);
}

#[rstest]
#[case::nothing_new("old")]
#[case::not_wanted("new")]
fn nothing_is_copied_needlessly(#[case] newest: &str) {
    let settings = if newest == "old" { keeping() } else { settings() };
    let mut bench = Bench::asked_with(Settings { max_stalls: 5, ..settings }, situation());
    bench.child_ends(SAVED, found(newest));
    assert_eq!((bench.wanted(keeps), bench.wanted(intends)), (0, 1));
}

#[rstest]
#[case::finished(ChildExit::Code(0), Answer::Yes)]
#[case::failed(ChildExit::Code(1), Answer::No)]
fn a_chain_that_does_not_go_on_copies_nothing(#[case] exit: ChildExit, #[case] finished: Answer) {
    let mut bench = Bench::running_with(keeping(), situation());
    bench.give(Event::ChildExited(exit));
    bench.give(Event::TreeGone);
    bench.scanned(found("new"));
    bench.give(Event::Assessed(Assessment { finished, stopped: false, retry: None }));
    assert!(bench.wanted(keeps) == 0 && bench.has_ended());
}

#[test]
fn at_the_margin_the_copy_is_left_and_the_chain_goes_on() {
    let mut bench = Bench::continuing(keeping());
    assert_eq!(bench.until(984), []);
    let wanted = bench.until(985);
    assert_eq!(wanted.first(), Some(&Action::StopKeeping));
    assert!(wanted.iter().any(intends));
    assert_eq!(bench.give(Event::Kept(KeepAnswer::Done)), [], "too late");
}

#[test]
fn in_the_margin_there_is_a_moment_for_a_small_one() {
    let mut bench = Bench::asked_with(keeping(), situation());
    bench.until(984);
    bench.now = at(990);
    bench.child_ends(SAVED, found("new"));
    assert_eq!(bench.wanted(keeps), 1);
    assert_eq!(bench.until(991).first(), Some(&Action::StopKeeping));
}

#[test]
fn a_sigterm_leaves_half_of_kill_wait_to_the_copy() {
    let mut bench = Bench::asked_with(keeping(), situation());
    bench.until(945);
    bench.give(term());
    bench.job(JobFacts { time_limit: true, ..facts(JobPhase::Completing) });
    bench.child_ends(SAVED, found("new"));
    assert_eq!(bench.wanted(keeps), 1);
    assert_eq!(bench.until(959), []);
    assert_eq!(bench.until(960).first(), Some(&Action::StopKeeping));
    assert_eq!(bench.wanted(intends), 1);
}

#[test]
fn a_short_kill_wait_that_is_told_late_leaves_the_copy_half_of_it() {
    let mut bench = Bench::asked_with(keeping(), situation());
    bench.until(945);
    bench.child_ends(SAVED, found("new"));
    bench.give(term());
    bench.job(JobFacts { time_limit: true, ..facts(JobPhase::Completing) });
    bench.give(Event::KillWait(Duration::from_secs(10)));
    assert_eq!(bench.until(949), []);
    assert_eq!(bench.until(950).first(), Some(&Action::StopKeeping));
}

#[rstest]
#[case::cancelled(0, false)]
#[case::requeued(1, true)]
fn a_sigterm_during_the_copy_is_obeyed(#[case] restarts: u32, #[case] goes_on: bool) {
    let mut bench = Bench::continuing(keeping());
    bench.give(term());
    bench.job(JobFacts { restarts: Some(restarts), ..facts(JobPhase::Completing) });
    assert_eq!(bench.wanted(|action| *action == Action::StopKeeping), 1);
    assert_eq!((bench.wanted(intends), bench.has_gone_on()), (0, goes_on));
    assert_eq!(bench.has_stopped(StopReason::Cancelled), !goes_on);
}

#[rstest]
#[case::unknown(None, 3600)]
#[case::short(Some(60), 30)]
#[case::long(Some(86_400), 3600)]
fn the_program_does_not_wait_for_ever_for_the_first_copy(#[case] left: Option<u64>, #[case] most: u64) {
    assert_eq!(longest_first_copy(left.map(Duration::from_secs)), Duration::from_secs(most));
}

#[test]
fn a_later_copy_of_the_job_ends_a_copy_too() {
    let mut bench = Bench::continuing(keeping());
    bench.give(Event::OwnerLost);
    assert!(bench.has_ended() && bench.wanted(intends) == 0);
}

fn fails(settings: Settings, situation: Situation, newest: &str, retry: Retry) -> Bench {
    let mut bench = Bench::running_with(settings, situation);
    bench.give(Event::ChildExited(ChildExit::Code(1)));
    bench.give(Event::TreeGone);
    bench.scanned(found(newest));
    bench.give(Event::Assessed(Assessment { finished: Answer::No, stopped: false, retry: Some(retry) }));
    bench
}

fn quarantined(bench: &Bench) -> usize {
    bench.wanted(|action| matches!(action, Action::Record(Entry::Quarantined(..))))
}

#[test]
fn a_bad_checkpoint_is_given_up_at_once_and_the_chain_goes_on_although_failures_stop_it() {
    let bench = fails(settings(), situation(), "old", Retry::Fallback("corrupted".into()));
    assert_eq!((quarantined(&bench), bench.wanted(intends)), (1, 1));
    let record = Action::Record(Entry::Quarantined(id("old"), "corrupted".into()));
    assert!(bench.all.contains(&record));
}

#[test]
fn but_not_without_end() {
    let settings = Settings { max_failures: 1, ..settings() };
    let bench = fails(settings, situation(), "old", Retry::Fallback("corrupted".into()));
    assert!(bench.has_stopped(StopReason::MaxFailures) && bench.wanted(intends) == 0);
}

#[rstest]
#[case::from_the_beginning(Situation { from: None, ..situation() }, "old")]
#[case::it_got_further(situation(), "new")]
fn a_checkpoint_is_only_at_fault_where_there_was_one_and_it_got_no_further(
    #[case] situation: Situation,
    #[case] newest: &str,
) {
    let bench = fails(settings(), situation, newest, Retry::Fallback("corrupted".into()));
    assert!(quarantined(&bench) == 0 && bench.has_stopped(StopReason::Failed));
}

#[test]
fn what_would_fail_again_is_not_tried_again_and_the_line_is_told() {
    let settings = Settings { on_failure: OnFailure::Retry, ..settings() };
    let bench = fails(settings, situation(), "old", Retry::Stop("Checksum wrong for md.edr".into()));
    assert!(bench.has_stopped(StopReason::Failed) && bench.wanted(intends) == 0);
    let told =
        |action: &Action| matches!(action, Action::Say(Notice::Stopped(text)) if text.contains("md.edr"));
    assert_eq!(bench.wanted(told), 1);
}

#[test]
fn the_rules_speak_of_failures_only() {
    let mut bench = Bench::asked();
    bench.give(Event::ChildExited(SAVED));
    bench.give(Event::TreeGone);
    bench.scanned(found("new"));
    let retry = Some(Retry::Stop("corrupted".into()));
    bench.give(Event::Assessed(Assessment { finished: Answer::No, stopped: true, retry }));
    assert_eq!(bench.wanted(intends), 1);
}

/// The program has saved and ended, and was to requeue the job.
fn left() -> Bench {
    Bench::continuing(Settings { requeued_by_program: true, ..settings() })
}

fn acts(action: &Action) -> bool {
    matches!(action, Action::Step(_) | Action::RecordDurably(_))
}

#[rstest]
#[case::requeued(JobFacts { restarts: Some(1), ..facts(JobPhase::Completing) })]
#[case::waiting(facts(JobPhase::Pending))]
fn a_requeue_by_the_program_is_left_as_it_is(#[case] answer: JobFacts) {
    let mut bench = left();
    assert!(matches!(bench.all.last(), Some(Action::QueryJob(_))));
    bench.job(answer);
    assert!(bench.has_ended() && bench.has_gone_on() && bench.wanted(acts) == 0);
    assert_eq!(bench.all.last(), Some(&Action::Exit(Outcome::Exit(ExitStatus::SUCCESS))));
}

#[test]
fn a_requeue_that_shows_late_is_waited_for() {
    let mut bench = left();
    bench.job(facts(JobPhase::Running));
    assert!(matches!(bench.until(947)[..], [Action::QueryJob(_)]));
    bench.job(JobFacts { restarts: Some(1), ..facts(JobPhase::Completing) });
    assert!(bench.has_ended() && bench.has_gone_on());
}

#[rstest]
#[case::running(Some(facts(JobPhase::Running)))]
#[case::no_answer(None)]
fn what_is_not_seen_is_told_and_the_code_is_the_programs(#[case] answer: Option<JobFacts>) {
    let mut bench = left();
    for second in [947, 949, 951] {
        match answer {
            Some(facts) => bench.job(facts),
            None => bench.no_word(),
        };
        bench.until(second);
    }
    let told = |action: &Action| matches!(action, Action::Say(Notice::LeftToProgram(_)));
    assert!(bench.has_ended() && !bench.has_gone_on());
    assert_eq!((bench.wanted(told), bench.wanted(acts)), (1, 0));
    assert_eq!(bench.all.last(), Some(&Action::Exit(Outcome::Exit(ExitStatus::Code(85)))));
}

#[rstest]
#[case::requeued(1, true)]
#[case::cancelled(0, false)]
fn a_sigterm_while_it_is_watched_for_is_explained(#[case] restarts: u32, #[case] goes_on: bool) {
    let mut bench = left();
    bench.job(facts(JobPhase::Running));
    bench.give(term());
    bench.job(JobFacts { restarts: Some(restarts), ..facts(JobPhase::Completing) });
    assert!(bench.has_ended() && bench.wanted(acts) == 0);
    assert_eq!((bench.has_gone_on(), bench.has_stopped(StopReason::Cancelled)), (goes_on, !goes_on));
}

#[test]
fn slurm_that_never_answers_does_not_hold_the_job() {
    let mut bench = left();
    bench.until(999);
    assert!(bench.has_ended());
}
