//! A checkpoint that is copied before a program that goes on is ended.

use std::time::Duration;

use super::super::*;
use super::bench::{delivered, found, id, term};
use super::play::{Play, check};
use crate::model::{ChildExit, Effect, Signal};

fn goes_on(change: impl FnOnce(&mut Play)) -> Play {
    Play::with(|play| {
        (play.settings.effect, play.settings.keeps, play.settings.kill_safe) =
            (Effect::Continue, true, false);
        play.obeys = None;
        change(play);
    })
}

/// What was written over the checkpoint is cut off.
fn destroyed(play: &mut Play) {
    play.scans = vec![found("old"), found("new"), found("new"), nothing_whole()];
}

fn nothing_whole() -> ScanAnswer {
    ScanAnswer::Found { valid: None, newest: Some(id("new")), fallback: false }
}

#[test]
fn copying() {
    check(
        "copying",
        vec![
            ("copied, then ended", goes_on(|_| {})),
            ("destroyed by its end", goes_on(destroyed)),
            (
                "destroyed, and nothing can be seen",
                goes_on(|play| {
                    play.scans =
                        vec![found("old"), found("new"), found("new"), ScanAnswer::Unknown("stale".into())];
                }),
            ),
            (
                "a newer one at its end",
                goes_on(|play| {
                    play.scans = vec![found("old"), found("new"), found("new"), found("newer")];
                }),
            ),
            ("the copy fails", goes_on(|play| play.kept = Some(KeepAnswer::Failed("no space".into())))),
            (
                "the copy fails, and it is destroyed",
                goes_on(|play| {
                    play.kept = Some(KeepAnswer::Failed("no space".into()));
                    destroyed(play);
                }),
            ),
            ("the copy takes too long", goes_on(|play| play.kept = None)),
            (
                "the program ends meanwhile",
                goes_on(|play| {
                    play.kept = None;
                    play.happens = vec![(950, Event::ChildExited(ChildExit::Code(0)))];
                }),
            ),
            (
                "Slurm ends the job meanwhile",
                goes_on(|play| {
                    play.kept = None;
                    play.kill_wait = Some(Duration::from_secs(20));
                    play.happens = vec![(942, term())];
                }),
            ),
            (
                "KillWait is known late",
                goes_on(|play| {
                    play.kept = None;
                    play.happens = vec![(941, term()), (943, Event::KillWait(Duration::from_secs(8)))];
                }),
            ),
            (
                "a copy that nobody waits for any more",
                goes_on(|play| {
                    play.kept = None;
                    play.happens = vec![
                        (945, Event::ChildExited(ChildExit::Code(85))),
                        (945, Event::Kept(KeepAnswer::Done)),
                    ];
                }),
            ),
            (
                "no time for a copy",
                goes_on(|play| {
                    play.settings.lead = Lead::Fixed(Duration::from_secs(16));
                    play.triggers = vec![TriggerAnswer::NotReady];
                    play.happens = vec![(984, delivered(Some(Signal::USR1)))];
                }),
            ),
            ("without copies", goes_on(|play| play.settings.keeps = false)),
        ],
    );
}
