//! What the user decided, in the form the state machine needs it.

use std::time::Duration;

use crate::model::{ContinuationMode, Effect, OnFailure, PreemptionWatch, Signal, Trigger};

/// Everything the policy must know about a chain and its program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long before the deadline the checkpoint is asked for.
    pub lead: Lead,
    /// Kept free after the checkpoint for the continuation; `None`: found out by the policy.
    pub margin: Option<Duration>,
    /// Whether the scheduler's end of the allocation is left out of account.
    pub ignores_end: bool,
    /// Signals by which Slurm warns of the end.
    pub warning_signals: Vec<Signal>,
    /// Ways to ask for a checkpoint, best first.
    pub triggers: Vec<Trigger>,
    /// What the program does after one.
    pub effect: Effect,
    /// How long the program may take to notice.
    pub poll: Duration,
    /// Whether it is known where checkpoints lie, so that "no new one" is an observation.
    pub knows_checkpoints: bool,
    /// Whether SIGKILL during a write leaves the previous checkpoint whole.
    pub kill_safe: bool,
    /// Whether copies of good checkpoints are kept, since the program writes over its own.
    pub keeps: bool,
    /// Whether the program itself requeues or resubmits the job.
    pub requeued_by_program: bool,
    /// How the chain goes on.
    pub mode: ContinuationMode,
    /// Segments at the most.
    pub max_segments: u32,
    /// Failed segments in a row at the most.
    pub max_failures: u32,
    /// Segments in a row without a newer checkpoint at the most.
    pub max_stalls: u32,
    /// Run time over the whole chain at the most.
    pub max_walltime: Option<Duration>,
    /// What a failed segment means.
    pub on_failure: OnFailure,
    /// Whether Slurm's hold after a requeue is shortened.
    pub expedite: bool,
    /// Exit code while the chain goes on.
    pub exit_code: u8,
    /// Exit codes of the program that mean a clean but unfinished stop.
    pub stopped_exit: Vec<i32>,
    /// Whether a preemption's grace period is looked for.
    pub preemption: PreemptionWatch,
}

/// How long before the deadline the checkpoint is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// As the user said.
    Fixed(Duration),
    /// This until something has been measured.
    Initial(Duration),
}
