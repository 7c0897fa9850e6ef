//! The plan, the request for a checkpoint, and signals while the child lives.

use std::time::Duration;

use rstest::rstest;

use super::super::*;
use super::bench::{Bench, at, delivered, facts, found, id, situation};
use super::settings;
use crate::model::{ChildExit, Effect, Signal, Target, Trigger};

fn is_trigger(action: &Action) -> bool {
    matches!(action, Action::Trigger(_))
}

fn ends(action: &Action) -> bool {
    matches!(action, Action::EndChild(_))
}

fn signal(signal: Signal) -> Trigger {
    Trigger::Signal { signal, to: Target::Leader }
}

#[test]
fn the_checkpoint_comes_its_lead_before_the_deadline_and_slurm_is_asked_just_before() {
    let mut bench = Bench::running();
    assert_eq!(bench.until(936), []);
    assert!(matches!(bench.until(937)[..], [Action::QueryJob(_), Action::Scan(_)]));
    assert_eq!(bench.until(939), []);
    assert_eq!(bench.until(940), [Action::Trigger(signal(Signal::USR1))]);
}

#[rstest]
#[case::later(2000, 1940)]
#[case::sooner(998, 938)]
fn an_answer_moves_the_deadline(#[case] end: u64, #[case] first: u64) {
    let mut bench = Bench::running();
    bench.until(937);
    bench.job(JobFacts { end: End::At(at(end)), ..facts(JobPhase::Running) });
    let early = bench.until(first - 1).iter().any(is_trigger);
    let then = bench.until(first).iter().any(is_trigger);
    assert!(!early && then);
}

#[rstest]
#[case::of_its_next_life(JobPhase::Completing)]
#[case::waiting(JobPhase::Pending)]
#[case::stale(JobPhase::Suspended)]
fn an_end_time_that_is_not_this_lifes_is_not_believed(#[case] phase: JobPhase) {
    let mut bench = Bench::running();
    bench.until(937);
    bench.job(JobFacts { end: End::At(at(9000)), ..facts(phase) });
    assert!(bench.until(940).iter().any(is_trigger));
}

#[rstest]
#[case(Some(500), 440)]
#[case(Some(5000), 940)]
fn the_users_limit_only_makes_it_earlier(#[case] own: Option<u64>, #[case] first: u64) {
    let mut bench = Bench::running_with(settings(), Situation { own_limit: own.map(at), ..situation() });
    assert!(!bench.until(first - 1).iter().any(is_trigger));
    assert!(bench.until(first).iter().any(is_trigger));
}

#[test]
fn without_a_limit_nothing_is_planned() {
    let mut bench = Bench::running_with(settings(), Situation { end: None, journal: false, ..situation() });
    bench.job(JobFacts { end: End::Never, ..facts(JobPhase::Running) });
    assert_eq!(bench.machine.deadline(), None);
    assert_eq!(bench.machine.allocation_end(), None);
}

#[test]
fn an_end_that_the_user_leaves_out_of_account_is_not_even_asked_for() {
    let alone = Situation { journal: false, ..situation() };
    let mut bench = Bench::running_with(Settings { ignores_end: true, ..settings() }, alone);
    assert_eq!(bench.machine.deadline(), None);
    assert!(!bench.all.iter().any(|action| matches!(action, Action::QueryJob(_))));
    bench.give(Event::Signal(Signal::CONT, Sender::Other));
    bench.job(facts(JobPhase::Running));
    assert_eq!(bench.machine.allocation_end(), None);
    // A preemption's grace time is an end all the same.
    bench.give(Event::Signal(Signal::CONT, Sender::Other));
    bench.job(JobFacts { preempted: true, ..facts(JobPhase::Running) });
    assert!(bench.all.iter().any(is_trigger));
}

/// `fg` wakes the child by itself; a SIGCONT to ckwrap alone is given on.
#[rstest]
#[case::by_the_shell(true, false)]
#[case::to_ckwrap_alone(false, true)]
fn on_a_terminal_a_continue_is_given_on_where_the_child_has_not_got_it(
    #[case] went_on: bool,
    #[case] given: bool,
) {
    let mut bench = Bench::running_with(settings(), Situation { terminal: true, ..situation() });
    bench.until(10);
    bench.give(Event::ChildStopped(Signal::TSTP));
    bench.give(Event::Signal(Signal::CONT, Sender::Other));
    if went_on {
        bench.give(Event::ChildContinued);
    }
    bench.until(11);
    assert_eq!(bench.wanted(|action| *action == Action::Forward(Signal::CONT)) == 1, given);
}

/// Ctrl-C in the moment between two segments: no next one is started.
#[rstest]
#[case::key(Sender::Kernel)]
#[case::sent(Sender::Other)]
fn an_interrupt_between_local_segments_ends_the_chain(#[case] sender: Sender) {
    let local = Situation { host: Host::Local, ..situation() };
    let mut bench = Bench::running_with(settings(), local);
    bench.until(940);
    bench.give(delivered(None));
    bench.give(Event::ChildExited(ChildExit::Code(85)));
    bench.give(Event::Signal(Signal::INT, sender));
    bench.give(Event::TreeGone);
    bench.scanned(found("new"));
    bench.give(Event::Assessed(Assessment { finished: Answer::No, stopped: false, retry: None }));
    assert!(bench.has_ended() && bench.has_stopped(StopReason::Cancelled));
}

#[test]
fn no_answer_is_asked_for_again_ever_more_rarely() {
    let mut bench = Bench::running_with(settings(), Situation { end: None, journal: false, ..situation() });
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let before = bench.now;
        bench.no_word();
        let due = bench.machine.deadline().unwrap();
        pauses.push(due.since(before).as_secs());
        bench.until(due.0.as_secs());
    }
    assert_eq!(pauses, [15, 30, 60, 120, 240, 480, 600, 600, 600]);
}

#[rstest]
#[case::own_moment(Lead::Fixed(Duration::from_secs(60)), Some(1000), false)]
#[case::lead_is_a_guess(Lead::Initial(Duration::from_secs(60)), Some(1000), true)]
#[case::no_deadline(Lead::Fixed(Duration::from_secs(60)), None, true)]
fn a_warning_is_a_hint(#[case] lead: Lead, #[case] end: Option<u64>, #[case] acts: bool) {
    let situation = Situation { end: end.map(at), ..situation() };
    let mut bench = Bench::running_with(Settings { lead, ..settings() }, situation);
    bench.until(100);
    let wanted = bench.give(Event::Signal(Signal::USR1, Sender::Other));
    assert_eq!(wanted.iter().any(is_trigger), acts);
    assert!(!wanted.contains(&Action::Forward(Signal::USR1)));
}

#[test]
fn warned_without_a_deadline_the_child_has_five_minutes() {
    let mut bench = Bench::running_with(settings(), Situation { end: None, ..situation() });
    bench.give(Event::Signal(Signal::USR1, Sender::Other));
    bench.give(delivered(Some(Signal::USR1)));
    assert!(!bench.until(299).iter().any(ends));
    assert!(bench.until(301).iter().any(ends));
}

#[test]
fn a_young_child_is_waited_for_and_an_old_one_asked_otherwise() {
    let two = Settings { triggers: vec![signal(Signal::USR1), signal(Signal::USR2)], ..settings() };
    let mut bench = Bench::running_with(two, Situation { end: None, ..situation() });
    bench.give(Event::Signal(Signal::USR1, Sender::Other));
    assert_eq!(bench.give(Event::Triggered(TriggerAnswer::NotReady)), []);
    bench.now = at(20);
    assert_eq!(bench.give(Event::Tick), [Action::Trigger(signal(Signal::USR1))]);
    assert_eq!(
        bench.give(Event::Triggered(TriggerAnswer::NotReady)),
        [Action::Trigger(signal(Signal::USR2))]
    );
}

#[test]
fn an_unusable_trigger_is_not_used_again_and_with_none_left_the_child_ends_at_the_margin() {
    let two = Settings { triggers: vec![Trigger::Run(vec!["x".into()]), signal(Signal::USR2)], ..settings() };
    let mut bench = Bench::running_with(two, situation());
    bench.until(940);
    let wanted = bench.give(Event::Triggered(TriggerAnswer::Unusable("no".into())));
    assert_eq!(wanted, [Action::Trigger(signal(Signal::USR2))]);
    bench.give(Event::Triggered(TriggerAnswer::NotReady));
    assert_eq!(bench.until(941).iter().filter(|action| is_trigger(action)).count(), 1);
    bench.give(Event::Triggered(TriggerAnswer::Unusable("no".into())));
    let wanted = bench.until(984);
    assert!(!wanted.iter().any(|action| is_trigger(action) || ends(action)), "{wanted:?}");
    assert!(bench.until(985).contains(&Action::EndChild(Signal::TERM)));
}

#[test]
fn a_trigger_is_never_sent_while_one_is_under_way() {
    let run = Settings { triggers: vec![Trigger::Run(vec!["slow".into()])], ..settings() };
    let mut bench = Bench::running_with(run, situation());
    bench.until(940);
    bench.give(Event::Held(Signal::INT));
    assert!(!bench.until(960).iter().any(is_trigger));
}

#[test]
fn a_child_that_ends_before_the_word_came_that_it_was_asked_was_asked() {
    let run = Settings { triggers: vec![Trigger::Run(vec!["slow".into()])], ..settings() };
    let mut bench = Bench::running_with(run, situation());
    bench.until(940);
    bench.give(Event::ChildExited(ChildExit::Code(0)));
    bench.give(Event::TreeGone);
    bench.scanned(found("new"));
    let unknown = Assessment { finished: Answer::Unknown, stopped: false, retry: None };
    bench.give(Event::Assessed(unknown));
    assert_eq!(bench.wanted(|action| matches!(action, Action::Record(Entry::ChainFinished))), 0);
}

#[test]
fn a_program_that_goes_on_is_ended_after_two_equal_looks() {
    let going_on = Settings { effect: Effect::Continue, ..settings() };
    let mut bench = Bench::asked_with(going_on, situation());
    bench.until(941);
    assert!(!bench.scanned(found("new")).iter().any(ends));
    bench.until(942);
    assert!(bench.scanned(found("new")).contains(&Action::EndChild(Signal::TERM)));
}

#[test]
fn a_program_whose_own_next_checkpoint_is_awaited_goes_on_and_is_ended_after_it() {
    let waiting = Settings { triggers: vec![Trigger::Wait], ..settings() };
    let mut bench = Bench::asked_with(waiting, situation());
    bench.until(941);
    assert!(!bench.scanned(found("new")).iter().any(ends));
    bench.until(942);
    assert!(bench.scanned(found("new")).contains(&Action::EndChild(Signal::TERM)));
}

#[rstest]
#[case::baseline(found("old"))]
#[case::fallback(ScanAnswer::Found { valid: Some(id("new")), newest: Some(id("new")), fallback: true })]
#[case::unreadable(ScanAnswer::Unknown("stale".into()))]
#[case::none(ScanAnswer::Found { valid: None, newest: Some(id("part")), fallback: false })]
fn what_is_not_new_never_counts(#[case] answer: ScanAnswer) {
    let going_on = Settings { effect: Effect::Continue, ..settings() };
    let mut bench = Bench::asked_with(going_on, situation());
    for second in [941, 942, 943, 944] {
        bench.until(second);
        assert!(!bench.scanned(answer.clone()).iter().any(ends));
    }
    assert_eq!(bench.wanted(|action| matches!(action, Action::Record(Entry::Checkpoint { .. }))), 0);
}

#[test]
fn a_checkpoint_that_still_changes_is_not_complete() {
    let going_on = Settings { effect: Effect::Continue, ..settings() };
    let mut bench = Bench::asked_with(going_on, situation());
    for second in 941..960 {
        bench.until(second);
        assert!(!bench.scanned(found(&format!("new{second}"))).iter().any(ends));
    }
}

#[test]
fn a_child_that_does_not_obey_is_killed() {
    let mut bench = Bench::asked();
    assert!(bench.until(995).contains(&Action::EndChild(Signal::TERM)));
    assert!(bench.until(1001).contains(&Action::EndChild(Signal::KILL)));
}

#[test]
fn a_child_asked_by_term_gets_no_second_one() {
    let by_term = Settings { triggers: vec![signal(Signal::TERM)], ..settings() };
    let mut bench = Bench::running_with(by_term, situation());
    bench.until(940);
    bench.give(delivered(Some(Signal::TERM)));
    let wanted = bench.until(996);
    assert!(
        wanted.contains(&Action::EndChild(Signal::KILL)) && !wanted.contains(&Action::EndChild(Signal::TERM))
    );
}

#[rstest]
#[case::outside(Sender::Other, Signal::INT, true)]
#[case::echo(Sender::Child, Signal::INT, false)]
#[case::own(Sender::Own, Signal::USR2, false)]
#[case::terminal(Sender::Kernel, Signal::INT, false)]
fn forwarding_on_a_terminal(#[case] sender: Sender, #[case] signal: Signal, #[case] goes: bool) {
    let situation = Situation { terminal: true, host: Host::Local, ..situation() };
    let mut bench = Bench::running_with(settings(), situation);
    bench.until(30);
    let wanted = bench.give(Event::Signal(signal, sender));
    assert_eq!(wanted.contains(&Action::Forward(signal)), goes, "{wanted:?}");
}

#[test]
fn a_fatal_signal_to_a_young_child_is_kept_until_it_is_ready() {
    let mut bench = Bench::running();
    let caught = Action::ForwardIfCaught(Signal::USR2);
    assert_eq!(bench.give(Event::Signal(Signal::USR2, Sender::Other)), std::slice::from_ref(&caught));
    assert_eq!(bench.give(Event::Held(Signal::USR2)), []);
    assert_eq!(bench.until(1), [caught]);
}

#[test]
fn suspension_stops_both_and_the_deadline_is_read_again_after_it() {
    let mut bench = Bench::running();
    bench.until(30);
    assert_eq!(bench.give(Event::Signal(Signal::TSTP, Sender::Other)), [Action::Forward(Signal::TSTP)]);
    assert_eq!(bench.give(Event::ChildStopped(Signal::TSTP)), [Action::StopSelf]);
    let wanted = bench.give(Event::Signal(Signal::CONT, Sender::Other));
    assert!(matches!(wanted[..], [Action::Forward(Signal::CONT), Action::QueryJob(_)]), "{wanted:?}");
    assert_eq!(
        bench.give(Event::ChildStopped(Signal::STOP)),
        [],
        "a stop nobody asked for is the child's own affair"
    );
}

#[test]
fn the_first_query_is_repeated_where_it_met_a_suspended_job() {
    let mut bench = Bench::running_with(settings(), Situation { end: None, ..situation() });
    bench.job(facts(JobPhase::Suspended));
    assert!(matches!(bench.until(15)[..], [Action::QueryJob(_)]));
}

#[test]
fn a_grace_time_found_by_polling_brings_the_checkpoint_forward() {
    let mut bench = Bench::running();
    bench.give(Event::Grace(GraceAnswer::Time(Duration::from_secs(90))));
    assert!(matches!(bench.until(30)[..], [Action::QueryJob(_)]));
    let wanted = bench.job(JobFacts { preempted: true, end: End::At(at(120)), ..facts(JobPhase::Running) });
    assert!(wanted.iter().any(is_trigger));
}

#[test]
fn long_notice_of_the_program_never_eats_the_whole_allocation() {
    let slow = Settings { poll: Duration::from_secs(5000), ..settings() };
    let mut bench = Bench::running_with(slow, situation());
    assert!(!bench.until(249).iter().any(is_trigger));
    assert!(bench.until(250).iter().any(is_trigger));
}

#[test]
fn looks_become_rare_where_no_checkpoint_comes() {
    let mut bench = Bench::running_with(settings(), Situation { end: Some(at(100_000)), ..situation() });
    bench.give(super::bench::term());
    bench.job(facts(JobPhase::Running));
    bench.give(Event::Triggered(TriggerAnswer::Unusable("no".into())));
    let mut looks = 0;
    while bench.now < at(3600) {
        let due = bench.machine.deadline().unwrap().0.as_secs() + 1;
        bench.until(due);
        bench.scanned(ScanAnswer::Found { valid: None, newest: None, fallback: false });
        looks += 1;
    }
    assert!(looks < 600, "{looks}");
}

#[rstest]
#[case::fits(60, 1000, None)]
#[case::half_but_for_the_moment_of_the_start(500, 999, None)]
#[case::more_than_half(600, 1000, Some(500))]
fn a_cut_lead_is_told_with_what_was_wanted(#[case] lead: u64, #[case] end: u64, #[case] cut: Option<u64>) {
    let seconds = Duration::from_secs;
    let settings = Settings { lead: Lead::Fixed(seconds(lead)), ..settings() };
    let bench = Bench::running_with(settings, Situation { end: Some(at(end)), ..situation() });
    let told = bench.all.iter().find_map(|action| match action {
        Action::Say(Notice::LeadCut { wanted, lead }) => Some((*wanted, *lead)),
        _ => None,
    });
    assert_eq!(told, cut.map(|cut| (seconds(lead), seconds(cut))));
}

#[test]
fn in_a_short_allocation_the_margin_leaves_half_of_the_cut_lead_for_writing() {
    let seconds = Duration::from_secs;
    let settings = Settings { lead: Lead::Initial(seconds(300)), margin: Some(seconds(120)), ..settings() };
    let situation = Situation { end: Some(at(400)), ..situation() };
    let (settings, learned) = (&settings, &lead::Learned::default());
    let grounds = deadline::Grounds { settings, situation: &situation, learned };
    let schedule = deadline::Schedule::new(at(400), grounds);
    assert_eq!((schedule.trigger, schedule.stop), (at(300), at(350)));
}
