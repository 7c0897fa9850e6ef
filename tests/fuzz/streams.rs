//! The real program, with commands and programs that talk without end.

use std::fs;
use std::os::unix::net::UnixDatagram;

use rstest::rstest;
use tempfile::tempdir;

use crate::support::{End, Start, Wrapper, write_executable};

/// So many fields that each is compared with all before it; beyond, the answer is too long anyway.
fn fields() -> String {
    let fields = (0..100_000).map(|field| format!("K{field}=1")).collect::<Vec<_>>().join(" ");
    format!(
        "JobId=1 {fields} JobName=x UserId=a(0) GroupId=a(0) MCS_label=N/A Priority=1 Nice=0 Account=a JobState=RUNNING Network=(null) Command=x WorkDir=/ \n"
    )
}

#[rstest]
#[case::zeros("exec /bin/cat /dev/zero")]
#[case::words("while :; do echo slurm_load_jobs error: Unexpected; done")]
#[case::errors("exec /bin/cat /dev/zero >&2")]
#[case::fields("exec /bin/cat \"${0%/*}/answer\"")]
fn a_command_that_talks_without_end_stops_nothing(#[case] script: &str) {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("answer"), fields()).unwrap();
    for name in ["scontrol", "squeue", "sbatch", "scancel"] {
        write_executable(&dir.path().join(name), &format!("#!/bin/sh\n{script}\n"));
    }
    let folder = dir.path().to_owned();
    let words = ["/bin/sh", "-c", "echo ran >> runs; read line; exit 0"];
    let start = Start::new(&Wrapper::ckwrap("--continue none"), words).after("ulimit -v 262144");
    let mut run = start
        .set(move |command| {
            let path = format!("{}:/usr/bin:/bin", folder.display());
            command.current_dir(&folder).env("PATH", path).env("SLURM_JOB_ID", "1");
        })
        .go();
    crate::support::wait_for("the program runs", || fs::read_to_string(dir.path().join("runs")).ok());
    assert_eq!(run.finish(), End::Code(0), "{}", run.all_errors());
}

#[rstest]
#[case::as_long_as_is_read(4096)]
#[case::longer(4097)]
#[case::as_long_as_can_be_sent(200 << 10)]
fn ten_thousand_datagrams_are_taken(#[case] length: usize) {
    let dir = tempdir().unwrap();
    let folder = dir.path().to_owned();
    let words = ["/bin/sh", "-c", "echo \"socket $NOTIFY_SOCKET\"; read line; grep VmHWM /proc/$PPID/status"];
    let start =
        Start::new(&Wrapper::ckwrap("--engine local --time-limit 1h"), words).after("ulimit -v 262144");
    let mut run = start
        .set(move |command| {
            command.current_dir(folder);
        })
        .go();
    let path = run.line_with("socket ").trim_start_matches("socket ").to_owned();
    let socket = UnixDatagram::unbound().unwrap();
    for number in 0..10_000 {
        let mut datagram = format!("STATUS=step {number}\nX_CKWRAP_PROGRESS={number}/10000\nX=").into_bytes();
        datagram.resize(length, b'x');
        socket.send_to(&datagram, &path).unwrap();
    }
    run.stdin = None;
    let used: u64 = run.line_with("VmHWM:").split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(used < 64 << 10, "{used} KiB");
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
}
