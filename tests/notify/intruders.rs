//! What must be kept out, and must hold nothing up.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{ckwrap, folder, local, records, send, status, waiting};
use crate::support::{DEADLINE, End, copy_executable, wait_for};

/// Messages of a flood.
const FLOOD: u32 = 100_000;

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// KiB of memory that are the process's own.
fn memory(pid: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn descriptors(pid: i32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

#[test]
fn another_user_is_not_heard_even_where_the_socket_is_open_to_all() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: only root can be somebody else");
        return;
    }
    let folder = folder("");
    let (mut run, socket) = waiting(folder.path(), "-v");
    let program = folder.path().join("ckwrap");
    copy_executable(Path::new(ckwrap()), &program);
    for path in [folder.path(), &program, socket.parent().unwrap()] {
        allow(path, 0o755);
    }
    let nobody = || {
        let mut command = Command::new(&program);
        command
            .args(["notify", "--require", "--finished", "--status", "strange"])
            .uid(65534)
            .current_dir("/");
        command.env("NOTIFY_SOCKET", &socket).stderr(Stdio::null()).status().unwrap().success()
    };
    assert!(!nobody(), "the socket's own mode keeps strangers out");
    allow(&socket, 0o777);
    assert!(nobody(), "now it can be sent");
    run.error_with("from another user");
    send(&socket, b"STATUS=own");
    assert_eq!(run.finish(), End::Code(0));
    let told = records(folder.path(), "told");
    assert!(told.iter().all(|record| record["status"] == "own") && !told.is_empty(), "{told:?}");
}

#[test]
fn garbage_and_what_is_too_long_change_nothing() {
    let folder = folder("");
    let (mut run, socket) = waiting(folder.path(), "-v");
    let mut bytes = vec![0_u8; 4096];
    for seed in 0..200_u32 {
        for (at, byte) in (0_u32..).zip(&mut bytes) {
            *byte = (seed.wrapping_mul(2_654_435_761).wrapping_add(at.wrapping_mul(40_503)) >> 7)
                .to_le_bytes()[0];
        }
        send(&socket, &bytes);
    }
    send(&socket, b"");
    send(&socket, &[b"STATUS=".as_slice(), &[b'x'; 5000]].concat());
    send(&socket, b"X_CKWRAP_NEW=\x1b]0;1\x07");
    run.error_with("longer than 4096");
    assert!(run.error_with("not understood").ends_with("X_CKWRAP_NEW=]0;1"));
    send(&socket, b"STATUS=fine");
    assert_eq!(run.finish(), End::Code(0));
    assert!(status(folder.path()).contains("fine"));
}

#[test]
fn a_flood_takes_no_memory_and_delays_no_end() {
    let folder = folder("");
    let (mut run, socket) = waiting(folder.path(), "-v");
    let channel = std::os::unix::net::UnixDatagram::unbound().unwrap();
    channel.connect(&socket).unwrap();
    let before = memory(run.pid());
    for number in 0..FLOOD {
        let text = match number % 4 {
            0 => format!("X_CKWRAP_PROGRESS={number}/{FLOOD}"),
            1 => format!("STATUS=number {number}"),
            2 => format!("X_CKWRAP_CHECKPOINT=ck{number}"),
            _ => format!("X_CKWRAP_UNKNOWN={number}"),
        };
        channel.send(text.as_bytes()).unwrap();
    }
    let grown = memory(run.pid()).saturating_sub(before);
    assert!(grown < 2048, "{grown} KiB");
    let began = Instant::now();
    assert_eq!(run.finish(), End::Code(0));
    assert!(began.elapsed() < DEADLINE / 3, "{:?}", began.elapsed());
    let told = records(folder.path(), "told");
    assert!(told.len() <= 3, "{told:#?}");
    assert_eq!(told.last().unwrap()["status"], format!("number {}", FLOOD - 3));
    let lines = run.all_errors().lines().count();
    assert!(lines < 40, "{lines} lines on stderr");
}

#[test]
fn a_flood_does_not_delay_the_request() {
    let folder = folder("");
    let script = "trap 'echo asked; exit 85' USR1; echo $NOTIFY_SOCKET; sleep 1000 & while :; do wait; done";
    let began = Instant::now();
    let mut run = local(folder.path(), "--time-limit 4s --lead 2s --max-segments 1", script);
    let channel = std::os::unix::net::UnixDatagram::unbound().unwrap();
    channel.connect(run.line().unwrap()).unwrap();
    let flood =
        std::thread::spawn(move || while channel.send(b"STATUS=x\nX_CKWRAP_CHECKPOINT=no").is_ok() {});
    assert_eq!(run.line().as_deref(), Some("asked"));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    run.end();
    flood.join().unwrap();
}

#[test]
fn descriptors_that_are_sent_along_are_closed_at_once() {
    let folder = folder("");
    let (mut run, socket) = waiting(folder.path(), "");
    send(&socket, b"STATUS=first");
    wait_for("the start is over", || status(folder.path()).contains("first").then_some(()));
    let before = descriptors(run.pid());
    let script = "import os, socket, sys\n\
        ours, theirs = os.pipe()\n\
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:\n    \
            s.connect(sys.argv[1])\n    \
            for i in range(5): socket.send_fds(s, [b'FDSTORE=1\\nBARRIER=1'], [theirs] * 200)\n\
        os.close(theirs)\n\
        assert os.read(ours, 1) == b''";
    let client = Command::new("python3").args(["-c", script]).arg(&socket).status().unwrap();
    assert!(client.success(), "nobody holds the other end any more");
    assert_eq!(descriptors(run.pid()), before);
    assert_eq!(run.finish(), End::Code(0));
}
