//! Every event in every phase: answered by the table, survived by the machine.

use rstest::rstest;

use super::super::*;
use super::bench::{Bench, delivered, facts, found, term};
use super::settings;
use crate::model::{ChildExit, ContinuationMode, ExitStatus, JobId, Signal};

/// Events of every kind, with contents that matter.
pub(super) fn every_event() -> Vec<Event> {
    let mut events = vec![
        Event::Spawned,
        Event::SpawnFailed(ExitStatus::NOT_FOUND),
        Event::ChildStopped(Signal::TSTP),
        Event::ChildContinued,
        Event::ChildExited(ChildExit::Code(0)),
        Event::ChildExited(ChildExit::Signal(Signal::KILL)),
        Event::Tick,
        Event::Grace(GraceAnswer::None),
        Event::KillWait(std::time::Duration::from_secs(15)),
        Event::Grace(GraceAnswer::Unknown),
        Event::Grace(GraceAnswer::Time(std::time::Duration::from_secs(60))),
        delivered(Some(Signal::USR1)),
        Event::Triggered(TriggerAnswer::NotReady),
        Event::Triggered(TriggerAnswer::Unusable("no".into())),
        Event::Held(Signal::INT),
        Event::TreeGone,
        Event::Assessed(Assessment { finished: Answer::Unknown, stopped: false, retry: None }),
        Event::Recorded(true),
        Event::Recorded(false),
        Event::Kept(KeepAnswer::Done),
        Event::Kept(KeepAnswer::Failed("full".into())),
        Event::OwnerLost,
    ];
    for signal in [Signal::TERM, Signal::INT, Signal::USR1, Signal::TSTP, Signal::CONT, Signal::CHLD] {
        for sender in [Sender::Kernel, Sender::Child, Sender::Own, Sender::Other] {
            events.push(Event::Signal(signal, sender));
        }
    }
    for ticket in (0..4).map(Ticket) {
        events.push(Event::Scanned(ticket, found("new")));
        events.push(Event::Scanned(ticket, ScanAnswer::Unknown("stale".into())));
        events.push(Event::Job(ticket, JobAnswer::Gone));
        events.push(Event::Job(ticket, JobAnswer::Unknown("timed out".into())));
        for phase in [JobPhase::Running, JobPhase::Pending, JobPhase::Completing, JobPhase::Other] {
            events.push(Event::Job(ticket, JobAnswer::Facts(facts(phase))));
        }
    }
    let answers = [
        StepAnswer::Done,
        StepAnswer::Job(JobId::Single(9)),
        StepAnswer::Absent,
        StepAnswer::Codes(vec![99]),
        StepAnswer::Refused(Refused::Disabled, "no".into()),
        StepAnswer::Refused(Refused::NotPending, "no".into()),
        StepAnswer::Unknown("timed out".into()),
    ];
    events.extend(answers.map(Event::Step));
    events
}

fn in_phase(phase: Phase) -> Bench {
    match phase {
        Phase::Starting => Bench::new(settings(), super::bench::situation()),
        Phase::Running => Bench::running(),
        Phase::Asking => Bench::asked(),
        Phase::Ending => {
            let mut bench = Bench::asked();
            bench.until(999);
            bench
        }
        Phase::Clearing => {
            let mut bench = Bench::asked();
            bench.give(Event::ChildExited(ChildExit::Code(85)));
            bench
        }
        Phase::Continuing => Bench::continuing(settings()),
        Phase::Done => {
            let mut bench = Bench::running();
            bench.give(Event::OwnerLost);
            bench
        }
    }
}

#[rstest]
fn every_pair_is_answered_and_survived() {
    for phase in Phase::ALL {
        for event in every_event() {
            let mut bench = in_phase(phase);
            assert_eq!(bench.machine.phase(), phase);
            let rule = rule(phase, Kind::of(&event));
            let wanted = bench.give(event.clone());
            if matches!(rule, Rule::Late | Rule::Never) {
                assert_eq!((wanted, bench.machine.phase()), (vec![], phase), "{event:?} in {phase:?}");
            }
            assert!(bench.wanted(|action| matches!(action, Action::Exit(_))) <= 1);
        }
    }
}

#[rstest]
fn pairs_of_events_are_survived_too() {
    for phase in Phase::ALL {
        for first in every_event() {
            for second in every_event() {
                let mut bench = in_phase(phase);
                bench.give(first.clone());
                let over = bench.machine.phase() == Phase::Done;
                let wanted = bench.give(second.clone());
                assert!(!over || wanted.is_empty(), "{second:?} after the end brought {wanted:?}");
                assert!(bench.wanted(|action| matches!(action, Action::Exit(_))) <= 1);
            }
        }
    }
}

#[rstest]
#[case(Phase::Running)]
#[case(Phase::Asking)]
#[case(Phase::Ending)]
#[case(Phase::Clearing)]
#[case(Phase::Continuing)]
fn the_older_copy_yields_at_once(#[case] phase: Phase) {
    let mut bench = in_phase(phase);
    let wanted = bench.give(Event::OwnerLost);
    assert_eq!(wanted.last(), Some(&Action::Exit(Outcome::Exit(ExitStatus::UNFINISHED))));
    let records =
        |action: &Action| matches!(action, Action::Record(_) | Action::RecordDurably(_) | Action::Step(_));
    assert!(!wanted.iter().any(records), "{wanted:?}");
    let kills = wanted.contains(&Action::EndChild(Signal::KILL));
    assert_eq!(kills, matches!(phase, Phase::Running | Phase::Asking | Phase::Ending));
}

#[test]
fn a_child_that_cannot_be_started_ends_everything() {
    let mut bench = in_phase(Phase::Starting);
    let exit = Action::Exit(Outcome::Exit(ExitStatus::NOT_FOUND));
    assert_eq!(bench.give(Event::SpawnFailed(ExitStatus::NOT_FOUND)), [exit]);
}

#[test]
fn signals_that_come_before_the_child_are_taken_with_their_sender() {
    let mut bench = in_phase(Phase::Starting);
    assert_eq!(bench.give(Event::Signal(Signal::USR1, Sender::Child)), []);
    assert_eq!(bench.give(term()), []);
    let wanted = bench.give(Event::Spawned);
    assert_eq!(wanted.first(), Some(&Action::Record(Entry::SegmentStarted)));
    assert!(wanted.iter().any(|action| matches!(action, Action::Trigger(_))));
}

#[test]
fn without_a_chain_nothing_is_kept_and_the_code_is_the_childs() {
    let situation = Situation { chain: false, host: Host::Nobody, end: None, ..super::bench::situation() };
    let mut bench = Bench::running_with(Settings { mode: ContinuationMode::None, ..settings() }, situation);
    assert_eq!(bench.give(term()), [Action::Forward(Signal::TERM)]);
    bench.give(Event::ChildExited(ChildExit::Signal(Signal::TERM)));
    let exit = Action::Exit(Outcome::Exit(ExitStatus::Signal(Signal::TERM)));
    assert_eq!(bench.give(Event::TreeGone), [exit]);
}
