//! What a continuation must know, what it wants done next, and how it can end.

use crate::model::{ContinuationMode as Mode, Instant, JobId};

use super::action::Step;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Write down that this mode is about to be tried, then call [`Continuation::begin`].
    Intend(Mode),
    /// Carry out this step.
    Do(Step),
    /// Ask about the job.
    Look,
    /// Wait until then, then call [`Continuation::again`].
    Wait(Instant),
    /// That is all.
    End(Ending),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// The chain goes on.
    Continued {
        /// How.
        mode: Mode,
        /// In this job, if another.
        job: Option<JobId>,
        /// Exit code by which the site requeues.
        code: Option<u8>,
    },
    /// The job turned out to be cancelled.
    Cancelled,
    /// The chain does not go on, as far as known.
    Failed {
        /// What was tried last.
        mode: Mode,
        /// Whether it may have happened all the same.
        unknown: bool,
        /// What was said.
        text: String,
    },
}

/// What a continuation must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// How often the job had been restarted when the segment began.
    pub restart: u32,
    /// Whether the job still runs as far as known; else a requeue must also take an ended one.
    pub incomplete: bool,
    /// Whether Slurm's hold is shortened.
    pub expedite: bool,
    /// Whether the successor is the next task of the array.
    pub next_index: bool,
    /// Whether the journal is no proof that a task of the array is left to go on.
    pub doubtful: bool,
    /// Exit code set by the user for [`Mode::ExitCode`].
    pub code: Option<u8>,
    /// When no more is tried.
    pub give_up: Instant,
}
