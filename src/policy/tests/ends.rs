//! From the request or the SIGTERM to the verdict on the end, and what is awaited in between.

use super::super::*;
use super::bench::{Bench, at, facts, found, id, situation, term};
use super::life::{CRASH, at_its_limit, ends, job, no_word, preempted, seconds, stopped_by_others};
use super::play::{Play, check};
use crate::model::{ChildExit, ContinuationMode as Mode, Effect, Message, Signal, Target, Trigger};

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
                "to a program that hears it too and has not said that it is ready",
                termed(500, at_its_limit(), |play| {
                    play.situation.child_hears_slurm = true;
                    play.settings.awaits_ready = true;
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
    play.scans = vec![found("old")];
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
                "ranks of a step that die of Slurm's signal at the beginning of a grace time",
                asked(|play| {
                    in_step(play);
                    play.happens = vec![ends(100, ChildExit::Code(143))];
                    play.jobs = vec![preempted(JobPhase::Running, End::At(at(160)))];
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
    let new = Some(id("new"));
    let fallback = ScanAnswer::Found { valid: new.clone(), newest: new, fallback: true };
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
                    play.scans = vec![found("new")];
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
                    scans: vec![found("new")],
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

/// What waits for a file system that hangs cannot be killed, and is not waited for for ever.
#[test]
fn a_child_that_cannot_be_killed_is_given_up() {
    let mut bench = Bench::asked();
    bench.until(995);
    let kill = Action::EndChild(Signal::KILL);
    assert_eq!(bench.until(1000), std::slice::from_ref(&kill));
    let told = |action: &Action| *action == Action::Say(Notice::CannotBeKilled);
    assert_eq!((bench.wanted(told), bench.machine.phase()), (0, Phase::Ending));
    assert!(matches!(bench.until(1001)[..], [Action::ClearTree(_)]));
    assert_eq!((bench.wanted(told), bench.machine.phase()), (1, Phase::Clearing));
    assert_eq!(bench.give(Event::ChildExited(ChildExit::Signal(Signal::KILL))), [], "too late to matter");
}
