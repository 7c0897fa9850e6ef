//! Scans of real directories: order, kinds, fallbacks.

use std::fs::FileTimes;
use std::os::unix::fs::symlink;
use std::time::{Duration, UNIX_EPOCH};

use nix::sys::stat::Mode;
use rstest::rstest;

use super::*;

fn rule(glob: &[&str], fallback: &[&str], pick: Pick, kind: Kind) -> CheckpointRule {
    let owned = |patterns: &[&str]| patterns.iter().map(ToString::to_string).collect();
    CheckpointRule { glob: owned(glob), fallback: owned(fallback), pick, kind, ..CheckpointRule::default() }
}

fn put(dir: &Path, name: &str, seconds: u64) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, name).unwrap();
    stamp(&path, seconds);
}

fn stamp(path: &Path, seconds: u64) {
    let time = FileTimes::new().set_modified(UNIX_EPOCH + Duration::from_secs(seconds));
    fs::File::open(path).unwrap().set_times(time).unwrap();
}

fn names(found: &[Candidate]) -> Vec<&str> {
    found.iter().map(|candidate| candidate.id.path.to_str().unwrap()).collect()
}

#[rstest]
#[case(&["*.cpt"], &[], Pick::Newest, &["b2.cpt", "a10.cpt", "a1.cpt"])]
#[case(&["*.cpt"], &[], Pick::MaxNumber, &["a10.cpt", "b2.cpt", "a1.cpt"])]
#[case(&["*.cpt"], &["b*.cpt"], Pick::Newest, &["a10.cpt", "a1.cpt", "b2.cpt"])]
#[case(&["b2.cpt"], &["*.cpt"], Pick::Newest, &["b2.cpt", "a10.cpt", "a1.cpt"])]
#[case(&["none.cpt"], &["a1.cpt", "b2.cpt"], Pick::Newest, &["a1.cpt", "b2.cpt"])]
#[case(&["*.cpt", "a*"], &[], Pick::Newest, &["b2.cpt", "a10.cpt", "a1.cpt"])]
#[case(&["*.none"], &[], Pick::Newest, &[])]
fn files_best_first(
    #[case] glob: &[&str],
    #[case] fallback: &[&str],
    #[case] pick: Pick,
    #[case] expected: &[&str],
) {
    let dir = tempfile::tempdir().unwrap();
    for (name, seconds) in [("a1.cpt", 10), ("a10.cpt", 20), ("b2.cpt", 30)] {
        put(dir.path(), name, seconds);
    }
    let found = scan(dir.path(), &rule(glob, fallback, pick, Kind::File)).unwrap();
    assert_eq!(names(&found), expected);
    for candidate in &found {
        let older =
            fallback.iter().any(|pattern| Pattern::new(pattern).unwrap().matches_path(&candidate.id.path));
        assert_eq!(candidate.fallback, older && !glob.contains(&names(std::slice::from_ref(candidate))[0]));
    }
}

#[test]
fn equal_times_are_ordered_by_name() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "ck.a", 5);
    put(dir.path(), "ck.b", 5);
    assert_eq!(
        names(&scan(dir.path(), &rule(&["ck.?"], &[], Pick::Newest, Kind::File)).unwrap()),
        ["ck.b", "ck.a"]
    );
}

#[test]
fn identity_changes_with_every_write() {
    let dir = tempfile::tempdir().unwrap();
    let rule = rule(&["ck"], &[], Pick::Newest, Kind::File);
    put(dir.path(), "ck", 5);
    let before = scan(dir.path(), &rule).unwrap();
    assert_eq!(scan(dir.path(), &rule).unwrap(), before);
    put(dir.path(), "new", 5);
    fs::write(dir.path().join("new"), "ck").unwrap();
    stamp(&dir.path().join("new"), 5);
    fs::rename(dir.path().join("new"), dir.path().join("ck")).unwrap();
    assert_ne!(scan(dir.path(), &rule).unwrap(), before, "same size and time, renamed into place");
}

#[test]
fn a_set_is_one_candidate() {
    let dir = tempfile::tempdir().unwrap();
    for (name, seconds) in [("s.coor", 10), ("s.vel", 12), ("s.coor.old", 1)] {
        put(dir.path(), name, seconds);
    }
    let rule = rule(&["*.coor", "*.vel", "*.xsc"], &["*.old"], Pick::Newest, Kind::Set);
    let found = scan(dir.path(), &rule).unwrap();
    assert_eq!(names(&found), ["s.coor", "s.coor.old"]);
    assert_eq!(found[0].files, [PathBuf::from("s.coor"), PathBuf::from("s.vel")]);
    assert_eq!(found[0].missing, ["*.xsc"]);
    assert_eq!((found[0].id.size, found[0].id.inode), (11, 0));
    assert_eq!(found[0].id.modified_ns, 12_000_000_000);
    assert!(found[1].fallback && found[1].missing.is_empty());
}

#[test]
fn a_set_without_any_file_is_none() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(scan(dir.path(), &rule(&["*.coor", "x"], &[], Pick::Newest, Kind::Set)).unwrap(), []);
}

#[test]
fn directories_with_what_is_in_them() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "chk00010/Header", 50);
    put(dir.path(), "chk00010/Level_0/Cell_D", 60);
    put(dir.path(), "chk00009/Header", 70);
    put(dir.path(), "chk00011", 80);
    symlink("..", dir.path().join("chk00010/up")).unwrap();
    for (name, seconds) in [("chk00010/Level_0", 40), ("chk00010", 40), ("chk00009", 40)] {
        stamp(&dir.path().join(name), seconds);
    }
    let found = scan(dir.path(), &rule(&["chk*[0-9]"], &[], Pick::MaxNumber, Kind::Dir)).unwrap();
    assert_eq!(names(&found), ["chk00010", "chk00009"], "a plain file is no directory");
    assert_eq!(found[0].files, [PathBuf::from("chk00010/Header"), PathBuf::from("chk00010/Level_0/Cell_D")]);
    assert_eq!((found[0].id.size, found[0].id.modified_ns), (15 + 23, 60_000_000_000));
}

#[test]
fn links_are_followed_and_dangling_ones_absent() {
    let (dir, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(scratch.path(), "real", 9);
    symlink(scratch.path().join("real"), dir.path().join("a.cpt")).unwrap();
    symlink("nowhere", dir.path().join("b.cpt")).unwrap();
    symlink("c.cpt", dir.path().join("c.cpt")).unwrap();
    let found = scan(dir.path(), &rule(&["*.cpt", "b.cpt"], &[], Pick::Newest, Kind::File)).unwrap();
    assert_eq!(names(&found), ["a.cpt"]);
    assert_eq!((found[0].id.size, found[0].id.modified_ns), (4, 9_000_000_000));
}

#[test]
fn special_files_are_no_checkpoints() {
    let dir = tempfile::tempdir().unwrap();
    nix::unistd::mkfifo(&dir.path().join("a.cpt"), Mode::S_IRWXU).unwrap();
    symlink("/dev/zero", dir.path().join("b.cpt")).unwrap();
    fs::create_dir(dir.path().join("c.cpt")).unwrap();
    for kind in [Kind::File, Kind::Set] {
        assert_eq!(scan(dir.path(), &rule(&["*.cpt"], &[], Pick::Newest, kind)).unwrap(), []);
    }
}

#[test]
fn what_cannot_be_looked_at_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = |glob: &str| rule(&[glob], &[], Pick::Newest, Kind::File);
    let too_long = "x".repeat(300);
    assert!(matches!(scan(dir.path(), &file(&too_long)), Err(ScanError::Unreadable { .. })));
    let gone = dir.path().join("gone");
    assert!(matches!(scan(&gone, &file("*.cpt")), Err(ScanError::Unreadable { .. })));
    let closed = dir.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    // Root reads everything, so there the permission says nothing.
    if !nix::unistd::geteuid().is_root() {
        assert!(matches!(scan(dir.path(), &file("closed/*.cpt")), Err(ScanError::Unreadable { .. })));
        assert!(matches!(scan(dir.path(), &file("closed/a.cpt")), Err(ScanError::Unreadable { .. })));
    }
    fs::set_permissions(&closed, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
}

/// The program renames new states into place and deletes old ones while we look.
#[test]
fn files_that_come_and_go_are_no_error() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "d/keep.cpt", 5);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0_u32;
            while !over.load(Ordering::Relaxed) {
                let path = dir.path().join(format!("d/{number}.cpt"));
                fs::write(&path, "x").unwrap();
                fs::remove_file(&path).unwrap();
                number += 1;
            }
        });
        let rules = [Kind::File, Kind::Set].map(|kind| rule(&["d/*.cpt"], &[], Pick::Newest, kind));
        let as_dir = rule(&["d"], &[], Pick::Newest, Kind::Dir);
        let results: Vec<_> =
            (0..500).flat_map(|_| rules.iter().chain([&as_dir]).map(|rule| scan(dir.path(), rule))).collect();
        over.store(true, Ordering::Relaxed);
        for found in results {
            assert!(found.unwrap().iter().any(|one| one.files.contains(&PathBuf::from("d/keep.cpt"))));
        }
    });
}

#[test]
fn directories_of_one_name_are_one_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    for name in
        ["0/U", "0.4/U", "0.4/uniform/time", "0.5/U", "10/U", "0.orig/U", "0.5.incomplete-1700000000/U"]
    {
        put(dir.path(), &format!("processor0/{name}"), 10);
        put(dir.path(), &format!("processor1/{name}"), 20);
    }
    let mut rule = rule(&["./processor*/[0-9]*"], &[], Pick::MaxNumber, Kind::Dirs);
    rule.not_glob = vec!["0".into(), "*[!0-9.e+-]*".into()];
    let found = scan(dir.path(), &rule).unwrap();
    assert_eq!(names(&found), ["processor0/10", "processor0/0.5", "processor0/0.4"]);
    let parts: Vec<PathBuf> = vec!["processor0/0.4".into(), "processor1/0.4".into()];
    assert_eq!((found[2].parts.as_slice(), found[2].files.len()), (parts.as_slice(), 4));
}

#[rstest]
#[case("*.tmp", &["d/a"])]
#[case("d/*.tmp", &["d/a"])]
#[case("./d/a", &["d/a.tmp"])]
#[case("x/*", &["d/a.tmp", "d/a"])]
#[case("[!a]*", &["d/a.tmp", "d/a"])]
fn what_is_no_checkpoint_by_name_or_path(#[case] not: &str, #[case] expected: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    for name in ["d/a", "d/a.tmp", "d/a.before-fresh-1700000000"] {
        put(dir.path(), name, 10);
    }
    let mut rule = rule(&["*/a*"], &[], Pick::Newest, Kind::File);
    rule.not_glob = vec![not.into()];
    assert_eq!(names(&scan(dir.path(), &rule).unwrap()), expected);
}
