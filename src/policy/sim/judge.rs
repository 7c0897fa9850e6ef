//! What must hold, whatever happens.

use super::super::{Entry, StopReason};
use super::plan::Luck;
use super::slurm::State;
use super::world::World;
use crate::model::CheckpointId;

impl World {
    /// A segment is about to run.
    pub(super) fn judge_start(&self, job: usize, checkpoint: Option<&CheckpointId>) {
        assert!(!self.processes.iter().any(|process| process.alive), "two live copies");
        assert!(!self.jobs[job].cancelled, "a cancelled job runs again");
        assert!(!self.journal.finished, "a finished chain runs again");
        assert!(self.journal.stopped.is_none(), "a stopped chain runs again");
        if let Some(at) = self.marks.cancelled {
            panic!("the chain was cancelled at {at} ms and goes on all the same");
        }
        let best = self.disk.saved.iter().filter(|saved| saved.complete).map(|saved| saved.progress).max();
        let used = checkpoint
            .and_then(|id| self.disk.saved.iter().find(|saved| saved.id == *id))
            .map_or(0, |saved| saved.progress);
        let quarantine = self.journal.segments.iter().any(|s| s.used.is_some() && s.ended.is_some());
        assert!(used >= best.unwrap_or(0) || quarantine, "work was thrown away: {used} of {best:?}");
    }

    /// A record is about to be written.
    pub(super) fn judge_entry(&self, process: usize, entry: &Entry) {
        match entry {
            Entry::ChainFinished => assert!(self.disk.finished, "finished, it says, and it is not"),
            Entry::Checkpoint { id, .. } => self.judge_checkpoint(process, id),
            Entry::SegmentEnded(ended) if ended.fresh == Some(true) => {
                let id = ended.checkpoint.as_ref().expect("fresh, and none is named");
                self.judge_checkpoint(process, id);
            }
            _ => {}
        }
    }

    fn judge_checkpoint(&self, process: usize, id: &CheckpointId) {
        let complete = self.disk.saved.iter().any(|saved| saved.complete && saved.id == *id);
        assert!(complete, "a checkpoint was acknowledged that is not complete: {id:?}");
        let old = self.processes[process].baseline.contains(id);
        assert!(!old, "an old checkpoint was taken for a new one: {id:?}");
    }

    /// Nothing is left to happen.
    pub(super) fn judge(&self) {
        for (job, state) in self.jobs.iter().enumerate() {
            assert!(state.state == State::Ended, "job {job} is left in {:?}", state.state);
        }
        let marks = &self.marks;
        let left_to_chance = marks.scancelled || marks.terminated || marks.killed || marks.node_failed;
        let said = self.journal.finished || self.journal.stopped.is_some() || self.journal.not_known;
        assert!(said || left_to_chance || self.ends_in_start(), "the chain ended without a word");
        if self.journal.not_known && self.journal.stopped.is_none() {
            assert!(marks.told_unknown, "it is not known whether it goes on, and nobody was told");
        }
        if !marks.lied
            && !marks.journal_failed
            && !marks.preempted
            && !matches!(self.luck, Luck::Events | Luck::All)
        {
            let is_told = |why: &&String| why.contains("Refuse") || why.contains("Exhausted");
            let in_vain = marks.refused.iter().filter(|why| !is_told(why)).count();
            assert!(in_vain == 0 || self.is_array(), "left over: {:?}", marks.refused);
        }
        if self.luck == Luck::Calm {
            self.judge_calm();
        }
    }

    fn ends_in_start(&self) -> bool {
        self.marks.refused.iter().any(|why| why.contains("AlreadyStopped") || why.contains("Refuse"))
    }

    /// With nothing going wrong the work is done, in about as many segments as it takes.
    fn judge_calm(&self) {
        // A program that ends with 0 each time between the request and its noticing it leaves nothing by which
        // that could be told from a stop, if no rule says when it is finished.
        let stalled = matches!(self.journal.stopped, Some((StopReason::MaxStalls, _)));
        if stalled && self.disk.finished && !self.plan.program.finish_is_known {
            return;
        }
        let array_is_full =
            self.is_array() && matches!(self.journal.stopped, Some((StopReason::NoContinuation, _)));
        assert!(
            self.journal.finished || array_is_full,
            "nothing went wrong, and it is not finished: {:?}",
            self.journal.stopped
        );
        let program = &self.plan.program;
        // A third is lost to the lead at most, and a little to the waiting.
        let least = self.plan.site.limit / 3;
        let most = program.work / least + 2;
        let segments = u64::try_from(self.journal.segments.len()).unwrap_or(u64::MAX);
        assert!(segments <= most, "{segments} segments for the work of at most {most}");
        for segment in &self.journal.segments {
            assert!(segment.ended.is_some(), "a segment has no end");
        }
    }
}
