//! SIGTERM: who sent it, and what follows for the chain.

use rstest::rstest;

use super::super::*;
use super::bench::{Bench, at, delivered, facts, found, situation, term};
use super::settings;
use crate::model::{ChildExit, ContinuationMode, Effect, ExitStatus, Signal, Target, Trigger};

fn requeue(incomplete: bool) -> Action {
    Action::Step(Step::Requeue { incomplete })
}

/// SIGTERM at 500 s with this answer; the child saves and ends.
fn after_term(answer: JobFacts) -> Bench {
    let mut bench = Bench::running();
    bench.until(500);
    bench.give(term());
    bench.job(answer);
    bench.give(delivered(None));
    bench.until(505);
    bench.child_ends(ChildExit::Code(85), found("new"));
    bench
}

fn completing() -> JobFacts {
    facts(JobPhase::Completing)
}

#[test]
fn at_the_time_limit_the_job_is_requeued_though_it_is_completing() {
    let mut bench = after_term(JobFacts { time_limit: true, ..completing() });
    assert_eq!(bench.give(Event::Recorded(true)), [requeue(false)]);
}

/// The site's KillWait is 15 s: the child is gone, and there is time to requeue, before Slurm's own SIGKILL at 515 s.
#[test]
fn a_deaf_program_is_killed_while_the_job_can_still_be_requeued() {
    let mut bench = Bench::running();
    bench.until(500);
    bench.give(term());
    bench.give(Event::KillWait(std::time::Duration::from_secs(15)));
    bench.job(JobFacts { time_limit: true, ..completing() });
    bench.give(delivered(None));
    let killed = bench.until(512);
    assert!(killed.contains(&Action::EndChild(Signal::KILL)), "{killed:?}");
    bench.child_ends(ChildExit::Signal(Signal::KILL), found("new"));
    assert_eq!(bench.give(Event::Recorded(true)), [requeue(false)]);
}

#[test]
fn a_grace_time_is_used_and_the_requeue_spares_a_cancelled_job() {
    let grace = JobFacts { preempted: true, end: End::At(at(600)), ..facts(JobPhase::Running) };
    let mut bench = after_term(grace);
    assert_eq!(bench.machine.allocation_end(), Some(at(600)));
    assert_eq!(bench.give(Event::Recorded(true)), [requeue(true)]);
}

#[rstest]
#[case::scancel(completing())]
#[case::to_this_process_alone(facts(JobPhase::Running))]
fn what_a_user_ends_is_not_continued(#[case] answer: JobFacts) {
    let bench = after_term(answer);
    assert!(bench.has_ended() && bench.has_stopped(StopReason::Cancelled) && !bench.has_gone_on());
    let acts = |action: &Action| matches!(action, Action::Step(_) | Action::RecordDurably(_));
    assert_eq!(bench.wanted(acts), 0);
}

#[rstest]
#[case::by_an_administrator(JobFacts { restarts: Some(1), ..completing() })]
#[case::after_preemption(JobFacts { restarts: Some(1), preempted: true, ..completing() })]
#[case::waiting_already(facts(JobPhase::Pending))]
fn what_slurm_requeues_is_left_to_it_and_hastened(#[case] answer: JobFacts) {
    let mut bench = after_term(answer);
    assert!(matches!(bench.all.last(), Some(Action::Step(Step::Hasten(_)))));
    assert!(bench.has_gone_on());
    assert_eq!(bench.step(StepAnswer::Done), [Action::Exit(Outcome::Exit(ExitStatus::SUCCESS))]);
}

#[rstest]
#[case::before_the_deadline(500, false)]
#[case::after_it(1005, true)]
fn without_a_word_the_deadline_decides(#[case] second: u64, #[case] goes_on: bool) {
    let patient = Settings { effect: Effect::Stop, margin: Some(std::time::Duration::ZERO), ..settings() };
    let mut bench = Bench::running_with(patient, situation());
    bench.now = at(second);
    bench.give(term());
    bench.no_word();
    bench.give(delivered(None));
    bench.child_ends(ChildExit::Code(85), found("new"));
    if goes_on {
        // Not proved: a plain requeue could bring a cancelled job back.
        assert_eq!(bench.give(Event::Recorded(true)), [requeue(true)]);
    } else {
        assert!(bench.has_stopped(StopReason::Cancelled));
    }
}

#[test]
fn before_the_grace_is_over_only_a_user_ends_the_job() {
    let mut bench = Bench::running();
    bench.give(Event::Grace(GraceAnswer::Time(std::time::Duration::from_secs(90))));
    bench.until(30);
    bench.job(JobFacts { preempted: true, end: End::At(at(120)), ..facts(JobPhase::Running) });
    bench.give(delivered(None));
    bench.until(40);
    bench.give(term());
    bench.job(JobFacts { preempted: true, ..completing() });
    bench.child_ends(ChildExit::Code(85), found("new"));
    assert!(bench.has_stopped(StopReason::Cancelled));
}

#[test]
fn a_sigterm_in_the_grace_time_without_a_word_stops_the_chain() {
    let mut bench = Bench::running();
    bench.give(Event::Grace(GraceAnswer::Time(std::time::Duration::from_secs(90))));
    bench.until(30);
    bench.job(JobFacts { preempted: true, end: End::At(at(120)), ..facts(JobPhase::Running) });
    bench.give(delivered(None));
    bench.until(40);
    bench.give(term());
    bench.child_ends(ChildExit::Code(85), found("new"));
    bench.until(60);
    assert!(bench.has_stopped(StopReason::Cancelled));
}

#[rstest]
#[case::too_soon_for_its_end(40, true)]
#[case::at_its_end(125, false)]
fn a_grace_time_that_was_not_seen_can_be_reckoned(#[case] second: u64, #[case] cancelled: bool) {
    let mut bench = Bench::running();
    bench.give(Event::Grace(GraceAnswer::Time(std::time::Duration::from_secs(90))));
    bench.until(30);
    bench.job(facts(JobPhase::Running));
    bench.now = at(second);
    bench.give(term());
    bench.job(JobFacts { preempted: true, ..completing() });
    bench.give(delivered(None));
    bench.child_ends(ChildExit::Code(85), found("new"));
    assert_eq!(bench.has_stopped(StopReason::Cancelled), cancelled);
}

#[test]
fn after_a_sigterm_the_child_is_gone_before_slurm_kills_all() {
    let mut bench = Bench::running();
    bench.until(500);
    bench.give(term());
    bench.give(delivered(None));
    bench.job(completing());
    let ends = |action: &Action| matches!(action, Action::EndChild(_));
    assert!(!bench.until(519).iter().any(ends));
    assert!(bench.until(520).iter().any(ends));
}

#[test]
fn a_sigterm_to_this_process_alone_ends_nothing_by_itself_and_a_second_one_does() {
    let mut bench = Bench::running_with(settings(), Situation { end: None, ..situation() });
    bench.job(JobFacts { end: End::Never, ..facts(JobPhase::Running) });
    bench.give(term());
    bench.job(facts(JobPhase::Running));
    bench.give(delivered(None));
    let ends = |action: &Action| matches!(action, Action::EndChild(_));
    assert!(!bench.until(600).iter().any(ends));
    assert!(bench.give(term()).iter().any(ends));
}

#[test]
fn a_child_that_hears_slurm_gets_no_second_sigterm() {
    let by_term = Settings {
        triggers: vec![Trigger::Signal { signal: Signal::TERM, to: Target::Leader }],
        ..settings()
    };
    let hears = Situation { child_hears_slurm: true, ..situation() };
    let mut bench = Bench::running_with(by_term, hears);
    bench.until(500);
    let wanted = bench.give(term());
    assert!(!wanted.iter().any(|action| matches!(action, Action::Trigger(_))), "{wanted:?}");
    // A held signal that is tried again must not bring it about either.
    bench.give(Event::Held(Signal::INT));
    assert!(!bench.until(502).iter().any(|action| matches!(action, Action::Trigger(_))));
    bench.job(JobFacts { time_limit: true, ..completing() });
    // Saving takes longer than it takes to show that one listens.
    assert!(!bench.until(509).iter().any(|action| matches!(action, Action::Trigger(_))));
    bench.child_ends(ChildExit::Code(0), found("new"));
    assert_eq!(bench.give(Event::Recorded(true)), [requeue(false)], "it was asked, by Slurm");
}

#[test]
fn a_sigterm_that_did_not_reach_the_child_is_made_up_for() {
    let by_term = Settings {
        triggers: vec![Trigger::Signal { signal: Signal::TERM, to: Target::Leader }],
        ..settings()
    };
    let is_asked = |wanted: &[Action]| wanted.iter().any(|action| matches!(action, Action::Trigger(_)));
    // Half of the time that it has; and at once where somebody sent it to ckwrap alone.
    for (job, by) in [(JobFacts { time_limit: true, ..completing() }, 511), (facts(JobPhase::Running), 504)] {
        let hears = Situation { child_hears_slurm: true, ..situation() };
        let mut bench = Bench::running_with(by_term.clone(), hears);
        bench.until(500);
        bench.give(term());
        bench.job(job);
        assert!(!is_asked(&bench.until(by - 2)));
        assert!(is_asked(&bench.until(by)), "{by}");
    }
}

#[test]
fn ranks_that_slurm_signals_at_the_start_of_a_grace_time_get_no_second_sigterm() {
    let by_term =
        Settings { triggers: vec![Trigger::Signal { signal: Signal::TERM, to: Target::Rank }], ..settings() };
    let preempted = JobFacts { preempted: true, end: End::At(at(300)), ..facts(JobPhase::Running) };
    for (ranks_in_step, sent) in [(true, false), (false, true)] {
        let situation = Situation { end: None, ranks_in_step, ..situation() };
        let mut bench = Bench::running_with(by_term.clone(), situation);
        let wanted = bench.job(preempted);
        let triggers = wanted.iter().any(|action| matches!(action, Action::Trigger(_)));
        assert_eq!(triggers, sent, "{wanted:?}");
    }
}

#[test]
fn ranks_that_ended_at_the_start_of_a_grace_time_were_asked() {
    for (preempted, verdict) in [(true, Verdict::Unfinished), (false, Verdict::Failed)] {
        let mut bench = Bench::running_with(settings(), Situation { ranks_in_step: true, ..situation() });
        bench.give(Event::ChildExited(ChildExit::Code(1)));
        bench.give(Event::TreeGone);
        bench.scanned(found("new"));
        assert_eq!(
            bench.give(Event::Assessed(Assessment { finished: Answer::No, stopped: false, retry: None })),
            []
        );
        bench.job(JobFacts { preempted, ..facts(JobPhase::Running) });
        let ended = bench.all.iter().find_map(|action| match action {
            Action::Record(Entry::SegmentEnded(ended)) => Some((ended.verdict, ended.cause)),
            _ => None,
        });
        let cause = if preempted { Cause::Preempted } else { Cause::Completed };
        assert_eq!(ended, Some((verdict, cause)));
    }
}

#[test]
fn a_sigterm_after_the_end_is_explained_before_the_verdict() {
    let mut bench = Bench::asked();
    bench.give(Event::ChildExited(ChildExit::Code(85)));
    assert!(matches!(bench.give(term())[..], [Action::QueryJob(_), Action::QueryKillWait]));
    bench.give(Event::TreeGone);
    bench.scanned(found("new"));
    assert_eq!(
        bench.give(Event::Assessed(Assessment { finished: Answer::No, stopped: false, retry: None })),
        []
    );
    bench.job(completing());
    assert!(bench.has_stopped(StopReason::Cancelled));
}

#[test]
fn locally_a_sigterm_stops_the_chain() {
    let local = Situation { host: Host::Local, ..situation() };
    let mut bench = Bench::running_with(Settings { mode: ContinuationMode::Local, ..settings() }, local);
    bench.give(term());
    bench.give(delivered(None));
    bench.child_ends(ChildExit::Code(85), found("new"));
    assert!(bench.has_stopped(StopReason::Cancelled));
}

#[test]
fn locally_a_sigterm_between_two_segments_stops_the_chain_too() {
    let local = Situation { host: Host::Local, ..situation() };
    let mut bench = Bench::asked_with(Settings { mode: ContinuationMode::Local, ..settings() }, local);
    bench.child_ends(ChildExit::Code(85), found("new"));
    bench.give(term());
    bench.give(Event::Recorded(true));
    assert!(bench.has_stopped(StopReason::Cancelled));
    assert!(!bench.all.contains(&Action::Exit(Outcome::NextSegment)));
}
