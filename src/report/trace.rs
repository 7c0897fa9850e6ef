//! What a history does not keep and a report needs: when checkpoints were asked for, when the scheduler took a
//! continuation, and how the progress went.
//!
//! A second listener to the same records; whatever the history knows is taken from there.

use std::time::Duration;

use crate::journal::{Event, Record};
use crate::model::{CheckpointId, Progress, SegmentNumber, Timestamp};

/// Words of the program about its progress that are kept; beyond, every other one is dropped again and again.
const MOST_SAMPLES: usize = 1024;
/// How far back a record may speak of a segment, as in the history.
const NEAR: usize = 1000;

/// What was heard beside the history.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// In the order of the history's segments.
    pub(super) segments: Vec<SegmentTrace>,
    samples: Vec<Sample>,
    last_sample: Option<Sample>,
    stride: usize,
    heard: usize,
    last_id: Option<(SegmentNumber, CheckpointId)>,
}

/// What was heard of one segment beside its summary. There may be a hundred thousand: it is kept small.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentTrace {
    number: SegmentNumber,
    asked: Heard,
    accepted: Heard,
    saved: Heard,
}

/// A moment, or none, in half the room of an `Option`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heard(i64);

impl Heard {
    const NEVER: Self = Self(i64::MIN);

    fn at(moment: Timestamp) -> Self {
        Self(moment.0)
    }

    fn get(self) -> Option<Timestamp> {
        (self != Self::NEVER).then_some(Timestamp(self.0))
    }
}

/// One word of the program about its progress.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// Place of its segment in the history.
    pub(super) segment: usize,
    pub(super) at: Timestamp,
    pub(super) progress: Progress,
}

impl Trace {
    /// Adds one more record, oldest first.
    pub fn apply(&mut self, record: &Record) {
        let t = record.t;
        match &record.event {
            Event::SegmentStarted(segment) => {
                self.segments.push(SegmentTrace {
                    number: segment.segment,
                    asked: Heard::NEVER,
                    accepted: Heard::NEVER,
                    saved: Heard::NEVER,
                });
            }
            Event::Triggered(request) => {
                if let Some((_, segment)) = self.find(request.segment) {
                    segment.asked = Heard::at(t);
                }
            }
            Event::Checkpoint(checkpoint) => {
                if let Some((_, segment)) = self.find(checkpoint.segment) {
                    segment.saved = Heard::at(t);
                    self.last_id = Some((checkpoint.segment, checkpoint.id.clone()));
                }
            }
            Event::SegmentEnded(ended) => {
                let seen = ended.checkpoint.as_ref().filter(|id| !self.has_seen(ended.segment, id)).cloned();
                if let Some((_, segment)) = self.find(ended.segment)
                    && let Some(id) = seen.filter(|_| ended.fresh == Some(true))
                {
                    segment.saved = Heard::at(written(&id).min(t));
                }
            }
            Event::Continued(continued) => {
                if let Some((_, segment)) = self.find(continued.segment)
                    && segment.accepted == Heard::NEVER
                {
                    segment.accepted = Heard::at(t);
                }
            }
            Event::Told(told) => {
                let place = self.find(told.segment).map(|(place, _)| place);
                if let (Some(segment), Some(progress)) = (place, told.progress) {
                    self.sample(Sample { segment, at: t, progress });
                }
            }
            _ => {}
        }
    }

    /// What the program said of its progress, oldest first, evenly thinned out where it was much.
    pub(super) fn progress(&self) -> Vec<Sample> {
        let last = self.last_sample.filter(|last| self.samples.last() != Some(last));
        self.samples.iter().copied().chain(last).collect()
    }

    fn find(&mut self, number: SegmentNumber) -> Option<(usize, &mut SegmentTrace)> {
        let mut near = self.segments.iter_mut().enumerate().rev().take(NEAR);
        near.find(|(_, segment)| segment.number == number)
    }

    fn has_seen(&self, segment: SegmentNumber, id: &CheckpointId) -> bool {
        self.last_id.as_ref().is_some_and(|(of, seen)| *of == segment && seen.is_copy_of(id))
    }

    fn sample(&mut self, sample: Sample) {
        let stride = self.stride.max(1);
        self.last_sample = Some(sample);
        let kept = self.heard.is_multiple_of(stride);
        self.heard = self.heard.saturating_add(1);
        if !kept {
            return;
        }
        self.samples.push(sample);
        if self.samples.len() >= MOST_SAMPLES {
            let mut odd = false;
            self.samples.retain(|_| {
                odd = !odd;
                odd
            });
            self.stride = stride.saturating_mul(2);
        }
    }
}

/// When a checkpoint was written, by the clock of its file server.
pub(super) fn written(id: &CheckpointId) -> Timestamp {
    Timestamp(i64::try_from(id.modified_ns.div_euclid(1_000_000)).unwrap_or(0))
}

impl SegmentTrace {
    /// When a checkpoint was last asked for.
    pub(super) fn asked(&self) -> Option<Timestamp> {
        self.asked.get()
    }

    /// When the scheduler had taken what comes after it.
    pub(super) fn accepted(&self) -> Option<Timestamp> {
        self.accepted.get()
    }

    /// When the newest checkpoint that it left was seen; by the file's own time where it was first found at the end.
    pub(super) fn saved(&self) -> Option<Timestamp> {
        self.saved.get()
    }

    /// How long before the deadline a checkpoint was last asked for.
    pub(super) fn lead(&self, deadline: Option<Timestamp>) -> Option<Duration> {
        let (asked, deadline) = (self.asked()?, deadline?);
        (asked < deadline).then(|| deadline - asked)
    }
}

#[cfg(test)]
mod tests;
