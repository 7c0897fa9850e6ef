//! The edge: carries out the policy's actions in the model, and hands it what happens.

use std::time::Duration;

use super::super::{Action, Entry, Event, KeepAnswer, Notice, Outcome, TriggerAnswer};
use super::child::{Child, Origin};
use super::files::FileJob;
use super::plan::Luck;
use super::sabotage::Sabotage;
use super::tally::Wrong;
use super::world::{Ask, Happening, World};
use crate::model::{Effect, ExitStatus, Message, Signal, Token, Trigger};

impl World {
    /// Hands an event to a machine that is still there.
    pub(super) fn deliver(&mut self, process: usize, event: Event) {
        let this = &mut self.processes[process];
        if !this.alive {
            return;
        }
        if this.paused_until > self.now {
            this.waiting.push(event);
            return;
        }
        if !matches!(event, Event::Tick) {
            self.note(|| format!("  {process} > {event:?}"));
        }
        if self.plan.sabotage == Some(Sabotage::StaysWhenReplaced) && event == Event::OwnerLost {
            return;
        }
        let now = self.time(self.processes[process].clock_off);
        self.processes[process].machine.handle(now, event);
        self.perform_all(process);
    }

    pub(super) fn perform_all(&mut self, process: usize) {
        while self.processes[process].alive
            && let Some(action) = self.processes[process].machine.next_action()
        {
            self.note(|| format!("  {process} < {action:?}"));
            self.perform(process, action);
        }
        let next = self.processes[process].machine.deadline().map(|at| millis_up(at.0).max(self.now));
        if self.processes[process].alive && next != self.processes[process].tick {
            self.processes[process].tick = next;
            self.processes[process].wake += 1;
            let wake = self.processes[process].wake;
            if let Some(at) = next {
                self.later(at - self.now, Happening::Tick(process, wake));
            }
        }
    }

    fn perform(&mut self, process: usize, action: Action) {
        match action {
            Action::Spawn => self.spawn(process),
            Action::Forward(signal) | Action::EndChild(signal) => self.signal_child(process, signal),
            Action::ForwardIfCaught(signal) => {
                let now = self.now;
                let ready = self.processes[process].child.as_ref().is_some_and(|child| child.is_ready(now));
                if ready {
                    self.signal_child(process, signal);
                } else {
                    self.later(0, Happening::Deliver(process, Event::Held(signal)));
                }
            }
            Action::StopSelf => {}
            Action::StopKeeping => self.processes[process].copies += 1,
            Action::QueryJob(ticket) => self.command(process, &Ask::Job(ticket)),
            Action::QueryGrace => self.command(process, &Ask::Grace),
            Action::QueryKillWait => self.command(process, &Ask::KillWait),
            Action::Trigger(trigger) => self.trigger(process, &trigger),
            Action::Scan(ticket) => self.give(process, FileJob::Scan(ticket)),
            Action::Examine(path) => self.give(process, FileJob::Examine(path)),
            Action::ClearTree(grace) => {
                let takes = if self.rng.chance(80) { 1 } else { self.rng.range(1, millis(grace) + 1) };
                self.later(takes, Happening::TreeGone(process));
            }
            Action::Assess(exit) => self.give(process, FileJob::Assess(exit)),
            Action::Keep(id) => {
                let takes = self.rng.pick(&[50, 2000, 60_000]);
                let works = self.luck == Luck::Calm || self.rng.chance(80);
                let kept = works && self.disk.find(&id).is_some();
                let answer = if kept { KeepAnswer::Done } else { KeepAnswer::Failed("no space".into()) };
                if kept {
                    self.disk.keep(&id);
                }
                self.processes[process].copies += 1;
                let copy = self.processes[process].copies;
                self.later(takes, Happening::Kept(process, copy, answer));
            }
            Action::CheckOwner if self.processes[process].file_jobs > 0 => {}
            Action::CheckOwner => self.give(process, FileJob::Guard),
            Action::Record(entry) => {
                self.processes[process].stop_waits |= matches!(entry, Entry::ChainStopped(..));
                self.give(process, FileJob::Record { entry, durably: false });
            }
            Action::RecordDurably(entry) => {
                self.nonces += 1;
                let this = &mut self.processes[process];
                this.token = Some(Token::new(&super::journal::chain(), this.segment, self.nonces));
                self.give(process, FileJob::Record { entry, durably: true });
            }
            Action::Step(step) => self.command(process, &Ask::Step(step)),
            Action::Say(notice) => self.say(process, &notice),
            Action::Exit(outcome) => self.exit(process, outcome),
        }
    }

    fn say(&mut self, process: usize, notice: &Notice) {
        if let Notice::NotContinued { unknown, .. } = notice {
            self.marks.told_unknown |= unknown;
            self.marks.told_not_continued |= !unknown;
        }
        let last_word = matches!(
            notice,
            Notice::NotContinued { .. } | Notice::Stopped(_) | Notice::Finished | Notice::LeftToProgram(_)
        );
        // What an old copy says beside the one that runs now is no word about the chain.
        if last_word && process + 1 == self.processes.len() {
            self.marks.told = true;
        }
    }

    fn exit(&mut self, process: usize, outcome: Outcome) {
        if self.processes[process].machine.next_action().is_some() {
            self.wrong(Wrong::Disobeyed, "an action after the exit");
        }
        let now = self.now;
        let child = self.processes[process].child.as_ref();
        if child.is_some_and(|child| child.is_alive() && !child.is_being_killed(now)) {
            self.wrong(Wrong::Doubled, "ckwrap ended before its child");
        }
        self.processes[process].child = None;
        let code = match outcome {
            Outcome::Exit(ExitStatus::Code(code)) => code,
            Outcome::Exit(ExitStatus::Signal(_)) => 0,
            Outcome::NextSegment => {
                self.wrong(Wrong::Doubled, "the next segment in the same process under Slurm");
                0
            }
        };
        self.leave(process, code);
    }

    /// The worker is done, or has had its time: ckwrap is no more.
    pub(super) fn gone(&mut self, process: usize) {
        let this = &mut self.processes[process];
        let (Some(code), true) = (this.leaving, this.alive) else { return };
        this.alive = false;
        if std::mem::take(&mut this.stop_waits) {
            // Nobody who starts later can know.
            self.marks.unheeded = self.marks.cancelled.take();
        }
        let this = &self.processes[process];
        let (job, life, orphan) = (this.job, this.life, this.orphan);
        self.note(|| format!("ckwrap of job {job}.{life} ends with {code}"));
        if !orphan {
            self.exited(job, code);
        }
    }

    fn spawn(&mut self, process: usize) {
        self.judge_spawn(process);
        let from = self.processes[process].from.clone();
        let saved = from.and_then(|id| self.disk.find(&id).cloned());
        let origin = Origin {
            progress: saved.as_ref().map_or(0, |saved| saved.progress),
            bad: saved.is_some_and(|saved| !saved.is_whole()),
            node: self.processes[process].node,
        };
        let limit = self.plan.site.limit;
        let child = Child::new(&self.plan.program, self.now, origin, limit, &mut self.rng);
        self.processes[process].child = Some(child);
        self.processes[process].ran = true;
        self.wake_child(process);
        self.deliver(process, Event::Spawned);
    }

    /// Plans the child's next step.
    pub(super) fn wake_child(&mut self, process: usize) {
        if let Some(at) = self.processes[process].child.as_ref().and_then(Child::next) {
            self.later(at.saturating_sub(self.now), Happening::Child(process));
        }
    }

    pub(super) fn child_steps(&mut self, process: usize) {
        let now = self.now;
        let hung = self.processes[process].hung_until;
        let Some(child) = &mut self.processes[process].child else { return };
        if child.next().is_none_or(|at| at > now) {
            return;
        }
        // Whoever writes into a file system that hangs, hangs too.
        if hung > now && child.is_saving() {
            self.later(hung - now, Happening::Child(process));
            return;
        }
        let was_stopped = child.is_stopped();
        let exit = child.step(now, &mut self.disk, &mut self.rng);
        let said: Vec<Message> = child.says(&self.disk);
        let stopped = child.is_stopped() && !was_stopped;
        self.wake_child(process);
        if stopped {
            self.deliver(process, Event::ChildStopped(Signal::TSTP));
        }
        for message in said {
            self.deliver(process, Event::Told(message));
        }
        if let Some(exit) = exit {
            self.note(|| format!("the child of {process} ends: {exit}"));
            self.deliver(process, Event::ChildExited(exit));
        }
    }

    fn signal_child(&mut self, process: usize, signal: Signal) {
        let now = self.now;
        let Some(child) = &mut self.processes[process].child else { return };
        if [Signal::TERM, Signal::KILL].contains(&signal) {
            child.end(signal, now);
        }
        let goes_on = signal == Signal::CONT && child.is_stopped();
        if goes_on {
            child.thaw(now);
        }
        self.wake_child(process);
        if goes_on {
            self.later(0, Happening::Deliver(process, Event::ChildContinued));
        }
    }

    fn trigger(&mut self, process: usize, trigger: &Trigger) {
        let now = self.now;
        let stops = self.plan.settings.effect == Effect::Stop;
        let unusable = self.rng.chance(self.plan.faults.trigger);
        let notice = self.rng.range(0, millis(self.plan.settings.poll));
        let takes = if matches!(trigger, Trigger::Run(_)) { self.rng.range(10, 3000) } else { 0 };
        let Some(child) = &mut self.processes[process].child else { return };
        let (answer, reached) = match trigger {
            _ if unusable => (TriggerAnswer::Unusable("no".into()), false),
            Trigger::Signal { .. } if !child.is_ready(now) => (TriggerAnswer::NotReady, false),
            Trigger::Signal { signal, .. } => {
                (TriggerAnswer::Delivered { what: signal.to_string(), signal: Some(*signal) }, true)
            }
            _ => (TriggerAnswer::Delivered { what: "file".into(), signal: None }, true),
        };
        if reached {
            child.trigger(now + notice, stops);
            self.wake_child(process);
        }
        self.later(takes, Happening::Deliver(process, Event::Triggered(answer)));
    }
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// A timer never fires early.
fn millis_up(span: Duration) -> u64 {
    u64::try_from(span.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
