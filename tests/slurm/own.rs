//! A private Slurm of one test alone, whose daemons it may freeze, end and start again.

#![expect(clippy::disallowed_methods, reason = "the script that starts a cluster is an ordinary child here")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The daemon that all of a cluster depends on.
pub(crate) const CONTROLLER: &str = "slurmctld";

/// A running cluster. Dropped, nothing of it is left.
pub(crate) struct OwnCluster {
    /// Above the cluster's directory, which its script makes and removes.
    above: TempDir,
}

impl OwnCluster {
    /// Starts one, with process tracking by linuxproc.
    pub(crate) fn up() -> Self {
        Self::up_with(&[])
    }

    /// Starts one with these options of `scripts/slurm-cluster up`.
    pub(crate) fn up_with(options: &[&str]) -> Self {
        let own = Self { above: tempfile::Builder::new().prefix("ckwrap-own-").tempdir().unwrap() };
        own.script("up", options);
        own
    }

    pub(crate) fn conf(&self) -> PathBuf {
        self.dir().join("etc/slurm.conf")
    }

    /// From now on the controller answers nobody, but takes messages, as on a machine that hangs.
    pub(crate) fn freeze(&self) {
        self.script("freeze", &[CONTROLLER]);
    }

    /// It goes on, and acts on every message that it has taken meanwhile.
    pub(crate) fn thaw(&self) {
        self.script("thaw", &[CONTROLLER]);
    }

    /// The controller is gone: connections are refused.
    pub(crate) fn end_controller(&self) {
        self.kill(CONTROLLER);
    }

    /// A daemon is ended in good order; what it knows is on its disk.
    pub(crate) fn stop(&self, daemon: &str) {
        self.script("stop", &[daemon]);
    }

    /// A daemon, the controller or that of a node, is ended by SIGKILL.
    pub(crate) fn kill(&self, daemon: &str) {
        self.script("kill", &[daemon]);
    }

    /// A daemon is ended in good order, if it still runs, and started again; it answers.
    pub(crate) fn restart(&self, daemon: &str) {
        self.script("restart", &[daemon]);
    }

    fn dir(&self) -> PathBuf {
        self.above.path().join("slurm")
    }

    fn script(&self, verb: &str, words: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/slurm-cluster");
        let output = Command::new(script).arg(verb).arg(self.dir()).args(words).output().unwrap();
        assert!(output.status.success(), "{verb} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = fs::read_to_string(self.dir().join("log/slurmctld.log")).unwrap_or_default();
            eprintln!("--- the controller's log\n{log}");
        }
        self.script("down", &[]);
    }
}
