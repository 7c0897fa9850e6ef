//! How a chain is carried on after its segment, told as stories.

use super::super::*;
use super::bench::{at, facts, found, term};
use super::play::{Play, check};
use crate::model::{ChildExit, ContinuationMode as Mode, Effect, JobId};

pub(super) const SUCCESSOR: JobId = JobId::Single(9);

pub(super) fn by(mode: Mode, steps: Vec<StepAnswer>) -> Play {
    Play::with(|play| {
        play.settings.mode = mode;
        play.steps = steps;
    })
}

/// Carried on by `mode`, where nothing answers by itself.
pub(super) fn hanging(mode: Mode, happens: Vec<(u64, Event)>) -> Play {
    Play { happens, ..by(mode, Vec::new()) }
}

impl Play {
    pub(super) fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// What Slurm says of the job after it ran as usual.
    pub(super) fn then(self, answer: JobAnswer) -> Self {
        self.but(|play| play.jobs.push(answer))
    }
}

pub(super) fn is(phase: JobPhase) -> JobAnswer {
    JobAnswer::Facts(facts(phase))
}

pub(super) fn put_back() -> JobAnswer {
    JobAnswer::Facts(JobFacts { restarts: Some(1), ..facts(JobPhase::Completing) })
}

pub(super) fn at_its_limit() -> JobAnswer {
    JobAnswer::Facts(JobFacts { time_limit: true, ..facts(JobPhase::Completing) })
}

pub(super) fn silent() -> JobAnswer {
    JobAnswer::Unknown("timed out".into())
}

pub(super) fn refused() -> StepAnswer {
    StepAnswer::Refused(Refused::Other, "no".into())
}

pub(super) fn unknown() -> StepAnswer {
    StepAnswer::Unknown("timed out".into())
}

pub(super) fn task(play: Play, last: bool, handed_over: bool) -> Play {
    play.but(|play| {
        play.settings.mode = Mode::Array;
        play.situation.array = Some(ArrayPlace::new(last, handed_over, 0));
    })
}

pub(super) fn submitted() -> Vec<StepAnswer> {
    vec![StepAnswer::Done, StepAnswer::Job(SUCCESSOR), StepAnswer::Done]
}

pub(super) fn step(second: u64, answer: StepAnswer) -> (u64, Event) {
    (second, Event::Step(answer))
}

#[test]
fn carried_on() {
    let usual = || by(Mode::Auto, vec![StepAnswer::Done]);
    let refusing = || by(Mode::Auto, [vec![refused()], submitted()].concat());
    check(
        "carried_on",
        vec![
            ("by a successor", by(Mode::Successor, submitted())),
            ("by a successor where a requeue is refused", refusing()),
            ("by the user's exit code", by(Mode::ExitCode, vec![]).but(|play| play.settings.exit_code = 77)),
            ("by the site's exit code", by(Mode::ExitCode, vec![StepAnswer::Codes(vec![99])])),
            ("by a requeue, with an exit code", usual().but(|play| play.settings.exit_code = 77)),
            (
                "by a requeue that is not hastened",
                by(Mode::Requeue, vec![StepAnswer::Done])
                    .but(|play| play.settings.expedite = false)
                    .then(put_back()),
            ),
            ("by the embedded scheduler", usual().but(|play| play.situation.host = Host::Local)),
            (
                "not by the embedded scheduler",
                by(Mode::None, vec![]).but(|play| play.situation.host = Host::Local),
            ),
            ("by nobody", usual().but(|play| play.situation.host = Host::Nobody)),
            ("array without an array", usual().but(|play| play.settings.mode = Mode::Array)),
            ("by the next task", task(usual(), false, true)),
            ("by another task, if one is left", task(usual(), false, false)),
            ("no task is left", task(by(Mode::Array, vec![StepAnswer::Absent]), false, false)),
            ("by a new array after the last task", task(by(Mode::Array, submitted()), true, true)),
            ("without a journal", usual().but(|play| play.recorded = Some(false))),
            ("without a journal or a requeue", refusing().but(|play| play.recorded = Some(false))),
            (
                "without a journal or a new checkpoint",
                usual().but(|play| {
                    play.recorded = Some(false);
                    play.settings.max_stalls = 5;
                    play.scans = vec![found("old")];
                }),
            ),
            ("a journal that hangs", refusing().but(|play| play.recorded = None)),
            (
                "a journal that hangs after the program was killed",
                refusing().but(|play| {
                    play.recorded = None;
                    play.settings.mode = Mode::Successor;
                    play.happens = vec![(1062, Event::ChildExited(ChildExit::Code(85)))];
                    play.obeys = None;
                    play.on_term = None;
                }),
            ),
        ],
    );
}

#[test]
fn answers_that_fail() {
    check(
        "answers_that_fail",
        vec![
            ("a requeue that does not return", hanging(Mode::Requeue, vec![])),
            (
                "a submission that does not return",
                by(Mode::Successor, vec![StepAnswer::Done]).but(|play| {
                    play.steps = vec![];
                    play.happens = vec![step(946, StepAnswer::Done)];
                }),
            ),
            ("a requeue nobody knows of", by(Mode::Requeue, vec![unknown()]).then(silent())),
            (
                "a requeue of a job that is over",
                by(Mode::Requeue, vec![StepAnswer::Refused(Refused::NotPending, "over".into())])
                    .then(is(JobPhase::Completing)),
            ),
            (
                "looking that does not return",
                by(Mode::Requeue, vec![unknown()]).but(|play| {
                    play.jobs = vec![];
                }),
            ),
            (
                "dependents that are not moved",
                by(Mode::Successor, vec![StepAnswer::Done, StepAnswer::Job(SUCCESSOR), refused()]),
            ),
            (
                "a program that ended well and is not carried on",
                by(Mode::Requeue, vec![refused()]).but(|play| {
                    play.obeys = Some((5, ChildExit::Code(0)));
                    play.assessment.stopped = true;
                }),
            ),
            (
                "a program told to end and not carried on",
                by(Mode::Requeue, vec![refused()]).but(|play| {
                    play.settings.effect = Effect::Continue;
                    play.obeys = None;
                }),
            ),
            (
                "after the program was killed, nothing returns",
                hanging(Mode::Requeue, vec![(1030, Event::ChildExited(ChildExit::Code(85)))]).but(|play| {
                    play.obeys = None;
                    play.on_term = None;
                }),
            ),
            (
                "a limit of the user's own",
                hanging(Mode::Requeue, vec![]).but(|play| {
                    play.situation.own_limit = Some(at(970));
                }),
            ),
            (
                "at the time limit",
                by(Mode::Requeue, vec![StepAnswer::Done])
                    .but(|play| {
                        play.happens = vec![(942, term())];
                    })
                    .then(at_its_limit()),
            ),
            (
                "at the time limit, and nothing returns",
                hanging(Mode::Requeue, vec![(942, term())]).then(at_its_limit()),
            ),
        ],
    );
}
