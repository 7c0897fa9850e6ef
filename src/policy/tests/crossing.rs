//! A request for a checkpoint that crosses with something else: a signal, an end, a look from before.

use rstest::rstest;

use super::super::*;
use super::bench::{Bench, at, delivered, facts, found, situation, term};
use super::settings;
use crate::model::{ChildExit, Effect, Signal, Target, Trigger};

fn is_trigger(action: &Action) -> bool {
    matches!(action, Action::Trigger(_))
}

/// A program that is asked by SIGTERM, and gets Slurm's too or does not; the request is under way.
fn under_way(child_hears_slurm: bool) -> Bench {
    let triggers = vec![Trigger::Signal { signal: Signal::TERM, to: Target::Leader }];
    let settings = Settings { triggers, ..settings() };
    let mut bench = Bench::running_with(settings, Situation { child_hears_slurm, ..situation() });
    assert!(bench.until(940).iter().any(is_trigger));
    bench
}

#[test]
fn a_preemption_after_the_request_brings_no_second_one() {
    let mut bench = Bench::asked();
    bench.job(JobFacts { preempted: true, end: End::At(at(960)), ..facts(JobPhase::Running) });
    assert_eq!(bench.wanted(is_trigger), 1, "{:?}", bench.all);
}

#[test]
fn a_sigterm_that_the_program_does_not_hear_delays_no_request() {
    let mut bench = under_way(false);
    bench.give(Event::Triggered(TriggerAnswer::NotReady));
    bench.give(term());
    assert_eq!(bench.until(942).iter().filter(|action| is_trigger(action)).count(), 1, "{:?}", bench.all);
}

/// A second SIGTERM makes GROMACS stop at a step from which it cannot go on exactly.
#[test]
fn one_that_has_been_reached_is_not_asked_again_though_it_heard_slurm_too() {
    let mut bench = under_way(true);
    bench.give(term());
    bench.give(delivered(Some(Signal::TERM)));
    bench.until(984);
    assert_eq!(bench.wanted(is_trigger), 1, "{:?}", bench.all);
}

#[test]
fn one_that_is_not_ready_but_has_heard_slurm_is_given_time() {
    let mut bench = under_way(true);
    bench.give(term());
    bench.give(Event::Triggered(TriggerAnswer::NotReady));
    bench.until(942);
    assert_eq!(bench.wanted(is_trigger), 1, "{:?}", bench.all);
    assert_eq!(bench.wanted(|action| matches!(action, Action::Say(Notice::NotAskable))), 0);
}

/// Zero after a request may be a stop, zero without one is the end of the work: the late answer decides.
#[rstest]
#[case::it_was_reached(TriggerAnswer::Delivered { what: "asked".into(), signal: None }, false)]
#[case::it_was_not(TriggerAnswer::NotReady, true)]
fn an_answer_after_the_end_says_whether_it_was_asked(#[case] answer: TriggerAnswer, #[case] finished: bool) {
    let mut bench = under_way(false);
    bench.give(Event::ChildExited(ChildExit::Code(0)));
    bench.give(Event::Triggered(answer));
    bench.give(Event::TreeGone);
    bench.scanned(found("new"));
    bench.give(Event::Assessed(Assessment { finished: Answer::Unknown, stopped: false, retry: None }));
    assert_eq!(bench.wanted(|action| *action == Action::Record(Entry::ChainFinished)) == 1, finished);
}

/// What a look from before the request finds, however late it is answered, was not written because of it.
#[rstest]
#[case::answered_late(true, 0)]
#[case::never_answered(false, 1)]
fn a_look_from_before_the_request(#[case] answered: bool, #[case] taken: usize) {
    let mut bench = Bench::asked_with(Settings { effect: Effect::Continue, ..settings() }, situation());
    if answered {
        bench.scanned(found("new"));
    }
    for second in 941..944 {
        if bench.until(second).iter().any(|action| matches!(action, Action::Scan(_))) {
            bench.scanned(found("new"));
        }
    }
    let recorded = |action: &Action| matches!(action, Action::Record(Entry::Checkpoint { .. }));
    assert_eq!(bench.wanted(recorded), taken, "{:?}", bench.all);
}
