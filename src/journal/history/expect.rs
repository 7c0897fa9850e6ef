//! Whether a job that has just started is the one its chain waits for.
//!
//! Pure, like the history it asks. An inherited environment proves nothing, since a program may submit jobs of its own:
//! what counts is the job's id, or a token of which only the scheduler's answer was lost.

use super::super::record::{Cause, StopReason};
use super::{History, Link};
use crate::model::{ContinuationMode, JobId, SegmentNumber, Token};

/// What a chain has to say to a job that has just started.
///
/// It speaks of the succession only: a chain that is [finished](History::finished) or [stopped](History::stopped) still
/// knows its jobs, and the caller looks at that first. Nor does it say whether the last segment has really ended; that is
/// the owner record's part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// The chain has no segment yet: this is the first.
    First,
    /// This job is the next segment.
    Next,
    /// The last segment ran in this very allocation (same job, same restart count): ckwrap was started in it a second
    /// time. It may go on if the owner record shows that the first is gone.
    SameAllocation,
    /// An older copy of this job, below the highest restart count on record: it must stop, a newer copy has taken over.
    Outdated,
    /// The job has been, or was meant to be, the segment after this one, and another job has been that since: nothing
    /// is left for it to do.
    AlreadyTaken {
        /// The segment that was continued by another.
        after: SegmentNumber,
    },
    /// Only the token matches, and its turn is over. Either a second submission of the same attempt (the job's comment
    /// carries the token: nothing is left to do), or a job of its own that has inherited the environment (it does not:
    /// foreign). Only the scheduler can tell.
    TokenTaken {
        /// The segment that was continued by another.
        after: SegmentNumber,
    },
    /// Another task of the array in which the last segment ran (one that has not run, or that Slurm has put back since), and nothing on record says that the chain runs through
    /// the array: the next segment where mode `array` is configured, else foreign.
    Sibling,
    /// The chain does not know this job.
    Foreign,
}

impl History {
    /// What the chain has to say to `job` in its `restart`-th restart, which carries `token`.
    pub fn expects(&self, job: JobId, restart: u32, token: Option<&Token>) -> Expectation {
        let Some(last) = self.segments.last() else {
            // The record of the first segment's start may not have been written, and that of its continuation has.
            let job_or_token = |link: &Link| {
                (link.done && link.job == Some(job))
                    || token.is_some_and(|token| link.token.as_ref() == Some(token))
            };
            return if self.link_to(job_or_token).is_some() { Expectation::Next } else { Expectation::First };
        };
        let same_array = last.job.is_some_and(|last| siblings(last, job));
        let known = self.segments.iter().rev().find(|segment| segment.job == Some(job));
        let highest =
            self.segments.iter().filter(|s| s.job == Some(job)).map(|segment| segment.restart).max();
        if let (Some(known), Some(highest)) = (known, highest) {
            let is_last = last.job == Some(job);
            return match restart.cmp(&highest) {
                std::cmp::Ordering::Less => Expectation::Outdated,
                std::cmp::Ordering::Equal if is_last && self.goes_on_in_place(last.number) => {
                    Expectation::Next
                }
                std::cmp::Ordering::Equal if is_last => Expectation::SameAllocation,
                std::cmp::Ordering::Greater if is_last || (same_array && self.array) => Expectation::Next,
                // Slurm put it back and let another task have its turn.
                std::cmp::Ordering::Greater if same_array => Expectation::Sibling,
                _ => Expectation::AlreadyTaken { after: known.number },
            };
        }
        if let Some(link) = self.link_to(|link| link.job == Some(job) && link.done) {
            return if link.segment >= last.number {
                Expectation::Next
            } else {
                Expectation::AlreadyTaken { after: link.segment }
            };
        }
        if let Some(link) = token.and_then(|token| self.link_to(|link| link.token.as_ref() == Some(token))) {
            return if link.segment >= last.number {
                Expectation::Next
            } else {
                Expectation::TokenTaken { after: link.segment }
            };
        }
        match (same_array, self.array) {
            (true, true) => Expectation::Next,
            (true, false) => Expectation::Sibling,
            (false, _) => Expectation::Foreign,
        }
    }

    /// Whether the chain was stopped for a SIGTERM that nobody could explain, and Slurm has started the job again since:
    /// a cancelled job is not, unless ckwrap itself had put it back.
    pub fn stop_was_mistaken(&self, job: JobId, restart: u32) -> bool {
        let (Some(stopped), Some(last)) = (&self.stopped, self.segments.last()) else { return false };
        stopped.reason == StopReason::Cancelled
            && stopped.segment == last.number
            && last.job == Some(job)
            && last.restart < restart
            && last.end.is_some_and(|end| end.cause == Cause::Unknown)
            && self.link_to(|link| link.segment == last.number).is_none()
    }

    fn goes_on_in_place(&self, segment: SegmentNumber) -> bool {
        self.link_to(|link| link.segment == segment && link.mode == ContinuationMode::Local).is_some()
    }

    fn link_to(&self, matches: impl Fn(&Link) -> bool) -> Option<&Link> {
        self.links.iter().rev().find(|link| matches(link))
    }
}

/// Two different tasks of one array.
fn siblings(a: JobId, b: JobId) -> bool {
    match (a, b) {
        (JobId::Task { array: a, task: i }, JobId::Task { array: b, task: j }) => a == b && i != j,
        _ => false,
    }
}
