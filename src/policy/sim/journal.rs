//! The chain's history, added up as the journal does it.

use std::time::Duration;

use super::super::{Cause, Ended, Entry, Past, StopReason, Verdict};
use crate::model::{CheckpointId, ContinuationMode as Mode};

/// One segment on record.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) job: u32,
    pub(super) restart: u32,
    pub(super) used: Option<CheckpointId>,
    pub(super) saved: bool,
    pub(super) ended: Option<Ended>,
}

/// One continuation, announced or done. `after`: index of the segment.
#[derive(Debug, Clone)]
pub(super) struct Link {
    after: usize,
    mode: Mode,
    job: Option<u32>,
    token: u64,
    done: bool,
}

/// All records, added up.
#[derive(Debug, Clone, Default)]
pub(super) struct Journal {
    pub(super) segments: Vec<Segment>,
    pub(super) links: Vec<Link>,
    pub(super) finished: bool,
    pub(super) stopped: Option<(StopReason, String)>,
    pub(super) not_known: bool,
    pub(super) had_checkpoint: bool,
}

/// What the chain has to say to a job that starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    First,
    Next,
    Taken,
    Foreign,
}

impl Journal {
    pub(super) fn begin(&mut self, job: u32, restart: u32, used: Option<CheckpointId>) -> usize {
        self.not_known = false;
        self.had_checkpoint |= used.is_some();
        self.segments.push(Segment { job, restart, used, saved: false, ended: None });
        self.segments.len() - 1
    }

    pub(super) fn write(
        &mut self,
        number: usize,
        token: u64,
        job_of: impl Fn(crate::model::JobId) -> u32,
        entry: &Entry,
    ) {
        let link = |mode, job, done| Link { after: number, mode, job, token, done };
        match entry {
            Entry::Checkpoint { .. } => {
                self.had_checkpoint = true;
                self.segments[number].saved = true;
            }
            Entry::SegmentEnded(ended) => {
                self.had_checkpoint |= ended.checkpoint.is_some();
                self.segments[number].ended = Some((**ended).clone());
            }
            Entry::Intent(mode) => self.links.push(link(*mode, None, false)),
            Entry::Continued { mode, job } => self.links.push(link(*mode, job.map(job_of), true)),
            Entry::ContinuationFailed { unknown: true, .. } => self.not_known = true,
            Entry::ContinuationFailed { mode, .. } => {
                self.links.retain(|link| link.done || link.after != number || link.mode != *mode);
            }
            Entry::ChainFinished => self.finished = true,
            Entry::ChainStopped(reason, text) => self.stopped = Some((*reason, text.clone())),
            Entry::SegmentStarted
            | Entry::Deadline(_)
            | Entry::Triggered { .. }
            | Entry::Kept(_)
            | Entry::Quarantined(..) => {}
        }
    }

    pub(super) fn expects(&self, job: u32, restart: u32, token: Option<u64>, array: bool) -> Expected {
        let Some(last) = self.segments.last() else { return Expected::First };
        let at_end = |after: usize| after + 1 >= self.segments.len();
        let by_turn = |after| if at_end(after) { Expected::Next } else { Expected::Taken };
        if let Some(known) = self.segments.iter().rev().find(|segment| segment.job == job) {
            return if last.job == job && restart > known.restart { Expected::Next } else { Expected::Taken };
        }
        let by_job = self.links.iter().rev().find(|link| link.done && link.job == Some(job));
        let by_token = self.links.iter().rev().find(|link| Some(link.token) == token);
        match by_job.or(by_token) {
            Some(link) => by_turn(link.after),
            None if array => Expected::Next,
            None => Expected::Foreign,
        }
    }

    pub(super) fn past(&self) -> Past {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let ended = |segment: &Segment| segment.ended.clone();
        let progressed =
            |segment: &Segment| segment.saved || ended(segment).is_some_and(|e| e.fresh == Some(true));
        let taken_away = |segment: &Segment| match ended(segment) {
            None => true,
            Some(e) => {
                matches!(e.cause, Cause::Preempted | Cause::PreemptedRequeued | Cause::RequeuedByOther)
            }
        };
        let failed = |segment: &Segment| ended(segment).is_some_and(|e| e.verdict == Verdict::Failed);
        let stalled = |segment: &Segment| {
            ended(segment).is_some_and(|e| {
                e.fresh == Some(false)
                    && e.verdict == Verdict::Unfinished
                    && matches!(e.cause, Cause::Deadline | Cause::TimeLimit | Cause::Completed)
            })
        };
        let back = || self.segments.iter().rev();
        Past {
            segments: count(self.segments.len()),
            failures: count(
                back()
                    .take_while(|s| failed(s) || (taken_away(s) && !progressed(s)))
                    .filter(|s| failed(s))
                    .count(),
            ),
            stalls: count(back().take_while(|s| !progressed(s)).filter(|s| stalled(s)).count()),
            lost: count(back().take_while(|s| s.ended.is_none() && !progressed(s)).count()),
            walltime: self.segments.iter().filter_map(ended).fold(Duration::ZERO, |sum, e| sum + e.ran),
        }
    }

    pub(super) fn failed_starts(&self, id: &CheckpointId) -> u32 {
        let failed = |segment: &&Segment| {
            segment.used.as_ref() == Some(id)
                && segment
                    .ended
                    .as_ref()
                    .is_some_and(|e| e.verdict == Verdict::Failed && e.fresh != Some(true))
        };
        u32::try_from(self.segments.iter().filter(failed).count()).unwrap_or(u32::MAX)
    }
}
