//! The program: it computes, saves when asked or by itself, finishes, crashes, or does not listen.

use super::plan::Program;
use super::rng::Rng;
use crate::model::{CheckpointId, ChildExit, Message, Signal};

/// A checkpoint on disk. `progress`: what a restart from it has done already, in milliseconds of work.
#[derive(Debug, Clone)]
pub(super) struct Saved {
    pub(super) id: CheckpointId,
    pub(super) progress: u64,
    pub(super) complete: bool,
}

/// The run directory.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    pub(super) saved: Vec<Saved>,
    pub(super) finished: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Computing { since: u64 },
    Saving { until: u64, stops: bool },
    Gone,
}

/// One run of it.
#[derive(Debug, Clone)]
pub(super) struct Child {
    program: Program,
    born: u64,
    progress: u64,
    doing: Doing,
    save_at: Option<(u64, bool)>,
    crash_at: Option<u64>,
    periodic_at: Option<u64>,
    die_at: Option<(u64, ChildExit)>,
    announced: Option<std::path::PathBuf>,
    /// Times that a signal handler for the end was entered.
    pub(super) terms: u32,
}

impl Child {
    pub(super) fn new(program: &Program, now: u64, progress: u64, limit: u64, rng: &mut Rng) -> Self {
        Self {
            program: program.clone(),
            born: now,
            progress,
            doing: Doing::Computing { since: now },
            save_at: None,
            crash_at: rng.chance(program.crash_percent).then(|| now + rng.range(1, limit)),
            periodic_at: program.every.map(|every| now + every),
            die_at: None,
            announced: None,
            terms: 0,
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        self.doing != Doing::Gone
    }

    pub(super) fn is_ready(&self, now: u64) -> bool {
        now >= self.born + self.program.ready_after
    }

    /// When something happens next by itself.
    pub(super) fn next(&self) -> Option<u64> {
        let mut moments = vec![self.crash_at, self.die_at.map(|(at, _)| at)];
        match self.doing {
            Doing::Gone => return None,
            Doing::Computing { since } => {
                moments.push(Some(since + self.program.work.saturating_sub(self.progress)));
                moments.push(self.save_at.map(|(at, _)| at));
                moments.push(self.periodic_at);
            }
            Doing::Saving { until, .. } => moments.push(Some(until)),
        }
        moments.into_iter().flatten().min()
    }

    /// A trigger reached it: it saves after `delay`, and stops then or goes on.
    pub(super) fn trigger(&mut self, at: u64, stops: bool) {
        if self.program.ignores || !self.is_alive() {
            return;
        }
        match &mut self.doing {
            Doing::Saving { stops: planned, .. } => *planned |= stops,
            _ => self.save_at = Some((at, stops)),
        }
    }

    /// A signal that ends a program.
    pub(super) fn end(&mut self, signal: Signal, now: u64) {
        if signal == Signal::KILL {
            self.die_at = Some((now, ChildExit::Signal(signal)));
        } else if signal == Signal::TERM && self.program.handles_term && self.is_ready(now) {
            self.terms += 1;
            self.trigger(now + 20, true);
        } else if signal == Signal::TERM && !self.program.ignores_term {
            let exit = if self.program.leaves_signal_exit {
                ChildExit::Code(143)
            } else {
                ChildExit::Signal(signal)
            };
            self.die_at.get_or_insert((now + 50, exit));
        }
    }

    fn compute(&mut self, now: u64) {
        if let Doing::Computing { since } = &mut self.doing {
            self.progress = (self.progress + now.saturating_sub(*since)).min(self.program.work);
            *since = now;
        }
    }

    /// What it tells of itself after a step: every third program does.
    pub(super) fn says(&mut self, disk: &Disk) -> Vec<Message> {
        if !self.program.work.is_multiple_of(3) {
            return Vec::new();
        }
        let mut said = Vec::new();
        if let Some(saved) = disk.saved.last().filter(|saved| saved.complete)
            && self.announced.as_ref() != Some(&saved.id.path)
        {
            self.announced = Some(saved.id.path.clone());
            said.push(Message::Checkpoint(saved.id.path.clone()));
        }
        if disk.finished {
            said.push(Message::Finished);
        }
        said
    }

    /// What happens at `now`; its end, if that is it.
    pub(super) fn step(&mut self, now: u64, disk: &mut Disk, rng: &mut Rng) -> Option<ChildExit> {
        if !self.is_alive() {
            return None;
        }
        self.compute(now);
        if let Some((_, exit)) = self.die_at.filter(|(at, _)| *at <= now) {
            self.doing = Doing::Gone;
            return Some(exit);
        }
        if self.crash_at.is_some_and(|at| at <= now) {
            self.doing = Doing::Gone;
            return Some(ChildExit::Signal(Signal::SEGV));
        }
        match self.doing {
            Doing::Saving { until, stops } if until <= now => {
                self.doing = Doing::Computing { since: now };
                if let Some(saved) = disk.saved.last_mut() {
                    saved.complete = true;
                    saved.id.modified_ns = i128::from(now);
                    saved.id.size = 1_000_000;
                }
                if stops {
                    self.doing = Doing::Gone;
                    return Some(ChildExit::Code(self.program.stop_code));
                }
            }
            Doing::Computing { .. } if self.progress >= self.program.work => {
                self.doing = Doing::Gone;
                disk.finished = true;
                return Some(ChildExit::Code(0));
            }
            Doing::Computing { .. } => self.save_if_due(now, disk, rng),
            Doing::Saving { .. } | Doing::Gone => {}
        }
        None
    }

    fn save_if_due(&mut self, now: u64, disk: &mut Disk, rng: &mut Rng) {
        let asked = self.save_at.filter(|(at, _)| *at <= now);
        let periodic = self.periodic_at.is_some_and(|at| at <= now);
        if asked.is_none() && !periodic {
            return;
        }
        if asked.is_some() {
            self.save_at = None;
        }
        self.periodic_at = self.program.every.map(|every| now + every);
        let (least, most) = self.program.save;
        let until = now + rng.range(least, most.max(least));
        self.doing = Doing::Saving { until, stops: asked.is_some_and(|(_, stops)| stops) };
        let count = disk.saved.len() as u64;
        let id = CheckpointId {
            path: format!("ck{count}").into(),
            size: 1,
            modified_ns: i128::from(now),
            inode: count + 1,
        };
        disk.saved.push(Saved { id, progress: self.progress, complete: false });
    }
}
