//! Everything the policy can ask the edge to do.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::{
    CheckpointId, ChildExit, ContinuationMode, ExitStatus, Instant, JobId, Progress, Signal, Trigger,
};

use super::cause::Cause;
use super::event::Ticket;
use super::lead::Basis;
use super::notice::Notice;
use super::verdict::Verdict;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start the child. Answer: `Spawned` or `SpawnFailed`.
    Spawn,
    /// Send a signal to the child.
    Forward(Signal),
    /// Send a signal to the child if it would survive it. Answer only if not: `Held`.
    ForwardIfCaught(Signal),
    /// Stop ckwrap as the child was stopped, until somebody sends SIGCONT.
    StopSelf,
    /// Ask about the job. Answer: `Job`.
    QueryJob(Ticket),
    /// Ask whether the job's partition gives a grace time before a preemption. Answer: `Grace`.
    QueryGrace,
    /// Ask how long the site leaves between SIGTERM and SIGKILL. Answer, if one comes: `KillWait`.
    QueryKillWait,
    /// Ask the program for a checkpoint. Answer: `Triggered`.
    Trigger(Trigger),
    /// Look for checkpoints and validate the newest. Answer: `Scanned`.
    Scan(Ticket),
    /// Look at the checkpoint that the program says is here. Answer: `Examined`.
    Examine(PathBuf),
    /// Tell the child (in a batch job its whole process group) to end.
    EndChild(Signal),
    /// End what is left of the child's tree: TERM, then KILL after this time. Answer: `TreeGone`.
    ClearTree(Duration),
    /// Apply the profile's finish and stop rules. Answer: `Assessed`.
    Assess(ChildExit),
    /// Copy this checkpoint aside. Answer: `Kept`.
    Keep(CheckpointId),
    /// Leave the copy that is being made, so that no part of it is ever seen.
    StopKeeping,
    /// Look whether a later copy of the job owns the chain. Answer only if so: `OwnerLost`.
    CheckOwner,
    /// Write this into the journal.
    Record(Entry),
    /// Write this into the journal and sync it. Answer: `Recorded`.
    RecordDurably(Entry),
    /// One step of a continuation. Answer: `Step`.
    Step(Step),
    /// Tell the user.
    Say(Notice),
    /// End the segment; the last action of all.
    Exit(Outcome),
}

/// One step of a continuation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `scontrol requeue`; `incomplete` spares a job that has ended or was cancelled.
    Requeue {
        /// Only a job that still runs.
        incomplete: bool,
    },
    /// Take back `--no-requeue`.
    AllowRequeue,
    /// Let the requeued job start this long from now instead of after Slurm's hold.
    Hasten(Duration),
    /// Save the batch script and the job's options.
    FetchScript,
    /// Submit the successor; `next_index`: as the next task of the array.
    Submit {
        /// The next task of the array instead of the same.
        next_index: bool,
    },
    /// Look for the successor by its token.
    FindSuccessor,
    /// Let jobs that wait for this one wait for the successor.
    MoveDependents(JobId),
    /// Cancel a successor that must not run.
    CancelSuccessor(JobId),
    /// Look for other tasks of the array that have not ended.
    FindTasks,
    /// Cancel the array's pending tasks.
    CancelPending,
    /// Ask for the exit codes by which this site requeues.
    RequeueExitCodes,
}

/// What goes into the journal, in the policy's words; the edge adds job, host and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// The child runs.
    SegmentStarted,
    /// The deadline is now known to be this.
    Deadline(Planned),
    /// The program was asked for a checkpoint.
    Triggered {
        /// By what.
        what: String,
        /// Why.
        why: String,
    },
    /// A new checkpoint is complete.
    Checkpoint {
        /// Which.
        id: CheckpointId,
        /// Time from the request.
        took: Option<Duration>,
        /// Whether it was asked for.
        asked: bool,
    },
    /// A copy of this checkpoint is durable.
    Kept(CheckpointId),
    /// This checkpoint is not to be used again, and why.
    Quarantined(CheckpointId, String),
    /// What the program says of itself.
    Told {
        /// How much of the work is done.
        progress: Option<Progress>,
        /// What it is doing, for people.
        status: Option<String>,
    },
    /// The segment is over.
    SegmentEnded(Box<Ended>),
    /// The chain is about to be continued like this.
    Intent(ContinuationMode),
    /// It has been.
    Continued {
        /// How.
        mode: ContinuationMode,
        /// The successor, if it is another job.
        job: Option<JobId>,
    },
    /// It could not be, or it is not known.
    ContinuationFailed {
        /// How it was tried last.
        mode: ContinuationMode,
        /// Whether it may have happened all the same.
        unknown: bool,
        /// What was said.
        text: String,
    },
    /// The work is done.
    ChainFinished,
    /// The chain ends here, unfinished.
    ChainStopped(StopReason, String),
}

/// What is planned for a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// When the allocation ends.
    pub at: Instant,
    /// How long before it a checkpoint is asked for.
    pub lead: Duration,
    /// What that was learned from, if it was.
    pub basis: Option<Basis>,
}

/// How a segment ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The child's end.
    pub exit: ChildExit,
    /// What it means.
    pub verdict: Verdict,
    /// What brought it about.
    pub cause: Cause,
    /// Newest valid checkpoint.
    pub checkpoint: Option<CheckpointId>,
    /// Whether that is newer than what the segment began with; `None`: cannot be told.
    pub fresh: Option<bool>,
    /// Time the child ran.
    pub ran: Duration,
}

/// Why a chain ends unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The program failed and `on_failure` is `stop`.
    Failed,
    /// Too many segments.
    MaxSegments,
    /// Too many failures in a row.
    MaxFailures,
    /// Too many segments in a row without a newer checkpoint.
    MaxStalls,
    /// Too much run time.
    MaxWalltime,
    /// The user cancelled the job.
    Cancelled,
    /// The continuation could not be made, or none was wanted.
    NoContinuation,
}

/// What becomes of ckwrap and the chain after the segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// End like this.
    Exit(ExitStatus),
    /// Start the next segment in this process (embedded scheduler).
    NextSegment,
}
