//! Checkpoints of real files: what is reached of them, what is not, and which directories count.

use std::os::unix::fs::{lchown, symlink};

use rstest::rstest;
use tempfile::TempDir;

use super::*;

fn rule(kind: Kind, glob: &[&str]) -> CheckpointRule {
    let glob = glob.iter().map(ToString::to_string).collect();
    CheckpointRule { glob, kind, ..CheckpointRule::default() }
}

fn place(names: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in names {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    dir
}

fn synced(dir: &Path, rule: Option<&CheckpointRule>, id: &CheckpointId) -> Result<(), SyncError> {
    make_durable(dir, rule, id, &AtomicBool::new(false))
}

fn named(name: &str) -> CheckpointId {
    CheckpointId { path: name.into(), size: 0, modified_ns: 0, inode: 0 }
}

#[rstest]
#[case::file(Kind::File, &["state"], &["state"], &["state"])]
#[case::deep(Kind::File, &["d/*/state"], &["d/e/state"], &["d/e/state"])]
#[case::set(Kind::Set, &["*.coor", "*.vel"], &["a.coor", "a.vel"], &["a.coor", "a.vel"])]
#[case::dir(Kind::Dir, &["chk*"], &["chk1/Header", "chk1/l/Cell"], &["chk1/Header", "chk1/l/Cell"])]
#[case::dirs(Kind::Dirs, &["p*/chk"], &["p0/chk/a", "p1/chk/b"], &["p0/chk/a", "p1/chk/b"])]
fn all_files_belong_to_it(
    #[case] kind: Kind,
    #[case] glob: &[&str],
    #[case] names: &[&str],
    #[case] expected: &[&str],
) {
    let dir = place(names);
    let rule = rule(kind, glob);
    let id = scan(dir.path(), &rule).unwrap().remove(0).id;
    let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
    assert_eq!(files(dir.path(), Some(&rule), &id).unwrap(), expected);
    synced(dir.path(), Some(&rule), &id).unwrap();
}

#[test]
fn without_a_rule_it_is_what_was_announced() {
    let dir = place(&["chk/a", "chk/b/c"]);
    for name in ["chk", "chk/a"] {
        let id = crate::checkpoint::examine(dir.path(), Path::new(name)).unwrap().unwrap();
        synced(dir.path(), None, &id).unwrap();
        assert!(matches!(
            synced(dir.path(), None, &CheckpointId { size: 99, ..id }),
            Err(SyncError::Changed(_))
        ));
    }
}

#[rstest]
#[case("state", &[""])]
#[case("a/b/state", &["", "a", "a/b"])]
#[case("/run/a/state", &["", "a"])]
#[case("/scratch/a/state", &["/scratch/a"])]
#[case("../a/state", &["../a"])]
fn directories_count_up_to_the_one_of_the_run(#[case] path: &str, #[case] directories: &[&str]) {
    let mut names = Names::default();
    names.add(Path::new("/run"), Path::new(path));
    assert_eq!(names.0.keys().map(|path| path.to_str().unwrap()).collect::<Vec<_>>(), directories);
}

#[rstest]
#[case::beside_it("latest", "d/state")]
#[case::by_another_link("twice", "latest")]
#[case::up("d/up", "../state")]
#[case::elsewhere("far", "/ELSEWHERE/state")]
fn own_links_are_followed_to_the_file(#[case] link: &str, #[case] target: &str) {
    let dir = place(&["state", "d/state"]);
    let elsewhere = place(&["state"]);
    let target = target.replace("/ELSEWHERE", elsewhere.path().to_str().unwrap());
    symlink("d/state", dir.path().join("latest")).unwrap();
    if link != "latest" {
        symlink(&target, dir.path().join(link)).unwrap();
    }
    let (_, length, way) = open(dir.path(), Path::new(link)).unwrap();
    assert_eq!(length, fs::metadata(dir.path().join(link)).unwrap().len());
    assert!(way.len() >= 2, "the link's own directory counts too: {way:?}");
    synced(dir.path(), Some(&rule(Kind::File, &["*"])), &named(link)).unwrap();
}

#[test]
fn what_is_no_file_or_a_strangers_link_is_refused_at_once() {
    let dir = place(&["state", "d/state"]);
    nix::unistd::mkfifo(&dir.path().join("fifo"), Mode::S_IRWXU).unwrap();
    symlink("/dev/null", dir.path().join("device")).unwrap();
    symlink("circle", dir.path().join("circle")).unwrap();
    symlink("state", dir.path().join("strange")).unwrap();
    let mut refused = vec!["fifo", "device", "circle", "d", "gone", "gone/state", "state/x"];
    // Only root can give a link away.
    if nix::unistd::geteuid().is_root() {
        lchown(dir.path().join("strange"), Some(65534), None).unwrap();
        refused.push("strange");
    }
    for name in refused {
        let seen = synced(dir.path(), Some(&rule(Kind::File, &["*"])), &named(name));
        assert!(matches!(seen, Err(SyncError::Io { what: "open", .. })), "{name}: {seen:?}");
    }
}

#[test]
fn a_large_one_goes_piece_by_piece_and_is_left_when_nobody_waits() {
    let dir = place(&["state"]);
    let file = File::options().write(true).open(dir.path().join("state")).unwrap();
    file.set_len(PIECE * 5 + 1).unwrap();
    let rule = rule(Kind::File, &["state"]);
    synced(dir.path(), Some(&rule), &named("state")).unwrap();
    let abandoned = AtomicBool::new(true);
    let left = write_out(&file, PIECE * 5 + 1, Path::new("state"), &abandoned);
    assert!(matches!(left, Err(SyncError::Abandoned)));
    write_out(&file, PIECE, Path::new("state"), &abandoned).unwrap();
    let left = make_durable(dir.path(), Some(&rule), &named("state"), &abandoned);
    assert!(matches!(left, Err(SyncError::Abandoned)));
}
