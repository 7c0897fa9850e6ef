//! Slurm: jobs, their states, limits, preemption, requeue with its hold, dependencies.
//!
//! Measured behaviour of 22.05 and 25.05: the limit strikes at a 30 s tick; a requeued job is held for 121 s after it has
//! completed unless its start was set to a moment still ahead then; a plain requeue brings a cancelled job back.

use std::time::Duration;

use super::super::{Cause, Event, Sender};
use super::plan::Blow;
use super::world::{Happening, World};
use crate::model::{ContinuationMode as Mode, Instant, JobId, Signal};

const HOLD: u64 = 121_000;
const TICK: u64 = 30_000;
/// Tasks of an array chain.
pub(super) const TASKS: u32 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Pending { from: u64 },
    Running,
    Completing,
    Ended,
}

/// One job.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) state: State,
    pub(super) restarts: u32,
    pub(super) began: u64,
    pub(super) end: u64,
    pub(super) time_limit: bool,
    pub(super) preempted: bool,
    pub(super) in_grace: bool,
    pub(super) cancelled: bool,
    /// Its cancellation could not be told from a preemption.
    pub(super) excused: bool,
    pub(super) requeued: bool,
    pub(super) start_at: Option<u64>,
    pub(super) after: Option<usize>,
    pub(super) token: Option<u64>,
    pub(super) no_requeue: bool,
    /// Task of the array, from 1.
    pub(super) task: Option<u32>,
}

impl World {
    pub(super) fn submit_first(&mut self) {
        let tasks = if self.plan.settings.mode == Mode::Array { TASKS } else { 1 };
        for task in 1..=tasks {
            let task = (self.plan.settings.mode == Mode::Array).then_some(task);
            let job = self.add_job(None, None, task);
            self.later(0, Happening::Start(job));
        }
    }

    pub(super) fn add_job(&mut self, after: Option<usize>, token: Option<u64>, task: Option<u32>) -> usize {
        let no_requeue = self.plan.site.no_requeue;
        self.jobs.push(Job {
            state: State::Pending { from: self.now },
            restarts: 0,
            began: 0,
            end: 0,
            time_limit: false,
            preempted: false,
            in_grace: false,
            cancelled: false,
            excused: false,
            requeued: false,
            start_at: None,
            after,
            token,
            no_requeue,
            task,
        });
        self.jobs.len() - 1
    }

    pub(super) fn id_of(&self, job: usize) -> JobId {
        let number = u32::try_from(job).unwrap_or(0) + 1;
        self.jobs[job].task.map_or(JobId::Single(number), |task| JobId::Task { array: 1, task })
    }

    pub(super) fn job_of(&self, id: JobId) -> usize {
        (0..self.jobs.len()).find(|job| self.id_of(*job) == id).unwrap_or(usize::MAX)
    }

    /// A pending job starts when its time has come, nothing keeps it back and Slurm is there.
    pub(super) fn try_start(&mut self, job: usize) {
        let State::Pending { from } = self.jobs[job].state else { return };
        let wait = from.max(self.outage_until);
        if wait > self.now {
            self.later(wait - self.now, Happening::Start(job));
            return;
        }
        let waits_for = self.jobs[job].after.is_some_and(|after| self.jobs[after].state != State::Ended);
        // Array chains are submitted with %1.
        let busy = |state| matches!(state, State::Running | State::Completing);
        let slot = self.jobs[job].task.is_some()
            && self.jobs.iter().any(|other| other.task.is_some() && busy(other.state));
        if waits_for || slot {
            self.later(1000, Happening::Start(job));
            return;
        }
        let limit = self.plan.site.limit;
        let now = self.now;
        let this = &mut self.jobs[job];
        this.state = State::Running;
        this.began = now;
        this.end = now + limit;
        (this.time_limit, this.preempted, this.in_grace, this.requeued) = (false, false, false, false);
        this.start_at = None;
        let life = this.restarts;
        self.note(|| format!("job {job}.{life} starts"));
        self.plan_limit(job);
        let index = u64::try_from(self.processes.len()).unwrap_or(0);
        for (segment, at, blow) in self.plan.blows.clone() {
            if segment == index {
                self.later(at, Happening::Blow(job, life, blow));
            }
        }
        self.start_ckwrap(job);
    }

    fn plan_limit(&mut self, job: usize) {
        let (end, life) = (self.jobs[job].end, self.jobs[job].restarts);
        let tick = self.rng.range(0, TICK);
        self.later(end.saturating_sub(self.now) + tick, Happening::Limit(job, life));
    }

    fn is_in(&self, job: usize, life: u32, state: State) -> bool {
        self.jobs[job].restarts == life && self.jobs[job].state == state
    }

    pub(super) fn limit(&mut self, job: usize, life: u32) {
        if !self.is_in(job, life, State::Running) || self.jobs[job].in_grace {
            return;
        }
        let wait = self.outage_until.max(self.jobs[job].end);
        if wait > self.now {
            // Extended, or with the controller down no limit is enforced.
            self.later(wait - self.now + 100, Happening::Limit(job, life));
            return;
        }
        self.note(|| format!("job {job}: the time limit strikes"));
        self.jobs[job].time_limit = true;
        self.complete(job);
    }

    /// The job is being ended: SIGTERM, then SIGKILL.
    pub(super) fn complete(&mut self, job: usize) {
        self.jobs[job].state = State::Completing;
        self.jobs[job].end = self.now;
        let life = self.jobs[job].restarts;
        let delay = self.rng.range(5, 90);
        self.later(delay, Happening::Term(job, life));
        self.later(delay + self.plan.site.kill_wait, Happening::Kill(job, life));
    }

    pub(super) fn requeue(&mut self, job: usize) {
        let this = &mut self.jobs[job];
        assert!(!this.cancelled || this.excused, "a cancelled job was brought back by a requeue");
        this.cancelled = false;
        this.restarts += 1;
        match this.state {
            State::Running => {
                this.requeued = true;
                self.complete(job);
            }
            State::Completing => {
                this.requeued = true;
                let life = this.restarts;
                // The SIGTERM has come; the rest goes on under the new count.
                self.later(self.plan.site.kill_wait, Happening::Kill(job, life));
            }
            State::Ended => {
                this.state = State::Pending { from: self.now + HOLD };
                self.later(0, Happening::Start(job));
            }
            State::Pending { .. } => {}
        }
    }

    fn process_of(&self, job: usize) -> Option<usize> {
        self.processes.iter().rposition(|process| process.job == job && process.alive)
    }

    pub(super) fn term(&mut self, job: usize, life: u32) {
        if !self.is_in(job, life, State::Completing) {
            return;
        }
        let Some(process) = self.process_of(job) else {
            self.ckwrap_is_gone(job);
            return;
        };
        // A grace time of which no answer told cannot be told from its end.
        let machine = &self.processes[process].machine;
        let soon = Instant(Duration::from_millis(self.now + 2000));
        let reckoned = machine.grace.zip(machine.not_preempted).is_some_and(|(grace, at)| at + grace > soon);
        let seen = reckoned || machine.cause == Some(Cause::Preempted);
        self.jobs[job].excused = self.jobs[job].in_grace && !seen;
        // At the deadline it cannot be told from the time limit by anybody who gets no answer.
        let at_the_deadline = self.processes[process].machine.allocation_end().is_some_and(|end| soon >= end);
        let no_word = at_the_deadline && self.plan.faults.command > 0;
        if self.jobs[job].cancelled && !self.jobs[job].excused && !no_word {
            self.marks.cancelled.get_or_insert(self.now);
        }
        let now = self.now;
        if self.plan.site.child_hears
            && let Some(child) = &mut self.processes[process].child
        {
            child.end(Signal::TERM, now);
        }
        self.note(|| format!("job {job}: SIGTERM"));
        self.wake_child(process);
        self.deliver(process, Event::Signal(Signal::TERM, Sender::Other));
    }

    pub(super) fn kill(&mut self, job: usize, life: u32) {
        if !self.is_in(job, life, State::Completing) {
            return;
        }
        if let Some(process) = self.process_of(job) {
            self.note(|| format!("job {job}: SIGKILL"));
            self.marks.killed = true;
            self.marks.cancelled = None;
            self.processes[process].alive = false;
            self.processes[process].child = None;
        }
        self.ckwrap_is_gone(job);
    }

    /// The batch script has ended: epilog, then over or pending again.
    pub(super) fn ckwrap_is_gone(&mut self, job: usize) {
        if matches!(self.jobs[job].state, State::Running | State::Completing) {
            self.jobs[job].state = State::Completing;
            let (life, epilog) = (self.jobs[job].restarts, self.plan.site.epilog);
            self.later(50 + epilog, Happening::Completed(job, life));
        }
    }

    /// ckwrap has ended by itself with this code.
    pub(super) fn exited(&mut self, job: usize, code: u8) {
        let grace_exit = self.plan.site.grace_exit_requeues && !self.plan.site.preempt_cancels;
        let site = &self.plan.site;
        let this = &mut self.jobs[job];
        let over = this.cancelled || this.requeued || this.state == State::Ended;
        if !over && (site.exit_codes.contains(&code) || (this.in_grace && grace_exit && !this.no_requeue)) {
            this.restarts += 1;
            this.requeued = true;
        }
        self.ckwrap_is_gone(job);
    }

    pub(super) fn completed(&mut self, job: usize, life: u32) {
        if !self.is_in(job, life, State::Completing) {
            return;
        }
        let now = self.now;
        let this = &mut self.jobs[job];
        if this.requeued && !this.cancelled {
            let from = this.start_at.filter(|at| *at > now).unwrap_or(now + HOLD);
            this.state = State::Pending { from };
            self.later(0, Happening::Start(job));
        } else {
            this.state = State::Ended;
        }
        self.note(|| format!("job {job}.{life} has completed"));
    }

    pub(super) fn blow(&mut self, job: usize, life: u32, blow: Blow) {
        if !self.is_in(job, life, State::Running) {
            return;
        }
        let controller = !matches!(blow, Blow::Kill | Blow::Terminate | Blow::NodeFails | Blow::Outage(_));
        if controller && self.now < self.outage_until {
            return;
        }
        self.note(|| format!("job {job}: {blow:?}"));
        match blow {
            Blow::Cancel => {
                self.marks.scancelled = true;
                self.jobs[job].cancelled = true;
                self.complete(job);
            }
            Blow::Kill => {
                self.marks.killed = true;
                self.drop_process(job);
                self.ckwrap_is_gone(job);
            }
            Blow::Terminate => {
                self.marks.terminated = true;
                self.signal(job, Signal::TERM);
            }
            Blow::AdminRequeue => self.requeue(job),
            Blow::Preempt => self.preempt(job),
            Blow::NodeFails => {
                self.marks.node_failed = true;
                self.drop_process(job);
                let this = &mut self.jobs[job];
                if !this.no_requeue {
                    this.restarts += 1;
                    this.requeued = true;
                }
                self.ckwrap_is_gone(job);
            }
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
        }
    }

    fn signal(&mut self, job: usize, signal: Signal) {
        if let Some(process) = self.process_of(job) {
            self.deliver(process, Event::Signal(signal, Sender::Other));
        }
    }

    fn drop_process(&mut self, job: usize) {
        if let Some(process) = self.process_of(job) {
            self.processes[process].alive = false;
            self.processes[process].child = None;
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
