//! The program: it computes, saves when asked or by itself, finishes, crashes, or does not listen.

use super::disk::{Content, Disk};
use super::plan::{Layout, Program};
use super::rng::Rng;
use crate::model::{ChildExit, Message, Signal};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Computing { since: u64 },
    Saving { until: u64, stops: bool },
    Gone,
}

/// What it starts from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) progress: u64,
    /// What it starts from is not what it looks like.
    pub(super) bad: bool,
    pub(super) node: usize,
}

/// One run of it.
#[derive(Debug, Clone)]
pub(super) struct Child {
    program: Program,
    born: u64,
    node: usize,
    pub(super) progress: u64,
    doing: Doing,
    save_at: Option<(u64, bool)>,
    crash_at: Option<u64>,
    periodic_at: Option<u64>,
    stop_at: Option<u64>,
    die_at: Option<(u64, ChildExit)>,
    /// Since when it is stopped: by itself, or with its node.
    stopped: Option<u64>,
    hangs: bool,
    path: String,
    announced: Option<std::path::PathBuf>,
    finishes: bool,
}

impl Child {
    pub(super) fn new(program: &Program, now: u64, from: Origin, limit: u64, rng: &mut Rng) -> Self {
        let crash_at = if from.bad && !program.hangs_on_bad {
            Some(now + rng.range(1, 5000))
        } else if program.crash_loop {
            Some(now + rng.range(1, 2000))
        } else {
            rng.chance(program.crash_percent).then(|| now + rng.range(1, limit))
        };
        Self {
            program: program.clone(),
            born: now,
            node: from.node,
            progress: from.progress,
            doing: Doing::Computing { since: now },
            save_at: None,
            crash_at,
            periodic_at: program.every.map(|every| now + every),
            stop_at: program.stops_itself.then(|| now + rng.range(1, limit)),
            die_at: None,
            stopped: None,
            hangs: (from.bad && program.hangs_on_bad) || rng.chance(program.hang_percent),
            path: String::new(),
            announced: None,
            finishes: false,
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        self.doing != Doing::Gone
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    pub(super) fn is_saving(&self) -> bool {
        matches!(self.doing, Doing::Saving { .. })
    }

    /// SIGKILL has been sent to it.
    pub(super) fn is_being_killed(&self, now: u64) -> bool {
        self.die_at.is_some_and(|(at, exit)| at <= now && exit == ChildExit::Signal(Signal::KILL))
    }

    pub(super) fn is_ready(&self, now: u64) -> bool {
        now >= self.born + self.program.ready_after && !self.hangs
    }

    /// When something happens next by itself.
    pub(super) fn next(&self) -> Option<u64> {
        let killed = self.die_at.filter(|(_, exit)| *exit == ChildExit::Signal(Signal::KILL));
        if self.stopped.is_some() {
            return killed.map(|(at, _)| at).filter(|_| self.is_alive());
        }
        let mut moments = vec![self.crash_at, self.die_at.map(|(at, _)| at), self.stop_at];
        match self.doing {
            Doing::Gone => return None,
            Doing::Computing { .. } if self.hangs => {}
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
        if self.program.ignores || !self.is_alive() || self.hangs {
            return;
        }
        let stops = stops && !self.program.goes_on;
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

    /// It is stopped, by itself or with all of its node.
    pub(super) fn freeze(&mut self, now: u64) {
        self.compute(now);
        self.stopped.get_or_insert(now);
    }

    /// It goes on: no time has passed for it.
    pub(super) fn thaw(&mut self, now: u64) {
        let Some(since) = self.stopped.take() else { return };
        let span = now - since;
        let moved = |at: &mut u64| *at = (*at).max(since) + span;
        match &mut self.doing {
            Doing::Computing { since } => *since = now,
            Doing::Saving { until, .. } => moved(until),
            Doing::Gone => {}
        }
        for at in [&mut self.crash_at, &mut self.periodic_at].into_iter().flatten() {
            moved(at);
        }
        if let Some((at, _)) = &mut self.save_at {
            moved(at);
        }
    }

    fn compute(&mut self, now: u64) {
        if self.stopped.is_some() {
            return;
        }
        if let Doing::Computing { since } = &mut self.doing {
            if !self.hangs {
                self.progress = (self.progress + now.saturating_sub(*since)).min(self.program.work);
            }
            *since = now;
        }
    }

    /// What it tells of itself after a step: every third program does, and some of them are wrong.
    pub(super) fn says(&mut self, disk: &Disk) -> Vec<Message> {
        if !self.program.work.is_multiple_of(3) || !self.is_alive() && !self.finishes {
            return Vec::new();
        }
        let mut said = Vec::new();
        let last = disk.saved.last().filter(|saved| saved.is_whole() || self.program.misreports);
        if let Some(saved) = last
            && self.announced.as_ref() != Some(&saved.id.path)
        {
            self.announced = Some(saved.id.path.clone());
            said.push(Message::Checkpoint(saved.id.path.clone()));
        }
        if self.finishes {
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
        if self.stopped.is_some() {
            return None;
        }
        if self.stop_at.is_some_and(|at| at <= now) {
            self.stop_at = None;
            self.freeze(now);
            return None;
        }
        if self.crash_at.is_some_and(|at| at <= now) {
            self.doing = Doing::Gone;
            let exit = if self.program.leaves_signal_exit {
                ChildExit::Code(1)
            } else {
                ChildExit::Signal(Signal::SEGV)
            };
            return Some(exit);
        }
        match self.doing {
            Doing::Saving { until, stops } if until <= now => {
                self.doing = Doing::Computing { since: now };
                self.saved(now, disk, rng);
                if stops {
                    self.doing = Doing::Gone;
                    return Some(ChildExit::Code(self.program.stop_code));
                }
            }
            Doing::Computing { .. } if self.progress >= self.program.work => {
                self.doing = Doing::Gone;
                self.finishes = true;
                disk.finished = true;
                return Some(ChildExit::Code(0));
            }
            Doing::Computing { .. } => self.save_if_due(now, disk, rng),
            Doing::Saving { .. } | Doing::Gone => {}
        }
        None
    }

    fn saved(&mut self, now: u64, disk: &mut Disk, rng: &mut Rng) {
        let content = if rng.chance(self.program.bad_saves) {
            Content::Torn { shows: rng.chance(70) }
        } else {
            Content::Whole
        };
        disk.complete(&self.path, now, content, self.program.syncs);
        if self.program.layout == Layout::Replace {
            disk.rename(&self.path, "state");
        }
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
        if self.program.never_saves {
            return;
        }
        let (least, most) = self.program.save;
        let mut takes = rng.range(least, most.max(least));
        if rng.chance(self.program.heavy_tail) {
            takes *= 10;
        }
        self.doing = Doing::Saving { until: now + takes, stops: asked.is_some_and(|(_, stops)| stops) };
        self.path = match self.program.layout {
            Layout::Numbered => format!("ck{now}"),
            Layout::Overwrite => "state".into(),
            Layout::Replace => "state.tmp".into(),
            Layout::Two => {
                if disk.saved.last().is_some_and(|last| last.id.path.as_os_str() == "a") { "b" } else { "a" }
                    .into()
            }
        };
        disk.begin(self.path.clone(), now, self.progress, self.node);
    }
}
