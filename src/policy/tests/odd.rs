//! Ends that cannot be, and programs that stand still.

use rstest::rstest;

use super::super::*;
use super::bench::{Bench, at, facts, situation};
use super::settings;
use crate::model::{Now, Signal};

fn is_trigger(action: &Action) -> bool {
    matches!(action, Action::Trigger(_))
}

/// The job runs, so it cannot be over: neither by its environment nor by what the controller says.
#[test]
fn an_end_before_the_start_ends_nothing() {
    let began = Now { instant: at(500), ..Now::default() };
    let mut bench = Bench::running_with(settings(), Situation { began, end: Some(at(499)), ..situation() });
    assert!(bench.all.iter().any(|action| matches!(action, Action::QueryJob(_))));
    bench.job(JobFacts { end: End::At(at(0)), ..facts(JobPhase::Running) });
    assert_eq!(bench.machine.allocation_end(), None);
    assert_eq!(bench.wanted(|action| matches!(action, Action::Say(Notice::NoDeadline(_)))), 1);
    assert!(
        !bench.until(600).iter().any(|action| matches!(action, Action::EndChild(_)) || is_trigger(action))
    );
}

/// A stopped program saves nothing: it goes on before it is asked.
#[rstest]
#[case::still_stopped(false, 1)]
#[case::woken_by_somebody(true, 0)]
fn a_stopped_child_is_continued_before_it_is_asked(#[case] went_on: bool, #[case] times: usize) {
    let mut bench = Bench::running();
    bench.until(10);
    bench.give(Event::ChildStopped(Signal::STOP));
    assert!(!bench.all.contains(&Action::StopSelf), "the deadline must not be missed with it");
    if went_on {
        bench.give(Event::ChildContinued);
    }
    bench.until(940);
    let woken = bench.all.iter().position(|action| *action == Action::Forward(Signal::CONT));
    let asked = bench.all.iter().position(is_trigger);
    assert_eq!(bench.wanted(|action| *action == Action::Forward(Signal::CONT)), times);
    assert!(asked.is_some() && woken.is_none_or(|woken| Some(woken) < asked), "{:?}", bench.all);
}
