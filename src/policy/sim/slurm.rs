//! Slurm: jobs, their states, limits, requeue with its hold, dependencies.
//!
//! Measured behaviour of 22.05 and 25.05: the limit strikes at a 30 s tick; a requeued job is held for 121 s after it has
//! completed unless its start was set to a moment still ahead then; a plain requeue brings a cancelled job back.

use std::time::Duration;

use super::super::{Cause, Event, Sender};
use super::blows::{Blow, When};
use super::tally::Wrong;
use super::world::{Happening, World};
use crate::model::{ContinuationMode as Mode, Instant, JobId, Signal, Token};

pub(super) const HOLD: u64 = 121_000;
pub(super) const TICK: u64 = 30_000;
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
    pub(super) unlimited: bool,
    pub(super) suspended: bool,
    pub(super) time_limit: bool,
    pub(super) preempted: bool,
    pub(super) in_grace: bool,
    pub(super) cancelled: bool,
    /// Its cancellation could not be told from a preemption.
    pub(super) excused: bool,
    pub(super) requeued: bool,
    pub(super) start_at: Option<u64>,
    pub(super) after: Option<usize>,
    pub(super) token: Option<Token>,
    pub(super) no_requeue: bool,
    /// The node it runs on, or ran on last.
    pub(super) node: usize,
    /// Task of the array, from 1.
    pub(super) task: Option<u32>,
    /// The user submitted it by hand, beside the chain.
    pub(super) by_hand: bool,
    /// Its ckwrap waits for an old copy of the job to find out that it is replaced.
    pub(super) waiting: bool,
    /// The run that it is to continue.
    pub(super) parent: Option<usize>,
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

    pub(super) fn add_job(&mut self, after: Option<usize>, token: Option<Token>, task: Option<u32>) -> usize {
        let no_requeue = self.plan.site.no_requeue;
        self.jobs.push(Job {
            state: State::Pending { from: self.now },
            restarts: 0,
            began: 0,
            end: 0,
            unlimited: false,
            suspended: false,
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
            node: 0,
            task,
            by_hand: false,
            waiting: false,
            parent: None,
        });
        self.jobs.len() - 1
    }

    pub(super) fn id_of(&self, job: usize) -> JobId {
        let number = u32::try_from(job).unwrap_or(0) + 1;
        let array = if self.jobs[job].after.is_some() { number } else { 1 };
        self.jobs[job].task.map_or(JobId::Single(number), |task| JobId::Task { array, task })
    }

    pub(super) fn job_of(&self, id: JobId) -> Option<usize> {
        (0..self.jobs.len()).find(|job| self.id_of(*job) == id)
    }

    /// A pending job starts when its time has come, nothing keeps it back and Slurm is there.
    pub(super) fn try_start(&mut self, job: usize) {
        let State::Pending { from } = self.jobs[job].state else { return };
        let wait = from.max(self.outage_until).max(self.held_until);
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
        self.start_job(job);
    }

    fn start_job(&mut self, job: usize) {
        let (now, limit) = (self.now, self.plan.site.limit);
        // One that was given up, or is in use, is not given out again.
        let lived = |node| self.processes.iter().any(|other| other.alive && other.node == node);
        let last = self.jobs[job].node;
        let nodes: Vec<usize> = (0..8).filter(|node| !lived(*node)).collect();
        let same = nodes.contains(&last) && self.rng.chance(50);
        let node = if same { last } else { self.rng.pick(&nodes) };
        let this = &mut self.jobs[job];
        this.state = State::Running;
        this.began = now;
        this.end = now + limit;
        this.node = node;
        (this.time_limit, this.preempted, this.in_grace, this.requeued) = (false, false, false, false);
        (this.unlimited, this.suspended) = (false, false);
        this.start_at = None;
        let life = this.restarts;
        self.note(|| format!("job {job}.{life} starts on node {node}"));
        self.plan_limit(job);
        let index = u64::try_from(self.processes.len()).unwrap_or(0);
        for (segment, when, blow) in self.plan.blows.clone() {
            if let (true, When::After(at)) = (segment == index, when) {
                self.later(at, Happening::Blow(job, life, blow));
            }
        }
        if let Some(ahead) = self.plan.site.warns {
            // Up to 60 s early, and not at all in a job that is too short.
            let at = (now + limit).saturating_sub(ahead + self.rng.range(0, 60_000));
            if at > now {
                self.later(at - now, Happening::Blow(job, life, Blow::Warning));
            }
        }
        self.start_ckwrap(job);
    }

    /// A requeue or submission has taken effect: what was to come after it comes.
    pub(super) fn acted(&mut self, process: usize, next: usize) {
        self.judge_act(process, next);
        let (job, life) = (self.processes[process].job, self.jobs[self.processes[process].job].restarts);
        let index = u64::try_from(process).unwrap_or(0);
        for (segment, when, blow) in self.plan.blows.clone() {
            if let (true, When::Act(after)) = (segment == index, when) {
                self.later(after, Happening::Blow(job, life, blow));
            }
        }
    }

    pub(super) fn plan_limit(&mut self, job: usize) {
        let (end, life) = (self.jobs[job].end, self.jobs[job].restarts);
        let tick = self.rng.range(0, TICK);
        self.later(end.saturating_sub(self.now) + tick, Happening::Limit(job, life));
    }

    pub(super) fn is_in(&self, job: usize, life: u32, state: State) -> bool {
        self.jobs[job].restarts == life && self.jobs[job].state == state
    }

    pub(super) fn limit(&mut self, job: usize, life: u32) {
        let this = &self.jobs[job];
        if !self.is_in(job, life, State::Running) || this.in_grace || this.unlimited || this.suspended {
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
        let (life, began) = (self.jobs[job].restarts, self.jobs[job].began);
        let delay = self.rng.range(5, 90);
        self.later(delay, Happening::Term(job, life));
        self.later(delay + self.plan.site.kill_wait, Happening::Kill(job, life, began));
    }

    pub(super) fn requeue(&mut self, job: usize) {
        if self.jobs[job].cancelled && !self.jobs[job].excused {
            self.wrong(Wrong::Disobeyed, format!("job {job} was cancelled, and a requeue brought it back"));
        }
        self.begin_next_life(job);
        let this = &mut self.jobs[job];
        match this.state {
            State::Running => {
                this.requeued = true;
                self.complete(job);
            }
            State::Completing => {
                this.requeued = true;
                let (life, began) = (this.restarts, this.began);
                // The SIGTERM has come; the rest goes on under the new count.
                self.later(self.plan.site.kill_wait, Happening::Kill(job, life, began));
            }
            State::Ended => {
                this.state = State::Pending { from: self.now + HOLD };
                self.later(0, Happening::Start(job));
            }
            State::Pending { .. } => {}
        }
    }

    /// The job is to run once more, after the run that it has now.
    pub(super) fn begin_next_life(&mut self, job: usize) {
        let runs = |(_, process): &(usize, &super::world::Process)| process.job == job && process.ran;
        let ran = self.processes.iter().enumerate().rev().find(runs).map(|(index, _)| index);
        let this = &mut self.jobs[job];
        this.cancelled = false;
        this.restarts += 1;
        this.parent = ran.or(this.parent);
    }

    pub(super) fn process_of(&self, job: usize) -> Option<usize> {
        self.processes.iter().rposition(|process| process.job == job && process.alive && !process.orphan)
    }

    pub(super) fn term(&mut self, job: usize, life: u32) {
        if !self.is_in(job, life, State::Completing) {
            return;
        }
        let Some(process) = self.process_of(job) else {
            self.marks.told |= std::mem::take(&mut self.jobs[job].waiting);
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
        let no_answers = self.plan.faults.command > 0 || self.outage_until > 0;
        // What Slurm says of a job that was requeued and then cancelled is that it was requeued.
        let met_a_requeue = self.jobs[job].restarts > self.processes[process].life;
        // Who has said its last word already does no more.
        let too_late = self.processes[process].leaving.is_some();
        let no_word = (at_the_deadline && no_answers) || met_a_requeue || too_late;
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
        // Slurm wakes what is stopped first.
        self.thaw_all(process);
        self.wake_child(process);
        self.deliver(process, Event::Signal(Signal::TERM, Sender::Other));
    }

    pub(super) fn kill(&mut self, job: usize, life: u32, began: u64) {
        if !self.is_in(job, life, State::Completing) || self.jobs[job].began != began {
            return;
        }
        if let Some(process) = self.process_of(job) {
            self.note(|| format!("job {job}: SIGKILL"));
            self.marks.cancelled = None;
            self.drop_process(process);
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
        let listed = self.plan.site.exit_codes.contains(&code);
        let this = &self.jobs[job];
        let over = this.cancelled || this.requeued || this.state == State::Ended;
        if !over && (listed || (this.in_grace && grace_exit && !this.no_requeue)) {
            self.begin_next_life(job);
            self.jobs[job].requeued = true;
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
}
