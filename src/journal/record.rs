//! What is written down: one record for each thing that happened to a chain.
//!
//! Knows the words of the model and their spelling, not where the records lie nor what they add up to. New kinds and new
//! fields may be added for ever; a field that is there keeps its meaning. `tests/fixtures/journal-v1.jsonl` holds one of each.

mod lead;

pub use lead::Lead;
use serde::{Deserialize, Serialize};

use super::wire;
use crate::model::{
    ChainId, CheckpointId, ChildExit, ContinuationMode, JobId, Progress, SegmentNumber, Timestamp, Token,
};

/// One record: what happened, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When, on the clock of the node that wrote it.
    pub t: Timestamp,
    /// What.
    pub event: Event,
}

/// Declares the kinds of records once: the enum, their names in the file, and how each is read.
macro_rules! events {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What happened.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(tag = "type")]
        pub enum Event {
            $($(#[$doc])* #[serde(rename = $name)] $kind($kind),)*
        }

        impl Event {
            /// Its name in the file.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$kind(_) => $name,)* }
            }

            /// Reads an event of the kind `name` from a JSON object; `None` for a kind that is not known here.
            // serde's own handling of a tag cannot carry the 128-bit times of a checkpoint.
            pub(super) fn parse(name: &str, object: &str) -> Option<serde_json::Result<Self>> {
                match name {
                    $($name => Some(serde_json::from_str(object).map(Self::$kind)),)*
                    _ => None,
                }
            }
        }

        $(impl From<$kind> for Event {
            fn from(payload: $kind) -> Self {
                Self::$kind(payload)
            }
        })*
    };
}

events! {
    /// A chain began.
    ChainStarted = "chain_started",
    /// A segment began: the child runs.
    SegmentStarted = "segment_started",
    /// When the allocation ends became known, or changed.
    Deadline = "deadline",
    /// The program was asked for a checkpoint.
    Triggered = "triggered",
    /// A complete checkpoint was seen.
    Checkpoint = "checkpoint",
    /// The child has ended.
    SegmentEnded = "segment_ended",
    /// The chain is about to be continued: written durably before the act.
    Intent = "intent",
    /// The scheduler has taken the continuation.
    Continued = "continued",
    /// The scheduler has not, or did not answer.
    ContinuationFailed = "continuation_failed",
    /// A copy of a checkpoint was made and is durable.
    Kept = "kept",
    /// A copy of a checkpoint was put back in its place.
    Restored = "restored",
    /// A checkpoint is not to be used again.
    Quarantined = "quarantined",
    /// The computation is complete.
    ChainFinished = "chain_finished",
    /// The chain ended before that.
    ChainStopped = "chain_stopped",
    /// A person set it going again.
    Resumed = "resumed",
    /// The program said how it stands.
    Told = "told",
    /// A mistake in ckwrap's own code: the program runs on, and nobody decides for it.
    InternalError = "internal_error",
}

/// A chain began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainStarted {
    /// Its name.
    pub chain: ChainId,
    /// What the user asked to run, for people: bytes that are not UTF-8 are replaced, a long line is cut.
    #[serde(default, serialize_with = "wire::command")]
    pub command: Vec<String>,
}

/// A segment began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentStarted {
    /// Its number.
    pub segment: SegmentNumber,
    /// The job it runs in; `None` without a scheduler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// How often Slurm has restarted that job (`SLURM_RESTART_COUNT`).
    #[serde(default)]
    pub restart: u32,
    /// The node ckwrap runs on.
    #[serde(default)]
    pub host: String,
    /// ckwrap's process there.
    #[serde(default)]
    pub pid: u32,
    /// What runs, restart arguments included; for people, as in [`ChainStarted`].
    #[serde(default, serialize_with = "wire::command")]
    pub command: Vec<String>,
    /// The checkpoint it starts from; `None` from scratch.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "wire::maybe_checkpoint")]
    pub checkpoint: Option<CheckpointId>,
    /// The engine: `slurm`, `local` or `none`.
    #[serde(default)]
    pub engine: String,
}

/// When the allocation ends became known, or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// Of which segment.
    pub segment: SegmentNumber,
    /// The instant; `None` where there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Where this comes from, for people.
    #[serde(default, serialize_with = "wire::text")]
    pub source: String,
    /// What is planned for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<Lead>,
}

/// The program was asked for a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triggered {
    /// In which segment.
    pub segment: SegmentNumber,
    /// How, for people.
    #[serde(default, serialize_with = "wire::text")]
    pub trigger: String,
    /// For what reason, for people.
    #[serde(default, serialize_with = "wire::text")]
    pub why: String,
}

/// A complete checkpoint was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// In which segment.
    pub segment: SegmentNumber,
    /// Which.
    #[serde(with = "wire::checkpoint")]
    pub id: CheckpointId,
    /// Milliseconds from the request until it was complete; `None` where nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// Whether ckwrap had asked for it.
    #[serde(default)]
    pub asked: bool,
}

/// The child has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentEnded {
    /// The segment.
    pub segment: SegmentNumber,
    /// How.
    pub exit: ChildExit,
    /// What that means.
    pub verdict: Verdict,
    /// Why it ended.
    #[serde(default)]
    pub cause: Cause,
    /// The newest valid checkpoint at the end.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "wire::maybe_checkpoint")]
    pub checkpoint: Option<CheckpointId>,
    /// Whether that is newer than the one the segment began with; `None`: cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh: Option<bool>,
    /// Milliseconds that the child ran.
    #[serde(default)]
    pub ran_ms: u64,
}

/// The chain is about to be continued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// After which segment.
    pub segment: SegmentNumber,
    /// In which way.
    pub mode: ContinuationMode,
    /// The mark of the successor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// The job that is put back, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

/// The scheduler has taken the continuation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continued {
    /// Of which segment.
    pub segment: SegmentNumber,
    /// In which way.
    pub mode: ContinuationMode,
    /// The mark of the successor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// The job that goes on: the successor, or the job itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

/// The scheduler has not taken the continuation, or did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContinuationFailed {
    /// Of which segment.
    pub segment: SegmentNumber,
    /// In which way it was tried.
    pub mode: ContinuationMode,
    /// Whether it may have happened nevertheless: the answer was lost.
    #[serde(default)]
    pub unknown: bool,
    /// What the scheduler said, and the command that would do it by hand.
    #[serde(default, serialize_with = "wire::text")]
    pub text: String,
}

/// A copy of a checkpoint was made and is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// In which segment.
    pub segment: SegmentNumber,
    /// Which checkpoint was copied.
    #[serde(with = "wire::checkpoint")]
    pub checkpoint: CheckpointId,
}

/// A copy of a checkpoint was put back in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// For which segment.
    pub segment: SegmentNumber,
    /// Which checkpoint had been copied.
    #[serde(with = "wire::checkpoint")]
    pub checkpoint: CheckpointId,
}

/// A checkpoint is not to be used again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Which.
    #[serde(with = "wire::checkpoint")]
    pub checkpoint: CheckpointId,
    /// For what reason, for people.
    #[serde(default, serialize_with = "wire::text")]
    pub why: String,
}

/// The computation is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainFinished {
    /// In which segment.
    pub segment: SegmentNumber,
}

/// The chain ended before it was complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainStopped {
    /// After which segment.
    pub segment: SegmentNumber,
    /// Which rule ended it.
    pub reason: StopReason,
    /// In words, with what to do.
    #[serde(default, serialize_with = "wire::text")]
    pub text: String,
}

/// A person set the chain going again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// The last segment before.
    pub segment: SegmentNumber,
    /// Who, for people.
    #[serde(default, serialize_with = "wire::text")]
    pub by: String,
}

/// The program said how it stands. Both are as last heard; a missing one was never said, or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// In which segment.
    pub segment: SegmentNumber,
    /// How much of the work is done, as `DONE/TOTAL`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "wire::maybe_progress")]
    pub progress: Option<Progress>,
    /// What it is doing, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// A mistake in ckwrap's own code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternalError {
    /// In which segment.
    pub segment: SegmentNumber,
    /// What was wrong, and where in the sources.
    #[serde(default, serialize_with = "wire::text")]
    pub text: String,
}

/// What a segment's end means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The computation is complete.
    Finished,
    /// It can go on from a checkpoint.
    Unfinished,
    /// The program failed.
    Failed,
}

/// Why a segment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The program came to its end.
    Completed,
    /// ckwrap asked for it, ahead of the deadline.
    Deadline,
    /// Slurm ended it at the time limit.
    TimeLimit,
    /// The job was preempted.
    Preempted,
    /// The user cancelled the job.
    Cancelled,
    /// Somebody else put the job back into the queue.
    RequeuedByOther,
    /// The user asked ckwrap to end it.
    Asked,
    /// The program failed.
    Crashed,
    /// Not known, or a cause that only a later version knows.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Which rule ended a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The program failed.
    Failed,
    /// As many segments as allowed.
    MaxSegments,
    /// As many failures in a row as allowed.
    MaxFailures,
    /// As many segments in a row without a newer checkpoint as allowed.
    MaxStalls,
    /// As much run time as allowed.
    MaxWalltime,
    /// The user cancelled the job.
    Cancelled,
    /// No way to continue was left.
    NoContinuation,
    /// The user said so.
    ByUser,
    /// A reason that only a later version knows.
    #[serde(other)]
    Other,
}
