//! A chain that is called off while it is carried on, or left to its program, told as stories.

use super::super::*;
use super::bench::term;
use super::carrying::{
    SUCCESSOR, at_its_limit, by, hanging, is, put_back, refused, silent, step, submitted, task, unknown,
};
use super::play::{Play, check};
use crate::model::{ContinuationMode as Mode, Effect};

#[test]
fn called_off() {
    let fetched = || step(946, StepAnswer::Done);
    let submitting =
        |more: Vec<(u64, Event)>| hanging(Mode::Successor, [vec![fetched(), (947, term())], more].concat());
    let recording = |second| {
        hanging(Mode::Successor, vec![(second, term()), (second + 2, Event::Recorded(true))])
            .but(|play| play.recorded = None)
    };
    let made = || vec![step(949, StepAnswer::Job(SUCCESSOR)), step(950, StepAnswer::Done)];
    check(
        "called_off",
        vec![
            (
                "cancelled before the program has ended",
                by(Mode::Successor, submitted())
                    .but(|play| {
                        play.happens = vec![(942, term())];
                    })
                    .then(is(JobPhase::Completing)),
            ),
            (
                "put back before the program has ended",
                by(Mode::Successor, vec![StepAnswer::Done])
                    .but(|play| {
                        play.happens = vec![(942, term())];
                    })
                    .then(put_back()),
            ),
            (
                "put back, and hastening is refused",
                by(Mode::Requeue, vec![refused()])
                    .but(|play| play.happens = vec![(942, term())])
                    .then(put_back()),
            ),
            (
                "put back and not hastened",
                by(Mode::Successor, vec![StepAnswer::Done])
                    .but(|play| {
                        play.happens = vec![(942, term())];
                        play.settings.expedite = false;
                        play.settings.exit_code = 77;
                    })
                    .then(put_back()),
            ),
            ("cancelled while the intent is written", recording(946).then(is(JobPhase::Completing))),
            ("put back while the intent is written", recording(946).then(put_back())),
            ("at the limit while the intent is written", recording(946).then(at_its_limit())),
            ("cancelled while a successor is submitted", submitting(made()).then(is(JobPhase::Completing))),
            ("put back while a successor is submitted", submitting(made()).then(put_back())),
            ("at the limit while a successor is submitted", submitting(made()).then(at_its_limit())),
            ("a submission that does not return after SIGTERM", submitting(vec![]).then(at_its_limit())),
            (
                "a submission that does not return of a cancelled job",
                submitting(vec![]).then(is(JobPhase::Completing)),
            ),
            ("nobody says why SIGTERM came", submitting(made()).but(|play| play.jobs = vec![])),
            (
                "nobody says why SIGTERM came, and sbatch is silent",
                submitting(vec![step(948, unknown())]).but(|play| play.jobs = vec![]),
            ),
            (
                "Slurm does not say why SIGTERM came",
                submitting(vec![step(948, StepAnswer::Job(SUCCESSOR)), step(949, StepAnswer::Done)]).but(
                    |play| {
                        play.jobs = vec![is(JobPhase::Running), silent(), silent(), at_its_limit()];
                    },
                ),
            ),
            (
                "nobody says why SIGTERM came at the limit",
                hanging(
                    Mode::Successor,
                    vec![
                        step(997, StepAnswer::Done),
                        (999, term()),
                        step(1000, StepAnswer::Job(SUCCESSOR)),
                        step(1001, StepAnswer::Done),
                    ],
                )
                .but(|play| play.jobs = vec![]),
            ),
            (
                "SIGTERM from the own requeue",
                hanging(
                    Mode::Requeue,
                    vec![(946, term()), step(947, StepAnswer::Done), step(948, StepAnswer::Done)],
                )
                .then(put_back()),
            ),
            (
                "SIGTERM, and the requeue was refused",
                hanging(Mode::Auto, vec![(946, term()), step(947, refused())]).then(is(JobPhase::Completing)),
            ),
            (
                "SIGTERM, and the requeue was refused at the limit",
                hanging(
                    Mode::Auto,
                    vec![
                        (946, term()),
                        step(947, refused()),
                        step(948, StepAnswer::Done),
                        step(949, StepAnswer::Job(SUCCESSOR)),
                        step(950, StepAnswer::Done),
                    ],
                )
                .then(at_its_limit()),
            ),
            (
                "SIGTERM while a second look is waited for",
                hanging(
                    Mode::Successor,
                    vec![
                        fetched(),
                        step(947, unknown()),
                        step(948, StepAnswer::Absent),
                        (949, term()),
                        step(954, StepAnswer::Job(SUCCESSOR)),
                        step(955, StepAnswer::Done),
                    ],
                )
                .then(is(JobPhase::Completing)),
            ),
            (
                "an array is cancelled, and the rest with it",
                task(by(Mode::Array, vec![StepAnswer::Done]), false, true)
                    .but(|play| {
                        play.happens = vec![(942, term())];
                    })
                    .then(is(JobPhase::Completing)),
            ),
            (
                "the last of an array is cancelled",
                task(by(Mode::Array, vec![StepAnswer::Done]), true, true)
                    .but(|play| {
                        play.happens = vec![(942, term())];
                    })
                    .then(is(JobPhase::Completing)),
            ),
            (
                "a task is cancelled that is carried on by a requeue",
                task(by(Mode::Array, vec![StepAnswer::Done]), false, true)
                    .but(|play| {
                        play.settings.mode = Mode::Requeue;
                        play.happens = vec![(942, term())];
                    })
                    .then(is(JobPhase::Completing)),
            ),
            (
                "the rest of an array is cancelled in vain",
                task(by(Mode::Array, vec![refused()]), false, true)
                    .but(|play| {
                        play.happens = vec![(942, term())];
                    })
                    .then(is(JobPhase::Completing)),
            ),
            (
                "nobody says what became of the rest of an array",
                task(by(Mode::Array, vec![unknown()]), false, true)
                    .but(|play| {
                        play.happens = vec![(942, term())];
                    })
                    .then(is(JobPhase::Completing)),
            ),
            (
                "cancelling the rest of an array does not return",
                task(by(Mode::Array, vec![]), false, true)
                    .but(|play| {
                        play.happens = vec![(942, term()), (946, term())];
                    })
                    .then(is(JobPhase::Completing)),
            ),
            (
                "cancelled while the checkpoint is kept",
                hanging(Mode::Requeue, vec![(946, term())])
                    .but(|play| {
                        play.settings.keeps = true;
                        play.kept = None;
                    })
                    .then(is(JobPhase::Completing)),
            ),
            (
                "at the limit while the checkpoint is kept",
                by(Mode::Requeue, vec![StepAnswer::Done])
                    .but(|play| {
                        play.happens = vec![(946, term())];
                        play.settings.keeps = true;
                        play.kept = None;
                    })
                    .then(at_its_limit()),
            ),
        ],
    );
}

#[test]
fn left_to_the_program() {
    let left = || Play::with(|play| play.settings.requeued_by_program = true);
    let told_to_end = |play: &mut Play| {
        play.settings.effect = Effect::Continue;
        play.obeys = None;
    };
    let silence = |play: &mut Play| play.jobs = vec![];
    check(
        "left_to_the_program",
        vec![
            ("seen waiting", left().then(is(JobPhase::Pending)).but(|play| play.settings.exit_code = 77)),
            ("seen put back", left().then(put_back())),
            (
                "seen at the third look",
                left().then(is(JobPhase::Running)).then(is(JobPhase::Completing)).then(put_back()),
            ),
            ("runs on", left()),
            ("ends", left().then(is(JobPhase::Completing))),
            ("has ended", left().then(is(JobPhase::Ended))),
            ("is suspended", left().then(is(JobPhase::Suspended))),
            ("is gone", left().then(JobAnswer::Gone)),
            ("no word", left().then(silent())),
            ("no answer", left().but(silence)),
            ("was told to end", left().but(told_to_end)),
            ("nobody to ask", left().but(|play| play.situation.host = Host::Local)),
            (
                "cancelled before",
                left().but(|play| play.happens = vec![(942, term())]).then(is(JobPhase::Completing)),
            ),
            (
                "cancelled while it is looked for",
                left()
                    .but(|play| play.happens = vec![(946, term())])
                    .then(is(JobPhase::Running))
                    .then(is(JobPhase::Completing)),
            ),
            (
                "put back while it is looked for",
                left()
                    .but(|play| play.happens = vec![(946, term())])
                    .then(is(JobPhase::Running))
                    .then(put_back()),
            ),
            (
                "at the limit while it is looked for",
                left()
                    .but(|play| play.happens = vec![(946, term())])
                    .then(is(JobPhase::Running))
                    .then(at_its_limit()),
            ),
        ],
    );
}
