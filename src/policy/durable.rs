//! What must be on the disk before the chain is continued, and how long that may be waited for.
//!
//! Most programs do not sync what they save. A node that loses power after the requeue would leave a torn checkpoint behind
//! that the journal calls complete. But a chain that is not continued is worse than that, so the wait is short.

use std::time::Duration;

use crate::model::CheckpointId;

use super::action::Entry;
use super::machine::Machine;
use super::situation::Host;
use super::timer::Timer;
use super::verdict::Verdict;

/// Longest wait for the disk: less than the least margin, and a third of the time that a durable intent has.
const LONGEST: Duration = Duration::from_secs(3);
/// The same where the end of the allocation is past already.
const AFTER_THE_END: Duration = Duration::from_secs(1);

impl Entry {
    /// The checkpoint that the chain is about to be continued from. Those that the program writes of its own accord on its
    /// way cost nothing: the next one follows, or the segment's end.
    pub fn relied_on(&self) -> Option<&CheckpointId> {
        match self {
            Self::Checkpoint { id, asked: true, .. } => Some(id),
            Self::SegmentEnded(ended) if ended.fresh == Some(true) && ended.verdict != Verdict::Finished => {
                ended.checkpoint.as_ref()
            }
            _ => None,
        }
    }
}

impl Machine {
    /// How long the durable intent that was just asked for may wait until the checkpoint is on the disk: a third of the
    /// time after which the intent is given up, and of what is left of the allocation.
    pub fn patience_with_disk(&self) -> Duration {
        let now = self.now.instant;
        let given_up = self.timers.at(Timer::Wait).map_or(LONGEST, |at| at.since(now) / 3);
        let end = match self.allocation_end().filter(|_| self.situation.host == Host::Slurm) {
            Some(end) if end > now => end.since(now) / 3,
            Some(_) => AFTER_THE_END,
            None => LONGEST,
        };
        LONGEST.min(given_up).min(end)
    }
}
