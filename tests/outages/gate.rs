//! A gate before or behind one of Slurm's commands, so that something can happen just then.

use std::fs;

use crate::slurm::chain::Chain;
use crate::slurm::cluster::{Cluster, PROMPT};
use crate::support::write_executable;

/// The first call of `scontrol requeue` or `sbatch` stops here.
///
/// The first word of a job's PATH is this directory; a command that is not the awaited one passes.
const GATE: &str = r#"#!/bin/bash
name=${0##*/}
PATH=${PATH#*:}
wait_at_gate() {
  mkdir gate 2>/dev/null || return
  until [ -e go ]; do sleep 0.02; done
}
case "$name $*" in
  "sbatch "* | "scontrol requeue "*)
    if [ WHEN = before ]; then
      wait_at_gate
      exec "$name" "$@"
    fi
    "$name" "$@"
    status=$?
    wait_at_gate
    exit $status
    ;;
esac
exec "$name" "$@"
"#;

/// Where the gate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Slurm has not been asked yet.
    Before,
    /// Slurm has answered, and ckwrap does not know the answer.
    After,
}

/// A gate in a chain's directory.
pub(crate) struct Gate<'a> {
    chain: &'a Chain<'a>,
}

impl<'a> Gate<'a> {
    /// Puts it up; for the job that [`Gate::through`] makes of a script.
    pub(crate) fn new(chain: &'a Chain<'a>, when: When) -> Self {
        let bin = chain.file("bin");
        fs::create_dir(&bin).unwrap();
        let when = if when == When::Before { "before" } else { "after" };
        for name in ["sbatch", "scontrol"] {
            write_executable(&bin.join(name), &GATE.replace("WHEN", when));
        }
        Self { chain }
    }

    /// The script with its commands led through the gate.
    pub(crate) fn through(&self, script: &str) -> String {
        let path = self.chain.file("bin");
        script.replacen("exec ", &format!("PATH={}:$PATH\nexec ", path.display()), 1)
    }

    /// Waits until ckwrap stands before it.
    pub(crate) fn wait(&self, cluster: &Cluster) {
        cluster
            .wait_until("a call at the gate", PROMPT * 2, || self.chain.file("gate").exists().then_some(()));
    }

    /// Lets it pass.
    pub(crate) fn open(&self) {
        fs::write(self.chain.file("go"), "").unwrap();
    }
}
