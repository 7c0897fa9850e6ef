//! Programs that do odd things: stop, leave for a session of their own, save too slowly, go on, hold streams open.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rstest::rstest;
use tempfile::tempdir;

use super::scene::{ENDLESS, folder, heat, journal, local, records, script, start};
use crate::support::{End, FakeSlurm, Running, Start, Wrapper, copy_executable, probe, state, wait_for};

const HEAT: &str = "trigger: [{signal: USR1}]\ncheckpoint: {glob: [heat.ck]}\n";

/// The process that a line `heat: ready pid=P step=S` tells.
fn pid_of(line: &str) -> i32 {
    let pid = line.split_whitespace().find_map(|word| word.strip_prefix("pid="));
    pid.unwrap().parse().unwrap()
}

#[track_caller]
fn assert_saved(folder: &Path, run: &mut Running) {
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(85), "{said}");
    assert!(folder.join("heat.ck").exists(), "{said}");
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

#[test]
fn a_stopped_program_is_continued_and_saves() {
    let folder = folder(HEAT);
    let mut run = local(folder.path(), "--time-limit 16s --lead 8s --continue none", heat(ENDLESS));
    let pid = pid_of(&run.line_with("heat: ready"));
    kill(Pid::from_raw(pid), Signal::SIGSTOP).unwrap();
    wait_for("it stops", || (state(pid) == Some('T')).then_some(()));
    run.error_with("it is continued (SIGCONT)");
    assert_saved(folder.path(), &mut run);
}

#[test]
fn setsid_is_the_program_and_not_a_parent_that_ends_at_once() {
    let folder = folder(HEAT);
    let words = std::iter::once("setsid".into()).chain(heat(ENDLESS));
    let mut run = local(folder.path(), "--time-limit 12s --lead 6s --continue none", words);
    let pid = pid_of(&run.line_with("heat: ready"));
    assert_eq!(nix::unistd::getsid(Some(Pid::from_raw(pid))).unwrap().as_raw(), pid, "a session of its own");
    assert_saved(folder.path(), &mut run);
}

#[test]
fn a_program_in_a_session_of_its_own_gets_every_signal_once() {
    let words = ["setsid".into(), probe().into_os_string(), "signals".into()];
    let mut run = Start::new(&Wrapper::wrapped(), words).go();
    run.ready();
    for signal in [1, 2, 10, 15] {
        run.send(signal);
        assert_eq!(run.line().unwrap(), format!("got {signal}"));
    }
    assert_eq!(run.finish(), End::Code(0));
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

/// Such an `execve` takes away the signal by which the kernel would end the program with ckwrap.
#[test]
fn a_program_that_gains_rights_is_still_signalled() {
    if !nix::unistd::geteuid().is_root() {
        println!("only root can make such a program");
        return;
    }
    let folder = tempdir().unwrap();
    let copy = |from: &Path, name: &str, mode: u32| {
        let to = folder.path().join(name);
        copy_executable(from, &to);
        fs::set_permissions(&to, fs::Permissions::from_mode(mode)).unwrap();
        to
    };
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let ckwrap = copy(Path::new(env!("CARGO_BIN_EXE_ckwrap")), "ckwrap", 0o755);
    let program = copy(&probe(), "program", 0o4755);
    let words = [ckwrap.into_os_string(), "--".into(), program.into_os_string(), "signals".into()];
    let as_user = |command: &mut std::process::Command| {
        command.uid(54321);
    };
    let mut run = Start::new(&Wrapper::bare(), words).set(as_user).go();
    let pid = run.ready();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    assert!(status.contains("Uid:\t54321\t0\t"), "is {} mounted nosuid?", folder.path().display());
    for signal in [10, 15] {
        run.send(signal);
        assert_eq!(run.line().unwrap(), format!("got {signal}"));
    }
    assert_eq!(run.finish(), End::Code(0));
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

#[rstest]
#[case::ignored(&[], "--ignore-signal")]
#[case::blocked(&["with", "--block", "10", "--"], "")]
fn a_program_that_cannot_hear_is_never_said_to_have_saved(#[case] state: &[&str], #[case] option: &str) {
    let folder = folder(HEAT);
    let launcher = state.first().map(|_| probe().into_os_string());
    let words = launcher.into_iter().chain(state.iter().map(Into::into));
    let words = words.chain(heat(&format!("{ENDLESS} {option}")));
    let mut run = local(folder.path(), "--time-limit 4s --lead 2s --max-segments 1", words);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(end, End::Code(124), "{said}");
    assert!(said.contains("no new checkpoint") || said.contains("cannot be asked"), "{said}");
    assert!(said.contains("time is up"), "{said}");
    assert!(!folder.path().join("heat.ck").exists() && records(folder.path(), "checkpoint").is_empty());
}

#[test]
fn a_program_that_saves_and_goes_on_is_asked_once_and_ended_in_time() {
    let folder = folder(HEAT);
    let words = heat(&format!("{ENDLESS} --continue"));
    let mut run = local(folder.path(), "--time-limit 10s --lead 6s --max-segments 1", words);
    let lines: Vec<String> = std::iter::from_fn(|| run.line()).collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("heat: checkpoint")).count(), 1, "{lines:?}");
    let (end, said) = (run.end(), run.all_errors());
    assert_eq!(end, End::Code(124), "{said}");
    assert_eq!(said.matches("asked: ").count(), 1, "{said}");
    let ended = records(folder.path(), "segment_ended");
    assert!(ended[0]["verdict"] == "unfinished" && ended[0]["checkpoint"].is_object(), "{ended:?} {said}");
}

#[test]
fn a_save_that_is_too_slow_leaves_the_checkpoint_before_it_and_the_chain_goes_on() {
    let mut slurm =
        FakeSlurm::new(Duration::from_secs(12)).config("checkpoint: {glob: [heat.ck], lead: 6s}\n");
    let mut run = slurm.run("", heat(ENDLESS));
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let saved = fs::read(slurm.file("heat.ck")).unwrap();
    let job = slurm.job;
    slurm.start(job, Duration::from_secs(10));
    let mut run = slurm.run("", heat(&format!("{ENDLESS} --slow 1000")));
    run.error_with("asked: ");
    let (end, said) = (run.end(), run.all_errors());
    assert!(said.contains("did not end in time"), "{end:?} {said}");
    assert!(fs::read(slurm.file("heat.ck")).unwrap() == saved, "{said}");
    assert_eq!((slurm.count("requeue"), slurm.get(job, "Restarts").as_str()), (2, "2"), "{said}");
    assert_eq!(run.survivors(), Vec::<i32>::new());
    slurm.start(job, super::LONG);
    let run = slurm.run("", heat(ENDLESS));
    let ready = run.line_with("heat: ready");
    assert!(!ready.ends_with("step=0"), "{ready}");
}

#[test]
fn a_grandchild_that_holds_stdout_and_does_not_listen_ends_with_the_chain() {
    let folder = folder("");
    let leaves =
        script("(trap '' TERM HUP INT; echo held; exec sleep 1000) & wait_for=$!; read line; exit 0");
    let mut run = local(folder.path(), "--time-limit 1h", leaves);
    assert_eq!(run.line().as_deref(), Some("held"));
    run.stdin = None;
    // Else whoever reads the output, such as Slurm or `tee`, would wait for a thousand seconds.
    assert_eq!(run.rest(), b"");
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!(run.survivors(), Vec::<i32>::new());
    assert_eq!(records(folder.path(), "chain_finished").len(), 1);
}

#[rstest]
fn no_file_of_the_chain_lands_on_a_closed_stream(
    #[values("0", "1", "2", "0,1", "1,2", "0,1,2")] closed: &str,
) {
    let folder = folder("checkpoint: {glob: [state]}\n");
    let waits = script(
        "echo $$ > pid.new; mv pid.new pid; until test -e go; do sleep 0.05; done; echo x > state; exit 85",
    );
    let start =
        start(folder.path(), "--time-limit 1h --continue none", waits).with(&format!("--close {closed}"));
    let mut run = start.go();
    let child: i32 = wait_for("the program runs", || {
        fs::read_to_string(folder.path().join("pid")).ok()?.trim().parse().ok()
    });
    wait_for("the journal is open", || (!records(folder.path(), "segment_started").is_empty()).then_some(()));
    let root = folder.path().canonicalize().unwrap().join(".ckwrap");
    for (pid, number) in [run.pid(), child].into_iter().flat_map(|pid| [(pid, 0), (pid, 1), (pid, 2)]) {
        let target = fs::read_link(format!("/proc/{pid}/fd/{number}")).unwrap_or_default();
        assert!(!target.starts_with(&root), "{target:?} is {number} of {pid}");
    }
    fs::write(folder.path().join("go"), "").unwrap();
    assert_eq!(run.end(), End::Code(85));
    let kinds: Vec<_> = journal(folder.path()).iter().map(|record| record["type"].clone()).collect();
    assert!(kinds.iter().any(|kind| kind == "segment_ended"), "{kinds:?}");
    assert_eq!(fs::read_to_string(folder.path().join("state")).unwrap(), "x\n");
}
