//! What the edge knows about the chain and segment it runs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::ledger::Ledger;
use crate::checkpoint::LogMarks;
use crate::config::Plan;
use crate::model::{ChainId, CheckpointId, JobId, SegmentNumber, Token, Trigger};
use crate::scheduler::Engine;
use crate::scheduler::slurm::{Commands, JobView, SlurmEnvironment};

/// The running chain.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) plan: Plan,
    pub(super) engine: Engine,
    pub(super) slurm: Option<Slurm>,
    pub(super) run_dir: PathBuf,
    pub(super) host: String,
    pub(super) id: ChainId,
    /// Whether this is its first segment.
    pub(super) is_new: bool,
    pub(super) segment: SegmentNumber,
    /// The words that were started.
    pub(super) command: Vec<OsString>,
    /// The checkpoint they start from.
    pub(super) checkpoint: Option<CheckpointId>,
    /// Where this segment begins in each log.
    pub(super) marks: LogMarks,
    /// The mark of the continuation that is under way.
    pub(super) token: Option<Token>,
    /// Index under which it was submitted, if not the same.
    pub(super) submitted_index: Option<u32>,
    /// Checkpoints that passed their commands.
    pub(super) validated: Vec<CheckpointId>,
    /// What the user has been told of checkpoints that are not whole.
    pub(super) told_invalid: Vec<String>,
    /// Where no rule tells it: the checkpoint that the program announced last in an earlier segment.
    pub(super) announced: Option<PathBuf>,
    /// Why the journal cannot be used; the user is told once.
    pub(super) no_journal: Option<String>,
    pub(super) ledger: Option<Ledger>,
}

/// The Slurm job it runs in.
#[derive(Debug)]
pub(super) struct Slurm {
    pub(super) environment: SlurmEnvironment,
    pub(super) commands: Commands,
    pub(super) job: JobId,
    /// Number of the job as Slurm counts it, each array task its own.
    pub(super) raw_job: u32,
    /// The last answer about it.
    pub(super) view: Option<JobView>,
}

impl Chain {
    pub(super) fn job(&self) -> Option<JobId> {
        self.slurm.as_ref().map(|slurm| slurm.job)
    }

    pub(super) fn restart(&self) -> u32 {
        self.slurm.as_ref().map_or(0, |slurm| slurm.environment.restarts)
    }

    pub(super) fn take_ledger(&mut self) -> Ledger {
        self.ledger.take().unwrap_or_default()
    }

    /// The chain's directory.
    pub(super) fn dir(&self) -> PathBuf {
        self.run_dir.join(crate::journal::store::ROOT).join(self.id.as_str())
    }

    /// Base name of the program itself, launchers and shells left out.
    pub(super) fn program_name(&self) -> String {
        let program = crate::profile::program(&self.plan.command);
        let word = self.plan.command.get(program.index).cloned().unwrap_or_default();
        let name = Path::new(&word).file_name().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_default()
    }

    /// Files by which the program is asked to stop, absolute.
    pub(super) fn trigger_files(&self) -> Vec<PathBuf> {
        let file = |trigger: &Trigger| match trigger {
            Trigger::File { path, .. } => Some(self.run_dir.join(path)),
            _ => None,
        };
        self.plan.settings.triggers.iter().filter_map(file).collect()
    }
}
