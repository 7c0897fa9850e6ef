//! A copy of a checkpoint says where it is to be put back: one that others could have made is not believed.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rstest::rstest;

use super::{LOCAL, STRANGER, Scene, USER, allow, give, names};
use crate::support::End;

const COPIES: &str = "checkpoint: {glob: [state], copy: true}\n";

/// A whole copy, as ckwrap makes them, of something that goes elsewhere.
fn plant(scene: &Scene, owner: u32, good: &str) {
    let id = r#"{"path":"state","size":4,"modified_ns":1,"inode":1}"#;
    let manifest = format!(r#"{{"id":{id},"parts":["../home/.profile"]}}"#);
    scene.put(owner, &format!("{good}/1/copy.json"), manifest);
    scene.put(owner, &format!("{good}/1/0"), "evil");
}

#[rstest]
#[case::strangers_directory(|scene: &Scene| plant(scene, STRANGER, "run/.ckwrap/local/good"))]
#[case::strangers_link(|scene: &Scene| {
    plant(scene, STRANGER, "theirs/local/good");
    scene.link(STRANGER, "run/.ckwrap", "theirs");
})]
#[case::link_within(|scene: &Scene| {
    plant(scene, STRANGER, "theirs/good");
    for dir in ["run/.ckwrap", "run/.ckwrap/local"] {
        allow(&scene.dir_of(USER, dir.as_ref()), 0o700);
    }
    scene.link(USER, "run/.ckwrap/local/good", "theirs/good");
})]
fn a_planted_copy_is_never_put_back(#[case] plant: fn(&Scene)) {
    let scene = Scene::new();
    let config = scene.put(USER, "home/c.yaml", COPIES);
    plant(&scene);
    scene.share_run_dir();
    let mut run = scene.ckwrap(&format!("{LOCAL} --config {}", config.display()), "touch ran; exit 7");
    let end = run.end();
    let said = run.all_errors();
    assert!(!scene.home.join(".profile").exists(), "a stranger wrote into the home: {said}");
    assert_eq!(end, End::Code(7), "{said}");
    assert!(scene.run.join("ran").exists());
}

/// Copies are cleared and thinned out: not in a directory that stands there by now.
#[rstest]
#[case::link(|scene: &Scene| { scene.link(STRANGER, "run/.ckwrap", "home/trap"); })]
#[case::directory_of_a_stranger(|scene: &Scene| {
    scene.dir_of(STRANGER, "run/.ckwrap".as_ref());
    scene.link(STRANGER, "run/.ckwrap/local", "home/trap/local");
})]
fn a_swapped_directory_loses_nothing(#[case] swap: fn(&Scene)) {
    let scene = Scene::new();
    scene.put(USER, "run/ckwrap.yaml", COPIES);
    scene.put(USER, "home/trap/local/good/draft.tmp/chapter", "mine");
    for number in 1..6 {
        scene.put(USER, &format!("home/trap/local/good/{number}/x"), "mine");
    }
    let before = names(&scene.home.join("trap/local/good"));
    let options = "--engine local --time-limit 1h --continue none";
    let mut run = scene.ckwrap(options, "echo ready; read line; echo data > state; exit 85");
    assert_eq!(run.line().as_deref(), Some("ready"));
    fs::rename(scene.run.join(".ckwrap"), scene.run.join("taken")).unwrap();
    swap(&scene);
    assert_eq!(run.finish(), End::Code(85), "{}", run.all_errors());
    assert_eq!(names(&scene.home.join("trap/local/good")), before);
    assert!(scene.home.join("trap/local/good/draft.tmp/chapter").exists());
}

#[test]
fn a_copy_gives_nobody_the_users_rights() {
    let scene = Scene::new();
    // The rights would be root's here, and root's writes do not take such marks away again.
    give(&scene.run, 0);
    scene.put(0, "run/ckwrap.yaml", COPIES);
    allow(&scene.put(STRANGER, "run/state", "#!/bin/sh\nid\n"), 0o6755);
    let start = scene.start(LOCAL, "exit 0").set(|command| {
        use std::os::unix::process::CommandExt as _;
        command.uid(0).gid(0);
    });
    let mut run = start.go();
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let copy = scene.run.join(".ckwrap/local/good/1/0");
    let made = fs::metadata(&copy).unwrap();
    assert_eq!(made.uid(), 0);
    assert_eq!(made.permissions().mode() & 0o7777, 0o755, "no set-user-id of root's on a stranger's program");
}

/// What others have put under the name of the file that is being restored.
#[test]
fn a_copy_is_not_put_back_through_a_link() {
    let scene = Scene::new();
    scene.put(USER, "run/ckwrap.yaml", "checkpoint: {glob: [sub/state], copy: true}\n");
    scene.put(USER, "run/sub/state", "data");
    let mut run = scene.ckwrap(LOCAL, "exit 7");
    assert_eq!(run.end(), End::Code(7), "{}", run.all_errors());
    assert!(Path::new(&scene.run.join(".ckwrap/local/good/1")).exists());
    fs::remove_dir_all(scene.run.join("sub")).unwrap();
    scene.put(USER, "home/target/state", "mine");
    scene.link(STRANGER, "run/sub", "home/target");
    fs::write(scene.home.join("target/state"), "").unwrap();
    let mut run = scene.ckwrap(LOCAL, "exit 7");
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(names(&scene.home.join("target")), ["state"], "{end:?} {said}");
    assert_eq!(fs::read(scene.home.join("target/state")).unwrap(), b"", "{said}");
}
