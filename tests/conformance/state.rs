//! What a process inherits: the child has it from its caller, as if the wrapper were not there.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Stdio;

use rstest::rstest;

use super::both;
use crate::support::{Start, Wrapper, probe, wait_for};

/// What the probe reports: `key: value` lines in their order.
#[derive(Debug)]
struct Report(Vec<(String, String)>);

impl Report {
    /// Runs `probe status` under a wrapper and reads what it wrote.
    fn of(wrapper: &Wrapper, folder: &Path, prepare: impl Fn(Start) -> Start) -> Self {
        Self::of_arguments(wrapper, folder, &[], prepare)
    }

    fn of_arguments(
        wrapper: &Wrapper,
        folder: &Path,
        arguments: &[&OsStr],
        prepare: impl Fn(Start) -> Start,
    ) -> Self {
        let file = folder.join("status");
        let words: [OsString; 3] = [probe().into(), "status".into(), file.clone().into()];
        let words = words.into_iter().chain(arguments.iter().map(OsString::from));
        let (out, err) = (folder.join("out"), folder.join("err"));
        let start = Start::new(wrapper, words).set(move |command| {
            // Files, as these have the same names in both runs.
            command.stdin(Stdio::null());
            command.stdout(File::create(out).unwrap()).stderr(File::create(err).unwrap());
        });
        let end = prepare(start).go().end();
        assert_eq!(end.shell_code(), 0, "{}", fs::read_to_string(folder.join("err")).unwrap_or_default());
        let text = fs::read_to_string(file).unwrap();
        let pairs = text.lines().filter_map(|line| line.split_once(": "));
        Self(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }

    fn get(&self, key: &str) -> &str {
        let pair = self.0.iter().find(|(name, _)| name == key);
        pair.map_or_else(|| panic!("no {key} in {self:?}"), |(_, value)| value)
    }

    fn mask(&self, key: &str) -> u64 {
        // 32 and 33 are glibc's own; its posix_spawn leaves them ignored in the child.
        u64::from_str_radix(self.get(key), 16).unwrap() & !(0b11 << 31)
    }

    /// Those lines of it that begin so.
    fn part(&self, start: &str) -> Vec<String> {
        self.inherited().into_iter().filter(|line| line.starts_with(start)).collect()
    }

    /// All but what differs between any two processes, and what ckwrap tells its child.
    fn inherited(&self) -> Vec<String> {
        let own = ["pid", "ppid", "pgid", "SigBlk", "SigIgn", "SigCgt"];
        let told = ["CKWRAP_", "NOTIFY_SOCKET=", "CONFORMANCE_RUN="];
        let kept = self.0.iter().filter(|(key, value)| {
            !(own.contains(&key.as_str()) || key == "env" && told.iter().any(|name| value.starts_with(name)))
        });
        kept.map(|(key, value)| format!("{key}: {value}"))
            .chain(["SigBlk", "SigIgn", "SigCgt"].map(|key| format!("{key}: {:016x}", self.mask(key))))
            .collect()
    }
}

#[rstest]
#[case::by_default("")]
#[case::all_at_once(
    "--umask 027 --nice 3 --nofile 128 --ignore 1,13,17,40 --block 10,20,64 --open 7:/dev/zero"
)]
fn nothing_is_lost_or_gained(#[case] options: &'static str) {
    assert_same("", |start| start.with(options));
}

/// Compares one part of what the child inherits, by the beginning of its lines, and gives the bare report. (One only: a
/// supervisor that fails in another shall not fail here as well.)
#[track_caller]
fn assert_same(part: &str, prepare: impl Fn(Start) -> Start) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let (bare, wrapped) = both(|wrapper| Report::of(wrapper, folder.path(), &prepare));
    assert_same_lines(&bare.part(part), &wrapped.part(part));
    bare
}

#[track_caller]
fn assert_same_lines(bare: &[String], wrapped: &[String]) {
    let only = |these: &[String], those: &[String]| {
        these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>().join("\n")
    };
    let (lost, gained) = (only(bare, wrapped), only(wrapped, bare));
    assert!(lost.is_empty() && gained.is_empty(), "only bare:\n{lost}\nonly wrapped:\n{gained}");
}

#[test]
fn by_default_nothing_is_ignored_blocked_or_caught() {
    let bare = assert_same("Sig", |start| start.with("--default 32,33"));
    assert_eq!(["SigBlk", "SigIgn", "SigCgt"].map(|key| bare.mask(key)), [0; 3]);
}

#[rstest]
#[case::nohup("1")]
#[case::broken_pipes_as_python_leaves_them("13")]
#[case::background_job_of_a_plain_shell("2,3")]
#[case::stops("20,21,22")]
#[case::real_time("34,64")]
#[case::many("1,2,3,10,12,13,14,15,18,20,21,22,23,24,25,28,40")]
fn ignored_signals_stay_ignored(#[case] signals: &'static str) {
    let bare = assert_same("SigIgn", |start| start.with(&format!("--ignore {signals}")));
    let expected = signals.split(',').map(|n| 1_u64 << (n.parse::<u32>().unwrap() - 1)).sum::<u64>();
    assert_eq!(bare.mask("SigIgn"), expected);
}

#[rstest]
#[case::one("10")]
#[case::some("1,2,15,17,18,20,34,64")]
#[case::all("all")]
fn blocked_signals_stay_blocked(#[case] signals: &'static str) {
    let bare = assert_same("SigBlk", |start| start.with(&format!("--block {signals}")));
    assert_ne!(bare.mask("SigBlk"), 0);
}

/// Not with the others, as it makes some supervisors hang.
#[test]
fn ignored_ends_of_children_stay_ignored() {
    assert_same("SigIgn", |start| start.with("--ignore 17"));
}

#[test]
fn limits_umask_and_nice_value_are_inherited() {
    let options = "--umask 027 --nice 3 --nofile 128";
    let bare = ["limit", "Umask", "nice"].map(|part| assert_same(part, |start| start.with(options)));
    let [_, umask, nice] = bare;
    // These tests may themselves run with a nice value.
    let before = assert_same("nice", |start| start);
    let [before, nice] = [before, nice].map(|report| report.get("nice").parse::<i32>().unwrap());
    assert_eq!((umask.get("Umask"), nice), ("0027", 19.min(before + 3)));
}

#[test]
fn descriptors_are_inherited_and_no_others_appear() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    File::create(&file).unwrap();
    let options = format!("--open 3:{0} --open 7:{0} --open 100:{0}", file.display());
    let bare = assert_same("fd ", |start| start.with(&options));
    for key in ["fd 3", "fd 7", "fd 100"] {
        assert_eq!(bare.get(key), file.to_str().unwrap());
    }
}

#[test]
fn the_working_directory_is_inherited() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b\u{e9}");
    fs::create_dir(&path).unwrap();
    assert_same("cwd", |start| {
        let path = path.clone();
        start.set(move |command| {
            command.current_dir(path);
        })
    });
}

#[test]
fn arguments_pass_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(100_000);
    let arguments = [
        OsStr::new(""),
        OsStr::new("two words"),
        OsStr::new("--"),
        OsStr::new("--help"),
        OsStr::new("-c"),
        OsStr::from_bytes(b"\xff\xfe\n\t\x01"),
        OsStr::new(&long),
        OsStr::new(""),
    ];
    let (bare, wrapped) =
        both(|wrapper| Report::of_arguments(wrapper, folder.path(), &arguments, |start| start));
    assert_same_lines(&bare.part("arg"), &wrapped.part("arg"));
    let count = |report: &Report| report.0.iter().filter(|(key, _)| key == "arg").count();
    assert_eq!((count(&bare), count(&wrapped)), (11, 11));
}

#[test]
fn the_environment_passes_byte_for_byte() {
    let bare = assert_same("env", |start| {
        start.set(|command| {
            command.env("EMPTY", "").env("LINES", "a\nb=c").env("BYTES", OsStr::from_bytes(b"\xff\xfe"));
            command.env(OsStr::from_bytes(b"N\xe4me"), "x").env_remove("PATH").env("HOME", "/no/such/home");
        })
    });
    assert!(bare.0.contains(&("env".into(), r"BYTES=\xff\xfe".into())));
}

#[test]
fn without_a_terminal_the_child_has_the_session_of_its_caller_and_a_process_group_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (bare, wrapped) = both(|wrapper| Report::of(wrapper, folder.path(), |start| start));
    assert_eq!(bare.get("sid"), wrapped.get("sid"));
    assert_eq!(wrapped.get("pgid"), wrapped.get("pid"));
}

#[test]
fn the_wrapper_holds_no_inherited_descriptor_open() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    File::create(&file).unwrap();
    let options = format!("--open 5:{0} --open 9:{0}", file.display());
    let mut wrapped = Start::probe(&Wrapper::wrapped(), "linger 7").with(&options).go();
    wrapped.ready();
    let descriptors = format!("/proc/{}/fd", wrapped.pid());
    wait_for("the wrapper closes what is not its own", || {
        let mut links =
            fs::read_dir(&descriptors).unwrap().flatten().filter_map(|fd| fs::read_link(fd.path()).ok());
        links.all(|target| target != file).then_some(())
    });
    assert_eq!(wrapped.finish().shell_code(), 7);
}
