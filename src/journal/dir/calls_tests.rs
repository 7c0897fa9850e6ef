//! What cannot be seen in the files: which system calls are made, and what is done when one of them lies.
//!
//! A test of the first kind runs one of the second under `strace` and reads the trace.

#![expect(clippy::disallowed_methods, reason = "strace is an ordinary child here")]

use std::process::Command;

use super::*;

/// Names the directory in which the traced half is to work; without it that half does nothing.
const PLACE: &str = "CKWRAP_TEST_TRACED";

/// What a traced half did.
struct Traced {
    passed: bool,
    said: String,
    /// Its calls on the directory and what is in it.
    calls: Vec<String>,
}

/// Runs a traced half in a new directory.
fn traced(half: &str, inject: Option<&str>) -> Traced {
    let place = tempfile::tempdir().unwrap();
    let (log, dir) = (place.path().join("trace"), place.path().join("d"));
    fs::create_dir(&dir).unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-y", "-e", "trace=openat,write,fsync,renameat,linkat,unlinkat"]);
    if let Some(inject) = inject {
        // Only into calls that name the directory: the harness opens files too.
        strace.arg("-e").arg(format!("inject={inject}")).arg("-P").arg(&dir);
    }
    strace.arg("-o").arg(&log).arg(std::env::current_exe().unwrap());
    strace.args(["--exact", &format!("journal::dir::calls_tests::{half}"), "--nocapture"]);
    let output = strace.env(PLACE, &dir).output().expect("strace is installed");
    let name = dir.display().to_string();
    let trace = fs::read_to_string(log).unwrap();
    let calls = trace.lines().filter(|line| line.contains(&name)).map(str::to_owned).collect();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Traced { passed: output.status.success(), said, calls }
}

fn place() -> Option<Dir> {
    std::env::var_os(PLACE).map(|path| Dir::open_run(Path::new(&path)).unwrap())
}

#[test]
fn half_replaces() {
    let Some(dir) = place() else { return };
    dir.replace("f", b"one").unwrap();
}

#[test]
fn half_replaces_with_the_same_and_with_other_words() {
    let Some(dir) = place() else { return };
    // Every rename says that the old name is not there: true or not, the content tells.
    fs::write(dir.path().join("f"), b"one").unwrap();
    dir.replace("f", b"one").unwrap();
    assert!(dir.replace("f", b"two").is_err());
}

#[test]
fn half_replaces_if_it_can() {
    let Some(dir) = place() else { return };
    match dir.replace("f", b"one") {
        Ok(()) => println!("replaced"),
        Err(error) => println!("not replaced: {error}"),
    }
}

#[test]
fn half_syncs_a_file() {
    let Some(dir) = place() else { return };
    fs::write(dir.path().join("f"), b"one").unwrap();
    fs::set_permissions(dir.path().join("f"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    dir.sync_file("f").unwrap();
}

#[test]
fn half_opens_one_that_others_may_write() {
    let Some(dir) = place() else { return };
    fs::create_dir(dir.path().join("p")).unwrap();
    fs::set_permissions(dir.path().join("p"), std::os::unix::fs::PermissionsExt::from_mode(0o770)).unwrap();
    println!("{}", dir.open_private("p").unwrap_err());
}

/// For root nothing is closed: only a lie shows what others are told.
#[test]
fn of_a_directory_that_is_closed_to_us_the_reason_is_told() {
    // Of the calls that touch the directory the first opens it.
    let Traced { said, calls, .. } =
        traced("half_opens_one_that_others_may_write", Some("openat:error=EACCES:when=2"));
    assert!(said.contains("can be changed by other users (mode 770)"), "{said} {calls:#?}");
    let looked = calls.iter().filter(|line| line.contains("\"p\"")).nth(1).unwrap();
    assert!(looked.contains("O_NOFOLLOW|O_CLOEXEC|O_PATH"), "neither a link nor the child: {looked}");
}

#[test]
fn content_then_name_then_directory_reach_the_disk() {
    let Traced { passed, calls, .. } = traced("half_replaces", None);
    assert!(passed, "{calls:#?}");
    let position = |parts: &[&str]| {
        let found = calls.iter().position(|line| parts.iter().all(|part| line.contains(part)));
        found.unwrap_or_else(|| panic!("no call has {parts:?}: {calls:#?}"))
    };
    let run = position(&["openat(AT_FDCWD", "O_RDONLY", "O_CLOEXEC", "O_DIRECTORY"]);
    let made =
        position(&["openat(", ".tmp\"", "O_WRONLY", "O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC", "0600"]);
    let written = position(&["write(", ".tmp>", "\"one\""]);
    let synced = position(&["fsync(", ".tmp>"]);
    let renamed = position(&["renameat(", ".tmp\"", "\"f\""]);
    let named = position(&["fsync(", "/d>"]);
    let order = [run, made, written, synced, renamed, named];
    assert!(order.is_sorted(), "{order:?}: {calls:#?}");
}

#[test]
fn a_file_is_synced_by_its_name() {
    let Traced { passed, calls, .. } = traced("half_syncs_a_file", None);
    assert!(
        passed && calls.iter().any(|line| line.contains("fsync(") && line.contains("/d/f>")),
        "{calls:#?}"
    );
}

#[test]
fn a_rename_that_is_said_to_have_found_nothing_is_judged_by_the_content() {
    let Traced { passed, calls, .. } =
        traced("half_replaces_with_the_same_and_with_other_words", Some("renameat:error=ENOENT"));
    assert!(passed, "{calls:#?}");
}

#[test]
fn a_temporary_name_that_is_taken_gives_way_to_another_but_not_for_ever() {
    let half = "half_replaces_if_it_can";
    // Of the calls that touch the directory the first opens it.
    let once = traced(half, Some("openat:error=EEXIST:when=2"));
    assert!(once.said.contains("\nreplaced"), "{} {:#?}", once.said, once.calls);
    let always = traced(half, Some("openat:error=EEXIST:when=2+"));
    assert!(always.said.contains("not replaced"), "{} {:#?}", always.said, always.calls);
    let tries =
        always.calls.iter().filter(|line| line.contains("openat(") && line.contains(".tmp\"")).count();
    assert_eq!(tries, 1 + usize::try_from(TRIES).unwrap());
}
