//! What must hold, whatever happens. The judge sees the facts: what ran, on which checkpoint, and what became of it.

use super::super::{Entry, StopReason};
use super::disk::Content;
use super::plan::{Layout, Luck};
use super::slurm::State;
use super::tally::Wrong;
use super::world::World;
use crate::model::{CheckpointId, ContinuationMode as Mode, Effect};

impl World {
    /// A segment is about to run. `bad`: checkpoints that are passed over for a reason on record.
    pub(super) fn judge_start(
        &mut self,
        job: usize,
        checkpoint: Option<&CheckpointId>,
        bad: &[CheckpointId],
    ) {
        if self.jobs[job].cancelled {
            self.wrong(Wrong::Disobeyed, "a cancelled job runs again");
        }
        let history = &self.journal.history;
        let mistaken = history.stop_was_mistaken(self.id_of(job), self.jobs[job].restarts);
        if history.finished {
            self.wrong(Wrong::Doubled, "a finished chain runs again");
        } else if history.stopped.is_some() && !mistaken && !self.jobs[job].by_hand {
            self.wrong(Wrong::Disobeyed, "a stopped chain runs again");
        } else if let Some(at) = self.marks.cancelled.filter(|_| !self.jobs[job].by_hand) {
            self.wrong(Wrong::Disobeyed, format!("cancelled at {at} ms, and it goes on all the same"));
        }
        if self.jobs[job].by_hand {
            // Whoever submits it again wants it to go on.
            (self.marks.cancelled, self.marks.unheeded) = (None, None);
        }
        let used = checkpoint.and_then(|id| self.disk.find(id)).map_or(0, |saved| saved.progress);
        let good = |id: &CheckpointId| !bad.iter().any(|other| other.is_copy_of(id));
        let whole = self.disk.visible().filter(|saved| saved.is_whole() && good(&saved.id));
        let best = whole.map(|saved| saved.progress).max().unwrap_or(0);
        let torn_is_newer = checkpoint
            .and_then(|id| self.disk.find(id))
            .is_some_and(|saved| saved.content == Content::Torn { shows: false });
        if used < best && !torn_is_newer {
            self.wrong(Wrong::Lost, format!("work was thrown away: {used} of {best}"));
        }
        let destroyed = self.disk.destroyed.iter().copied().max().unwrap_or(0);
        if used < destroyed {
            self.wrong(Wrong::Lost, format!("{destroyed} had been acknowledged, and {used} is left"));
        }
        // Only where a program writes over its only one does a copy stand for what was acknowledged.
        let copies = self.disk.copies.iter().filter(|copy| copy.is_whole() && good(&copy.id));
        let kept = copies.map(|copy| copy.progress).max().unwrap_or(0);
        let relies_on_copies = self.plan.settings.keeps && self.plan.program.layout == Layout::Overwrite;
        if relies_on_copies && used < kept && !torn_is_newer {
            self.wrong(Wrong::Lost, format!("a copy of {kept} was not used, but {used}"));
        }
    }

    /// A child is about to run.
    pub(super) fn judge_spawn(&mut self, process: usize) {
        let by_hand = self.jobs[self.processes[process].job].by_hand;
        // One that could not even name itself as the owner cannot be known, nor know; its user was told. Nor can one know
        // that stands still together with its node or its files; nor does it write.
        let unknowable = |other: &super::world::Process| {
            let nameless = other.claim.is_none() && (other.orphan || by_hand || self.jobs[other.job].by_hand);
            nameless || (other.orphan && other.paused_until.max(other.hung_until) > self.now)
        };
        let writes = |other: &super::world::Process| {
            other.alive && other.child.as_ref().is_some_and(super::child::Child::is_alive)
        };
        self.marks.past_proof |= self.processes.iter().any(|other| writes(other) && unknowable(other));
        if let Some(other) = self.processes.iter().position(writes) {
            self.wrong(Wrong::Doubled, format!("runs beside {other}, which is alive"));
        }
        let parent = self.processes[process].parent;
        let array = self.plan.settings.mode == Mode::Array;
        // One of which not a word could be written is unknown to all that come after it.
        let twin = |other: &super::world::Process| other.ran && other.recorded && other.parent == parent;
        if parent.is_some() && !array && self.processes.iter().any(twin) {
            self.wrong(Wrong::Doubled, format!("a second continuation of {parent:?} runs"));
        }
    }

    /// ckwrap has requeued its job (`next` is the same), or submitted another.
    pub(super) fn judge_act(&mut self, process: usize, next: usize) {
        self.processes[process].acts.push(next);
        let own = self.processes[process].job;
        let is_to_run = |job: &usize| {
            let state = self.jobs[*job].state;
            (*job == own && self.jobs[*job].requeued) || matches!(state, State::Pending { .. })
        };
        let mut acts = self.processes[process].acts.clone();
        acts.dedup();
        let alive = acts.iter().filter(|job| is_to_run(job)).count();
        if alive > 1 {
            self.wrong(Wrong::Doubled, format!("{alive} continuations of {process} wait"));
        }
    }

    /// A record is about to be written.
    pub(super) fn judge_entry(&mut self, process: usize, entry: &Entry) {
        match entry {
            Entry::ChainFinished if !self.disk.finished => {
                self.wrong(Wrong::Lost, "finished, it says, and it is not");
            }
            Entry::Checkpoint { id, .. } => self.judge_checkpoint(process, id),
            Entry::SegmentEnded(ended) if ended.fresh == Some(true) => match &ended.checkpoint {
                Some(id) => self.judge_checkpoint(process, id),
                None => self.wrong(Wrong::Disobeyed, "fresh, and none is named"),
            },
            _ => {}
        }
    }

    fn judge_checkpoint(&mut self, process: usize, id: &CheckpointId) {
        // One that a late or hung worker writes about may have been written over since.
        let same = self.disk.visible().find(|saved| saved.id.path == id.path);
        let gone_since = same.is_none_or(|saved| saved.id.modified_ns > id.modified_ns);
        let whole = same.is_some_and(|saved| saved.id == *id && saved.content != Content::Part);
        if !whole && !gone_since {
            self.wrong(Wrong::Lost, format!("acknowledged, and not complete: {id:?}"));
        }
        if self.processes[process].baseline.contains(id) {
            self.wrong(Wrong::Lost, format!("an old checkpoint was taken for a new one: {id:?}"));
        }
    }

    /// Nothing is left to happen.
    pub(super) fn judge(&mut self) {
        for job in 0..self.jobs.len() {
            let state = self.jobs[job].state;
            if state != State::Ended {
                self.wrong(Wrong::Stuck, format!("job {job} is left in {state:?}"));
            }
        }
        let marks = &self.marks;
        let history = &self.journal.history;
        let over = history.finished || history.stopped.is_some();
        if !(over || marks.told || marks.silenced || marks.terminated) {
            self.wrong(Wrong::Stuck, "the chain ended without a word");
        }
        let told =
            |why: &&String| ["Refuse", "Exhausted", "AlreadyStopped"].iter().any(|word| why.contains(word));
        let marks = &self.marks;
        let quiet = matches!(self.luck, Luck::Calm | Luck::Program);
        let in_vain = marks.refused.iter().filter(|why| !told(why)).count();
        if quiet && in_vain > 0 && self.plan.settings.mode != Mode::Array {
            self.wrong(Wrong::Doubled, format!("left over: {:?}", self.marks.refused));
        }
        if self.luck == Luck::Calm && self.wrong.is_empty() {
            self.judge_calm();
        }
    }

    /// With nothing going wrong the work is done, in about as many segments as it takes.
    fn judge_calm(&mut self) {
        // A program that ends with 0 each time between the request and its noticing it leaves nothing by which
        // that could be told from a stop, if no rule says when it is finished.
        let reason = self.journal.history.stopped.as_ref().map(|stopped| stopped.reason);
        let stalled = reason == Some(super::files::reason(StopReason::MaxStalls));
        if stalled && self.disk.finished && !self.plan.program.finish_is_known {
            return;
        }
        // One that writes over its only checkpoint and goes on may have begun the next one when it is ended. Without `keep`
        // there is no copy to go back to. To begin anew is refused, and the user told.
        let tears = self.plan.program.layout == Layout::Overwrite
            && self.plan.settings.effect == Effect::Continue
            && self.journal.history.segments.len() == 1
            && !self.plan.settings.keeps;
        if tears && self.marks.told && self.disk.valid().is_empty() && self.disk.copies.is_empty() {
            return;
        }
        let full = reason == Some(super::files::reason(StopReason::NoContinuation));
        let array_is_full = self.plan.settings.mode == Mode::Array && full;
        if !(self.journal.history.finished || array_is_full) {
            self.wrong(Wrong::Stuck, format!("nothing went wrong, and it is not finished: {reason:?}"));
        }
        // A third is lost to the lead at most, and a little to the waiting.
        let (work, least) = (self.plan.program.work, self.plan.site.limit / 3);
        let segments = u64::try_from(self.journal.history.segments.len()).unwrap_or(u64::MAX);
        if segments > work / least + 2 {
            self.wrong(Wrong::Lost, format!("{segments} segments for the work of {}", work / least + 2));
        }
        if self.journal.history.segments.iter().any(|segment| segment.end.is_none()) {
            self.wrong(Wrong::Lost, "a segment has no end on record");
        }
    }
}
