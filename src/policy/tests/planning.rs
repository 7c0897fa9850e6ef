//! A lead that is learned, and a program that goes on and is asked again.

use std::time::Duration;

use rstest::rstest;

use super::super::lead::Learned;
use super::super::machine::Question;
use super::super::*;
use super::bench::{Bench, at, delivered, facts, found, id, situation, term};
use super::settings;
use crate::model::{ChildExit, Effect, Instant, PreemptionWatch, Signal, Trigger};

fn is_trigger(action: &Action) -> bool {
    matches!(action, Action::Trigger(_))
}

fn ends(action: &Action) -> bool {
    matches!(action, Action::EndChild(_))
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A program that goes on after a checkpoint; an allocation of 10,000 s.
fn goes_on() -> Settings {
    Settings { lead: Lead::Initial(seconds(300)), effect: Effect::Continue, ..settings() }
}

fn long() -> Situation {
    Situation { end: Some(at(10_000)), ..situation() }
}

fn past(saves: &[u64]) -> Past {
    let saves = saves.iter().map(|took| (seconds(*took), true));
    Past { learned: Learned::new(saves, Vec::new()), ..Past::default() }
}

fn running(settings: Settings, past: Past) -> Bench {
    let mut bench = Bench::with_past(settings, long(), past);
    bench.give(Event::Spawned);
    bench
}

/// The moment of the next request.
fn trigger(bench: &Bench) -> Instant {
    bench.machine.schedule.unwrap().trigger
}

/// Lets the next request come, and be answered after so many seconds.
fn saves(bench: &mut Bench, name: &str, after: u64) {
    let due = trigger(bench).0.as_secs() + 1;
    assert!(bench.until(due).iter().any(is_trigger), "{due}");
    bench.give(delivered(Some(Signal::USR1)));
    bench.until(due + after - 1);
    // Two looks make one settled.
    for _ in 0..2 {
        let due = bench.machine.deadline().unwrap();
        bench.now = bench.now.max(due);
        bench.give(Event::Tick);
        bench.scanned(found(name));
    }
}

fn checkpoints(bench: &Bench) -> usize {
    bench.wanted(|action| matches!(action, Action::Record(Entry::Checkpoint { .. })))
}

#[test]
fn what_was_learned_is_told_and_recorded() {
    let bench = running(Settings { effect: Effect::Stop, ..goes_on() }, past(&[12, 11, 13, 12, 12, 14]));
    let said = bench.all.iter().find_map(|action| match action {
        Action::Say(notice @ Notice::Learned { .. }) => Some(notice.to_string()),
        _ => None,
    });
    let said = said.unwrap();
    assert!(said.starts_with("lead ") && said.contains("s: 6 checkpoints, median 12s, 99.9% "), "{said}");
    let planned = bench.all.iter().find_map(|action| match action {
        Action::Record(Entry::Deadline(planned)) => Some(*planned),
        _ => None,
    });
    let planned = planned.unwrap();
    assert_eq!(planned.at, at(10_000));
    assert_eq!(trigger(&bench), at(10_000).before(planned.lead));
    assert_eq!(planned.basis.map(|basis| basis.checkpoints), Some(6));
}

#[rstest]
#[case::it_fits(20, false)]
#[case::it_does_not(9000, true)]
fn a_checkpoint_that_no_longer_fits_is_warned_of(#[case] took: u64, #[case] warned: bool) {
    let bench = running(Settings { effect: Effect::Stop, ..goes_on() }, past(&[took; 4]));
    let warning = bench.all.iter().find_map(|action| match action {
        Action::Say(notice @ Notice::TooSlow { .. }) => Some((notice.level(), notice.to_string())),
        _ => None,
    });
    assert_eq!(warning.is_some(), warned);
    if let Some((level, text)) = warning {
        assert_eq!(level, Level::Warning);
        assert!(
            text.starts_with("a checkpoint has usually taken 2h 30m, and there is time for 1h 23m 20s only"),
            "{text}"
        );
    }
}

/// Nothing is measured at first: 750 s ahead as an insurance, then as the first one has shown, and a third time.
#[test]
fn a_program_that_goes_on_is_asked_three_times() {
    let mut bench = running(goes_on(), Past::default());
    assert_eq!(trigger(&bench), at(9250));
    saves(&mut bench, "first", 20);
    assert_eq!(bench.machine.phase(), Phase::Running);
    assert_eq!(bench.wanted(ends), 0);
    let second = trigger(&bench);
    assert!((9300..9960).contains(&second.0.as_secs()), "{second:?}");
    saves(&mut bench, "second", 20);
    assert_eq!(bench.machine.phase(), Phase::Running);
    let third = trigger(&bench);
    assert!(third > second && third < at(9960), "{third:?}");
    saves(&mut bench, "third", 20);
    assert_eq!((checkpoints(&bench), bench.wanted(is_trigger), bench.wanted(ends)), (3, 3, 1));
    assert_eq!(bench.machine.past.learned.saves.count(), 3);
    assert_eq!(bench.machine.phase(), Phase::Ending);
    assert!(bench.all.iter().any(|action| matches!(action, Action::Say(Notice::AskedAgain { .. }))));
}

/// Each is told of once, and what the end finds again is none of the later requests.
#[rstest]
#[case::while_it_computes(false)]
#[case::asked_again(true)]
fn the_end_after_a_checkpoint_finds_it_and_goes_on(#[case] asked: bool) {
    let mut bench = running(goes_on(), Past::default());
    saves(&mut bench, "first", 20);
    if asked {
        bench.until(9999);
        assert_eq!(bench.wanted(is_trigger), 2);
        bench.give(delivered(None));
        bench.until(9999);
    }
    bench.child_ends(ChildExit::Code(85), found("first"));
    assert_eq!(checkpoints(&bench), 1);
    let end = bench.all.iter().find_map(|action| match action {
        Action::Record(Entry::SegmentEnded(ended)) => Some((ended.fresh, ended.checkpoint.clone())),
        _ => None,
    });
    assert_eq!(end, Some((Some(true), Some(id("first")))));
    assert_eq!(bench.machine.phase(), Phase::Continuing);
}

/// It ends by itself with 0 while it computes on: whether it is finished nobody has said, so it goes on from what it saved.
#[test]
fn an_end_in_between_is_not_taken_for_the_end_of_the_work() {
    let mut bench = running(goes_on(), Past::default());
    saves(&mut bench, "first", 20);
    bench.give(Event::ChildExited(ChildExit::Code(0)));
    bench.give(Event::TreeGone);
    bench.scanned(found("first"));
    bench.give(Event::Assessed(Assessment { finished: Answer::Unknown, stopped: false, retry: None }));
    assert_eq!(bench.machine.phase(), Phase::Continuing);
    assert!(!bench.all.contains(&Action::Record(Entry::ChainFinished)));
}

#[rstest]
#[case::a_kill_would_harm(Settings { kill_safe: false, ..goes_on() })]
#[case::lead_is_set(Settings { lead: Lead::Fixed(seconds(300)), ..goes_on() })]
fn others_end_after_their_checkpoint(#[case] settings: Settings) {
    let mut bench = running(settings, Past::default());
    saves(&mut bench, "first", 20);
    assert_eq!((bench.machine.phase(), bench.wanted(ends)), (Phase::Ending, 1));
}

/// Its own next checkpoint was awaited, with nothing else left to try.
#[test]
fn one_that_could_not_be_asked_ends_after_its_own_checkpoint() {
    let triggers = vec![Trigger::Wait];
    let mut bench = running(Settings { triggers, ..goes_on() }, Past::default());
    saves(&mut bench, "first", 20);
    assert_eq!((bench.machine.phase(), bench.wanted(ends)), (Phase::Ending, 1));
}

#[test]
fn nothing_more_is_asked_for_where_it_is_not_worth_it() {
    let mut bench = running(goes_on(), Past::default());
    saves(&mut bench, "first", 600);
    assert_eq!((bench.machine.phase(), bench.wanted(ends)), (Phase::Ending, 1));
}

/// After SIGTERM or a preemption the next word may be the last.
#[rstest]
#[case::term(false)]
#[case::term_while_saving(true)]
fn after_a_term_the_first_checkpoint_is_the_last(#[case] while_saving: bool) {
    let mut bench = running(goes_on(), Past::default());
    if while_saving {
        bench.until(9250);
        bench.give(delivered(Some(Signal::USR1)));
        bench.give(term());
    } else {
        bench.until(5000);
        bench.give(term());
        bench.give(delivered(Some(Signal::USR1)));
    }
    bench.until(if while_saving { 9251 } else { 5001 });
    for _ in 0..2 {
        bench.scanned(found("first"));
        let due = bench.machine.deadline().unwrap();
        bench.now = bench.now.max(due);
        bench.give(Event::Tick);
    }
    bench.scanned(found("first"));
    assert_eq!((bench.machine.phase(), bench.wanted(is_trigger)), (Phase::Ending, 1));
}

#[test]
fn a_term_between_two_requests_asks_at_once() {
    let mut bench = running(goes_on(), Past::default());
    saves(&mut bench, "first", 20);
    assert!(bench.give(term()).iter().any(is_trigger));
}

#[rstest]
#[case::earlier(9400, None)]
#[case::later(20_000, Some((19_000, 19_960)))]
fn a_deadline_that_moves_between_two_requests_is_followed(
    #[case] end: u64,
    #[case] next: Option<(u64, u64)>,
) {
    let mut bench = running(goes_on(), Past::default());
    saves(&mut bench, "first", 100);
    bench.give(Event::Signal(Signal::CONT, Sender::Other));
    bench.job(JobFacts { end: End::At(at(end)), ..facts(JobPhase::Running) });
    match next {
        Some((from, to)) => {
            assert!((from..to).contains(&trigger(&bench).0.as_secs()), "{:?}", trigger(&bench));
        }
        None => assert_eq!((bench.machine.phase(), bench.wanted(ends)), (Phase::Ending, 1)),
    }
}

#[test]
fn slurm_is_asked_for_the_deadline_before_the_first_request_alone() {
    let mut bench = running(goes_on(), Past::default());
    let queries = |bench: &Bench| bench.wanted(|action| matches!(action, Action::QueryJob(_)));
    bench.until(9249);
    assert_eq!(queries(&bench), 1);
    bench.job(JobFacts { end: End::At(at(10_000)), ..facts(JobPhase::Running) });
    saves(&mut bench, "first", 20);
    let looks = bench.wanted(|action| matches!(action, Action::Scan(_)));
    bench.until(trigger(&bench).0.as_secs());
    assert_eq!(queries(&bench), 1);
    assert_eq!(bench.wanted(|action| matches!(action, Action::Scan(_))), looks + 1);
}

#[rstest]
#[case::asked_for(PreemptionWatch::Poll, false, true)]
#[case::there_is_a_grace(PreemptionWatch::Auto, true, true)]
#[case::there_is_none(PreemptionWatch::Auto, false, false)]
fn a_preemption_is_looked_for_again(
    #[case] preemption: PreemptionWatch,
    #[case] grace: bool,
    #[case] expected: bool,
) {
    let mut bench = running(Settings { preemption, ..goes_on() }, Past::default());
    if grace {
        bench.give(Event::Grace(GraceAnswer::Time(seconds(90))));
    }
    let due = trigger(&bench).0.as_secs();
    bench.until(due);
    // Those before the request are answered.
    while bench.machine.is_open(Question::Deadline) {
        bench.job(JobFacts { end: End::At(at(10_000)), ..facts(JobPhase::Running) });
    }
    let queries = |bench: &Bench| bench.wanted(|action| matches!(action, Action::QueryJob(_)));
    let before = queries(&bench);
    bench.give(delivered(None));
    bench.until(due + 20);
    for _ in 0..2 {
        bench.scanned(found("first"));
        let due = bench.machine.deadline().unwrap();
        bench.now = bench.now.max(due);
        bench.give(Event::Tick);
    }
    bench.scanned(found("first"));
    assert_eq!(bench.machine.phase(), Phase::Running);
    bench.until(due + 60);
    assert_eq!(queries(&bench) > before, expected);
}

/// With a learned lead the moment is known better than by Slurm's warning.
#[rstest]
#[case::learned(past(&[20, 22, 19]), false)]
#[case::guessed(Past::default(), true)]
fn a_warning_is_a_hint_where_the_lead_is_learned(#[case] past: Past, #[case] acts: bool) {
    let mut bench = running(goes_on(), past);
    bench.until(5000);
    let asked = bench.give(Event::Signal(Signal::USR1, Sender::Other)).iter().any(is_trigger);
    assert_eq!(asked, acts);
}

/// The 500th of 1000 tasks, 100 s ahead of its own moment; the question about a grace time comes 12.5 s after the start.
#[test]
fn a_task_among_many_takes_its_turn() {
    let crowd = Crowd::new(500, (0, 999), 1000);
    let settings = Settings { lead: Lead::Fixed(seconds(60)), ..settings() };
    let mut bench = Bench::running_with(settings, Situation { crowd, ..long() });
    assert_eq!(trigger(&bench), at(10_000 - 60 - 100));
    let said = bench.all.iter().find_map(|action| match action {
        Action::Say(notice @ Notice::Planned { .. }) => Some(notice.to_string()),
        _ => None,
    });
    let turn = "checkpoint 2m 40s before the end, 1m 40s of it for its turn among the tasks of the array";
    assert!(said.as_deref().is_some_and(|said| said.ends_with(turn)), "{said:?}");
    let asked = |bench: &Bench| bench.wanted(|action| matches!(action, Action::QueryGrace));
    assert_eq!((bench.until(12).len(), asked(&bench)), (0, 0));
    bench.until(13);
    assert_eq!(asked(&bench), 1);
    bench.give(Event::Grace(GraceAnswer::Unknown));
    bench.until(60);
    assert_eq!(asked(&bench), 2, "what nobody answered is asked again");
    bench.give(Event::Grace(GraceAnswer::Time(seconds(60))));
    bench.until(99);
    let about_the_job = |bench: &Bench| bench.wanted(|action| matches!(action, Action::QueryJob(_)));
    assert_eq!(about_the_job(&bench), 0);
    bench.until(101);
    assert_eq!(about_the_job(&bench), 1, "25 of 1000 a second: each every 40 s");
}

/// The end of the allocation is another one now.
fn moved(bench: &mut Bench, end: Instant) -> Vec<Action> {
    bench.give(Event::Signal(Signal::CONT, Sender::Other));
    bench.job(JobFacts { end: End::At(end), ..facts(JobPhase::Running) })
}

/// A request under way is not given up because another one would not be worth it any more.
#[test]
fn a_nearer_end_leaves_a_second_request_its_time() {
    let mut bench = running(goes_on(), Past::default());
    saves(&mut bench, "first", 20);
    bench.until(trigger(&bench).0.as_secs() + 1);
    bench.give(delivered(Some(Signal::USR1)));
    let now = bench.now;
    moved(&mut bench, now + seconds(8));
    assert_eq!(bench.machine.allocation_end(), Some(now + seconds(8)));
    assert_eq!((bench.machine.phase(), bench.wanted(ends)), (Phase::Asking, 0), "{:?}", bench.all);
}

/// However far the end is moved away, the third checkpoint is the last one.
#[test]
fn three_requests_are_the_most() {
    let mut bench = running(goes_on(), Past::default());
    for (name, end) in [("first", 20_000), ("second", 30_000), ("third", 40_000)] {
        assert_eq!(bench.machine.phase(), Phase::Running, "{name}");
        moved(&mut bench, at(end));
        saves(&mut bench, name, 20);
    }
    assert_eq!((bench.wanted(is_trigger), bench.wanted(ends)), (3, 1));
}

#[test]
fn a_turn_of_a_second_is_told() {
    let notice = |turn| Notice::Planned { left: seconds(600), lead: seconds(60), turn }.to_string();
    assert!(notice(seconds(1)).ends_with(", 1s of it for its turn among the tasks of the array"));
    assert!(notice(Duration::from_millis(999)).ends_with("before the end"));
}
