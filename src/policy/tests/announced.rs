//! What the program says of itself, told as plays: how often it is written down, and what an announcement is worth.

use super::super::*;
use super::bench::{at, facts, found, id};
use super::play::{Play, check};
use crate::model::{ChildExit, Effect, Message};

fn told(text: &str) -> Event {
    let mut messages = Message::parse(text.as_bytes()).messages;
    assert_eq!(messages.len(), 1, "{text}");
    Event::Told(messages.remove(0))
}

fn checkpoint(name: &str) -> Event {
    told(&format!("X_CKWRAP_CHECKPOINT={name}"))
}

/// Ends by itself at 300 s, unless that is changed.
fn says(words: Vec<(u64, Event)>) -> Play {
    Play::with(|play| {
        play.happens = words;
        play.happens.push((300, Event::ChildExited(ChildExit::Code(0))));
    })
}

fn in_200_seconds(play: &mut Play) {
    play.situation.end = Some(at(200));
    play.jobs = vec![JobAnswer::Facts(JobFacts { end: End::At(at(200)), ..facts(JobPhase::Running) })];
}

fn then(mut play: Play, change: impl FnOnce(&mut Play)) -> Play {
    change(&mut play);
    play
}

#[test]
fn notes() {
    let status = |text: &str| told(&format!("STATUS={text}"));
    let progress = |text: &str| told(&format!("X_CKWRAP_PROGRESS={text}"));
    check(
        "notes",
        vec![
            ("one word", says(vec![(10, status("a"))])),
            ("two in one second", says(vec![(10, status("a")), (10, progress("1/10"))])),
            ("two, a little apart", says(vec![(10, status("a")), (12, status("b"))])),
            ("two, a minute apart", says(vec![(10, status("a")), (70, status("b")), (71, status("c"))])),
            ("two, more than a minute apart", says(vec![(10, status("a")), (80, status("b"))])),
            (
                "the same again",
                says(vec![
                    (10, status("a")),
                    (80, status("a")),
                    (90, progress("1/10")),
                    (160, progress("1/10")),
                ]),
            ),
            ("taken back", says(vec![(10, status("a")), (80, status(""))])),
            ("at its end", says(vec![(300, status("a"))])),
            (
                "after its end",
                then(says(Vec::new()), |play| {
                    play.scans = Vec::new();
                    play.happens.push((301, status("late")));
                }),
            ),
            (
                "without a chain",
                then(says(vec![(10, status("a")), (11, checkpoint("new"))]), |play| {
                    play.situation.chain = false;
                }),
            ),
        ],
    );
}

#[test]
fn ending_by_itself() {
    let stopping = || told("STOPPING=1");
    let near = |words| {
        Play::with(|play| {
            in_200_seconds(play);
            play.happens = words;
        })
    };
    check(
        "ending_by_itself",
        vec![
            ("just before the plan", near(vec![(130, stopping())])),
            ("a minute before the plan", near(vec![(80, stopping())])),
            ("a little less than a minute before", near(vec![(81, stopping())])),
            ("and it does end", near(vec![(130, stopping()), (141, Event::ChildExited(ChildExit::Code(0)))])),
            ("after it was asked", near(vec![(142, stopping())])),
            (
                "between two tries",
                then(near(vec![(142, stopping())]), |play| {
                    play.triggers = vec![TriggerAnswer::NotReady];
                }),
            ),
        ],
    );
}

/// Nobody knows where checkpoints lie; the program names them. Asked at 140 s.
fn names(words: Vec<(u64, Event)>, examined: Vec<Examined>) -> Play {
    Play::with(|play| {
        in_200_seconds(play);
        play.settings.knows_checkpoints = false;
        play.settings.effect = Effect::Continue;
        (play.happens, play.examined, play.obeys) = (words, examined, None);
    })
}

fn there(name: &str) -> Examined {
    Examined::There(id(name))
}

#[test]
fn named_checkpoints() {
    let missing = || Examined::Missing("new".into());
    check(
        "named_checkpoints",
        vec![
            ("in passing", names(vec![(10, checkpoint("new"))], vec![there("new")])),
            (
                "in passing, and changing",
                names(vec![(10, checkpoint("new"))], vec![there("new"), there("newer")]),
            ),
            (
                "in passing, twice in a minute",
                names(
                    vec![(10, checkpoint("a")), (30, checkpoint("b")), (75, checkpoint("c"))],
                    vec![there("a"), there("a"), there("b"), there("b"), there("c"), there("c")],
                ),
            ),
            ("one of before", names(vec![(10, checkpoint("old"))], vec![there("old")])),
            (
                "missing, told once",
                names(vec![(10, checkpoint("new")), (80, checkpoint("new"))], vec![missing()]),
            ),
            (
                "cannot be looked at",
                names(vec![(10, checkpoint("new"))], vec![Examined::Unknown("stale".into())]),
            ),
            (
                "while one is being looked at",
                names(
                    vec![
                        (10, checkpoint("a")),
                        (11, checkpoint("b")),
                        (12, Event::Examined(there("a"))),
                        (13, Event::Examined(there("b"))),
                    ],
                    Vec::new(),
                ),
            ),
            ("after the request", names(vec![(145, checkpoint("new"))], vec![there("new")])),
            (
                "after the request, and it stops",
                then(names(vec![(145, checkpoint("new"))], vec![there("new")]), |play| {
                    play.settings.effect = Effect::Stop;
                    play.obeys = Some((12, ChildExit::Code(85)));
                }),
            ),
            ("before the request only", names(vec![(135, checkpoint("new"))], vec![there("new")])),
            ("in the moment of the request", names(vec![(140, checkpoint("new"))], vec![there("new")])),
            (
                "before and after the request",
                names(
                    vec![(135, checkpoint("new")), (150, checkpoint("newer"))],
                    vec![there("new"), there("new"), there("newer")],
                ),
            ),
            (
                "at its end",
                then(
                    names(
                        vec![(50, checkpoint("new")), (50, Event::ChildExited(ChildExit::Code(85)))],
                        vec![there("new")],
                    ),
                    |play| play.settings.effect = Effect::Stop,
                ),
            ),
            (
                "at its end, and gone",
                names(
                    vec![(50, checkpoint("new")), (51, Event::ChildExited(ChildExit::Code(85)))],
                    vec![there("new"), missing()],
                ),
            ),
            (
                "while its end is looked into",
                names(
                    vec![
                        (50, checkpoint("a")),
                        (51, Event::ChildExited(ChildExit::Code(85))),
                        (52, checkpoint("b")),
                        (53, Event::Examined(there("a"))),
                        (54, Event::Examined(there("b"))),
                    ],
                    Vec::new(),
                ),
            ),
        ],
    );
}

#[test]
fn named_where_they_are_known() {
    let known = |words: Vec<(u64, Event)>, scans: Vec<ScanAnswer>| {
        then(names(words, Vec::new()), |play| {
            play.settings.knows_checkpoints = true;
            play.scans = scans;
        })
    };
    check(
        "named_where_they_are_known",
        vec![
            ("in passing", known(vec![(10, checkpoint("x"))], vec![found("new")])),
            (
                "in passing, and changing",
                known(vec![(10, checkpoint("x"))], vec![found("a"), found("b"), found("b")]),
            ),
            ("in passing, and old", known(vec![(10, checkpoint("x"))], vec![found("old")])),
            (
                "in passing, and only an older one is whole",
                known(
                    vec![(10, checkpoint("x"))],
                    vec![ScanAnswer::Found { valid: Some(id("a")), newest: Some(id("b")), fallback: true }],
                ),
            ),
            ("in passing, no answer", known(vec![(10, checkpoint("x")), (30, checkpoint("y"))], Vec::new())),
            (
                "three times",
                known(
                    vec![(10, checkpoint("x")), (75, checkpoint("y")), (100, checkpoint("z"))],
                    vec![found("a"), found("a"), found("b"), found("b"), found("c"), found("c")],
                ),
            ),
            ("after the request", known(vec![(145, checkpoint("x"))], vec![found("old"), found("new")])),
            (
                "after the request, while a look is under way",
                known(
                    vec![
                        (142, checkpoint("x")),
                        (143, Event::Scanned(Ticket(3), found("new"))),
                        (144, Event::Scanned(Ticket(4), found("new"))),
                    ],
                    Vec::new(),
                ),
            ),
            (
                "just before the request, answered after it",
                known(
                    vec![(139, checkpoint("x")), (143, Event::Scanned(Ticket(3), found("new")))],
                    Vec::new(),
                ),
            ),
        ],
    );
}
