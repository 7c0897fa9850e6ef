//! What ckwrap remembers lies where others may write: it believes and changes only what is the user's alone, and the
//! program runs in any case.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rstest::rstest;

use super::{LOCAL, STRANGER, Scene, USER, allow, give, names};
use crate::support::End;

/// A directory that is there before the program starts.
#[rstest]
#[case::strangers(|scene: &Scene| { scene.dir_of(STRANGER, "run/.ckwrap".as_ref()); }, "belongs to user 4202")]
#[case::strangers_and_closed(
    |scene: &Scene| allow(&scene.dir_of(STRANGER, "run/.ckwrap".as_ref()), 0o700),
    "belongs to user 4202"
)]
#[case::roots(|scene: &Scene| { scene.dir_of(0, "run/.ckwrap".as_ref()); }, "belongs to user 0")]
#[case::open_to_all(
    |scene: &Scene| allow(&scene.dir_of(USER, "run/.ckwrap".as_ref()), 0o777),
    "can be changed by other users"
)]
#[case::open_to_the_group(
    |scene: &Scene| allow(&scene.dir_of(USER, "run/.ckwrap".as_ref()), 0o770),
    "can be changed by other users"
)]
#[case::strangers_link(
    |scene: &Scene| { scene.link(STRANGER, "run/.ckwrap", "home"); },
    "is no directory but a link or a file"
)]
#[case::own_link(
    |scene: &Scene| { scene.link(USER, "run/.ckwrap", "home"); },
    "is no directory but a link or a file"
)]
#[case::file(|scene: &Scene| { scene.put(USER, "run/.ckwrap", ""); }, "is no directory but a link or a file")]
#[case::pipe(|scene: &Scene| { scene.fifo(STRANGER, "run/.ckwrap"); }, "is no directory but a link or a file")]
#[case::strangers_chain(
    |scene: &Scene| {
        allow(&scene.dir_of(USER, "run/.ckwrap".as_ref()), 0o755);
        scene.dir_of(STRANGER, "run/.ckwrap/local".as_ref());
    },
    "belongs to user 4202"
)]
fn a_planted_directory_is_not_used_and_the_program_runs(#[case] plant: fn(&Scene), #[case] why: &str) {
    let scene = Scene::new();
    plant(&scene);
    scene.share_run_dir();
    let before = names(&scene.home);
    let mut run = scene.ckwrap(LOCAL, "exit 7");
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(7), "{said}");
    assert!(said.contains(why) && said.contains("warning"), "{said}");
    assert_eq!(names(&scene.home), before);
    scene.thesis_is_whole();
}

/// A file in the chain's own directory that is not what it should be.
#[rstest]
#[case::link("journal.jsonl", |scene: &Scene, path: &str| { scene.link(USER, path, "home/thesis"); })]
#[case::second_name("journal.jsonl", |scene: &Scene, path: &str| { scene.hard_link(path, "home/thesis"); })]
#[case::pipe("journal.jsonl", |scene: &Scene, path: &str| { scene.fifo(USER, path); })]
#[case::directory("journal.jsonl", |scene: &Scene, path: &str| { scene.dir_of(USER, path.as_ref()); })]
#[case::strangers("journal.jsonl", |scene: &Scene, path: &str| { scene.put(STRANGER, path, "{}"); })]
#[case::open_to_all("journal.jsonl", |scene: &Scene, path: &str| allow(&scene.put(USER, path, "{}"), 0o666))]
#[case::owner_is_a_link("owner.1", |scene: &Scene, path: &str| { scene.link(USER, path, "home/thesis"); })]
#[case::owner_is_a_pipe("owner.1", |scene: &Scene, path: &str| { scene.fifo(USER, path); })]
#[case::owner_is_a_strangers("owner.1", |scene: &Scene, path: &str| { scene.put(STRANGER, path, "{}"); })]
fn a_planted_file_is_not_used_and_the_program_runs(#[case] name: &str, #[case] plant: fn(&Scene, &str)) {
    let scene = Scene::new();
    for dir in ["run/.ckwrap", "run/.ckwrap/local"] {
        allow(&scene.dir_of(USER, dir.as_ref()), 0o700);
    }
    plant(&scene, &format!("run/.ckwrap/local/{name}"));
    let mut run = scene.ckwrap(LOCAL, "exit 7");
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(7), "{said}");
    assert!(said.contains(name) && said.contains("warning"), "{said}");
    scene.thesis_is_whole();
}

/// While the program runs.
#[rstest]
#[case::vanishes(|_: &Scene| {})]
#[case::becomes_a_file(|scene: &Scene| { scene.put(STRANGER, "run/.ckwrap", "x"); })]
#[case::becomes_a_link(|scene: &Scene| { scene.link(STRANGER, "run/.ckwrap", "home/trap"); })]
#[case::becomes_a_strangers(|scene: &Scene| { scene.put(STRANGER, "run/.ckwrap/local/journal.jsonl", ""); })]
fn a_directory_that_is_swapped_takes_nothing_and_stops_nothing(#[case] swap: fn(&Scene)) {
    let scene = Scene::new();
    scene.put(USER, "home/trap/local/journal.jsonl", "");
    let mut run = scene.ckwrap(LOCAL, "echo ready; read line; echo data > state; exit 7");
    assert_eq!(run.line().as_deref(), Some("ready"));
    fs::rename(scene.run.join(".ckwrap"), scene.run.join("taken")).unwrap();
    swap(&scene);
    assert_eq!(run.finish(), End::Code(7), "{}", run.all_errors());
    for other in [scene.home.join("trap/local"), scene.run.join(".ckwrap/local")] {
        let text = fs::read_to_string(other.join("journal.jsonl")).unwrap_or_default();
        assert_eq!(text, "", "nothing is written where the path leads to by now");
        assert!(!other.exists() || names(&other) == ["journal.jsonl"], "{:?}", names(&other));
    }
}

#[rstest]
#[case::owner(|scene: &Scene| give(&scene.run.join(".ckwrap"), STRANGER))]
#[case::mode(|scene: &Scene| allow(&scene.run.join(".ckwrap/local"), 0o777))]
fn a_directory_that_becomes_others_stops_nothing_and_the_next_start_refuses_it(#[case] change: fn(&Scene)) {
    let scene = Scene::new();
    let mut run = scene.ckwrap(LOCAL, "echo ready; read line; exit 7");
    assert_eq!(run.line().as_deref(), Some("ready"));
    change(&scene);
    assert_eq!(run.finish(), End::Code(7), "{}", run.all_errors());
    let mut run = scene.ckwrap(LOCAL, "exit 7");
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(7), "{said}");
    assert!(
        said.contains("belongs to user 4202") || said.contains("can be changed by other users"),
        "{said}"
    );
}

/// Whatever the umask says.
#[test]
fn what_is_made_is_for_the_user_alone() {
    let scene = Scene::new();
    scene.put(USER, "run/ckwrap.yaml", "checkpoint: {glob: [state], copy: true}\n");
    scene.put(USER, "run/state", "data");
    let mut run = scene.start(LOCAL, "exit 0").after("umask 0").go();
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let mut rest = vec![scene.run.join(".ckwrap")];
    let mut seen = 0;
    while let Some(path) = rest.pop() {
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o022, 0, "{}: {mode:o}", path.display());
        seen += 1;
        if path.is_dir() {
            rest.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert!(seen > 6, "directories, journal, owner, a copy and its manifest: {seen}");
    assert_eq!(fs::metadata(scene.run.join(".ckwrap")).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn another_users_chains_are_not_shown() {
    let scene = Scene::new();
    scene.put(STRANGER, "run/.ckwrap/local/journal.jsonl", "\u{1b}[2J{\"forged\": 1}\n");
    let mut run = scene.words(&["status"]).go();
    let end = run.end();
    let said = String::from_utf8(run.rest()).unwrap() + &run.all_errors();
    assert!(said.contains("belongs to user 4202"), "{end:?} {said}");
    assert!(!said.contains('\u{1b}') && !said.contains("forged"), "{said}");
}
