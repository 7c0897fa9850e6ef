//! How long things took: checkpoints, and carrying the chain on.
//!
//! Measures, and concludes nothing from it.

use std::time::Duration;

use super::{History, SegmentSummary};

/// Only so many of the latest segments are looked at.
const LATEST: usize = 200;
/// A program that is gone so long before the end of its allocation was not ended because of it.
const AT_THE_END: Duration = Duration::from_secs(15);

impl History {
    /// How long each checkpoint took from the request on, oldest first, and whether it was complete in the end: one that
    /// was not has been waited for so long, until the allocation was over.
    pub fn checkpoint_times(&self) -> Vec<(Duration, bool)> {
        let mut times = Vec::new();
        for segment in self.latest() {
            times.extend(segment.taken.iter().filter_map(|taken| Some((taken.took?, true))));
            times.extend(segment.waited_in_vain().map(|waited| (waited, false)));
        }
        times
    }

    /// How long it took each time from the program's end until the chain went on, oldest first.
    pub fn continuation_times(&self) -> Vec<Duration> {
        let time = |segment: &SegmentSummary| {
            let end = segment.end?;
            Some((segment.continued? - segment.started).saturating_sub(end.ran))
        };
        self.latest().filter_map(time).collect()
    }

    fn latest(&self) -> impl Iterator<Item = &SegmentSummary> {
        self.segments.iter().skip(self.segments.len().saturating_sub(LATEST))
    }
}

impl SegmentSummary {
    /// How long a checkpoint was waited for that was not complete when the time was up.
    fn waited_in_vain(&self) -> Option<Duration> {
        let (asked, deadline) = (self.asked?, self.deadline?);
        if self.taken.last().is_some_and(|taken| taken.at >= asked) {
            return None;
        }
        // One without an end on record was lost, nobody knows when.
        let ran = self.end?.ran;
        let until_the_end = ran.saturating_add(AT_THE_END) >= deadline - self.started;
        until_the_end.then(|| ran.saturating_sub(asked - self.started))
    }
}
