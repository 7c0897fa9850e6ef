//! Files that ckwrap writes, renames and removes in the run directory: nothing elsewhere may change by what others put
//! there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rstest::rstest;

use super::{LOCAL, STRANGER, Scene, USER, allow, names};
use crate::support::End;

/// Asks within a second, and ends soon after.
const ASKS: &str = "--engine local --time-limit 3s --lead 2s --continue none";

/// A program that ends when it is asked by a file, or is ended.
const WAITS: &str = "while [ ! -e STOP ] && [ ! -e sub/STOP ]; do sleep 0.1; done; exit 85";

#[rstest]
#[case::link(|scene: &Scene| { scene.link(STRANGER, "run/STOP", "home/thesis"); })]
#[case::own_link(|scene: &Scene| { scene.link(USER, "run/STOP", "home/thesis"); })]
#[case::second_name(|scene: &Scene| { scene.hard_link("run/STOP", "home/thesis"); })]
#[case::pipe(|scene: &Scene| { scene.fifo(STRANGER, "run/STOP"); })]
#[case::where_it_is_made(|scene: &Scene| { scene.link(STRANGER, "run/.STOP.ckwrap-1", "home/thesis"); })]
fn a_trigger_file_is_not_written_through_what_stands_there(#[case] plant: fn(&Scene)) {
    let scene = Scene::new();
    scene.put(USER, "run/ckwrap.yaml", "trigger: [{file: STOP, text: now}]\n");
    plant(&scene);
    let mut run = scene.ckwrap(ASKS, &format!("umask 0; {WAITS}"));
    let end = run.end();
    assert_eq!(end, End::Code(85), "{}", run.all_errors());
    scene.thesis_is_whole();
}

/// A directory of the run that is not there yet, and that others make: a link into the user's own files.
#[rstest]
#[case::strangers(STRANGER, false)]
#[case::own(USER, true)]
fn a_trigger_file_reaches_through_ones_own_links_only(#[case] owner: u32, #[case] followed: bool) {
    let scene = Scene::new();
    scene.put(USER, "run/ckwrap.yaml", "trigger: [{file: sub/STOP, text: now}]\n");
    scene.put(USER, "home/other/STOP", "of another run");
    scene.link(owner, "run/sub", "home/other");
    let mut run = scene.ckwrap(ASKS, "[ -e sub/STOP ] && exit 3; sleep 1000 & wait");
    let end = run.end();
    let said = run.all_errors();
    if followed {
        assert_ne!(end, End::Code(3), "the stale file is removed: {said}");
    } else {
        assert_eq!(end, End::Code(3), "{said}");
        assert!(said.contains("is a link of user 4202"), "{said}");
        assert_eq!(fs::read_to_string(scene.home.join("other/STOP")).unwrap(), "of another run");
    }
}

#[test]
fn a_trigger_file_is_the_users_to_change_whatever_the_umask() {
    let scene = Scene::new();
    scene.put(USER, "run/ckwrap.yaml", "trigger: [{file: STOP, text: now}]\n");
    let script = "while [ ! -e STOP ]; do sleep 0.1; done; ls -l STOP; cat STOP; exit 85";
    let mut run = scene.start(ASKS, script).after("umask 0").go();
    assert!(run.line_with("-").starts_with("-rw-r--r--"));
    assert_eq!((run.line().as_deref(), run.end()), (Some("now"), End::Code(85)));
}

#[rstest]
#[case::strangers(STRANGER, false)]
#[case::own(USER, true)]
fn checkpoints_are_set_aside_through_ones_own_links_only(#[case] owner: u32, #[case] followed: bool) {
    let scene = Scene::new();
    scene.put(USER, "run/ckwrap.yaml", "checkpoint: {glob: ['sub*/state']}\n");
    scene.put(USER, "home/other/state", "of another run");
    scene.link(owner, "run/sub1", "home/other");
    let mut run = scene.ckwrap(&format!("{LOCAL} --fresh"), "exit 7");
    let end = run.end();
    let said = run.all_errors();
    let moved = names(&scene.home.join("other")) != ["state"];
    assert_eq!(moved, followed, "{said}");
    assert_eq!(end, End::Code(if followed { 7 } else { 125 }), "{said}");
    assert!(followed || said.contains("is a link of user 4202"), "{said}");
}

#[test]
fn a_link_that_is_set_aside_is_renamed_itself() {
    let scene = Scene::new();
    scene.put(USER, "run/ckwrap.yaml", "checkpoint: {glob: [state]}\n");
    scene.link(STRANGER, "run/state", "home/thesis");
    let mut run = scene.ckwrap(&format!("{LOCAL} --fresh"), "exit 7");
    assert_eq!(run.end(), End::Code(7), "{}", run.all_errors());
    scene.thesis_is_whole();
    let aside = names(&scene.run).into_iter().find(|name| name.starts_with("state.before-fresh-")).unwrap();
    assert!(scene.run.join(aside).is_symlink());
}

/// Whatever pattern and name: only names in the run directory go.
#[test]
fn leftovers_are_removed_here_and_nowhere_else() {
    let scene = Scene::new();
    let clean = "clean: ['*.lock', 'tmp*/', '**/x.lock', 'tmp*/x.lock', 'tmp*/**/x.lock']\n";
    scene.put(USER, "run/ckwrap.yaml", clean);
    scene.put(USER, "home/far/x.lock", "mine");
    scene.put(USER, "run/stale.lock", "");
    scene.link(STRANGER, "run/link.lock", "home/thesis");
    scene.hard_link("run/hard.lock", "home/thesis");
    scene.fifo(STRANGER, "run/pipe.lock");
    scene.link(STRANGER, "run/tmp1", "home/far");
    scene.link(USER, "run/tmp2", "home/far");
    scene.put(STRANGER, "run/tmp3/x", "");
    scene.link(STRANGER, "run/tmp3/out", "home/far");
    // Otherwise a directory with a stranger's files in it cannot be removed.
    allow(&scene.run.join("tmp3"), 0o777);
    let mut run = scene.ckwrap(LOCAL, "exit 7");
    assert_eq!(run.end(), End::Code(7), "{}", run.all_errors());
    scene.thesis_is_whole();
    assert_eq!(names(&scene.home), ["far", "thesis"]);
    assert_eq!(names(&scene.home.join("far")), ["x.lock"]);
    let left = names(&scene.run);
    assert!(
        !left.iter().any(|name| ["stale.lock", "link.lock", "hard.lock", "tmp3"].contains(&name.as_str()))
    );
    assert!(["pipe.lock", "tmp1", "tmp2"].iter().all(|name| left.contains(&(*name).to_owned())), "{left:?}");
}

/// A pipe has no end, a device none that one would live to see.
#[rstest]
#[case::checkpoint("checkpoint: {glob: [state], copy: true, validate: [nonempty, {tail: END}]}\n", "state")]
#[case::log("finish: {any: [{log: {file: out.log, regex: done}}]}\n", "out.log")]
#[case::number("finish: {any: [{reached: ['out.log: step ([0-9]+)', 'out.log: of ([0-9]+)']}]}\n", "out.log")]
#[case::input("vars: {n: {in: in.dat, regex: 'n=([0-9]+)', default: '1'}}\n", "in.dat")]
fn a_pipe_or_a_device_in_the_place_of_a_file_holds_nothing_up(#[case] yaml: &str, #[case] name: &str) {
    for device in [None, Some("/dev/zero")] {
        let scene = Scene::new();
        scene.put(USER, "run/ckwrap.yaml", yaml);
        match device {
            None => drop(scene.fifo(USER, &format!("run/{name}"))),
            Some(device) => std::os::unix::fs::symlink(device, scene.run.join(name)).unwrap(),
        }
        let mut run = scene.ckwrap(LOCAL, "exit 7");
        let end = run.end();
        let said = run.all_errors();
        assert_eq!(end, End::Code(7), "{yaml} {said}");
    }
}

/// The edited copy of an input goes into the chain's own directory; the user's file stays as it is.
#[test]
fn an_input_is_only_read_and_its_copy_is_the_users_alone() {
    let scene = Scene::new();
    let yaml =
        "checkpoint: {glob: [state]}\nrestart: {how: edit, edit: [{file: in.dat, regex: work, to: play}]}\n";
    scene.put(USER, "run/ckwrap.yaml", yaml);
    scene.put(USER, "run/state", "data");
    scene.link(USER, "run/in.dat", "home/thesis");
    let words = ["--engine", "local", "--time-limit", "1h", "--continue", "none", "--", "/bin/cat", "in.dat"];
    let mut run = scene.words(&words).go();
    assert_eq!(run.line().as_deref(), Some("years of play"), "{}", run.all_errors());
    assert_eq!(run.end(), End::Code(0));
    scene.thesis_is_whole();
    let copy = scene.run.join(".ckwrap/local/input/in.dat");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
}
