//! How often in a row: the numbers by which a chain that does not come forward is stopped.
//!
//! Counts, and sets no bound.

use std::time::Duration;

use super::super::record::Verdict;
use super::{History, SegmentSummary};
use crate::model::CheckpointId;

impl History {
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

    /// Segments in a row, up to the last, that had their time (to the deadline, or to a stop of
    /// their own) and for certain left no newer checkpoint.
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

    /// How many segments that began with this checkpoint, or a copy of it, failed without leaving a newer one.
    pub fn failed_starts(&self, checkpoint: &CheckpointId) -> u32 {
        let failed = |segment: &&SegmentSummary| {
            segment.used.as_ref().is_some_and(|used| used.is_copy_of(checkpoint))
                && segment.end.is_some_and(|end| end.verdict == Verdict::Failed && end.fresh != Some(true))
        };
        u32::try_from(self.counted().iter().filter(failed).count()).unwrap_or(u32::MAX)
    }

    /// Whether this checkpoint, or one that it is a copy of, is not to be used again.
    pub fn is_quarantined(&self, checkpoint: &CheckpointId) -> bool {
        self.quarantined.iter().any(|other| other.is_copy_of(checkpoint))
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
