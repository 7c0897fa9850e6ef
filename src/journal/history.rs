//! What the records of a chain add up to.
//!
//! A pure fold: no clock, no file, no scheduler. It counts what the records say; what follows from a count is decided
//! elsewhere. All counts are computed from the segments when asked, so that a record that arrives late (an old copy of a
//! job that wakes up after its node was given up) is counted where it belongs.

use std::time::Duration;

use super::record::{Event, Record, SegmentEnded, SegmentStarted};
use crate::model::{ChainId, CheckpointId, ContinuationMode, JobId, SegmentNumber, Timestamp};

mod counts;
mod expect;
mod parts;
mod spans;

pub use expect::Expectation;
use parts::Link;
pub use parts::{
    FailedContinuation, LastTold, OpenIntent, SeenCheckpoint, SegmentEnd, SegmentSummary, Stopped, Taken,
};

/// A chain as its journal tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Its name, from the directory it lies in.
    pub chain: ChainId,
    /// When it began; `None` while nothing is recorded.
    pub started: Option<Timestamp>,
    /// What the user asked to run, as far as recorded.
    pub command: Vec<String>,
    /// Its segments in the order in which they began.
    pub segments: Vec<SegmentSummary>,
    /// Whether the computation is complete.
    pub finished: bool,
    /// Whether and why it ended before that.
    pub stopped: Option<Stopped>,
    /// The newest checkpoint that was complete when seen, and when that was.
    pub last_checkpoint: Option<SeenCheckpoint>,
    /// Whether there has ever been a checkpoint: then starting from scratch would lose it.
    pub had_checkpoint: bool,
    /// A continuation that was announced and whose outcome is not known: it may or may not have happened.
    pub open_intent: Option<OpenIntent>,
    /// The last attempt to continue that is known to have failed, until a later one succeeds.
    pub failed_continuation: Option<FailedContinuation>,
    /// What the program last said of itself.
    pub told: Option<LastTold>,
    /// When the last record was written.
    pub last_record: Option<Timestamp>,
    quarantined: Vec<CheckpointId>,
    links: Vec<Link>,
    // Counts begin after this many segments: a person who resumes a chain has judged what was before.
    counted_from: usize,
    array: bool,
}

/// How far back a record may speak of a segment or a continuation: no record can make reading slow.
const NEAR: usize = 1000;

impl History {
    /// The history of a chain of which nothing is recorded yet.
    pub fn new(chain: ChainId) -> Self {
        Self {
            chain,
            started: None,
            command: Vec::new(),
            segments: Vec::new(),
            finished: false,
            stopped: None,
            last_checkpoint: None,
            had_checkpoint: false,
            open_intent: None,
            failed_continuation: None,
            told: None,
            last_record: None,
            quarantined: Vec::new(),
            links: Vec::new(),
            counted_from: 0,
            array: false,
        }
    }

    /// The history that these records tell, oldest first.
    pub fn of<'a>(chain: ChainId, records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut history = Self::new(chain);
        for record in records {
            history.apply(record);
        }
        history
    }

    /// Adds one more record.
    pub fn apply(&mut self, record: &Record) {
        let t = record.t;
        self.last_record = Some(self.last_record.map_or(t, |last| last.max(t)));
        match &record.event {
            Event::ChainStarted(chain) => {
                self.started.get_or_insert(t);
                if self.command.is_empty() {
                    self.command.clone_from(&chain.command);
                }
            }
            Event::SegmentStarted(segment) => self.start(t, segment),
            Event::Deadline(deadline) => {
                if let Some(segment) = self.segment_at(t, deadline.segment) {
                    segment.deadline = deadline.at;
                    segment.lead = deadline.lead;
                }
            }
            Event::Triggered(trigger) => {
                if let Some(segment) = self.segment_at(t, trigger.segment) {
                    segment.asked = Some(t);
                }
            }
            Event::InternalError(error) => {
                if let Some(segment) = self.segment_at(t, error.segment) {
                    segment.internal_error = Some(error.text.clone());
                }
            }
            Event::Told(told) => {
                self.segment_at(t, told.segment);
                self.told = Some(LastTold { at: t, progress: told.progress, status: told.status.clone() });
            }
            Event::Checkpoint(checkpoint) => {
                let took = checkpoint.took_ms.map(Duration::from_millis);
                let taken = Taken { at: t, size: checkpoint.id.size, took, asked: checkpoint.asked };
                if let Some(segment) = self.segment_at(t, checkpoint.segment) {
                    segment.taken.push(taken);
                    segment.reached = Some(checkpoint.id.clone());
                }
                self.saw(t, &checkpoint.id);
            }
            Event::SegmentEnded(ended) => self.end(t, ended),
            Event::Intent(intent) => {
                self.array |= intent.mode == ContinuationMode::Array;
                self.links.push(Link {
                    segment: intent.segment,
                    mode: intent.mode,
                    token: intent.token.clone(),
                    job: intent.job,
                    done: false,
                });
                self.open_intent = Some(OpenIntent {
                    at: t,
                    segment: intent.segment,
                    mode: intent.mode,
                    token: intent.token.clone(),
                    job: intent.job,
                    lost_answer: None,
                });
            }
            Event::Continued(continued) => {
                self.array |= continued.mode == ContinuationMode::Array;
                self.failed_continuation = None;
                if let Some(segment) = self.segment_with(continued.segment) {
                    segment.continued.get_or_insert(t);
                }
                self.open_intent.take_if(|intent| intent.segment <= continued.segment);
                self.links.push(Link {
                    segment: continued.segment,
                    mode: continued.mode,
                    token: continued.token.clone(),
                    job: continued.job,
                    done: true,
                });
            }
            Event::ContinuationFailed(failed) => {
                let meant =
                    |intent: &OpenIntent| intent.segment == failed.segment && intent.mode == failed.mode;
                if failed.unknown {
                    if let Some(intent) = self.open_intent.as_mut().filter(|intent| meant(intent)) {
                        intent.lost_answer = Some(failed.text.clone());
                    }
                } else {
                    self.open_intent.take_if(|intent| meant(intent));
                    // A refused attempt expects nobody.
                    let near = self.links.split_off(self.links.len().saturating_sub(NEAR));
                    let stays =
                        |link: &Link| link.done || link.segment != failed.segment || link.mode != failed.mode;
                    self.links.extend(near.into_iter().filter(stays));
                    self.failed_continuation = Some(FailedContinuation {
                        segment: failed.segment,
                        mode: failed.mode,
                        text: failed.text.clone(),
                    });
                }
            }
            Event::Kept(kept) => {
                self.segment_at(t, kept.segment);
            }
            Event::Restored(restored) => {
                self.segment_at(t, restored.segment);
            }
            Event::Quarantined(quarantined) => self.quarantined.push(quarantined.checkpoint.clone()),
            Event::ChainFinished(_) => self.finished = true,
            Event::ChainStopped(stopped) => {
                self.stopped = Some(Stopped {
                    at: t,
                    segment: stopped.segment,
                    reason: stopped.reason,
                    text: stopped.text.clone(),
                });
            }
            Event::Resumed(_) => {
                self.finished = false;
                self.stopped = None;
                self.failed_continuation = None;
                self.quarantined.clear();
                self.counted_from = self.segments.len();
            }
        }
    }

    fn start(&mut self, t: Timestamp, segment: &SegmentStarted) {
        self.started.get_or_insert(t);
        if let Some(id) = &segment.checkpoint {
            self.had_checkpoint = true;
            if self.last_checkpoint.is_none() {
                self.saw(t, id);
            }
        }
        // What a lost segment left is first seen by the one that starts from it.
        let lost = self.segments.last().is_some_and(|last| last.end.is_none() && last.reached.is_none());
        if let Some(found) = segment.checkpoint.as_ref().filter(|found| lost && !self.knows(found))
            && let Some(last) = self.segments.last_mut()
        {
            last.reached = Some(found.clone());
        }
        // Whatever was announced for the segment before: the chain has gone on.
        self.open_intent.take_if(|intent| intent.segment < segment.segment);
        self.failed_continuation = None;
        self.segments.push(SegmentSummary {
            number: segment.segment,
            job: segment.job,
            restart: segment.restart,
            host: segment.host.clone(),
            started: t,
            last_record: t,
            deadline: None,
            lead: None,
            asked: None,
            continued: None,
            used: segment.checkpoint.clone(),
            reached: None,
            taken: Vec::new(),
            internal_error: None,
            end: None,
        });
    }

    fn end(&mut self, t: Timestamp, ended: &SegmentEnded) {
        if let Some(segment) = self.segment_at(t, ended.segment) {
            segment.end = Some(SegmentEnd {
                at: t,
                exit: ended.exit,
                verdict: ended.verdict,
                cause: ended.cause,
                fresh: ended.fresh,
                ran: Duration::from_millis(ended.ran_ms),
            });
            if ended.checkpoint.is_some() {
                segment.reached.clone_from(&ended.checkpoint);
            }
        }
        if let Some(id) = &ended.checkpoint {
            self.saw(t, id);
        }
        // The record that says so of the chain may not have been written any more.
        self.finished |= ended.verdict == super::record::Verdict::Finished;
    }

    /// Whether an earlier segment started from it or left it: one that was put back from a copy is nothing new.
    fn knows(&self, id: &CheckpointId) -> bool {
        let seen = |known: &Option<CheckpointId>| known.as_ref().is_some_and(|known| known.is_copy_of(id));
        self.segments.iter().rev().take(NEAR).any(|segment| seen(&segment.used) || seen(&segment.reached))
    }

    fn saw(&mut self, at: Timestamp, id: &CheckpointId) {
        self.had_checkpoint = true;
        if self.last_checkpoint.as_ref().is_none_or(|last| last.id != *id) {
            self.last_checkpoint = Some(SeenCheckpoint { id: id.clone(), at });
        }
    }

    fn segment_at(&mut self, t: Timestamp, number: SegmentNumber) -> Option<&mut SegmentSummary> {
        let segment = self.segment_with(number)?;
        segment.last_record = segment.last_record.max(t);
        Some(segment)
    }

    fn segment_with(&mut self, number: SegmentNumber) -> Option<&mut SegmentSummary> {
        let mut near = self.segments.iter_mut().rev().take(NEAR);
        near.find(|segment| segment.number == number)
    }

    /// The number that the next segment gets. One whose start could not be written down shows in its continuation.
    pub fn next_number(&self) -> SegmentNumber {
        let begun = self.segments.iter().map(|segment| segment.number);
        begun
            .chain(self.links.iter().map(|link| link.segment))
            .max()
            .map_or(SegmentNumber::FIRST, SegmentNumber::next)
    }

    /// The last segment, if its end is not recorded: it runs, or it was lost (killed, node failure).
    ///
    /// Which of the two only the owner record and the scheduler can tell.
    pub fn open_segment(&self) -> Option<&SegmentSummary> {
        self.segments.last().filter(|segment| segment.end.is_none())
    }

    /// Whether it is on record that this segment's program has ended.
    pub fn has_ended(&self, number: SegmentNumber) -> bool {
        self.segments.iter().any(|segment| segment.number == number && segment.end.is_some())
    }

    /// Whether the last segment that began has no end on record, ran on another node than `host`, and was followed by an
    /// owner, of `segment`, that never began: that one may have been waiting for it. With the segment that is about to begin:
    /// whether one before it may live at all.
    pub fn is_open_before(&self, segment: SegmentNumber, host: &str) -> bool {
        self.open_segment().is_some_and(|open| open.number < segment && open.host != host)
    }

    /// Whether it has ever been stopped, whatever has become of it since: its waiting tasks were cancelled with that.
    pub fn was_ever_stopped(&self) -> bool {
        self.stopped.is_some() || self.counted_from > 0
    }

    /// The highest index that a task of this array has had a segment under.
    pub fn highest_task(&self, array: u32) -> Option<u32> {
        let index = |segment: &SegmentSummary| match segment.job {
            Some(JobId::Task { array: of, task }) if of == array => Some(task),
            _ => None,
        };
        self.segments.iter().filter_map(index).max()
    }

    /// How the last segment was continued, as far as the scheduler has said so: the way, and the job that goes on.
    pub fn continuation(&self) -> Option<(ContinuationMode, Option<JobId>)> {
        let last = self.segments.last()?.number;
        let link = self.links.iter().rev().find(|link| link.done && link.segment >= last)?;
        Some((link.mode, link.job))
    }
}

#[cfg(test)]
mod asked_tests;
#[cfg(test)]
mod copies_tests;
#[cfg(test)]
mod spans_tests;
#[cfg(test)]
mod tests;
