//! `ckwrap status` with Slurm beside it: answers, silence, and looking again and again.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use rstest::rstest;
use serde_json::Value;

use super::scene::{Course, Scene};
use crate::support::{FakeSlurm, Terminal, wait_for};

/// `ckwrap status WORDS` where this Slurm is.
fn status(slurm: &FakeSlurm, words: &[&str]) -> String {
    let mut status = command();
    status
        .arg("status")
        .args(words)
        .current_dir(&slurm.run_dir)
        .env("PATH", slurm.file("../bin"))
        .env("FAKE_SLURM", slurm.file(".."));
    let output = status.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "an ordinary process here")]
fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ckwrap"))
}

fn waiting(slurm: &FakeSlurm) {
    let ckwrap = env!("CARGO_BIN_EXE_ckwrap");
    let script = format!("echo 1 > state; {ckwrap} notify --progress 1/10; exit 85");
    let end = slurm.run("", ["/bin/sh", "-c", &script]).finish();
    assert_eq!(end, crate::support::End::Code(0));
}

#[rstest]
#[case::answers("", "job 100 ")]
#[case::fails("timeout", "not known (Slurm does not answer)")]
#[case::hangs("hang", "not known (Slurm does not answer)")]
#[case::raves("garbage", "not known (Slurm does not answer)")]
#[case::knows_it_no_more(
    "refused(slurm_load_jobs error: Invalid job id specified)",
    "job 100 is not known to this Slurm"
)]
fn what_slurm_says_of_the_job(#[case] plan: &str, #[case] expected: &str) {
    let slurm = FakeSlurm::new(Duration::from_secs(3600)).config("checkpoint: {glob: [state]}\n");
    waiting(&slurm);
    let slurm = if plan.is_empty() { slurm } else { slurm.plan("show-job", plan) };
    let shown = status(&slurm, &[]);
    assert!(shown.contains(&format!("  in Slurm     {expected}")), "{shown}");
    assert!(shown.contains("progress     10% [##..................] 1/10"), "{shown}");
    let json: Value = serde_json::from_str(&status(&slurm, &["--json"])).unwrap();
    let answer = &json["chains"][0]["slurm"]["answer"];
    let name = match plan {
        "" => "known",
        plan if plan.starts_with("refused") => "no_such_job",
        _ => "not_known",
    };
    assert_eq!(*answer, name, "{json}");
}

#[test]
fn a_job_that_was_cancelled_while_it_waited_is_told_with_what_to_do() {
    let slurm = FakeSlurm::new(Duration::from_secs(3600)).config("checkpoint: {glob: [state]}\n");
    waiting(&slurm);
    slurm.set(slurm.job, "JobState=CANCELLED");
    let shown = status(&slurm, &[]);
    assert!(shown.contains("has left the queue") && shown.contains("with --chain"), "{shown}");
}

#[test]
fn without_slurm_the_rest_is_shown() {
    let scene = Scene::new("slurm-4711", |scene| {
        scene.segment(Course::Usual, 30.0).segment(Course::Running, 30.0);
    });
    let output = scene.ckwrap(&["status"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("in Slurm     not known (no Slurm commands on this machine)"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    for name in ["progress", "checkpoint", "deadline", "finish", "lost work"] {
        assert!(shown.contains(&format!("  {name:<12} ")), "{name}: {shown}");
    }
}

#[test]
fn a_program_that_does_not_say_how_far_it_is_is_told_by_its_own_files() {
    let mut scene = Scene::new("slurm-4711", |_| {});
    let started = serde_json::json!({"segment": 1, "job": "4711", "engine": "slurm", "host": "elsewhere"});
    let started = serde_json::from_value::<ckwrap::journal::record::SegmentStarted>(started).unwrap();
    scene.add(scene.clock, started);
    let shown = || String::from_utf8(scene.ckwrap(&["status"]).stdout).unwrap();
    assert!(shown().contains("  progress     not known: the program has not said"), "{}", shown());
    let log = "   nsteps                         = 500\n   init-step                      = 0\n\
               Writing checkpoint, step 120 at Mon\n";
    std::fs::write(scene.dir.path().join("md.log"), log).unwrap();
    assert!(shown().contains("] 120/500, by its own files"), "{}", shown());
}

/// On a terminal of this width: in place, nothing wider than the window, and Ctrl-C ends it.
#[rstest]
#[case(80)]
#[case(200)]
fn a_watch_on_a_terminal_stays_in_place(#[case] columns: usize) {
    let scene = Scene::long(12);
    let mut terminal = Terminal::open();
    let (ckwrap, dir) = (env!("CARGO_BIN_EXE_ckwrap"), scene.dir.path().display());
    terminal.press(&format!(
        "stty cols {columns} rows 40; export TERM=xterm PATH=/nowhere; cd {dir}; {ckwrap} status --watch=1\n"
    ));
    let home = "\u{1b}[H";
    for _ in 0..3 {
        let first = terminal.see(&format!("{home}ckwrap status, "));
        assert!(first.contains("every 1s, Ctrl-C ends it"), "{first}");
        assert!(terminal.see("slurm-4711  running").contains("12"), "the table");
        let shown = terminal.see("  progress     ");
        let bar = shown.chars().filter(|letter| matches!(letter, '#' | '.')).count();
        assert!(bar >= columns / 4, "{shown}");
    }
    terminal.press("\u{3}");
    terminal.see("prompt> ");
}

/// Without a terminal: one block after the other, and no control characters.
#[test]
fn a_watch_without_a_terminal_prints_blocks() {
    let scene = Scene::new("slurm-4711", |scene| {
        scene.segment(Course::Usual, 30.0);
    });
    let mut watch = command();
    watch.args(["status", "--watch=1"]).current_dir(scene.dir.path()).env("PATH", "/nowhere");
    let mut child = watch.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut blocks = 0;
    let seen: Vec<String> = lines
        .by_ref()
        .take_while(|line| {
            blocks += usize::from(line.starts_with("ckwrap status, "));
            blocks < 3
        })
        .collect();
    assert!(!seen.iter().any(|line| line.contains('\u{1b}')), "{seen:?}");
    drop(lines);
    // It ends by itself once nobody reads.
    let end = wait_for("its end", || child.try_wait().unwrap());
    assert!(end.success() || end.signal() == Some(13), "{end}");
}
