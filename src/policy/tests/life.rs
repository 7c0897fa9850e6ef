//! From the start of a child to the verdict on its end: the plan, news of the scheduler, signals, and what is awaited.

use std::time::Duration;

use super::super::*;
use super::bench::{at, facts, id, situation, term};
use super::play::{Play, check};
use crate::model::{
    ChildExit, ContinuationMode as Mode, Effect, Message, PreemptionWatch, Signal, Target, Trigger,
};

const CRASH: ChildExit = ChildExit::Code(1);

fn seconds(span: u64) -> Duration {
    Duration::from_secs(span)
}

fn sent(signal: Signal) -> Event {
    Event::Signal(signal, Sender::Other)
}

fn key(signal: Signal) -> Event {
    Event::Signal(signal, Sender::Kernel)
}

fn ends(second: u64, exit: ChildExit) -> (u64, Event) {
    (second, Event::ChildExited(exit))
}

fn job(facts: JobFacts) -> JobAnswer {
    JobAnswer::Facts(facts)
}

fn no_word() -> JobAnswer {
    JobAnswer::Unknown("timed out".into())
}

/// Of a job that is being preempted, with this end of its grace time.
fn preempted(phase: JobPhase, end: End) -> JobAnswer {
    job(JobFacts { preempted: true, end, ..facts(phase) })
}

fn at_its_limit() -> JobAnswer {
    job(JobFacts { time_limit: true, ..facts(JobPhase::Completing) })
}

fn stopped_by_others(play: &mut Play) {
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
        let end = End::At(crate::model::Instant(Duration::from_millis(millis)));
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

/// Nobody but the scheduler ends the child, which takes no notice of it.
fn termed(second: u64, answer: JobAnswer, change: impl FnOnce(&mut Play)) -> Play {
    Play::with(|play| {
        play.happens = vec![(second, term())];
        play.jobs = vec![answer];
        stopped_by_others(play);
        change(play);
    })
}

/// No answer to the look after the end: what is awaited, and for how long.
fn unseen(play: &mut Play) {
    play.scans = Vec::new();
}

#[test]
fn sigterm() {
    let running = || job(facts(JobPhase::Running));
    let silent = |play: &mut Play| play.jobs = Vec::new();
    let after = |second: u64, event: Event| move |play: &mut Play| play.happens.push((second, event));
    let by_term = Trigger::Signal { signal: Signal::TERM, to: Target::Leader };
    check(
        "sigterm",
        vec![
            ("at the time limit, to a deaf program", termed(500, at_its_limit(), |_| {})),
            ("twice", termed(500, at_its_limit(), after(505, term()))),
            (
                "a short KillWait is learned late",
                termed(500, at_its_limit(), after(505, Event::KillWait(seconds(15)))),
            ),
            (
                "a KillWait shorter than Slurm takes",
                termed(500, at_its_limit(), after(501, Event::KillWait(seconds(1)))),
            ),
            ("while a checkpoint is being written", termed(945, no_word(), |_| {})),
            (
                "without any answer, and the child ends",
                termed(500, running(), |play| {
                    silent(play);
                    play.happens.push(ends(510, CRASH));
                }),
            ),
            (
                "without any answer at the end of the allocation",
                termed(998, running(), |play| {
                    silent(play);
                    play.settings.kill_safe = false;
                    play.happens.push(ends(999, CRASH));
                }),
            ),
            (
                "preempted without a known grace time, to a deaf program",
                termed(500, preempted(JobPhase::Completing, End::Unknown), |_| {}),
            ),
            (
                "to ckwrap alone",
                termed(500, running(), |play| {
                    play.until = 600;
                    play.settings.knows_checkpoints = false;
                }),
            ),
            (
                "to ckwrap alone, twice, with no end in sight",
                termed(500, running(), |play| {
                    play.situation.end = None;
                    play.jobs = vec![job(JobFacts { end: End::Never, ..facts(JobPhase::Running) })];
                    play.happens.push((510, term()));
                }),
            ),
            (
                "to a program that hears it too, and the word of the trigger never comes",
                termed(500, at_its_limit(), |play| {
                    play.situation.child_hears_slurm = true;
                    play.triggers = Vec::new();
                }),
            ),
            (
                "to a program that hears it too and takes it for the request",
                termed(500, at_its_limit(), |play| {
                    play.situation.child_hears_slurm = true;
                    play.settings.triggers = vec![by_term];
                    play.settings.knows_checkpoints = false;
                }),
            ),
            (
                "after the end of the child",
                termed(946, at_its_limit(), |play| {
                    unseen(play);
                    play.obeys = Some((5, ChildExit::Code(85)));
                }),
            ),
            (
                "after the end of the child, and a short KillWait is learned",
                termed(947, at_its_limit(), |play| {
                    unseen(play);
                    play.obeys = Some((5, ChildExit::Code(85)));
                    play.happens.push((948, Event::KillWait(seconds(6))));
                }),
            ),
            (
                "KillWait is learned when little is awaited",
                termed(500, at_its_limit(), |play| {
                    unseen(play);
                    play.obeys = Some((5, ChildExit::Code(85)));
                    play.happens.push((506, Event::KillWait(seconds(60))));
                }),
            ),
        ],
    );
}

/// Asked at the planned moment, and then left alone.
fn asked(change: impl FnOnce(&mut Play)) -> Play {
    Play::with(|play| {
        stopped_by_others(play);
        change(play);
    })
}

fn saves_nothing(play: &mut Play) {
    play.scans = vec![super::bench::found("old")];
}

#[test]
fn ending() {
    let usable = |answer: TriggerAnswer| move |play: &mut Play| play.triggers = vec![answer];
    let deaf = || TriggerAnswer::Unusable("no handler".into());
    let in_step = |play: &mut Play| play.situation.ranks_in_step = true;
    check(
        "ending",
        vec![
            ("saved, and does not end", asked(|_| {})),
            ("saves nothing, and does not end", asked(saves_nothing)),
            (
                "saves nothing, and would go on",
                asked(|play| {
                    saves_nothing(play);
                    play.settings.effect = Effect::Continue;
                }),
            ),
            ("saves nothing, and ends", Play::with(saves_nothing)),
            ("cannot be asked", asked(usable(deaf()))),
            ("the word of the trigger never comes", asked(|play| play.triggers = Vec::new())),
            ("ranks of a step, asked by ckwrap", Play::with(in_step)),
            (
                "ranks of a step, told to end",
                asked(|play| {
                    in_step(play);
                    play.triggers = vec![deaf()];
                }),
            ),
            (
                "ranks of a step, signalled by Slurm",
                asked(|play| {
                    in_step(play);
                    play.triggers = vec![deaf()];
                    play.jobs = vec![at_its_limit()];
                    play.happens = vec![(500, term()), ends(510, CRASH)];
                }),
            ),
            (
                "ranks of a step that end by themselves",
                asked(|play| {
                    in_step(play);
                    play.happens = vec![ends(100, CRASH)];
                }),
            ),
            (
                "ranks of a step whose job is seen as preempted after their end",
                asked(|play| {
                    in_step(play);
                    play.happens = vec![ends(100, CRASH)];
                    play.jobs = vec![preempted(JobPhase::Running, End::At(at(160)))];
                }),
            ),
        ],
    );
}

/// Ended by itself at 100 s.
fn ended(exit: ChildExit, finished: Answer, change: impl FnOnce(&mut Play)) -> Play {
    Play::with(|play| {
        play.happens = vec![ends(100, exit)];
        play.assessment.finished = finished;
        change(play);
    })
}

#[test]
fn judged() {
    let ok = ChildExit::Code(0);
    let says = |play: &mut Play| play.happens.insert(0, (50, Event::Told(Message::Finished)));
    let fallback = ScanAnswer::Found { valid: Some(id("new")), newest: Some(id("new")), fallback: true };
    let by_program = |play: &mut Play| play.settings.requeued_by_program = true;
    check(
        "judged",
        vec![
            ("no rule, exit 0", ended(ok, Answer::Unknown, |_| {})),
            ("no rule, exit 0, and its word", ended(ok, Answer::Unknown, says)),
            ("no rule, failed after its word", ended(CRASH, Answer::Unknown, says)),
            ("no rule, failed without a word", ended(CRASH, Answer::Unknown, |_| {})),
            ("the rule denies its word", ended(CRASH, Answer::No, says)),
            ("the rule agrees with its word", ended(CRASH, Answer::Yes, says)),
            ("no rule, exit 0, may have requeued itself", ended(ok, Answer::Unknown, by_program)),
            (
                "no rule, exit 0, no Slurm in which to requeue itself",
                ended(ok, Answer::Unknown, |play| {
                    by_program(play);
                    play.situation.host = Host::Local;
                }),
            ),
            ("the code of a clean stop, not asked", ended(ChildExit::Code(85), Answer::No, |_| {})),
            ("the rule knows a clean stop", ended(CRASH, Answer::No, |play| play.assessment.stopped = true)),
            ("a fallback is not new", ended(CRASH, Answer::No, |play| play.scans = vec![fallback])),
            ("no look was answered", ended(CRASH, Answer::No, unseen)),
            (
                "found at the end only",
                ended(CRASH, Answer::No, |play| {
                    play.scans = vec![super::bench::found("new")];
                }),
            ),
            (
                "finished when asked, with a code",
                Play::with(|play| {
                    play.obeys = Some((5, CRASH));
                    play.assessment.finished = Answer::Yes;
                }),
            ),
            (
                "exit 0 when asked, before it was seen what was saved",
                Play::with(|play| {
                    play.obeys = Some((0, ok));
                    play.assessment.finished = Answer::Unknown;
                }),
            ),
            (
                "exit 0 when asked, and no more segments",
                Play::with(|play| {
                    play.obeys = Some((5, ok));
                    play.settings.max_segments = 1;
                }),
            ),
            (
                "ended, and not to go on",
                Play::with(|play| {
                    play.obeys = None;
                    play.settings.mode = Mode::None;
                }),
            ),
        ],
    );
}

/// The child has saved and is gone at 945 s; the look after it is not answered, and this happens 2 s later.
fn late(signal: Signal, sender: Sender, host: Host) -> Play {
    Play::with(|play| {
        unseen(play);
        play.situation.host = host;
        play.happens = vec![(947, Event::Signal(signal, sender))];
    })
}

#[test]
fn late_signals() {
    check(
        "late_signals",
        vec![
            ("SIGTERM under Slurm", late(Signal::TERM, Sender::Other, Host::Slurm)),
            ("its own SIGTERM", late(Signal::TERM, Sender::Own, Host::Slurm)),
            ("SIGTERM from the child", late(Signal::TERM, Sender::Child, Host::Slurm)),
            ("an interrupt under Slurm", late(Signal::INT, Sender::Other, Host::Slurm)),
            ("an interrupt", late(Signal::INT, Sender::Kernel, Host::Local)),
            ("another signal", late(Signal::USR2, Sender::Other, Host::Local)),
            ("SIGTERM", late(Signal::TERM, Sender::Other, Host::Local)),
        ],
    );
}

#[test]
fn copies() {
    let kept = |kept: Option<KeepAnswer>| {
        Play::with(|play| {
            play.settings.keeps = true;
            play.kept = kept;
        })
    };
    check(
        "copies",
        vec![
            ("made", kept(Some(KeepAnswer::Done))),
            ("not made", kept(Some(KeepAnswer::Failed("no space left".into())))),
            ("not made in time", kept(None)),
            (
                "no end in sight",
                Play {
                    jobs: vec![job(JobFacts { end: End::Never, ..facts(JobPhase::Running) })],
                    happens: vec![(100, Event::Told(Message::Ready)), ends(200, ChildExit::Code(85))],
                    situation: Situation { end: None, ..situation() },
                    scans: vec![super::bench::found("new")],
                    until: 4000,
                    ..kept(None)
                },
            ),
            (
                "half of KillWait is over",
                Play {
                    happens: vec![(500, term()), ends(516, ChildExit::Code(85))],
                    jobs: vec![at_its_limit()],
                    obeys: None,
                    ..kept(None)
                },
            ),
            (
                "KillWait is learned meanwhile",
                Play {
                    happens: vec![
                        (500, term()),
                        ends(502, ChildExit::Code(85)),
                        (505, Event::KillWait(seconds(20))),
                    ],
                    jobs: vec![at_its_limit()],
                    obeys: None,
                    ..kept(None)
                },
            ),
        ],
    );
}
