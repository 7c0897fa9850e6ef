//! The parts of a history: segments, checkpoints, and how one segment led to the next.
//!
//! Plain data; the fold fills it in.

use std::time::Duration;

use super::super::record::{Cause, Lead, StopReason, Verdict};
use crate::model::{
    CheckpointId, ChildExit, ContinuationMode, JobId, Progress, SegmentNumber, Timestamp, Token,
};

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentSummary {
    /// Its number.
    pub number: SegmentNumber,
    /// Its job; `None` without a scheduler.
    pub job: Option<JobId>,
    /// How often Slurm had restarted that job.
    pub restart: u32,
    /// The node.
    pub host: String,
    /// When it began.
    pub started: Timestamp,
    /// The last that was heard of it.
    pub last_record: Timestamp,
    /// When its allocation ends, as last known.
    pub deadline: Option<Timestamp>,
    /// How long before that a checkpoint is asked for, as last planned.
    pub lead: Option<Lead>,
    /// When a checkpoint was last asked for.
    pub asked: Option<Timestamp>,
    /// When the chain went on after it.
    pub continued: Option<Timestamp>,
    /// The checkpoint it started from; `None` from scratch.
    pub used: Option<CheckpointId>,
    /// The newest checkpoint it left.
    pub reached: Option<CheckpointId>,
    /// The complete checkpoints that were seen in it.
    pub taken: Vec<Taken>,
    /// A mistake in ckwrap's own code, after which it only passed signals on.
    pub internal_error: Option<String>,
    /// Its end; `None` while it runs, or for ever if it was killed together with ckwrap.
    pub end: Option<SegmentEnd>,
}

/// A checkpoint, and when it was first recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCheckpoint {
    /// Which.
    pub id: CheckpointId,
    /// When it was first seen.
    pub at: Timestamp,
}

/// What the program last said of itself, and when that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastTold {
    /// When.
    pub at: Timestamp,
    /// How much of the work is done.
    pub progress: Option<Progress>,
    /// What it is doing, in its own words.
    pub status: Option<String>,
}

/// A complete checkpoint of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// When it was seen.
    pub at: Timestamp,
    /// Bytes.
    pub size: u64,
    /// From the request until it was complete; `None` where nobody asked.
    pub took: Option<Duration>,
    /// Whether ckwrap had asked for it.
    pub asked: bool,
}

/// The end of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentEnd {
    /// When.
    pub at: Timestamp,
    /// How the child ended.
    pub exit: ChildExit,
    /// What that means.
    pub verdict: Verdict,
    /// Why.
    pub cause: Cause,
    /// Whether it left a newer checkpoint than it began with; `None`: cannot be told.
    pub fresh: Option<bool>,
    /// How long the child ran.
    pub ran: Duration,
}

/// Why a chain ended before it was complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// When.
    pub at: Timestamp,
    /// After which segment.
    pub segment: SegmentNumber,
    /// By which rule.
    pub reason: StopReason,
    /// In words.
    pub text: String,
}

/// A continuation that was announced and whose outcome is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIntent {
    /// When it was announced.
    pub at: Timestamp,
    /// After which segment.
    pub segment: SegmentNumber,
    /// In which way.
    pub mode: ContinuationMode,
    /// The mark of the successor.
    pub token: Option<Token>,
    /// The job that is put back, where one is.
    pub job: Option<JobId>,
    /// What is known of the lost answer; `None`: ckwrap was gone before it could write one.
    pub lost_answer: Option<String>,
}

/// An attempt to continue that is known to have failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedContinuation {
    /// Of which segment.
    pub segment: SegmentNumber,
    /// In which way it was tried.
    pub mode: ContinuationMode,
    /// What the scheduler said, and what to type.
    pub text: String,
}

/// One way in which a segment was, or may have been, continued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) segment: SegmentNumber,
    pub(super) mode: ContinuationMode,
    pub(super) token: Option<Token>,
    pub(super) job: Option<JobId>,
    pub(super) done: bool,
}

impl SegmentSummary {
    /// How long it ran: as recorded at its end, else at least until the last that was heard of it.
    pub fn ran(&self) -> Duration {
        self.end.map_or(self.last_record - self.started, |end| end.ran)
    }

    /// Whether it brought the computation forward, as far as known: it left a newer checkpoint than it began with.
    pub fn progressed(&self) -> bool {
        match self.end {
            Some(end) => end.fresh == Some(true),
            None => self.reached.is_some() && self.reached != self.used,
        }
    }

    pub(super) fn stalled(&self) -> bool {
        self.end.is_some_and(|end| {
            let had_its_time = match end.cause {
                Cause::Deadline | Cause::TimeLimit => end.verdict != Verdict::Finished,
                // It stopped by itself, by a limit of its own.
                Cause::Completed => end.verdict == Verdict::Unfinished,
                _ => false,
            };
            had_its_time && end.fresh == Some(false)
        })
    }

    /// Whether its end says nothing about the program: somebody took the allocation away.
    pub(super) fn taken_away(&self) -> bool {
        self.end.is_none_or(|end| {
            end.verdict == Verdict::Unfinished
                && matches!(
                    end.cause,
                    Cause::Preempted | Cause::RequeuedByOther | Cause::Cancelled | Cause::Unknown
                )
        })
    }
}
