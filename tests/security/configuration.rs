//! A configuration can run commands and name files: only the user's own, or root's, is believed.

use rstest::rstest;

use super::{STRANGER, Scene, USER, allow, give};
use crate::support::End;

/// Would be seen if it were in force.
const EVIL: &str = "continue: {exit_code: 66}\ntrigger: [{run: [/bin/sh, -c, 'touch pwned']}]\n";

/// What stands in the way is told, and nothing runs: settings that the user believes in force must not be missing silently.
#[rstest]
#[case::strangers_file(|scene: &Scene| { scene.put(STRANGER, "run/ckwrap.yaml", EVIL); }, "belongs to user 4202")]
#[case::open_to_all(
    |scene: &Scene| allow(&scene.put(USER, "run/ckwrap.yaml", EVIL), 0o666),
    "may be written by everybody"
)]
#[case::directory_open_to_all(
    |scene: &Scene| { scene.put(USER, "run/ckwrap.yaml", EVIL); scene.share_run_dir(); },
    "its directory"
)]
#[case::directory_of_a_stranger(
    |scene: &Scene| { scene.put(USER, "run/ckwrap.yaml", EVIL); give(&scene.run, STRANGER); },
    "belongs to user 4202"
)]
#[case::link_to_a_strangers_file(
    |scene: &Scene| { scene.put(STRANGER, "theirs/c.yaml", EVIL); scene.link(USER, "run/ckwrap.yaml", "theirs/c.yaml"); },
    "belongs to user 4202"
)]
#[case::strangers_link_to_another_of_ones_own(
    |scene: &Scene| {
        scene.put(USER, "home/other/ckwrap.yaml", EVIL);
        scene.link(USER, "run/ckwrap.yaml", "home/other/ckwrap.yaml");
        scene.share_run_dir();
    },
    "its directory"
)]
#[case::a_link_in_the_middle_of_the_way(
    |scene: &Scene| {
        scene.put(USER, "home/other/ckwrap.yaml", EVIL);
        scene.put(STRANGER, "theirs/x", "");
        scene.link(USER, "theirs/c.yaml", "home/other/ckwrap.yaml");
        scene.link(USER, "run/ckwrap.yaml", "theirs/c.yaml");
    },
    "belongs to user 4202"
)]
#[case::pipe(|scene: &Scene| { scene.fifo(USER, "run/ckwrap.yaml"); }, "regular file")]
#[case::link_in_a_circle(
    |scene: &Scene| { scene.link(USER, "run/ckwrap.yaml", "run/ckwrap.yaml"); },
    "cannot be read"
)]
#[case::huge(
    |scene: &Scene| { scene.put(USER, "run/ckwrap.yaml", vec![b' '; 2 << 20]); },
    "larger than 256 KiB"
)]
fn a_file_that_others_could_have_written_stops_the_start(#[case] plant: fn(&Scene), #[case] why: &str) {
    let scene = Scene::new();
    plant(&scene);
    let mut run = scene.ckwrap("--engine none", "touch ran");
    assert_eq!(run.end(), End::Code(125));
    let said = run.all_errors();
    assert!(said.contains(why) && said.contains("--config none"), "{said}");
    assert!(said.contains("the program was not started"), "{said}");
    assert!(!scene.run.join("ran").exists() && !scene.run.join("pwned").exists());
    // The way out that it names is one.
    let mut run = scene.ckwrap("--engine none --config none", "exit 7");
    assert_eq!(run.end(), End::Code(7), "{}", run.all_errors());
}

/// Nobody can stop everybody's jobs by a file in `/tmp` or in the root of a scratch file system.
#[rstest]
#[case::file(|scene: &Scene| { scene.put(STRANGER, "run/ckwrap.yaml", EVIL); })]
#[case::link(|scene: &Scene| { scene.link(STRANGER, "run/ckwrap.yaml", "home/thesis"); })]
#[case::second_name_of_ones_own_file(|scene: &Scene| { scene.hard_link("run/ckwrap.yaml", "home/thesis"); })]
#[case::pipe(|scene: &Scene| { scene.fifo(STRANGER, "run/ckwrap.yaml"); })]
fn a_strangers_file_in_a_shared_directory_above_is_passed_over(#[case] plant: fn(&Scene)) {
    let scene = Scene::new();
    scene.dir_of(USER, "run/mine".as_ref());
    plant(&scene);
    scene.share_run_dir();
    let start = scene.start("--engine none", "exit 7");
    let mine = scene.run.join("mine");
    let mut run = start
        .set(move |command| {
            command.current_dir(mine);
        })
        .go();
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(7), "{said}");
    assert!(said.contains("not used: it belongs to somebody else"), "{said}");
}

#[rstest]
#[case::named("--config ../theirs/c.yaml")]
#[case::profile("--profile ../theirs/c.yaml")]
#[case::inherited("--profile ../home/mine.yaml")]
fn a_strangers_file_that_is_named_stops_the_start(#[case] options: &str) {
    let scene = Scene::new();
    scene.put(STRANGER, "theirs/c.yaml", "checkpoint: {glob: [state]}\n");
    scene.put(USER, "home/mine.yaml", "inherits: ../theirs/c.yaml\n");
    let mut run = scene.ckwrap(&format!("--engine none {options}"), "touch ran");
    assert_eq!(run.end(), End::Code(125));
    let said = run.all_errors();
    assert!(said.contains("belongs to user 4202"), "{said}");
    assert!(!scene.run.join("ran").exists());
}

#[test]
fn roots_file_and_ones_own_behind_ones_own_link_are_used() {
    for owner in [0, USER] {
        let scene = Scene::new();
        scene.put(owner, "site/c.yaml", "log: {level: debug}\n");
        scene.link(USER, "run/ckwrap.yaml", "site/c.yaml");
        let mut run = scene.ckwrap(LOUD, "exit 7");
        let end = run.end();
        let said = run.all_errors();
        assert_eq!(end, End::Code(7), "{said}");
        assert!(said.contains("starts from"), "{said}");
    }
}

const LOUD: &str = super::LOCAL;
