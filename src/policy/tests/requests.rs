//! Requests for a checkpoint, told as plays: what is tried, how often, and what is taken for an answer.

use std::time::Duration;

use super::super::*;
use super::bench::{at, delivered, facts, found, id, term};
use super::play::{Play, check};
use crate::model::{ChildExit, Effect, Message, Signal, Target, Trigger};

fn signal(signal: Signal, to: Target) -> Trigger {
    Trigger::Signal { signal, to }
}

fn file() -> Trigger {
    Trigger::File { path: "stop".into(), text: String::new() }
}

fn unusable() -> TriggerAnswer {
    TriggerAnswer::Unusable("no handler".into())
}

fn reached() -> TriggerAnswer {
    TriggerAnswer::Delivered { what: "SIGUSR1".into(), signal: Some(Signal::USR1) }
}

/// A deadline that is near, so that not much happens besides.
fn soon(change: impl FnOnce(&mut Play)) -> Play {
    Play::with(|play| {
        play.situation.end = Some(at(120));
        play.jobs = vec![JobAnswer::Facts(JobFacts { end: End::At(at(120)), ..facts(JobPhase::Running) })];
        change(play);
    })
}

/// Several triggers, with these answers.
fn tries(triggers: Vec<Trigger>, answers: Vec<TriggerAnswer>) -> Play {
    soon(|play| {
        (play.settings.triggers, play.triggers) = (triggers, answers);
    })
}

#[test]
fn triggers() {
    let usr1 = || signal(Signal::USR1, Target::Leader);
    let by_limit = || Trigger::Limit(vec!["-maxh".into(), "{hours}".into()]);
    check(
        "triggers",
        vec![
            (
                "not ready, and young",
                Play::with(|play| {
                    play.happens = vec![(1, Event::Signal(Signal::USR1, Sender::Other))];
                    play.triggers = vec![TriggerAnswer::NotReady, TriggerAnswer::NotReady, reached()];
                }),
            ),
            ("not ready, and no longer young", tries(vec![usr1()], vec![TriggerAnswer::NotReady, reached()])),
            (
                "not ready, the next one is",
                tries(vec![usr1(), file()], vec![TriggerAnswer::NotReady, reached()]),
            ),
            ("never ready", tries(vec![usr1()], vec![TriggerAnswer::NotReady])),
            ("unusable, the next one is not", tries(vec![usr1(), file()], vec![unusable(), reached()])),
            (
                "one unusable, one not ready",
                tries(vec![usr1(), file()], vec![unusable(), TriggerAnswer::NotReady]),
            ),
            ("all unusable", tries(vec![usr1(), file()], vec![unusable()])),
            ("a limit was given at the start", tries(vec![by_limit()], Vec::new())),
            ("a limit, then a signal", tries(vec![by_limit(), usr1()], vec![reached()])),
            ("none at all", tries(Vec::new(), Vec::new())),
            ("no word about the trigger", tries(vec![usr1()], Vec::new())),
            (
                "its own next checkpoint is awaited",
                soon(|play| {
                    play.settings.triggers = vec![Trigger::Wait];
                    play.obeys = None;
                }),
            ),
            (
                "its own next checkpoint is awaited, and it goes on",
                soon(|play| {
                    play.settings.triggers = vec![Trigger::Wait];
                    play.settings.effect = Effect::Continue;
                    play.obeys = None;
                }),
            ),
        ],
    );
}

/// SIGTERM at 20 s in a job whose program hears it as well, or does not.
fn heard(change: impl FnOnce(&mut Play)) -> Play {
    soon(|play| {
        play.situation.child_hears_slurm = true;
        play.settings.triggers = vec![signal(Signal::TERM, Target::Leader)];
        play.happens = vec![(20, term())];
        play.obeys = None;
        let ending = JobFacts { phase: JobPhase::Completing, ..facts(JobPhase::Completing) };
        play.jobs = vec![JobAnswer::Facts(ending)];
        change(play);
    })
}

fn to(target: Target) -> Play {
    heard(|play| play.settings.triggers = vec![signal(Signal::TERM, target)])
}

#[test]
fn heard_already() {
    check(
        "heard_already",
        vec![
            ("it gets no second one", to(Target::Leader)),
            ("nor the group", to(Target::Group)),
            ("nor the ranks", to(Target::Ranks)),
            ("nor the step", to(Target::Step)),
            (
                "it saves and ends",
                heard(|play| {
                    play.happens.push((22, Event::ChildExited(ChildExit::Code(85))));
                }),
            ),
            (
                "another signal is sent",
                heard(|play| {
                    play.settings.triggers = vec![signal(Signal::USR1, Target::Leader)];
                }),
            ),
            ("a file is written", heard(|play| play.settings.triggers = vec![file()])),
            ("nothing is to be tried", heard(|play| play.settings.triggers = Vec::new())),
            ("it does not hear it", heard(|play| play.situation.child_hears_slurm = false)),
            (
                "ranks of a step hear it",
                heard(|play| {
                    (play.situation.child_hears_slurm, play.situation.ranks_in_step) = (false, true);
                }),
            ),
            ("not ready then", heard(|play| play.triggers = vec![TriggerAnswer::NotReady])),
            (
                "asked for the deadline before",
                heard(|play| {
                    play.happens = vec![(65, term())];
                    play.triggers = vec![TriggerAnswer::NotReady];
                }),
            ),
            ("reached for the deadline before", heard(|play| play.happens = vec![(65, term())])),
            (
                "somebody sent it",
                heard(|play| {
                    play.jobs = vec![JobAnswer::Facts(facts(JobPhase::Running))];
                }),
            ),
            ("a second one", heard(|play| play.happens.push((21, term())))),
            (
                "in a grace time, and nobody says why",
                heard(|play| {
                    play.situation.end = Some(at(600));
                    play.grace = Some(GraceAnswer::Time(Duration::from_secs(200)));
                    let preempted =
                        JobFacts { preempted: true, end: End::At(at(300)), ..facts(JobPhase::Running) };
                    play.jobs = vec![JobAnswer::Facts(preempted), JobAnswer::Unknown("timed out".into())];
                    (play.scans, play.happens) = (vec![found("old")], vec![(90, term())]);
                }),
            ),
            ("nobody says why", heard(|play| play.jobs = vec![JobAnswer::Unknown("timed out".into())])),
        ],
    );
}

/// Looks at checkpoints after a request at 60 s.
fn looks(scans: Vec<ScanAnswer>) -> Play {
    soon(|play| {
        play.obeys = None;
        play.settings.effect = Effect::Continue;
        play.scans = scans;
    })
}

fn nothing() -> ScanAnswer {
    ScanAnswer::Found { valid: None, newest: None, fallback: false }
}

fn older() -> ScanAnswer {
    ScanAnswer::Found { valid: Some(id("older")), newest: Some(id("new")), fallback: true }
}

fn grown(size: u64) -> ScanAnswer {
    let id = crate::model::CheckpointId { size, ..id("new") };
    ScanAnswer::Found { valid: Some(id.clone()), newest: Some(id), fallback: false }
}

#[test]
fn looks_after_a_request() {
    let unknown = || ScanAnswer::Unknown("stale".into());
    check(
        "looks_after_a_request",
        vec![
            ("nothing ever comes", looks(vec![nothing()])),
            ("only the old one", looks(vec![found("old")])),
            ("only an older one is whole", looks(vec![found("old"), older()])),
            ("cannot be looked at", looks(vec![unknown()])),
            ("still growing", looks(vec![found("old"), grown(1), grown(2), grown(3), grown(3)])),
            (
                "seen, gone, seen",
                looks(vec![found("old"), found("new"), unknown(), found("new"), found("new")]),
            ),
            (
                "another one between",
                looks(vec![found("old"), found("new"), found("newer"), found("new"), found("new")]),
            ),
            ("new at the look before the plan", looks(vec![found("new")])),
            (
                "nobody knows where they lie",
                Play::with(|play| {
                    play.settings.knows_checkpoints = false;
                    play.obeys = None;
                }),
            ),
            (
                "a stopped program is woken",
                soon(|play| {
                    play.happens = vec![(10, Event::ChildStopped(Signal::STOP))];
                }),
            ),
            (
                "one that went on by itself is not",
                soon(|play| {
                    play.happens = vec![(10, Event::ChildStopped(Signal::STOP)), (11, Event::ChildContinued)];
                }),
            ),
            (
                "a stray answer",
                soon(|play| {
                    play.happens =
                        vec![(62, delivered(None)), (63, Event::Scanned(Ticket(99), found("new")))];
                }),
            ),
        ],
    );
}

/// One who waits to be told that the program is ready.
fn awaits(change: impl FnOnce(&mut Play)) -> Play {
    soon(|play| {
        play.settings.awaits_ready = true;
        change(play);
    })
}

#[test]
fn readiness() {
    let ready = || Event::Told(Message::Ready);
    let interrupt = || Event::Signal(Signal::INT, Sender::Other);
    check(
        "readiness",
        vec![
            ("it says so in time", awaits(|play| play.happens = vec![(5, ready())])),
            ("it says so late", awaits(|play| play.happens = vec![(70, ready())])),
            ("it never says so", awaits(|_| {})),
            ("twice", awaits(|play| play.happens = vec![(5, ready()), (61, ready())])),
            (
                "a signal waits for it",
                awaits(|play| {
                    play.happens = vec![(5, interrupt()), (9, ready()), (10, interrupt())];
                }),
            ),
            (
                "a signal twice does not",
                awaits(|play| play.happens = vec![(5, interrupt()), (6, interrupt())]),
            ),
            (
                "a resized window does not",
                awaits(|play| {
                    play.happens = vec![(5, Event::Signal(Signal::WINCH, Sender::Kernel))];
                }),
            ),
            ("nobody asked it to say so", soon(|play| play.happens = vec![(5, interrupt()), (9, ready())])),
            (
                "SIGTERM before it",
                awaits(|play| {
                    play.kill_wait = Some(Duration::from_secs(30));
                    play.happens = vec![(5, term()), (9, ready())];
                }),
            ),
            (
                "SIGTERM that it hears too, before it",
                awaits(|play| {
                    play.situation.child_hears_slurm = true;
                    play.settings.triggers = vec![signal(Signal::TERM, Target::Leader)];
                    play.happens = vec![(5, term()), (6, ready())];
                }),
            ),
            (
                "no handler yet",
                soon(|play| {
                    play.happens = vec![(5, Event::Held(Signal::INT)), (6, interrupt())];
                }),
            ),
            (
                "stopped on a terminal",
                soon(|play| {
                    play.situation.terminal = true;
                    play.happens = vec![
                        (5, Event::ChildStopped(Signal::TSTP)),
                        (7, Event::Signal(Signal::CONT, Sender::Other)),
                        (7, Event::ChildContinued),
                        (9, Event::ChildStopped(Signal::TSTP)),
                        (11, Event::Signal(Signal::CONT, Sender::Other)),
                    ];
                }),
            ),
            (
                "stopped by a signal to ckwrap",
                soon(|play| {
                    play.happens = vec![
                        (5, Event::Signal(Signal::TSTP, Sender::Other)),
                        (6, Event::ChildStopped(Signal::TSTP)),
                        (7, Event::Signal(Signal::CONT, Sender::Other)),
                        (8, Event::ChildContinued),
                        (9, Event::ChildStopped(Signal::STOP)),
                    ];
                }),
            ),
            (
                "suspended, and its end is asked for again",
                soon(|play| {
                    play.happens = vec![
                        (7, Event::Signal(Signal::CONT, Sender::Other)),
                        (8, Event::Signal(Signal::CONT, Sender::Other)),
                    ];
                }),
            ),
            (
                "continued after SIGTERM",
                soon(|play| {
                    play.happens = vec![(5, term()), (6, Event::Signal(Signal::CONT, Sender::Other))];
                }),
            ),
        ],
    );
}

#[test]
fn replaced() {
    let lost = |at: u64| move |play: &mut Play| play.happens = vec![(at, Event::OwnerLost)];
    check(
        "replaced",
        vec![
            ("while the program runs", soon(lost(5))),
            ("while it is asked", soon(lost(62))),
            (
                "while it is being ended",
                soon(|play| {
                    (play.obeys, play.on_term) = (None, None);
                    play.settings.effect = Effect::Continue;
                    play.happens = vec![(62, Event::OwnerLost)];
                }),
            ),
            (
                "while its end is looked into",
                soon(|play| {
                    play.scans = Vec::new();
                    play.happens = vec![(66, Event::OwnerLost)];
                }),
            ),
            (
                "while the chain is continued",
                soon(|play| {
                    play.steps = Vec::new();
                    play.happens = vec![(66, Event::OwnerLost)];
                }),
            ),
        ],
    );
}
