//! A private Slurm of one test alone, whose controller it may freeze or end.

#![expect(clippy::disallowed_methods, reason = "the script that starts a cluster is an ordinary child here")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// A running cluster. Dropped, nothing of it is left.
pub(crate) struct OwnCluster {
    /// Above the cluster's directory, which its script makes and removes.
    above: TempDir,
}

impl OwnCluster {
    /// Starts one, with process tracking by linuxproc.
    pub(crate) fn up() -> Self {
        let own = Self { above: tempfile::Builder::new().prefix("ckwrap-own-").tempdir().unwrap() };
        own.script("up");
        own
    }

    pub(crate) fn conf(&self) -> PathBuf {
        self.dir().join("etc/slurm.conf")
    }

    /// From now on the controller answers nobody, but takes messages, as on a machine that hangs.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// It goes on, and acts on every message that it has taken meanwhile.
    pub(crate) fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// The controller is gone for good: connections are refused.
    pub(crate) fn end_controller(&self) {
        self.signal(Signal::SIGKILL);
    }

    fn signal(&self, signal: Signal) {
        let file = fs::read_to_string(self.dir().join("run/slurmctld.pid")).unwrap();
        let pid = file.split_whitespace().next().unwrap().parse().unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    fn dir(&self) -> PathBuf {
        self.above.path().join("slurm")
    }

    fn script(&self, verb: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/slurm-cluster");
        let output = Command::new(script).arg(verb).arg(self.dir()).output().unwrap();
        assert!(output.status.success(), "{verb}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = fs::read_to_string(self.dir().join("log/slurmctld.log")).unwrap_or_default();
            eprintln!("--- the controller's log\n{log}");
        }
        self.script("down");
    }
}
