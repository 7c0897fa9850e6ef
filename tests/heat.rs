//! `examples/heat`, the scripted child of other tests, does what it says.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use rstest::rstest;
use tempfile::{TempDir, tempdir};

use crate::support::{End, Running, Start, Wrapper, example};

/// Starts heat, 40 points wide, in that directory.
fn heat(folder: &Path, options: &str) -> Running {
    let words = [example("heat").into_os_string(), "--size=40".into()];
    let words = words.into_iter().chain(options.split_whitespace().map(OsString::from));
    let folder = folder.to_owned();
    Start::new(&Wrapper::bare(), words)
        .set(move |command| {
            command.current_dir(folder);
        })
        .go()
}

/// A directory with a heat that is ready and computes for a long time yet.
fn computing(options: &str) -> (TempDir, Running) {
    let folder = tempdir().unwrap();
    let run = heat(folder.path(), &format!("--steps 100000 --pace 5 {options}"));
    run.line_with("heat: ready");
    (folder, run)
}

#[test]
fn an_interrupted_run_ends_bit_for_bit_like_an_uninterrupted_one() {
    let (straight, interrupted) = (tempdir().unwrap(), tempdir().unwrap());
    assert_eq!(heat(straight.path(), "--steps 300").end(), End::Code(0));
    let mut segments = 0;
    loop {
        let mut run = heat(interrupted.path(), "--steps 300 --pace 1 --progress 60");
        run.line_with("heat: ready");
        run.line_with("heat: progress");
        run.send(10);
        segments += 1;
        match run.end() {
            End::Code(85) => {}
            End::Code(0) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(segments >= 3, "{segments}");
    let [one, other] =
        [straight, interrupted].map(|folder| fs::read(folder.path().join("heat.out")).unwrap());
    assert!(one == other && one.len() == 40 * 40 * 8);
}

#[rstest]
#[case::as_agreed("", 10, End::Code(85), true)]
#[case::another_signal("--signal USR2 --exit-code 7", 12, End::Code(7), true)]
#[case::term("--trap-term", 15, End::Code(85), true)]
#[case::no_handler("--no-handler", 10, End::Signal(10), false)]
#[case::no_file("--fail-save", 10, End::Code(85), false)]
#[case::slow("--slow 0.2", 10, End::Code(85), true)]
fn asked_it_ends(#[case] options: &str, #[case] signal: i32, #[case] end: End, #[case] saved: bool) {
    let (folder, mut run) = computing(options);
    run.send(signal);
    assert_eq!(run.end(), end);
    assert_eq!(folder.path().join("heat.ck").exists(), saved);
}

#[test]
fn asked_by_file_it_ends_and_removes_the_file() {
    let (folder, mut run) = computing("--stop-file STOP");
    fs::write(folder.path().join("STOP"), "").unwrap();
    assert_eq!(run.end(), End::Code(85));
    assert!(!folder.path().join("STOP").exists() && folder.path().join("heat.ck").exists());
}

#[test]
fn told_to_go_on_it_answers_each_time() {
    let (_folder, run) = computing("--continue");
    for _ in 0..3 {
        run.send(10);
        run.line_with("heat: checkpoint");
    }
}

#[test]
fn deaf_it_ignores_the_signal() {
    let (_folder, run) = computing("--ignore-signal --progress 1");
    run.send(10);
    (0..5).for_each(|_| drop(run.line_with("heat: progress")));
}

#[test]
fn half_a_checkpoint_is_refused_with_code_4() {
    let (folder, mut run) = computing("--truncate");
    run.send(10);
    assert_eq!(run.end(), End::Code(85));
    let mut next = heat(folder.path(), "--steps 10");
    assert_eq!(next.end(), End::Code(4));
    assert!(next.all_errors().contains("heat.ck"), "the message names the file");
}

#[rstest]
#[case::code("", End::Code(3))]
#[case::signal("--crash-signal SEGV", End::Signal(11))]
fn told_to_crash_once_it_does(#[case] options: &str, #[case] end: End) {
    let folder = tempdir().unwrap();
    let options = format!("--steps 50 --every 10 --crash-at 25 --crash-once crashed {options}");
    assert_eq!(heat(folder.path(), &options).end(), end);
    let mut second = heat(folder.path(), &options);
    assert!(second.line_with("heat: ready").ends_with("step=20"));
    assert_eq!(second.end(), End::Code(0));
}
