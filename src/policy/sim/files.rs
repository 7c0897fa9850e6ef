//! ckwrap's worker: journal and checkpoints, one job after the other, each of which may take long or fail.

use super::super::{
    Answer, Assessment, Cause, Entry, Event, Examined, ScanAnswer, StopReason, Ticket, Verdict,
};
use super::sabotage::Sabotage;
use super::world::{Happening, World};
use crate::journal::record as written;
use crate::model::{CheckpointId, ChildExit, ContinuationMode as Mode};

/// Something for the worker.
#[derive(Debug, Clone)]
pub(super) enum FileJob {
    Record { entry: Entry, durably: bool },
    Scan(Ticket),
    Examine(std::path::PathBuf),
    Assess(ChildExit),
    Release,
    Guard,
}

impl World {
    /// Gives the worker something to do.
    pub(super) fn give(&mut self, process: usize, job: FileJob) {
        let takes = match job {
            FileJob::Scan(_) | FileJob::Examine(_) => self.rng.range(1, 200),
            FileJob::Assess(_) => self.rng.range(0, 300),
            FileJob::Record { durably: true, .. } => self.rng.range(0, 100),
            _ => self.rng.range(0, 5),
        };
        let now = self.now;
        let this = &mut self.processes[process];
        let at = this.busy_until.max(now) + takes;
        this.busy_until = at;
        this.file_jobs += 1;
        self.later(at - now, Happening::File(process, job));
    }

    /// The worker gets to it.
    pub(super) fn file_job(&mut self, process: usize, job: FileJob) {
        if !self.processes[process].alive {
            return;
        }
        let hung = self.processes[process].hung_until;
        if hung > self.now {
            self.processes[process].busy_until = hung;
            self.later(hung - self.now, Happening::File(process, job));
            return;
        }
        self.processes[process].file_jobs -= 1;
        match job {
            FileJob::Record { entry, durably } => self.record(process, &entry, durably),
            FileJob::Scan(ticket) => {
                let answer = self.scanned(process);
                self.deliver(process, Event::Scanned(ticket, answer));
            }
            FileJob::Examine(path) => self.examine(process, path),
            FileJob::Assess(exit) => self.assess(process, exit),
            FileJob::Release => self.release(process),
            FileJob::Guard => {
                if self.is_lost(process) {
                    self.deliver(process, Event::OwnerLost);
                }
            }
        }
        if self.processes[process].leaving.is_some() && self.processes[process].file_jobs == 0 {
            self.gone(process);
        }
    }

    /// Ends as soon as the worker is done, or has had its time.
    pub(super) fn leave(&mut self, process: usize, code: u8) {
        self.processes[process].leaving = Some(code);
        self.give(process, FileJob::Release);
        let patience = super::edge::millis(self.processes[process].machine.patience_at_the_end());
        self.later(patience, Happening::Leave(process));
    }

    /// Whether another copy has become the owner, as seen from its node.
    fn is_lost(&mut self, process: usize) -> bool {
        self.processes[process].claim.is_some_and(|claim| self.has_later_owner(claim))
    }

    /// The same of any claim.
    pub(super) fn has_later_owner(&mut self, claim: usize) -> bool {
        let late = if self.plan.faults.stale { self.rng.range(0, 60_000) } else { 0 };
        let now = self.now;
        self.journal.owners.iter().skip(claim + 1).any(|owner| owner.at + late <= now)
    }

    fn record(&mut self, process: usize, entry: &Entry, durably: bool) {
        let lost = self.is_lost(process);
        let no_space = self.now < self.processes[process].no_space_until;
        let fails = self.rng.chance(self.plan.faults.journal) && (durably || self.rng.chance(20));
        self.processes[process].stop_waits &= !matches!(entry, Entry::ChainStopped(..));
        let unwritten = lost || no_space || fails || self.processes[process].claim.is_none();
        if lost {
            self.processes[process].unwritten.clear();
            self.deliver(process, Event::OwnerLost);
        } else if unwritten {
            self.note(|| format!("  not written: {entry:?}"));
            self.marks.journal_failed = true;
            if matches!(entry, Entry::ChainStopped(..)) {
                // Nobody who starts later can know.
                self.marks.unheeded = self.marks.cancelled.take();
            }
            if is_tried_again(entry) {
                self.processes[process].unwritten.push(entry.clone());
            }
        } else {
            self.write_what_waits(process);
            self.write(process, entry, durably);
        }
        if durably {
            // At times it comes after it was given up.
            let late = fails && !lost && !no_space && self.rng.chance(30);
            if late {
                self.write_what_waits(process);
                self.write(process, entry, true);
            }
            self.later(
                if late { 25_000 } else { 0 },
                Happening::Deliver(process, Event::Recorded(!unwritten || late)),
            );
        }
    }

    /// What could not be written before goes before what is written now.
    fn write_what_waits(&mut self, process: usize) {
        for entry in std::mem::take(&mut self.processes[process].unwritten) {
            self.write(process, &entry, true);
            if matches!(entry, Entry::ChainStopped(..)) {
                self.marks.cancelled = self.marks.unheeded;
            }
        }
    }

    fn release(&mut self, process: usize) {
        let Some(claim) = self.processes[process].claim.filter(|_| !self.is_lost(process)) else { return };
        let no_space = self.now < self.processes[process].no_space_until;
        if !no_space && !self.rng.chance(self.plan.faults.journal) {
            self.write_what_waits(process);
        }
        self.journal.owners[claim].released = true;
    }

    fn write(&mut self, process: usize, entry: &Entry, durably: bool) {
        self.judge_entry(process, entry);
        let synced = (durably || lasts(entry)) && self.plan.sabotage != Some(Sabotage::NeverSyncs);
        let (node, now) = (self.processes[process].node, self.now);
        let wall = self.time(self.processes[process].clock_off).wall;
        if let Some(id) = entry.relied_on() {
            self.processes[process].relied_on = Some(id.clone());
        }
        // What cannot be brought to the disk in time is told, and no promise.
        if let (Entry::Intent(_), Some(id)) = (entry, &self.processes[process].relied_on)
            && self.rng.chance(90)
        {
            self.disk.acknowledge(id, now);
        }
        self.processes[process].recorded |= *entry == Entry::SegmentStarted;
        for event in self.events_of(process, entry) {
            self.journal.append(node, now, wall, event, synced);
        }
    }

    /// The entry as the supervisor writes it down.
    fn events_of(&self, process: usize, entry: &Entry) -> Vec<written::Event> {
        let this = &self.processes[process];
        let (segment, token) = (this.segment, this.token.clone());
        let own = Some(self.id_of(this.job));
        let event = match entry {
            Entry::SegmentStarted => {
                let started = written::SegmentStarted {
                    segment,
                    job: own,
                    restart: this.life,
                    host: format!("n{}", this.node),
                    pid: 1,
                    command: Vec::new(),
                    checkpoint: this.from.clone(),
                    engine: "slurm".into(),
                };
                started.into()
            }
            Entry::Deadline(planned) => {
                let at = Some(self.time(this.clock_off).wall_of(planned.at));
                written::Deadline { segment, at, source: String::new(), lead: None }.into()
            }
            Entry::Triggered { what, why } => {
                written::Triggered { segment, trigger: what.clone(), why: why.clone() }.into()
            }
            Entry::Checkpoint { id, took, asked } => {
                let took_ms = took.map(super::edge::millis);
                written::Checkpoint { segment, id: id.clone(), took_ms, asked: *asked }.into()
            }
            Entry::Kept(id) => written::Kept { segment, checkpoint: id.clone() }.into(),
            Entry::Quarantined(id, why) => {
                written::Quarantined { checkpoint: id.clone(), why: why.clone() }.into()
            }
            Entry::Told { progress, status } => {
                written::Told { segment, progress: *progress, status: status.clone() }.into()
            }
            Entry::SegmentEnded(ended) => {
                let ended = written::SegmentEnded {
                    segment,
                    exit: ended.exit,
                    verdict: verdict(ended.verdict),
                    cause: cause(ended.cause, ended.verdict),
                    checkpoint: ended.checkpoint.clone(),
                    fresh: ended.fresh,
                    ran_ms: super::edge::millis(ended.ran),
                };
                ended.into()
            }
            Entry::Intent(mode) => {
                let job = own.filter(|_| *mode != Mode::Successor);
                written::Intent { segment, mode: *mode, token, job }.into()
            }
            Entry::Continued { mode, job } => {
                let own = own.filter(|_| *mode != Mode::Array);
                written::Continued { segment, mode: *mode, token, job: job.or(own) }.into()
            }
            Entry::ContinuationFailed { mode, unknown, text } => {
                let (mode, unknown, text) = (*mode, *unknown, text.clone());
                written::ContinuationFailed { segment, mode, unknown, text }.into()
            }
            Entry::ChainFinished => written::ChainFinished { segment }.into(),
            Entry::ChainStopped(why, text) => {
                written::ChainStopped { segment, reason: reason(*why), text: text.clone() }.into()
            }
        };
        vec![event]
    }

    fn scanned(&mut self, process: usize) -> ScanAnswer {
        let alive = self.processes[process].child.as_ref().is_some_and(super::child::Child::is_alive);
        if self.rng.chance(self.plan.faults.scan) {
            return ScanAnswer::Unknown("stale handle".into());
        }
        let newest = self.disk.visible().last().map(|saved| saved.id.clone());
        let mut valid = self.disk.valid().into_iter().next();
        // Not every format shows that it is only half written; but then it grows.
        if let Some(saved) = self.disk.visible().last()
            && saved.content == super::disk::Content::Part
            && alive
        {
            valid = Some(CheckpointId { size: self.now, ..saved.id.clone() });
        }
        if self.plan.sabotage == Some(Sabotage::TakesPartForWhole) {
            valid.clone_from(&newest);
        }
        ScanAnswer::Found { valid, newest, fallback: false }
    }

    fn examine(&mut self, process: usize, path: std::path::PathBuf) {
        let saved = self.disk.visible().find(|saved| saved.id.path == path && saved.is_whole());
        let answer = saved.map_or(Examined::Missing(path), |saved| Examined::There(saved.id.clone()));
        self.deliver(process, Event::Examined(answer));
    }

    fn assess(&mut self, process: usize, exit: ChildExit) {
        let finished = match (self.plan.program.finish_is_known, self.disk.finished) {
            (false, _) => Answer::Unknown,
            (true, true) => Answer::Yes,
            (true, false) => Answer::No,
        };
        let stopped = exit == ChildExit::Code(85);
        self.deliver(process, Event::Assessed(Assessment { finished, stopped, retry: None }));
    }
}

/// Whether it is written so that it lasts.
fn lasts(entry: &Entry) -> bool {
    !matches!(entry, Entry::Deadline(_) | Entry::Triggered { .. } | Entry::Kept(_) | Entry::Told { .. })
}

fn is_tried_again(entry: &Entry) -> bool {
    lasts(entry) && !matches!(entry, Entry::Intent(_))
}

fn verdict(verdict: Verdict) -> written::Verdict {
    match verdict {
        Verdict::Finished => written::Verdict::Finished,
        Verdict::Unfinished => written::Verdict::Unfinished,
        Verdict::Failed => written::Verdict::Failed,
    }
}

fn cause(cause: Cause, verdict: Verdict) -> written::Cause {
    match cause {
        Cause::Completed if verdict == Verdict::Failed => written::Cause::Crashed,
        Cause::Completed => written::Cause::Completed,
        Cause::Deadline => written::Cause::Deadline,
        Cause::TimeLimit => written::Cause::TimeLimit,
        Cause::PreemptedRequeued | Cause::Preempted => written::Cause::Preempted,
        Cause::RequeuedByOther => written::Cause::RequeuedByOther,
        Cause::Cancelled => written::Cause::Cancelled,
        Cause::Asked => written::Cause::Asked,
        Cause::Unknown => written::Cause::Unknown,
    }
}

pub(super) fn reason(reason: StopReason) -> written::StopReason {
    match reason {
        StopReason::Failed => written::StopReason::Failed,
        StopReason::MaxSegments => written::StopReason::MaxSegments,
        StopReason::MaxFailures => written::StopReason::MaxFailures,
        StopReason::MaxStalls => written::StopReason::MaxStalls,
        StopReason::MaxWalltime => written::StopReason::MaxWalltime,
        StopReason::Cancelled => written::StopReason::Cancelled,
        StopReason::NoContinuation => written::StopReason::NoContinuation,
    }
}
