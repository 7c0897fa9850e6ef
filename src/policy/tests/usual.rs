//! The plainest stories, from which all others differ by one thing.

use super::super::*;
use super::play::{Play, check};
use crate::model::{ChildExit, ContinuationMode as Mode, Effect, Signal};

fn by(mode: Mode) -> Play {
    Play::with(|play| play.settings.mode = mode)
}

#[test]
fn usual() {
    check(
        "usual",
        vec![
            ("by requeue", by(Mode::Requeue)),
            ("by itself", by(Mode::Auto)),
            ("left to the exit code", by(Mode::ExitCode)),
            ("not at all", by(Mode::None)),
            (
                "a program that goes on",
                Play::with(|play| {
                    play.settings.effect = Effect::Continue;
                    play.obeys = None;
                }),
            ),
            (
                "finished",
                Play::with(|play| {
                    play.happens = vec![(100, Event::ChildExited(ChildExit::Code(0)))];
                    play.assessment.finished = Answer::Yes;
                }),
            ),
            (
                "crashed",
                Play::with(|play| {
                    play.happens = vec![(100, Event::ChildExited(ChildExit::Signal(Signal::SEGV)))];
                }),
            ),
        ],
    );
}
