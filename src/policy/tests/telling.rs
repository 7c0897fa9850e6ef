//! What the program says of itself, and what follows from it.

use rstest::rstest;

use super::super::*;
use super::bench::{Bench, delivered, found, id, situation, term};
use super::settings;
use crate::model::{ChildExit, Effect, Message, Signal, Trigger};

fn told(text: &str) -> Event {
    let mut messages = Message::parse(text.as_bytes()).messages;
    assert_eq!(messages.len(), 1, "{text}");
    Event::Told(messages.remove(0))
}

fn awaiting() -> Bench {
    Bench::running_with(Settings { awaits_ready: true, ..settings() }, situation())
}

/// A program of which nothing is known but what it says.
fn unknown(effect: Effect) -> Settings {
    Settings { knows_checkpoints: false, effect, triggers: vec![Trigger::Auto], ..settings() }
}

fn interrupt() -> Event {
    Event::Signal(Signal::INT, Sender::Other)
}

fn is_trigger(action: &Action) -> bool {
    matches!(action, Action::Trigger(_))
}

fn told_records(bench: &Bench) -> usize {
    bench.wanted(|action| matches!(action, Action::Record(Entry::Told { .. })))
}

fn checkpoints(bench: &Bench) -> usize {
    bench.wanted(|action| matches!(action, Action::Record(Entry::Checkpoint { .. })))
}

/// The child ends with nothing known of checkpoints; what its rules say.
fn ends(bench: &mut Bench, exit: ChildExit, finished: Answer) -> Verdict {
    bench.give(Event::ChildExited(exit));
    bench.give(Event::TreeGone);
    bench.give(Event::Assessed(Assessment { finished, stopped: false, retry: None }));
    let verdict = |action: &Action| match action {
        Action::Record(Entry::SegmentEnded(ended)) => Some(ended.verdict),
        _ => None,
    };
    bench.all.iter().find_map(verdict).expect("it was judged")
}

#[test]
fn signals_wait_for_ready_and_not_a_moment_longer() {
    let mut bench = awaiting();
    assert_eq!(bench.give(interrupt()), []);
    assert_eq!(bench.until(900), [], "nothing wakes up for it");
    assert_eq!(bench.give(told("READY=1")), [Action::Forward(Signal::INT)]);
    assert_eq!(bench.give(interrupt()), [Action::Forward(Signal::INT)]);
}

#[test]
fn the_same_signal_twice_does_not_wait() {
    let mut bench = awaiting();
    bench.until(20);
    assert_eq!(bench.give(interrupt()), []);
    assert_eq!(bench.give(interrupt()), [Action::Forward(Signal::INT)]);
}

#[test]
fn the_request_waits_for_ready_too() {
    let mut bench = awaiting();
    assert!(!bench.until(950).iter().any(is_trigger));
    assert!(bench.give(told("READY=1")).iter().any(is_trigger));
}

#[test]
fn who_never_says_ready_is_ended_on_time() {
    let mut bench = awaiting();
    assert!(!bench.until(984).iter().any(|action| matches!(action, Action::EndChild(_))));
    assert!(bench.until(985).contains(&Action::EndChild(Signal::TERM)));
    let mut bench = awaiting();
    bench.give(term());
    assert!(bench.until(20).contains(&Action::EndChild(Signal::TERM)), "two thirds of KillWait");
}

#[test]
fn without_the_key_ready_changes_nothing() {
    let mut bench = Bench::running();
    bench.until(20);
    assert_eq!(bench.give(interrupt()), [Action::Forward(Signal::INT)]);
    assert_eq!(bench.give(told("READY=1")), []);
    assert!(bench.until(940).iter().any(is_trigger));
}

#[test]
fn who_is_ending_is_not_asked_and_is_ended_on_time_all_the_same() {
    let mut bench = Bench::running();
    bench.until(930);
    bench.give(told("STOPPING=1"));
    let wanted = bench.until(984);
    assert!(!wanted.iter().any(is_trigger), "{wanted:?}");
    assert!(bench.until(985).contains(&Action::EndChild(Signal::TERM)));
    // Any of its processes may have said it: one that goes on all the same is asked, later or as planned.
    for said in [890, 100] {
        let mut bench = Bench::running();
        bench.until(said);
        bench.give(told("STOPPING=1"));
        assert!(!bench.until(939).iter().any(is_trigger), "{said}");
        assert!(bench.until(951).iter().any(is_trigger), "{said}");
    }
    let mut bench = Bench::running();
    bench.give(told("STOPPING=1"));
    let wanted = bench.give(term());
    assert!(!wanted.iter().any(is_trigger), "{wanted:?}");
    assert!(bench.until(20).contains(&Action::EndChild(Signal::TERM)));
}

#[test]
fn however_much_is_said_there_is_one_record_a_minute_and_one_at_the_end() {
    let mut bench = Bench::running();
    for second in 0..600 {
        bench.until(second);
        for part in 0..100 {
            bench.give(told(&format!("X_CKWRAP_PROGRESS={second}.{part}/1000")));
            bench.give(told(&format!("STATUS=part {part}")));
        }
    }
    assert!((9..=11).contains(&told_records(&bench)), "{}", told_records(&bench));
    let before = told_records(&bench);
    bench.give(told("STATUS=the last word"));
    bench.child_ends(ChildExit::Code(0), found("old"));
    assert_eq!(told_records(&bench), before + 1);
    let last = |action: &Action| matches!(action, Action::Record(Entry::Told { status: Some(text), .. }) if text == "the last word");
    assert_eq!(bench.wanted(last), 1);
}

#[test]
fn the_same_again_is_no_news() {
    let mut bench = Bench::running();
    for second in 0..600 {
        bench.until(second);
        bench.give(told("STATUS=as before"));
    }
    assert_eq!(told_records(&bench), 1);
}

#[rstest]
#[case::by_its_word("X_CKWRAP_FINISHED=1", ChildExit::Code(0), Answer::Unknown, Verdict::Finished)]
#[case::without_it("STATUS=x", ChildExit::Code(0), Answer::Unknown, Verdict::Unfinished)]
#[case::failed_after_it("X_CKWRAP_FINISHED=1", ChildExit::Code(1), Answer::Unknown, Verdict::Failed)]
#[case::the_rule_denies_it("X_CKWRAP_FINISHED=1", ChildExit::Code(0), Answer::No, Verdict::Unfinished)]
fn after_a_request_exit_0_is_finished_by_the_programs_word(
    #[case] text: &str,
    #[case] exit: ChildExit,
    #[case] finished: Answer,
    #[case] verdict: Verdict,
) {
    let mut bench = Bench::asked_with(unknown(Effect::Stop), situation());
    bench.give(told(text));
    assert_eq!(ends(&mut bench, exit, finished), verdict);
}

#[test]
fn a_word_that_is_read_after_the_end_counts_too() {
    let mut bench = Bench::asked_with(unknown(Effect::Stop), situation());
    bench.give(Event::ChildExited(ChildExit::Code(0)));
    bench.give(told("X_CKWRAP_FINISHED=1"));
    bench.give(Event::TreeGone);
    bench.give(Event::Assessed(Assessment { finished: Answer::Unknown, stopped: false, retry: None }));
    assert_eq!(bench.wanted(|action| matches!(action, Action::Record(Entry::ChainFinished))), 1);
}

#[test]
fn an_announced_checkpoint_is_evidence_where_nothing_else_is_known() {
    let mut bench = Bench::asked_with(unknown(Effect::Stop), situation());
    bench.until(950);
    assert_eq!(bench.give(told("X_CKWRAP_CHECKPOINT=new")), [Action::Examine("new".into())]);
    bench.give(Event::Examined(Examined::There(id("new"))));
    assert_eq!(bench.until(951), [Action::Examine("new".into())], "it must hold still");
    bench.give(Event::Examined(Examined::There(id("new"))));
    assert_eq!(checkpoints(&bench), 1);
    bench.give(Event::ChildExited(ChildExit::Code(1)));
    assert!(bench.give(Event::TreeGone).contains(&Action::Examine("new".into())));
    assert_eq!(
        bench.give(Event::Assessed(Assessment { finished: Answer::Unknown, stopped: false, retry: None })),
        []
    );
    bench.give(Event::Examined(Examined::There(id("new"))));
    let ended = |action: &Action| {
        matches!(action, Action::Record(Entry::SegmentEnded(ended))
        if ended.fresh == Some(true) && ended.checkpoint == Some(id("new")) && ended.verdict == Verdict::Unfinished)
    };
    assert_eq!((bench.wanted(ended), checkpoints(&bench)), (1, 1));
}

#[test]
fn one_that_is_not_there_proves_nothing_and_is_told_once() {
    let mut bench = Bench::asked_with(unknown(Effect::Stop), situation());
    for second in 950..955 {
        bench.until(second);
        bench.give(told("X_CKWRAP_CHECKPOINT=new"));
        bench.give(Event::Examined(Examined::Missing("new".into())));
    }
    let said = |action: &Action| matches!(action, Action::Say(Notice::AnnouncedMissing(_)));
    assert_eq!((bench.wanted(said), checkpoints(&bench)), (1, 0));
}

#[test]
fn a_program_that_goes_on_is_ended_after_the_checkpoint_it_announced() {
    let mut bench = Bench::asked_with(unknown(Effect::Continue), situation());
    bench.give(told("X_CKWRAP_CHECKPOINT=new"));
    bench.give(Event::Examined(Examined::There(id("new"))));
    assert!(!bench.until(940).iter().any(|action| matches!(action, Action::EndChild(_))));
    bench.until(941);
    let wanted = bench.give(Event::Examined(Examined::There(id("new"))));
    assert!(wanted.contains(&Action::EndChild(Signal::TERM)), "{wanted:?}");
}

#[test]
fn but_not_after_one_that_it_announced_before_it_was_asked() {
    let mut bench = Bench::running_with(unknown(Effect::Continue), situation());
    bench.until(930);
    bench.give(told("X_CKWRAP_CHECKPOINT=new"));
    bench.until(940);
    bench.give(delivered(None));
    for second in 941..950 {
        bench.give(Event::Examined(Examined::There(id("new"))));
        assert!(!bench.until(second).iter().any(|action| matches!(action, Action::EndChild(_))));
    }
}

#[test]
fn where_the_profile_knows_checkpoints_an_announcement_is_a_reason_to_look_at_once() {
    let mut bench = Bench::asked_with(Settings { effect: Effect::Continue, ..settings() }, situation());
    let wanted = bench.give(told("X_CKWRAP_CHECKPOINT=anything"));
    assert!(matches!(wanted[..], [Action::Scan(_)]), "{wanted:?}");
    bench.scanned(found("new"));
    bench.until(941);
    assert!(bench.scanned(found("new")).contains(&Action::EndChild(Signal::TERM)));
}

#[test]
fn announced_in_passing_it_is_noted_at_most_once_a_minute() {
    for settings in [settings(), unknown(Effect::Stop)] {
        let mut bench = Bench::running_with(settings, situation());
        for second in 0..900 {
            let mut wanted = bench.until(second);
            let name = format!("ck{}", second / 10);
            wanted.extend(bench.give(told(&format!("X_CKWRAP_CHECKPOINT={name}"))));
            for action in wanted {
                match action {
                    Action::Scan(ticket) => drop(bench.give(Event::Scanned(ticket, found(&name)))),
                    Action::Examine(path) => {
                        drop(bench.give(Event::Examined(Examined::There(id(path.to_str().unwrap())))));
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        assert!((14..=16).contains(&checkpoints(&bench)), "{}", checkpoints(&bench));
    }
}

#[test]
fn one_that_is_being_written_again_is_not_noted() {
    let mut bench = Bench::running();
    for second in 0..900 {
        let mut wanted = bench.until(second);
        wanted.extend(bench.give(told("X_CKWRAP_CHECKPOINT=state")));
        for action in wanted {
            let Action::Scan(ticket) = action else { panic!("{action:?}") };
            bench.give(Event::Scanned(ticket, found(&format!("half written {second}"))));
        }
    }
    let looks = bench.wanted(|action| matches!(action, Action::Scan(_)));
    assert_eq!((checkpoints(&bench), (20..=40).contains(&looks)), (0, true), "{looks}");
}

#[test]
fn a_flood_of_announcements_brings_one_look_a_second() {
    let mut bench = Bench::asked_with(unknown(Effect::Stop), situation());
    for second in 941..951 {
        for _ in 0..1000 {
            bench.give(told("X_CKWRAP_CHECKPOINT=new"));
            bench.give(Event::Examined(Examined::There(id("old"))));
        }
        bench.until(second);
    }
    let looks = bench.wanted(|action| matches!(action, Action::Examine(_)));
    assert!((9..=12).contains(&looks), "{looks}");
}

#[test]
fn without_a_chain_nobody_listens() {
    let situation = Situation { chain: false, host: Host::Nobody, end: None, ..situation() };
    let mut bench = Bench::running_with(settings(), situation);
    for text in ["X_CKWRAP_CHECKPOINT=new", "STATUS=x", "READY=1"] {
        assert_eq!(bench.give(told(text)), []);
    }
}

/// Nobody waited for it: what was planned for the next try stays planned.
#[test]
fn a_ready_that_nobody_asked_for_hurries_nothing() {
    let mut bench = Bench::running();
    bench.until(940);
    bench.give(Event::Triggered(TriggerAnswer::NotReady));
    assert_eq!(bench.give(told("READY=1")), []);
    assert_eq!(bench.wanted(is_trigger), 1);
}

/// The second word of it is no news.
#[test]
fn a_second_ready_hurries_nothing() {
    let mut bench = awaiting();
    bench.give(told("READY=1"));
    bench.until(940);
    bench.give(Event::Triggered(TriggerAnswer::NotReady));
    assert_eq!(bench.give(told("READY=1")), []);
    assert_eq!(bench.wanted(is_trigger), 1);
}

/// The same file is the same checkpoint, however often it is told of.
#[test]
fn a_checkpoint_that_is_announced_again_is_noted_once() {
    let mut bench = Bench::running();
    let mut answered = 0;
    for begin in [100, 300, 500] {
        for second in begin..begin + 4 {
            bench.until(second);
            if second == begin {
                bench.give(told("X_CKWRAP_CHECKPOINT=new"));
            }
            if bench.wanted(|action| matches!(action, Action::Scan(_))) > answered {
                answered += 1;
                bench.scanned(found("new"));
            }
        }
    }
    assert!(answered >= 4, "each time it was looked for: {answered}");
    assert_eq!(checkpoints(&bench), 1, "{:?}", bench.all);
}
