//! The choices a user makes about how a chain goes on.

use serde::{Deserialize, Serialize};

/// How a chain goes on after an unfinished segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContinuationMode {
    /// Requeue; where refused, successor; where that is refused, exit code.
    Auto,
    /// The same job is put back into the queue.
    Requeue,
    /// A new job is submitted that waits for this one to end.
    Successor,
    /// The next task of the array goes on.
    Array,
    /// The exit code tells Slurm to requeue (`RequeueExit`).
    ExitCode,
    /// The embedded scheduler starts the next segment in the same process.
    Local,
    /// The chain ends with this segment.
    None,
}

/// What a failed segment means for the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The chain stops with the program's own exit code.
    Stop,
    /// The chain goes on from the last good checkpoint, up to `max_failures` times in a row.
    Retry,
}

/// Whether the scheduler is polled for a preemption's grace period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PreemptionWatch {
    /// Only where the partition can be preempted with a grace time.
    Auto,
    /// Always.
    Poll,
    /// Never.
    Off,
}
