//! What the records of a chain add up to.
//!
//! A pure fold: no clock, no file, no scheduler. It counts what the records say; what follows from a count is decided
//! elsewhere. All counts are computed from the segments when asked, so that a record that arrives late (an old copy of a
//! job that wakes up after its node was given up) is counted where it belongs.

use std::time::Duration;

use super::record::{Cause, Event, Record, SegmentEnded, SegmentStarted, StopReason, Verdict};
use crate::model::{
    ChainId, CheckpointId, ChildExit, ContinuationMode, JobId, SegmentNumber, Timestamp, Token,
};

mod expect;

pub use expect::Expectation;

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
    /// When the last record was written.
    pub last_record: Option<Timestamp>,
    quarantined: Vec<CheckpointId>,
    links: Vec<Link>,
    // Counts begin after this many segments: a person who resumes a chain has judged what was before.
    counted_from: usize,
    array: bool,
}

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
    /// The checkpoint it started from; `None` from scratch.
    pub used: Option<CheckpointId>,
    /// The newest checkpoint it left.
    pub reached: Option<CheckpointId>,
    /// The complete checkpoints that were seen in it.
    pub taken: Vec<Taken>,
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
struct Link {
    segment: SegmentNumber,
    mode: ContinuationMode,
    token: Option<Token>,
    job: Option<JobId>,
    done: bool,
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

    fn stalled(&self) -> bool {
        self.end.is_some_and(|end| {
            matches!(end.cause, Cause::Deadline | Cause::TimeLimit)
                && end.verdict != Verdict::Finished
                && end.fresh == Some(false)
        })
    }

    /// Whether its end says nothing about the program: somebody took the allocation away.
    fn taken_away(&self) -> bool {
        self.end.is_none_or(|end| {
            end.verdict == Verdict::Unfinished
                && matches!(
                    end.cause,
                    Cause::Preempted | Cause::RequeuedByOther | Cause::Cancelled | Cause::Unknown
                )
        })
    }
}

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
                }
            }
            Event::Triggered(trigger) => {
                self.segment_at(t, trigger.segment);
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
                    self.links.retain(|link| {
                        link.done || link.segment != failed.segment || link.mode != failed.mode
                    });
                    self.failed_continuation = Some(FailedContinuation {
                        segment: failed.segment,
                        mode: failed.mode,
                        text: failed.text.clone(),
                    });
                }
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
            used: segment.checkpoint.clone(),
            reached: None,
            taken: Vec::new(),
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
    }

    fn saw(&mut self, at: Timestamp, id: &CheckpointId) {
        self.had_checkpoint = true;
        if self.last_checkpoint.as_ref().is_none_or(|last| last.id != *id) {
            self.last_checkpoint = Some(SeenCheckpoint { id: id.clone(), at });
        }
    }

    fn segment_at(&mut self, t: Timestamp, number: SegmentNumber) -> Option<&mut SegmentSummary> {
        let segment = self.segments.iter_mut().rev().find(|segment| segment.number == number)?;
        segment.last_record = segment.last_record.max(t);
        Some(segment)
    }

    /// The number that the next segment gets.
    pub fn next_number(&self) -> SegmentNumber {
        self.segments
            .iter()
            .map(|segment| segment.number)
            .max()
            .map_or(SegmentNumber::FIRST, SegmentNumber::next)
    }

    /// The last segment, if its end is not recorded: it runs, or it was lost (killed, node failure).
    ///
    /// Which of the two only the owner record and the scheduler can tell.
    pub fn open_segment(&self) -> Option<&SegmentSummary> {
        self.segments.last().filter(|segment| segment.end.is_none())
    }

    /// How the last segment was continued, as far as the scheduler has said so: the way, and the job that goes on.
    pub fn continuation(&self) -> Option<(ContinuationMode, Option<JobId>)> {
        let last = self.segments.last()?.number;
        let link = self.links.iter().rev().find(|link| link.done && link.segment >= last)?;
        Some((link.mode, link.job))
    }

    /// Failed segments in a row, up to the last.
    ///
    /// Ends at a segment that did not fail. One that was taken away (preempted, requeued by somebody else, lost) without
    /// a newer checkpoint is passed over: it says nothing about the program.
    pub fn failures_in_row(&self) -> u32 {
        self.in_row(|segment| match segment.end {
            Some(end) if end.verdict == Verdict::Failed => Count::Yes,
            _ if segment.taken_away() && !segment.progressed() => Count::Pass,
            _ => Count::Stop,
        })
    }

    /// Segments in a row, up to the last, that ended at the deadline or time limit and for certain left no newer checkpoint.
    ///
    /// Ends at a segment that left one. Others are passed over.
    pub fn stalls_in_row(&self) -> u32 {
        self.in_row(|segment| {
            if segment.progressed() {
                Count::Stop
            } else if segment.stalled() {
                Count::Yes
            } else {
                Count::Pass
            }
        })
    }

    /// Lost segments in a row: they began, and the next one began without the end of this one on record.
    ///
    /// The last segment is not counted, as it may be running: whoever knows that it is dead adds one. Ends at a segment
    /// with a recorded end and at one that is known to have left a newer checkpoint. A single node failure is
    /// no fault of the program; a program that takes its node down each time looks just like it, and this bounds it.
    pub fn lost_in_row(&self) -> u32 {
        let lost = |segment: &&SegmentSummary| segment.end.is_none() && !segment.progressed();
        let in_row = self.counted().iter().rev().take_while(lost).count();
        u32::try_from(in_row.saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// How many segments that began with this checkpoint failed without leaving a newer one.
    pub fn failed_starts(&self, checkpoint: &CheckpointId) -> u32 {
        let failed = |segment: &&SegmentSummary| {
            segment.used.as_ref() == Some(checkpoint)
                && segment.end.is_some_and(|end| end.verdict == Verdict::Failed && end.fresh != Some(true))
        };
        u32::try_from(self.counted().iter().filter(failed).count()).unwrap_or(u32::MAX)
    }

    /// Whether this checkpoint is not to be used again.
    pub fn is_quarantined(&self, checkpoint: &CheckpointId) -> bool {
        self.quarantined.contains(checkpoint)
    }

    /// Run time over the whole chain, as far as recorded.
    pub fn walltime(&self) -> Duration {
        self.segments.iter().fold(Duration::ZERO, |sum, segment| sum.saturating_add(segment.ran()))
    }

    fn counted(&self) -> &[SegmentSummary] {
        self.segments.get(self.counted_from..).unwrap_or_default()
    }

    fn in_row(&self, judge: impl Fn(&SegmentSummary) -> Count) -> u32 {
        let mut count = 0_u32;
        for segment in self.counted().iter().rev() {
            match judge(segment) {
                Count::Yes => count = count.saturating_add(1),
                Count::Pass => {}
                Count::Stop => break,
            }
        }
        count
    }
}

/// What a segment means for a count of segments in a row.
enum Count {
    Yes,
    Pass,
    Stop,
}

#[cfg(test)]
mod tests;
