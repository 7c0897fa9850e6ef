//! While the child computes: the plan, signals, and the news of a preemption.

use std::time::Duration;

use super::super::*;
use super::bench::{at, facts, situation, term};
use super::play::{Play, check};
use crate::model::{ChildExit, Instant, PreemptionWatch, Signal};

pub(super) const CRASH: ChildExit = ChildExit::Code(1);

pub(super) fn seconds(span: u64) -> Duration {
    Duration::from_secs(span)
}

fn sent(signal: Signal) -> Event {
    Event::Signal(signal, Sender::Other)
}

fn key(signal: Signal) -> Event {
    Event::Signal(signal, Sender::Kernel)
}

pub(super) fn ends(second: u64, exit: ChildExit) -> (u64, Event) {
    (second, Event::ChildExited(exit))
}

pub(super) fn job(facts: JobFacts) -> JobAnswer {
    JobAnswer::Facts(facts)
}

pub(super) fn no_word() -> JobAnswer {
    JobAnswer::Unknown("timed out".into())
}

/// Of a job that is being preempted, with this end of its grace time.
pub(super) fn preempted(phase: JobPhase, end: End) -> JobAnswer {
    job(JobFacts { preempted: true, end, ..facts(phase) })
}

pub(super) fn at_its_limit() -> JobAnswer {
    job(JobFacts { time_limit: true, ..facts(JobPhase::Completing) })
}

pub(super) fn stopped_by_others(play: &mut Play) {
    play.obeys = None;
    play.on_term = None;
}

/// A story of which only the beginning matters.
fn short(until: u64, change: impl FnOnce(&mut Play)) -> Play {
    Play::with(|play| {
        play.until = until;
        change(play);
    })
}

/// Nobody knows the end of the allocation before this answer.
fn unplanned(until: u64, answers: Vec<JobAnswer>) -> Play {
    short(until, |play| {
        play.situation.end = None;
        play.jobs = answers;
    })
}

fn moved(millis: u64) -> Play {
    short(938, |play| {
        let end = End::At(Instant(Duration::from_millis(millis)));
        play.jobs = vec![job(JobFacts { end, ..facts(JobPhase::Running) })];
    })
}

#[test]
fn plan() {
    let never = || job(JobFacts { end: End::Never, ..facts(JobPhase::Running) });
    let no_end = || job(JobFacts { end: End::Unknown, ..facts(JobPhase::Running) });
    check(
        "plan",
        vec![
            ("the end is not known at the start", unplanned(1, vec![job(facts(JobPhase::Running))])),
            ("the end is the moment of the start", short(1, |play| play.situation.end = Some(at(0)))),
            ("too short for another question", short(2, |play| play.situation.end = Some(at(6)))),
            ("the journal cannot be written", short(1, |play| play.situation.journal = false)),
            ("a local segment", short(941, |play| play.situation.host = Host::Local)),
            (
                "no limit, told once",
                Play { happens: vec![(5, sent(Signal::CONT))], ..unplanned(9, vec![never()]) },
            ),
            (
                "no limit but the user's",
                Play {
                    situation: Situation { own_limit: Some(at(2000)), end: None, ..situation() },
                    ..unplanned(9, vec![never()])
                },
            ),
            ("no answer, told once", unplanned(50, vec![no_word(), JobAnswer::Gone, no_end(), no_word()])),
            ("no end is ever given", unplanned(200, vec![no_end()])),
            (
                "no answer where the end does not count",
                Play {
                    settings: Settings { ignores_end: true, ..super::settings() },
                    happens: vec![(5, sent(Signal::CONT))],
                    ..unplanned(60, vec![no_word()])
                },
            ),
            ("no answer where the end is known already", short(938, |play| play.jobs = vec![no_word()])),
            ("an end that moves by less than two seconds", moved(1_001_500)),
            ("an end that moves by two seconds", moved(1_002_000)),
            ("an end that comes nearer", moved(990_000)),
            (
                "an end so near that there is no time to ask again",
                short(101, |play| {
                    play.happens = vec![(100, sent(Signal::CONT))];
                    play.jobs = vec![job(JobFacts { end: End::At(at(163)), ..facts(JobPhase::Running) })];
                }),
            ),
            ("a lead that is cut", short(1, |play| play.settings.lead = Lead::Fixed(seconds(700)))),
        ],
    );
}

/// One signal to a child that is not young, and its end one second later.
fn signalled(event: Event, exit: ChildExit, change: impl FnOnce(&mut Play)) -> Play {
    Play::with(|play| {
        play.happens = vec![(100, event), ends(101, exit)];
        play.obeys = None;
        change(play);
    })
}

fn on_terminal(play: &mut Play) {
    play.situation.terminal = true;
    play.situation.host = Host::Local;
}

fn without_chain(play: &mut Play) {
    play.situation.chain = false;
}

#[test]
fn signals() {
    let by = |signal| ChildExit::Signal(signal);
    let local = |play: &mut Play| play.situation.host = Host::Local;
    check(
        "signals",
        vec![
            ("interrupted by a key", signalled(key(Signal::INT), by(Signal::INT), on_terminal)),
            ("quit by a key", signalled(key(Signal::QUIT), by(Signal::QUIT), on_terminal)),
            ("the terminal is closed", signalled(key(Signal::HUP), by(Signal::HUP), on_terminal)),
            ("the terminal has another size", signalled(key(Signal::WINCH), CRASH, on_terminal)),
            ("a hang-up where there is no terminal", signalled(key(Signal::HUP), by(Signal::HUP), local)),
            ("interrupted by somebody", signalled(sent(Signal::INT), by(Signal::INT), local)),
            ("interrupted under Slurm", signalled(sent(Signal::INT), by(Signal::INT), |_| {})),
            ("a signal of the user's own", signalled(sent(Signal::USR2), CRASH, |_| {})),
            ("its own echo", signalled(Event::Signal(Signal::TERM, Sender::Own), CRASH, |_| {})),
            ("from the child", signalled(Event::Signal(Signal::INT, Sender::Child), CRASH, |_| {})),
            ("a warning", signalled(sent(Signal::USR1), CRASH, |_| {})),
            ("what would be a warning under Slurm", signalled(sent(Signal::USR1), CRASH, local)),
            ("without a chain: SIGTERM", signalled(term(), by(Signal::TERM), without_chain)),
            ("without a chain: a warning", signalled(sent(Signal::USR1), CRASH, without_chain)),
            (
                "without a chain: an interrupt to a young child",
                Play::with(|play| {
                    without_chain(play);
                    play.happens = vec![(1, sent(Signal::INT)), ends(2, by(Signal::INT))];
                }),
            ),
            (
                "to a young child",
                Play::with(|play| {
                    play.happens = vec![(1, sent(Signal::USR2)), ends(2, CRASH)];
                }),
            ),
            (
                "stopped and continued from without",
                short(104, |play| {
                    let stopped = Event::ChildStopped(Signal::TSTP);
                    play.happens = vec![(100, sent(Signal::TSTP)), (101, stopped), (103, sent(Signal::CONT))];
                }),
            ),
            (
                "stopped by a key, and continued by nobody else",
                short(104, |play| {
                    on_terminal(play);
                    let stopped = Event::ChildStopped(Signal::TSTP);
                    play.happens = vec![(100, key(Signal::TSTP)), (101, stopped), (103, sent(Signal::CONT))];
                }),
            ),
        ],
    );
}

/// The partition's grace time is 90 s, and this is what each look at the job finds.
fn polled(answers: Vec<JobAnswer>, change: impl FnOnce(&mut Play)) -> Play {
    Play::with(|play| {
        play.grace = Some(GraceAnswer::Time(seconds(90)));
        play.jobs = answers;
        stopped_by_others(play);
        change(play);
    })
}

#[test]
fn preemption() {
    let running = || job(facts(JobPhase::Running));
    let grace = || preempted(JobPhase::Running, End::At(at(120)));
    let ended = || preempted(JobPhase::Completing, End::At(at(120)));
    let watch = |watch: PreemptionWatch| {
        short(61, |play| {
            play.settings.preemption = watch;
            play.grace = Some(GraceAnswer::Time(seconds(90)));
        })
    };
    let answered = |grace: GraceAnswer| short(100, |play| play.grace = Some(grace));
    let termed = |second: u64| move |play: &mut Play| play.happens = vec![(second, term())];
    check(
        "preemption",
        vec![
            ("looked for as often as the grace time calls for", watch(PreemptionWatch::Auto)),
            ("looked for in any case", watch(PreemptionWatch::Poll)),
            ("not looked for", watch(PreemptionWatch::Off)),
            ("there is no grace time", answered(GraceAnswer::None)),
            ("the grace time is none", answered(GraceAnswer::Time(Duration::ZERO))),
            ("the grace time is very short", Play { until: 5, ..answered(GraceAnswer::Time(seconds(3))) }),
            ("no answer about the grace time", answered(GraceAnswer::Unknown)),
            ("found by looking, and used to its end", polled(vec![grace()], |_| {})),
            ("SIGTERM in it ends nothing", polled(vec![grace()], termed(40))),
            ("SIGTERM at its beginning, before a look", polled(vec![running(), grace()], termed(40))),
            ("cancelled in it", polled(vec![grace(), ended()], termed(40))),
            (
                "ended at its end",
                polled(vec![grace(), ended()], |play| {
                    play.settings.kill_safe = false;
                    play.happens = vec![(118, term())];
                }),
            ),
            ("not seen, and over as early as it can be", polled(vec![running(), ended()], termed(40))),
            (
                "not seen, and ended when it is over",
                polled(vec![running(), ended()], |play| {
                    play.grace = Some(GraceAnswer::Time(seconds(24)));
                    play.happens = vec![(30, term())];
                }),
            ),
            (
                "ended for it, and nothing is known of a grace time",
                polled(vec![ended()], |play| {
                    play.grace = None;
                    play.happens = vec![(40, term())];
                }),
            ),
            (
                "a preempted job without an end was not seen free of it",
                polled(vec![preempted(JobPhase::Running, End::Unknown), ended()], termed(40)),
            ),
            ("nor was a suspended one", polled(vec![job(facts(JobPhase::Suspended)), ended()], termed(40))),
        ],
    );
}
