//! Real files, links and pipes.

use std::os::unix::fs::{PermissionsExt, symlink};

use rstest::rstest;

use super::*;

struct Place {
    root: tempfile::TempDir,
    run: Dir,
}

fn place() -> Place {
    let root = tempfile::tempdir().unwrap();
    let run = Dir::open_run(root.path()).unwrap();
    Place { root, run }
}

fn refused<T: std::fmt::Debug>(answer: &Result<T, StoreError>) {
    assert!(matches!(answer, Err(StoreError::Refused { .. })), "{answer:?}");
}

#[test]
fn makes_it_for_us_alone_and_finds_it_again() {
    let place = place();
    let (dir, made) = place.run.make_private("d").unwrap();
    assert!(made);
    assert_eq!(fs::metadata(dir.path()).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(!place.run.make_private("d").unwrap().1);
    assert!(place.run.open_private("none").unwrap_err().is_missing());
}

#[rstest]
#[case::link_to_a_directory(|root: &Path| symlink(root, root.join("d")).unwrap())]
#[case::dangling_link(|root: &Path| symlink("nowhere", root.join("d")).unwrap())]
#[case::file(|root: &Path| fs::write(root.join("d"), "").unwrap())]
#[case::others_may_write(|root: &Path| {
    fs::create_dir(root.join("d")).unwrap();
    fs::set_permissions(root.join("d"), fs::Permissions::from_mode(0o770)).unwrap();
})]
fn a_planted_directory_is_refused(#[case] plant: fn(&Path)) {
    let place = place();
    plant(place.root.path());
    refused(&place.run.open_private("d"));
    refused(&place.run.make_private("d"));
}

#[test]
fn a_directory_of_another_user_is_refused() {
    let place = place();
    let path = place.root.path().join("d");
    fs::create_dir(&path).unwrap();
    if std::os::unix::fs::chown(&path, Some(65534), None).is_err() {
        return; // only root can give a directory away
    }
    refused(&place.run.open_private("d"));
}

#[rstest]
#[case::link(|dir: &Path| { fs::write(dir.join("t"), "").unwrap(); symlink("t", dir.join("f")).unwrap(); })]
#[case::second_name(|dir: &Path| { fs::write(dir.join("t"), "").unwrap(); fs::hard_link(dir.join("t"), dir.join("f")).unwrap(); })]
#[case::pipe(|dir: &Path| nix::unistd::mkfifo(&dir.join("f"), Mode::S_IRWXU).unwrap())]
#[case::directory(|dir: &Path| fs::create_dir(dir.join("f")).unwrap())]
#[case::others_may_write(|dir: &Path| {
    fs::write(dir.join("f"), "").unwrap();
    fs::set_permissions(dir.join("f"), fs::Permissions::from_mode(0o666)).unwrap();
})]
fn a_planted_file_is_refused(#[case] plant: fn(&Path)) {
    let place = place();
    let (dir, _) = place.run.make_private("d").unwrap();
    plant(dir.path());
    refused(&dir.open_file("f", OFlag::O_WRONLY | OFlag::O_APPEND | OFlag::O_CREAT));
    refused(&dir.open_file("f", OFlag::O_RDONLY));
}

#[test]
fn replaces_as_a_whole_and_leaves_nothing_beside() {
    let place = place();
    place.run.replace("f", b"one").unwrap();
    symlink("elsewhere", place.root.path().join("l")).unwrap();
    place.run.replace("l", b"two").unwrap();
    place.run.replace("f", b"three").unwrap();
    assert_eq!(place.run.read("f", 100).unwrap().unwrap(), b"three");
    assert_eq!(place.run.read("l", 2).unwrap().unwrap(), b"tw");
    let mut names = place.run.names().unwrap();
    names.sort();
    assert_eq!(names, ["f", "l"]);
}

#[test]
fn a_failed_replacement_leaves_what_was_there() {
    let place = place();
    fs::create_dir(place.root.path().join("d")).unwrap();
    fs::write(place.root.path().join("d/x"), "").unwrap();
    assert!(place.run.replace("d", b"one").is_err());
    assert_eq!(place.run.names().unwrap(), ["d"]);
}

#[test]
fn publishes_once() {
    let place = place();
    assert_eq!(place.run.publish("f", b"one").unwrap(), Publish::Done);
    assert_eq!(place.run.publish("f", b"two").unwrap(), Publish::Taken);
    assert_eq!(place.run.read("f", 100).unwrap().unwrap(), b"one");
    assert_eq!(place.run.names().unwrap(), ["f"]);
}

#[test]
fn only_what_is_missing_reads_as_nothing() {
    let place = place();
    assert_eq!(place.run.read("none", 1).unwrap(), None);
    assert!(
        place.run.read(&"x".repeat(300), 1).is_err(),
        "a name that no file can have says nothing of a file"
    );
    let file = place.root.path().join("f");
    fs::write(&file, "").unwrap();
    assert!(Dir::open_run(&file).is_err(), "a file is no directory");
}

#[rstest]
#[case("n1.cluster-2", "n1cluster-2")]
#[case("../../x", "x")]
fn host_names_are_made_fit_for_file_names(#[case] host: &str, #[case] name: &str) {
    assert_eq!(plain(host), name);
}

#[test]
fn a_directory_that_was_moved_away_is_not_in_place() {
    let place = place();
    let at = |name: &str| place.root.path().join(name);
    let (dir, _) = place.run.make_private("d").unwrap();
    assert!(dir.is_in_place().unwrap());
    fs::rename(at("d"), at("e")).unwrap();
    assert!(dir.is_in_place().unwrap_err().is_missing());
    fs::create_dir(at("d")).unwrap();
    assert!(!dir.is_in_place().unwrap(), "another has its name");
    fs::remove_dir(at("d")).unwrap();
    symlink("e", at("d")).unwrap();
    assert!(dir.is_in_place().unwrap(), "its path leads to it");
}
