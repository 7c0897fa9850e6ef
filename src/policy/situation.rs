//! What is known when a segment begins: where it runs and what the chain has been through.

use std::time::Duration;

use crate::model::{CheckpointId, Instant, Now};

use super::crowd::Crowd;
use super::lead::Learned;

/// Where a segment runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// What runs the job.
    pub host: Host,
    /// Whether a chain is kept; without one ckwrap only passes signals and the exit code.
    pub chain: bool,
    /// Whether the child shares the terminal's process group, and so gets the terminal's signals by itself.
    pub terminal: bool,
    /// When the segment began.
    pub began: Now,
    /// When the allocation ends, where that is known without asking.
    pub end: Option<Instant>,
    /// The user's own limit: the deadline is never later.
    pub own_limit: Option<Instant>,
    /// How often Slurm had restarted this job when the segment began.
    pub restart: u32,
    /// Place in the job array, if in one.
    pub array: Option<ArrayPlace>,
    /// Place among the tasks of its array that run at the same time, if there are such.
    pub crowd: Option<Crowd>,
    /// Whether the journal can be written.
    pub journal: bool,
    /// Checkpoints that lay there when the segment began.
    pub baseline: Vec<CheckpointId>,
    /// The one that the segment starts from.
    pub from: Option<CheckpointId>,
    /// Whether a signal by which Slurm ends a job reaches the child too, and not ckwrap alone.
    pub child_hears_slurm: bool,
    /// Whether the program's ranks are tasks of a step of their own, which Slurm signals by itself: when it ends a job, and
    /// when a grace time begins, which ckwrap in the batch script does not hear.
    pub ranks_in_step: bool,
}

/// What runs the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// Slurm.
    Slurm,
    /// The embedded scheduler.
    Local,
    /// Nobody.
    Nobody,
}

/// Place of a task in its array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrayPlace {
    /// Whether no later task is there to go on.
    pub last: bool,
    /// Whether the journal may not show all turns that tasks have had, nor that the others were cancelled: this one was put
    /// back, or the one before it left no word.
    pub doubtful: bool,
}

impl ArrayPlace {
    /// By what the journal shows: `last`: that the last index was reached; `handed_over`: that the segment before wanted
    /// another task to go on, or that there was none before.
    pub fn new(last: bool, handed_over: bool, restart: u32) -> Self {
        Self { last, doubtful: !last && (restart > 0 || !handed_over) }
    }
}

/// What the chain has been through before this segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// Segments before this one.
    pub segments: u32,
    /// Failed segments in a row.
    pub failures: u32,
    /// Segments in a row that reached their end without a newer checkpoint.
    pub stalls: u32,
    /// Segments in a row that ended without a word (killed, node lost).
    pub lost: u32,
    /// Run time of all segments.
    pub walltime: Duration,
    /// How long its checkpoints and continuations took.
    pub learned: Learned,
}
