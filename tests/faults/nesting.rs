//! ckwrap inside itself, under other supervisors and launchers, around them, and as the first process of a container: each
//! signal once, one requeue, nobody left.

use std::ffi::OsString;

use rstest::rstest;

use super::{LONG, SAVES, slurm};
use crate::support::{End, FakeSlurm, Running, Start, Wrapper, example, wait_for};

const TERM: i32 = 15;

/// A job with heat in it, which says that it listens; `before` and `between` are words before ckwrap, and before heat.
fn heat(slurm: &FakeSlurm, before: &str, between: &str) -> Running {
    let split = |text: &str| text.split_whitespace().map(OsString::from).collect::<Vec<_>>();
    let mut words = split(before);
    words.extend(Wrapper::ckwrap("").words().iter().cloned());
    words.extend(split(between));
    words.push(example("heat").into_os_string());
    words.extend(["--size=20", "--steps=1000000", "--pace=5"].map(OsString::from));
    let run = slurm.place(Start::new(&Wrapper::bare(), words)).go();
    run.line_with("heat: ready");
    run
}

fn job() -> FakeSlurm {
    FakeSlurm::new(LONG).config("preemption: off\ncheckpoint: {glob: [heat.ck]}\n")
}

fn ckwrap() -> &'static str {
    env!("CARGO_BIN_EXE_ckwrap")
}

/// Slurm ends the job at its limit: all is saved, and it is requeued once.
#[track_caller]
fn ends_at_the_limit(slurm: &FakeSlurm, mut run: Running, ends: &[End]) {
    for change in ["JobState=COMPLETING", "Reason=TimeLimit"] {
        slurm.set(slurm.job, change);
    }
    run.send(TERM);
    let end = run.end_within(std::time::Duration::from_secs(60));
    wait_for("the end of all processes", || run.survivors().is_empty().then_some(()));
    let said = run.all_errors();
    assert!(ends.contains(&end), "{end:?} {said}");
    assert!(slurm.file("heat.ck").exists(), "{said}");
    assert_eq!(said.matches("asked: ").count(), 1, "{said}");
    assert_eq!((slurm.get(slurm.job, "Restarts").as_str(), slurm.count("requeue")), ("1", 1), "{said}");
    assert_eq!(std::fs::read_dir(slurm.file(".ckwrap")).unwrap().count(), 1);
}

/// One inside the other: the inner ones only pass on, whatever options they have.
#[rstest]
#[case::one("CK --")]
#[case::two("CK -- CK --")]
#[case::with_options("CK --continue successor --lead 1m --")]
fn a_ckwrap_in_a_ckwrap_passes_on(#[case] between: &str) {
    let slurm = job();
    let run = heat(&slurm, "", &between.replace("CK", ckwrap()));
    ends_at_the_limit(&slurm, run, &[End::Code(0)]);
    assert_eq!(slurm.count("sbatch"), 0);
}

/// Under what gives SIGTERM on, or becomes it.
#[rstest]
#[case::tini("/usr/bin/tini -s --")]
#[case::dumb_init("/usr/bin/dumb-init --single-child")]
#[case::catatonit("/usr/bin/catatonit --")]
#[case::timeout("/usr/bin/timeout 1h")]
#[case::nohup("/usr/bin/nohup")]
#[case::nice("/usr/bin/nice -n 1")]
#[case::env("/usr/bin/env A=b")]
#[case::setsid("/usr/bin/setsid -w")]
fn under_another(#[case] before: &str) {
    let slurm = job();
    let run = heat(&slurm, before, "");
    // What does not give SIGTERM on is left out; Slurm's goes to the process that it has started.
    if before.contains("setsid") {
        let inner = run.survivors().into_iter().find(|pid| {
            std::fs::read_link(format!("/proc/{pid}/exe"))
                .is_ok_and(|exe| exe == std::path::Path::new(ckwrap()))
        });
        for change in ["JobState=COMPLETING", "Reason=TimeLimit"] {
            slurm.set(slurm.job, change);
        }
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(inner.unwrap()), nix::sys::signal::Signal::SIGTERM)
            .unwrap();
        let mut run = run;
        assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
        assert_eq!(slurm.get(slurm.job, "Restarts"), "1");
        return;
    }
    ends_at_the_limit(&slurm, run, &[End::Code(0), End::Code(124), End::Signal(TERM), End::Code(143)]);
}

/// Around what starts the program and stays, or becomes it: the program itself is asked, and not what stands before it.
#[rstest]
#[case::nohup("/usr/bin/nohup")]
#[case::timeout("/usr/bin/timeout 1h")]
#[case::env("/usr/bin/env A=b")]
#[case::nice("/usr/bin/nice -n 1")]
#[case::setsid("/usr/bin/setsid -w")]
#[case::tini("/usr/bin/tini -s --")]
#[case::dumb_init("/usr/bin/dumb-init")]
#[case::strace("/usr/bin/strace -f -o /dev/null -e trace=none")]
#[case::shell("/bin/sh -c exec\u{a0}\"$@\" sh")]
fn around_another(#[case] between: &str) {
    let slurm = job();
    let between: Vec<OsString> = between.split(' ').map(|word| word.replace('\u{a0}', " ").into()).collect();
    let program = std::iter::once(example("heat").into_os_string());
    let options = ["--size=20", "--steps=1000000", "--pace=5"].map(OsString::from);
    let run = slurm.run("", between.into_iter().chain(program).chain(options));
    run.line_with("heat: ready");
    ends_at_the_limit(&slurm, run, &[End::Code(0)]);
}

fn in_a_namespace(options: &str, script: &str) -> Start {
    let namespace = ["/usr/bin/unshare", "--pid", "--fork", "--mount-proc"].map(OsString::from);
    let ckwrap = Wrapper::ckwrap(options);
    let words = namespace.into_iter().chain(ckwrap.words().iter().cloned());
    Start::new(
        &Wrapper::bare(),
        words.chain(["/bin/sh", "-c", script].map(OsString::from)).collect::<Vec<_>>(),
    )
}

/// As process 1 nothing that is deadly elsewhere can be sent to it from inside, by itself least of all.
#[rstest]
#[case::code("exit 7", 7)]
#[case::zero("exit 0", 0)]
#[case::term("kill -TERM $$", 143)]
#[case::kill("kill -KILL $$", 137)]
#[case::segv("kill -SEGV $$", 139)]
#[case::usr1("kill -USR1 $$", 138)]
fn as_process_1_the_code_is_true(
    #[case] script: &str,
    #[case] code: i32,
    #[values("", "--engine local --time-limit 1h")] options: &str,
) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_owned();
    let mut run = in_a_namespace(options, script)
        .set(move |command| {
            command.current_dir(folder);
        })
        .go();
    let end = run.end();
    assert_eq!(end.shell_code(), code, "{}", run.all_errors());
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

/// A chain in a container: journal, continuation and the next segment, all by process 1 of its namespace.
#[test]
fn as_process_1_a_chain_goes_on() {
    let mut slurm = slurm("");
    let mut run = slurm.place(in_a_namespace("", SAVES[2])).go();
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1");
    let job = slurm.job;
    slurm.start(job, LONG);
    let mut run = slurm.place(in_a_namespace("", "echo $CKWRAP_SEGMENT from:$CKWRAP_CHECKPOINT")).go();
    assert_eq!(run.line().as_deref(), Some("2 from:state"), "{}", run.errors());
    assert_eq!(run.end(), End::Code(0));
}

/// As process 1 it reaps what it has never started.
#[test]
fn as_process_1_orphans_are_reaped_and_ended() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_owned();
    let script = "for i in 1 2 3 4 5; do (/bin/sleep 0.01 &) ; done; (/bin/sleep 1000 &) ; exit 4";
    let mut run = in_a_namespace("--engine local --time-limit 1h", script)
        .set(move |command| {
            command.current_dir(folder);
        })
        .go();
    assert_eq!(run.end(), End::Code(4), "{}", run.all_errors());
    assert_eq!(run.survivors(), Vec::<i32>::new());
}
