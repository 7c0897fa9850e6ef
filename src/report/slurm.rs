//! What the scheduler said about the job of a chain, or that it said nothing.
//!
//! The words of an answer that others have asked for; nothing is asked here.

use serde::Serialize;

use super::words::{harmless, moment, span};
use crate::model::{JobId, Timestamp};

/// The state of a job in Slurm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum InSlurm {
    /// There was nothing to ask: no job, or the chain has come to its end.
    NotAsked,
    /// It was asked, and there was no answer.
    NotKnown {
        /// What was seen instead.
        why: String,
    },
    /// There are no Slurm commands here.
    NoCommand,
    /// It answered that it does not know the job, or not any more.
    NoSuchJob {
        /// Which.
        job: JobId,
    },
    /// Its words.
    Known {
        /// The job.
        job: JobId,
        /// Such as `RUNNING`.
        state: String,
        /// Whether that means that it waits for its start.
        waits: bool,
        /// Whether that means that it has come to its end.
        over: bool,
        /// Why it waits or ended, in Slurm's word.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// When it started or is expected to.
        #[serde(skip_serializing_if = "Option::is_none")]
        start: Option<Timestamp>,
    },
}

impl InSlurm {
    /// Whether Slurm says that the job neither runs nor waits.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::NoSuchJob { .. } | Self::Known { over: true, .. })
    }

    /// Whether Slurm says that the job waits.
    pub(super) fn waits(&self) -> bool {
        matches!(self, Self::Known { waits: true, .. })
    }

    /// When the waiting job is expected to start.
    pub(super) fn start(&self) -> Option<Timestamp> {
        match self {
            Self::Known { waits: true, start, .. } => *start,
            _ => None,
        }
    }

    /// In words, behind `in Slurm:`.
    pub(super) fn words(&self, now: Timestamp) -> Option<String> {
        match self {
            Self::NotAsked => None,
            Self::NotKnown { .. } => Some("not known (Slurm does not answer)".to_owned()),
            Self::NoCommand => Some("not known (no Slurm commands on this machine)".to_owned()),
            Self::NoSuchJob { job } => Some(format!("job {job} is not known to this Slurm (any more)")),
            Self::Known { job, state, waits, reason, start, .. } => {
                let reason = reason.as_deref().filter(|reason| *reason != "None");
                let reason = reason.map(|reason| format!(" ({})", harmless(reason))).unwrap_or_default();
                let start = start.filter(|start| *waits && *start > now);
                let start = start
                    .map(|at| format!(", expected to start {} (in {})", moment(at), span(at - now)))
                    .unwrap_or_default();
                Some(format!("job {job} {}{reason}{start}", harmless(state)))
            }
        }
    }
}
