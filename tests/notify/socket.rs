//! The socket itself.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::tempdir_in;

use super::{TELLS_WHERE, folder, send, start, status, waiting};
use crate::support::{End, FakeSlurm, Wrapper};

#[test]
fn it_is_short_of_name_open_to_the_user_alone_and_gone_afterwards() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder("");
    let (mut run, socket) = waiting(folder.path(), "");
    let directory = socket.parent().unwrap().to_owned();
    assert!(socket.as_os_str().len() < 60, "{}", socket.display());
    assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(run.finish(), End::Code(0));
    assert!(!directory.exists());
}

#[test]
fn each_segment_has_its_own() {
    let folder = folder("checkpoint: {glob: [state]}\n");
    let script = "echo $NOTIFY_SOCKET; if [ -e state ]; then exit 0; fi; echo data > state; exit 85";
    let mut run =
        start(&Wrapper::ckwrap("--engine local --time-limit 1h"), folder.path(), ["/bin/sh", "-c", script])
            .go();
    let (one, other) = (run.line().unwrap(), run.line().unwrap());
    assert_eq!(run.end(), End::Code(0));
    assert!(one != other && ![one, other].iter().any(|path| Path::new(path).parent().unwrap().exists()));
}

#[test]
fn that_of_a_service_manager_is_replaced_in_a_chain_and_passed_on_without_one() {
    let folder = folder("");
    let seen = |options: &str| {
        let mut run = start(&Wrapper::ckwrap(options), folder.path(), ["/bin/sh", "-c", TELLS_WHERE])
            .set(|command| {
                command.env("NOTIFY_SOCKET", "/run/service");
            })
            .go();
        let line = run.line().unwrap();
        assert_eq!(run.finish(), End::Code(0));
        line
    };
    assert_eq!(seen("--engine none"), "/run/service");
    assert!(seen("--engine local --time-limit 1h").starts_with("/tmp/ckwrap-"));
}

#[test]
fn in_a_job_of_slurm_it_is_there_too() {
    let slurm = FakeSlurm::new(Duration::from_hours(1));
    let mut run = slurm.run("", ["/bin/sh", "-c", TELLS_WHERE]);
    send(run.line().unwrap().as_ref(), b"X_CKWRAP_PROGRESS=1/4");
    assert_eq!(run.finish(), End::Code(0), "{}", run.all_errors());
    assert!(status(&slurm.run_dir).contains("25% done"));
}

#[test]
fn where_none_can_be_made_the_program_runs_without() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: only root can make /tmp read-only");
        return;
    }
    let folder = tempdir_in("/var/tmp").unwrap();
    // Ready would never come, and must not be awaited.
    fs::write(folder.path().join("ckwrap.yaml"), "notify: {ready: true}\n").unwrap();
    let script =
        "trap 'echo asked; exit 85' USR1; echo socket: $NOTIFY_SOCKET; sleep 1000 & while :; do wait; done";
    let wrapper = Wrapper::ckwrap("--engine local --time-limit 3s --lead 2s --max-segments 1");
    let hide = "mount --bind /tmp /tmp && mount -o remount,ro,bind /tmp && exec \"$@\"";
    let words = ["unshare", "-m", "/bin/sh", "-c", hide, "sh"].map(std::ffi::OsString::from);
    let words = words.into_iter().chain(wrapper.words().iter().cloned());
    let words = words.chain(["/bin/sh", "-c", script].map(std::ffi::OsString::from));
    let mut run = start(&Wrapper::bare(), folder.path(), words)
        .set(|command| {
            command.env_remove("TMPDIR").env_remove("XDG_RUNTIME_DIR").env("NOTIFY_SOCKET", "/run/service");
        })
        .go();
    assert_eq!(run.line().as_deref(), Some("socket:"), "{}", run.errors());
    assert_eq!(run.line().as_deref(), Some("asked"));
    run.end();
    assert!(run.all_errors().contains("no socket can be made"));
}
