//! Copies of real files, made, lost and put back.

use std::os::unix::fs::MetadataExt;

use rstest::rstest;
use tempfile::TempDir;

use super::*;
use crate::profile::rules::Kind;

fn rule(kind: Kind, glob: &[&str]) -> CheckpointRule {
    let glob = glob.iter().map(ToString::to_string).collect();
    CheckpointRule { glob, kind, ..CheckpointRule::default() }
}

struct Place {
    dir: TempDir,
    rule: CheckpointRule,
}

impl Place {
    fn new(kind: Kind, glob: &[&str]) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), rule: rule(kind, glob) }
    }

    fn good(&self) -> PathBuf {
        self.dir.path().join(".good")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).unwrap()
    }

    fn newest(&self) -> CheckpointId {
        scan(self.dir.path(), &self.rule).unwrap().remove(0).id
    }

    fn keep(&self, most: u32) -> Result<(), KeepError> {
        keep(&self.good(), self.dir.path(), &self.rule, &self.newest(), most, &AtomicBool::new(false))
    }

    fn kept(&self) -> Vec<Kept> {
        kept(&self.good()).unwrap()
    }

    fn restore(&self, damaged: &[PathBuf]) -> Vec<(PathBuf, PathBuf)> {
        restore(&self.good(), &self.kept()[0], self.dir.path(), damaged, 7).unwrap()
    }
}

#[rstest]
#[case::file(Kind::File, &["d/state"], &["d/state"])]
#[case::set(Kind::Set, &["*.coor", "*.vel"], &["a.coor", "a.vel"])]
#[case::dir(Kind::Dir, &["chk*"], &["chk1/Header", "chk1/level/Cell_D", "chk1/_SUCCESS"])]
fn what_is_destroyed_comes_back_the_same(#[case] kind: Kind, #[case] glob: &[&str], #[case] names: &[&str]) {
    let place = Place::new(kind, glob);
    for name in names {
        place.write(name, &format!("good {name}"));
    }
    let before = place.newest();
    place.keep(1).unwrap();
    // Into the same inode, as such programs write: a hard link would be spoilt too.
    for name in names {
        let path = place.dir.path().join(name);
        OpenOptions::new().write(true).truncate(true).open(path).unwrap().write_all(b"half").unwrap();
    }
    let renamed = place.restore(&[]);
    assert!(
        !renamed.is_empty() && renamed.iter().all(|(_, name)| name.to_string_lossy().contains(".damaged-7"))
    );
    for name in names {
        assert_eq!(place.read(name), format!("good {name}"));
    }
    assert!(place.newest().is_copy_of(&before), "{:?} {before:?}", place.newest());
    assert_eq!(place.kept()[0].id, before, "the copy stays");
}

#[test]
fn so_many_and_the_one_before_are_kept_and_the_oldest_goes() {
    let place = Place::new(Kind::File, &["state"]);
    for text in ["1", "22", "333", "4444"] {
        place.write("state", text);
        place.keep(2).unwrap();
        place.keep(2).unwrap();
    }
    assert_eq!(place.kept().iter().map(|kept| kept.id.size).collect::<Vec<_>>(), [4, 3, 2]);
    assert_eq!(fs::read_dir(place.good()).unwrap().count(), 3);
}

/// The new one may be damaged in a way that no test sees: the one before has proved itself by a restart.
#[test]
fn the_copy_that_was_proved_outlives_the_first_that_was_not() {
    let place = Place::new(Kind::File, &["state"]);
    for text in ["proved", "not yet"] {
        place.write("state", text);
        place.keep(1).unwrap();
    }
    assert_eq!(place.kept().iter().map(|kept| kept.id.size).collect::<Vec<_>>(), [7, 6]);
}

#[test]
fn an_abandoned_copy_is_never_seen() {
    let place = Place::new(Kind::File, &["state"]);
    place.write("state", "good");
    let id = place.newest();
    let abandoned = AtomicBool::new(true);
    let made = keep(&place.good(), place.dir.path(), &place.rule, &id, 1, &abandoned);
    assert!(matches!(made, Err(KeepError::Abandoned)));
    assert_eq!(place.kept(), []);
    // One that was killed in the middle of it.
    fs::create_dir_all(place.good().join(".1.tmp/0")).unwrap();
    assert_eq!(place.kept(), []);
    place.keep(1).unwrap();
    assert_eq!(fs::read_dir(place.good()).unwrap().count(), 1);
}

#[test]
fn what_has_changed_meanwhile_is_not_kept() {
    let place = Place::new(Kind::File, &["state"]);
    place.write("state", "good");
    let id = CheckpointId { size: 99, ..place.newest() };
    let made = keep(&place.good(), place.dir.path(), &place.rule, &id, 1, &AtomicBool::new(false));
    assert!(matches!(made, Err(KeepError::Changed(_))), "{made:?}");
}

#[test]
fn a_copy_that_has_lost_its_content_is_none() {
    let place = Place::new(Kind::File, &["state"]);
    place.write("state", "good");
    place.keep(1).unwrap();
    fs::write(place.good().join("1/0"), "go").unwrap();
    assert_eq!(place.kept(), []);
}

#[test]
fn other_checkpoints_that_are_damaged_are_set_aside_and_no_candidates_any_more() {
    let place = Place::new(Kind::File, &["ck.*"]);
    place.write("ck.1", "good");
    place.keep(1).unwrap();
    place.write("ck.1", "bad");
    place.write("ck.2", "bad too");
    place.restore(&["ck.2".into()]);
    let left = scan(place.dir.path(), &place.rule).unwrap();
    assert_eq!(left.iter().map(|found| found.id.path.clone()).collect::<Vec<_>>(), [PathBuf::from("ck.1")]);
    assert_eq!(place.read("ck.2.damaged-7"), "bad too");
}

#[test]
fn no_space_is_told_and_leaves_nothing() {
    let place = Place::new(Kind::File, &["state"]);
    place.write("state", "good");
    // A file stands where the copies should go.
    fs::write(place.good(), "").unwrap();
    let error = place.keep(1).unwrap_err();
    assert!(matches!(error, KeepError::Io { .. }), "{error}");
}

#[test]
fn a_copy_is_no_link_to_the_original() {
    let place = Place::new(Kind::File, &["state"]);
    place.write("state", "good");
    place.keep(1).unwrap();
    let one = fs::metadata(place.dir.path().join("state")).unwrap();
    let other = fs::metadata(place.good().join("1/0")).unwrap();
    assert_ne!(one.ino(), other.ino());
    assert_eq!(one.mtime_nsec(), other.mtime_nsec());
}
