//! What each blow does to a job, its node and its processes.

use super::super::{Event, Sender};
use super::blows::Blow;
use super::slurm::{State, TICK};
use super::world::{Happening, World};
use crate::model::Signal;

impl World {
    pub(super) fn blow(&mut self, job: usize, life: u32, blow: Blow) {
        let pending = matches!(self.jobs[job].state, State::Pending { .. });
        let there = self.jobs[job].restarts == life && self.jobs[job].state != State::Ended;
        let for_all = matches!(blow, Blow::Cancel | Blow::Hold(_) | Blow::Resubmit | Blow::Outage(_));
        let meets = if for_all { there || pending } else { there && self.jobs[job].state == State::Running };
        let next_waits = blow == Blow::Cancel && self.jobs.iter().any(|other| other.after == Some(job));
        if !meets && !next_waits {
            return;
        }
        let own = [Blow::Cancel, Blow::AdminRequeue, Blow::Preempt, Blow::Extend, Blow::Shorten];
        let by_slurm = own.contains(&blow) || matches!(blow, Blow::Suspend(_) | Blow::NodeFails { .. });
        if by_slurm && self.now < self.outage_until {
            if blow == Blow::Cancel && self.jobs[job].unlimited {
                // Who has noticed that a job would run for ever tries it again.
                self.later(self.outage_until - self.now, Happening::Blow(job, life, blow));
            }
            return;
        }
        self.note(|| format!("job {job}: {blow:?}"));
        match blow {
            Blow::Cancel => self.cancel(job),
            Blow::AdminRequeue => self.requeue(job),
            Blow::Preempt => self.preempt(job),
            Blow::NodeFails { lives, cut_off } => self.node_fails(job, lives, cut_off),
            Blow::PowerLoss => self.power_is_lost(job),
            Blow::Outage(length) => {
                self.outage_until = self.outage_until.max(self.now + length);
                self.later(length, Happening::OutageEnds);
            }
            Blow::Warning => self.signal(job, Signal::USR1),
            Blow::Extend => self.jobs[job].end += 60_000,
            Blow::Shorten => {
                self.jobs[job].end = (self.jobs[job].end.saturating_sub(60_000)).max(self.now);
                self.plan_limit(job);
            }
            Blow::Unlimited => {
                self.jobs[job].unlimited = true;
                // Nothing ends a program that hangs then, until somebody notices.
                self.later(self.plan.site.limit * 10, Happening::Blow(job, life, Blow::Cancel));
            }
            Blow::Resubmit => self.resubmit(),
            Blow::Hold(span) => self.held_until = self.held_until.max(self.now + span),
            Blow::Suspend(span) => self.suspend(job, span),
            Blow::Kill | Blow::Terminate => self.strike_process(job, blow),
            Blow::Freeze(_) | Blow::StopCkwrap(_) | Blow::ClockStep(_) | Blow::Hang(_) | Blow::NoSpace(_) => {
                self.strike_process(job, blow);
            }
        }
    }

    fn strike_process(&mut self, job: usize, blow: Blow) {
        let Some(process) = self.process_of(job) else { return };
        let now = self.now;
        let this = &mut self.processes[process];
        match blow {
            Blow::Kill => {
                self.drop_process(process);
                if !self.jobs[job].requeued {
                    self.marks.silenced = true;
                }
                self.ckwrap_is_gone(job);
            }
            Blow::Terminate => {
                self.marks.terminated = true;
                self.signal(job, Signal::TERM);
            }
            Blow::Freeze(span) => {
                this.hung_until = this.hung_until.max(now + span);
                this.child.iter_mut().for_each(|child| child.freeze(now));
                self.pause(process, span);
            }
            Blow::StopCkwrap(span) => self.pause(process, span),
            Blow::ClockStep(step) => this.clock_off += step,
            Blow::Hang(span) => this.hung_until = this.hung_until.max(now + span),
            Blow::NoSpace(span) => {
                this.no_space_until = this.no_space_until.max(now + span);
                self.marks.journal_failed = true;
            }
            _ => {}
        }
    }

    fn cancel(&mut self, job: usize) {
        self.marks.scancelled = true;
        // What waits for this one goes too; the user sees both in the queue.
        let waiting: Vec<usize> = (0..self.jobs.len())
            .filter(|other| *other == job || self.jobs[*other].after == Some(job))
            .filter(|other| matches!(self.jobs[*other].state, State::Pending { .. }))
            .collect();
        for other in waiting {
            self.jobs[other].state = State::Ended;
            self.jobs[other].cancelled = true;
            self.marks.silenced = true;
        }
        match self.jobs[job].state {
            State::Running => {
                self.jobs[job].cancelled = true;
                self.complete(job);
            }
            State::Completing if self.jobs[job].requeued => {
                // Whoever has made sure of the continuation already cannot know.
                (self.jobs[job].cancelled, self.jobs[job].requeued) = (true, false);
                self.marks.silenced = true;
            }
            // "Job/step already completing or completed"
            State::Completing | State::Pending { .. } | State::Ended => {}
        }
    }

    pub(super) fn signal(&mut self, job: usize, signal: Signal) {
        if let Some(process) = self.process_of(job) {
            self.deliver(process, Event::Signal(signal, Sender::Other));
        }
    }

    /// Nothing of ckwrap and its child is left.
    pub(super) fn drop_process(&mut self, process: usize) {
        self.processes[process].alive = false;
        self.processes[process].child = None;
    }

    fn node_fails(&mut self, job: usize, lives: u64, cut_off: bool) {
        if let Some(process) = self.process_of(job) {
            if lives == 0 {
                self.drop_process(process);
            } else {
                self.processes[process].orphan = true;
                if cut_off {
                    self.processes[process].cut_off_until = self.now + lives;
                }
                self.later(lives, Happening::OrphanEnds(process));
            }
        }
        self.node_is_given_up(job);
    }

    fn power_is_lost(&mut self, job: usize) {
        let (node, now) = (self.jobs[job].node, self.now);
        if let Some(process) = self.process_of(job) {
            self.drop_process(process);
        }
        self.disk.crash(node, now, &mut self.rng);
        self.journal.crash(node, now, &mut self.rng);
        self.node_is_given_up(job);
    }

    fn node_is_given_up(&mut self, job: usize) {
        if self.jobs[job].no_requeue {
            self.jobs[job].state = State::Ended;
            self.marks.silenced = true;
        } else {
            self.begin_next_life(job);
            self.jobs[job].state = State::Pending { from: self.now + super::slurm::HOLD };
            self.later(0, Happening::Start(job));
        }
    }

    /// The user types the same command once more.
    fn resubmit(&mut self) {
        let job = self.add_job(None, None, None);
        self.jobs[job].by_hand = true;
        self.later(0, Happening::Start(job));
    }

    fn suspend(&mut self, job: usize, span: u64) {
        let now = self.now;
        let Some(process) = self.process_of(job) else { return };
        self.jobs[job].suspended = true;
        let this = &mut self.processes[process];
        this.child.iter_mut().for_each(|child| child.freeze(now));
        self.pause(process, span);
        let life = self.jobs[job].restarts;
        self.later(span, Happening::Resume(job, life, span));
    }

    pub(super) fn resume(&mut self, job: usize, life: u32, span: u64) {
        if !self.is_in(job, life, State::Running) || !self.jobs[job].suspended {
            return;
        }
        self.jobs[job].suspended = false;
        self.jobs[job].end += span;
        self.plan_limit(job);
        if let Some(process) = self.process_of(job) {
            self.thaw_all(process);
            self.signal(job, Signal::CONT);
        }
    }

    fn pause(&mut self, process: usize, span: u64) {
        let until = self.now + span;
        self.processes[process].paused_until = self.processes[process].paused_until.max(until);
        self.later(span, Happening::Wake(process));
    }

    /// A process that was stopped goes on.
    pub(super) fn wake(&mut self, process: usize) {
        if self.processes[process].alive && self.processes[process].paused_until <= self.now {
            self.thaw_all(process);
        }
    }

    pub(super) fn thaw_all(&mut self, process: usize) {
        let now = self.now;
        let this = &mut self.processes[process];
        if this.paused_until == 0 {
            return;
        }
        this.paused_until = 0;
        this.hung_until = this.hung_until.min(now);
        this.child.iter_mut().for_each(|child| child.thaw(now));
        let waiting = std::mem::take(&mut this.waiting);
        self.wake_child(process);
        for event in waiting {
            self.deliver(process, event);
        }
    }

    fn preempt(&mut self, job: usize) {
        self.marks.preempted = true;
        if self.jobs[job].in_grace {
            return;
        }
        self.jobs[job].preempted = true;
        if let Some(grace) = self.plan.site.grace {
            self.jobs[job].in_grace = true;
            self.jobs[job].end = self.now + grace;
            let tick = self.rng.range(0, TICK);
            let life = self.jobs[job].restarts;
            self.later(grace + tick, Happening::GraceEnd(job, life));
        } else {
            self.preempted_for_good(job);
        }
    }

    pub(super) fn grace_ends(&mut self, job: usize, life: u32) {
        if self.is_in(job, life, State::Running) {
            self.note(|| format!("job {job}: the grace time is over"));
            self.preempted_for_good(job);
        }
    }

    fn preempted_for_good(&mut self, job: usize) {
        if self.plan.site.preempt_cancels || self.jobs[job].no_requeue {
            self.complete(job);
        } else {
            self.requeue(job);
        }
    }
}
