//! The journal's files are not what they should be, at the start or while the program runs: they are refused, nothing is
//! written through them, and the program runs to its end.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::Duration;

use nix::sys::stat::Mode;
use rstest::rstest;
use tempfile::{tempdir, tempdir_in};

use crate::support::{End, FakeSlurm, Start, Wrapper, example, wait_for};

const LONG: Duration = Duration::from_secs(3600);
/// Saves at the end of its input.
const SAVES: [&str; 3] = ["/bin/sh", "-c", "echo ready; read x; echo data > state; exit 85"];

/// What is put in place of a file or a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Instead {
    Fifo,
    File,
    Link,
    /// It itself, but another user's.
    Foreign,
    /// It itself, but everyone may write.
    Open,
    Nothing,
}

fn put(instead: Instead, path: &Path, elsewhere: &Path) {
    let remove = || if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match instead {
        Instead::Foreign => std::os::unix::fs::chown(path, Some(12345), None).unwrap(),
        Instead::Open => fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap(),
        _ => {
            let _ = remove();
        }
    }
    match instead {
        Instead::Fifo => nix::unistd::mkfifo(path, Mode::S_IRWXU).unwrap(),
        Instead::File => fs::write(path, "in the way").unwrap(),
        Instead::Link => symlink(elsewhere, path).unwrap(),
        _ => {}
    }
}

/// A Slurm in whose run directory the chain has a journal without records.
fn begun() -> FakeSlurm {
    let slurm = FakeSlurm::new(LONG).config("checkpoint: {glob: [state]}\n");
    let chain = slurm.file(".ckwrap/slurm-100");
    fs::create_dir_all(&chain).unwrap();
    for dir in [slurm.file(".ckwrap"), chain.clone()] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).unwrap();
    }
    fs::write(chain.join("journal.jsonl"), "").unwrap();
    fs::set_permissions(chain.join("journal.jsonl"), fs::Permissions::from_mode(0o600)).unwrap();
    slurm
}

#[rstest]
#[case::root_a_fifo(".ckwrap", Instead::Fifo)]
#[case::root_a_file(".ckwrap", Instead::File)]
#[case::root_a_link(".ckwrap", Instead::Link)]
#[case::root_of_another(".ckwrap", Instead::Foreign)]
#[case::root_open(".ckwrap", Instead::Open)]
#[case::chain_a_fifo(".ckwrap/slurm-100", Instead::Fifo)]
#[case::chain_a_file(".ckwrap/slurm-100", Instead::File)]
#[case::chain_a_link(".ckwrap/slurm-100", Instead::Link)]
#[case::chain_of_another(".ckwrap/slurm-100", Instead::Foreign)]
#[case::chain_open(".ckwrap/slurm-100", Instead::Open)]
#[case::journal_a_fifo(".ckwrap/slurm-100/journal.jsonl", Instead::Fifo)]
#[case::journal_a_link(".ckwrap/slurm-100/journal.jsonl", Instead::Link)]
#[case::journal_of_another(".ckwrap/slurm-100/journal.jsonl", Instead::Foreign)]
#[case::journal_open(".ckwrap/slurm-100/journal.jsonl", Instead::Open)]
#[case::owner_a_fifo(".ckwrap/slurm-100/owner.1", Instead::Fifo)]
#[case::owner_a_link(".ckwrap/slurm-100/owner.1", Instead::Link)]
fn what_is_not_ours_alone_is_refused_and_the_program_runs(
    #[case] name: &str,
    #[case] instead: Instead,
    #[values("--continue requeue", "--continue successor")] options: &str,
) {
    let slurm = begun();
    let elsewhere = tempdir().unwrap();
    put(instead, &slurm.file(name), elsewhere.path());
    let mut run = slurm.run(options, SAVES);
    assert_eq!(run.line().as_deref(), Some("ready"), "{}", run.errors());
    let (end, said) = (run.finish(), run.all_errors());
    let requeued = options.ends_with("requeue");
    let code = if requeued { End::Code(0) } else { End::Code(85) };
    assert_eq!((end, slurm.count("sbatch")), (code, 0), "{said}");
    assert_eq!(slurm.get(slurm.job, "Restarts"), u32::from(requeued).to_string(), "{said}");
    assert!(said.contains(name), "{said}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0, "nothing was written there");
}

#[rstest]
#[case::root_gone(".ckwrap", Instead::Nothing)]
#[case::root_a_file(".ckwrap", Instead::File)]
#[case::root_a_link(".ckwrap", Instead::Link)]
#[case::chain_gone(".ckwrap/slurm-100", Instead::Nothing)]
#[case::chain_a_file(".ckwrap/slurm-100", Instead::File)]
#[case::chain_a_link(".ckwrap/slurm-100", Instead::Link)]
#[case::journal_gone(".ckwrap/slurm-100/journal.jsonl", Instead::Nothing)]
#[case::journal_a_fifo(".ckwrap/slurm-100/journal.jsonl", Instead::Fifo)]
#[case::journal_a_link(".ckwrap/slurm-100/journal.jsonl", Instead::Link)]
fn what_is_exchanged_while_the_program_runs_is_no_record(
    #[case] name: &str,
    #[case] instead: Instead,
    #[values("--continue requeue", "--continue successor")] options: &str,
) {
    let slurm = begun();
    let elsewhere = tempdir().unwrap();
    let mut run = slurm.run(options, SAVES);
    assert_eq!(run.line().as_deref(), Some("ready"), "{}", run.errors());
    let journal = slurm.file(".ckwrap/slurm-100/journal.jsonl");
    wait_for("a record", || {
        fs::read_to_string(&journal).is_ok_and(|text| text.contains("segment_started")).then_some(())
    });
    put(instead, &slurm.file(name), elsewhere.path());
    let (end, said) = (run.finish(), run.all_errors());
    let requeued = options.ends_with("requeue");
    let code = if requeued { End::Code(0) } else { End::Code(85) };
    // A successor that no record tells of could be submitted once more.
    assert_eq!((end, slurm.count("sbatch")), (code, 0), "{said}");
    assert_eq!(slurm.get(slurm.job, "Restarts"), u32::from(requeued).to_string(), "{said}");
    assert_eq!(said.matches("; the program runs on").count(), 1, "{said}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0, "nothing was written there");
}

/// A file system that does not answer: the program is asked in time, and nothing is submitted that is not on record.
#[rstest]
#[case::requeue("--continue requeue")]
#[case::successor("--continue successor")]
fn while_the_journal_hangs_the_checkpoint_is_made_on_time(#[case] options: &str) {
    let left = Duration::from_secs(4);
    let slurm = FakeSlurm::new(left).config("checkpoint: {glob: [heat.ck], lead: 2s}\n");
    let strace =
        ["/usr/bin/strace", "-f", "-b", "execve", "-qqq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync"];
    let strace =
        strace.into_iter().chain(["-e", "inject=fdatasync,fsync:delay_enter=60s"]).map(OsString::from);
    let ckwrap = Wrapper::ckwrap(options);
    let words = strace.chain(ckwrap.words().iter().cloned());
    let words = words.chain([example("heat").into_os_string()]);
    let words = words.chain(["--size=20", "--steps=1000000", "--pace=5"].map(OsString::from));
    let began = std::time::Instant::now();
    let run = slurm.place(Start::new(&Wrapper::bare(), words.collect::<Vec<_>>())).go();
    run.line_with("heat: checkpoint");
    assert!(began.elapsed() < left, "after the end of the allocation: {:?}", began.elapsed());
    run.line_with("heat: stopped");
    assert_eq!(slurm.count("sbatch"), 0, "{}", run.errors());
}

/// What is written beside a file and put in its place lies on the same file system: also where the checkpoint does not.
#[test]
fn a_checkpoint_on_another_file_system_is_kept_and_found() {
    let other = tempdir_in("/dev/shm").unwrap();
    let state = other.path().join("state");
    let slurm = FakeSlurm::new(LONG)
        .config(&format!("checkpoint: {{glob: [\"{}\"], copy: true, keep: 1}}\n", state.display()));
    symlink(&state, slurm.file("state")).unwrap();
    let mut run = slurm.run("--continue requeue", SAVES);
    run.line_with("ready");
    let (end, said) = (run.finish(), run.all_errors());
    assert_eq!(end, End::Code(0), "{said}");
    assert!(!said.contains("warning"), "{said}");
    assert_eq!(fs::read_to_string(&state).unwrap(), "data\n");
    let copies = fs::read_dir(slurm.file(".ckwrap/slurm-100/good")).unwrap().count();
    assert!(copies > 0, "{said}");
}
