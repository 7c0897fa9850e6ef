//! The edge: carries out the policy's actions in the model, and hands it what happens.

use std::time::Duration;

use super::super::{
    Action, Answer, ArrayPlace, Assessment, Event, Examined, Host, KeepAnswer, Machine, Outcome, ScanAnswer,
    Situation, Start, StartFacts, StopReason, Ticket, TriggerAnswer, start,
};
use super::child::Child;
use super::journal::Expected;
use super::slurm::{State, TASKS};
use super::world::{Ask, Happening, Process, World};
use crate::model::{
    CheckpointId, ChildExit, ContinuationMode as Mode, Effect, ExitStatus, Instant, Signal, Trigger,
};

impl World {
    /// A job's batch script calls ckwrap.
    pub(super) fn start_ckwrap(&mut self, job: usize) {
        let (number, restart) = (u32::try_from(job).unwrap_or(0), self.jobs[job].restarts);
        if self.processes.iter().any(|process| process.alive) {
            self.turn_away(job, "another segment is alive");
            return;
        }
        let array = self.jobs[job].task.is_some();
        let expected = self.journal.expects(number, restart, self.jobs[job].token, array);
        let past = self.journal.past();
        let valid: Vec<CheckpointId> = self
            .disk
            .saved
            .iter()
            .rev()
            .filter(|saved| saved.complete)
            .map(|saved| saved.id.clone())
            .collect();
        let failed_starts = valid.iter().map(|id| (id.clone(), self.journal.failed_starts(id))).collect();
        let facts = StartFacts {
            other_command: false,
            finished: self.journal.finished,
            stopped: self.journal.stopped.as_ref().map(|(_, text)| text.clone()),
            expected: expected == Expected::Next,
            taken: expected == Expected::Taken,
            had_checkpoint: self.journal.had_checkpoint,
            valid,
            failed_starts,
            quarantined: Vec::new(),
            kept: Vec::new(),
            unknown: None,
            claimed: None,
            knows_checkpoints: true,
            fresh: false,
        };
        assert!(expected != Expected::Foreign, "job {job} is not known to its chain");
        match start(&facts, &past, &self.plan.settings) {
            Start::Run { checkpoint, .. } => self.begin_segment(job, checkpoint.as_ref()),
            other => {
                if let Start::Exhausted(why) = &other {
                    self.journal.stopped = Some((StopReason::Failed, why.clone()));
                }
                self.turn_away(job, &format!("{other:?}"));
            }
        }
    }

    fn turn_away(&mut self, job: usize, why: &str) {
        self.note(|| format!("job {job} does not run: {why}"));
        self.marks.leftovers += 1;
        self.marks.refused.push(why.to_owned());
        // An array chain that is over cancels what still waits.
        if self.journal.finished {
            for other in &mut self.jobs {
                if other.task.is_some() && matches!(other.state, State::Pending { .. }) {
                    other.state = State::Ended;
                }
            }
        }
        self.ckwrap_is_gone(job);
    }

    fn begin_segment(&mut self, job: usize, checkpoint: Option<&CheckpointId>) {
        self.judge_start(job, checkpoint);
        let restart = self.jobs[job].restarts;
        let past = self.journal.past();
        let baseline: Vec<CheckpointId> = self.disk.saved.iter().map(|saved| saved.id.clone()).collect();
        let number = self.journal.begin(u32::try_from(job).unwrap_or(0), restart, checkpoint.cloned());
        let end = Instant(Duration::from_secs(self.jobs[job].end / 1000));
        let situation = Situation {
            host: Host::Slurm,
            chain: true,
            terminal: false,
            began: self.time(),
            end: self.plan.site.end_in_environment.then_some(end),
            own_limit: None,
            restart,
            array: self.jobs[job].task.map(|task| ArrayPlace { last: task >= TASKS }),
            journal: true,
            baseline: baseline.clone(),
            from: checkpoint.cloned(),
            child_hears_slurm: self.plan.site.child_hears,
            ranks_in_step: false,
        };
        let machine = Machine::new(self.plan.settings.clone(), situation, past);
        self.processes.push(Process {
            job,
            life: restart,
            number,
            machine,
            child: None,
            alive: true,
            token: 0,
            tick: None,
            wake: 0,
            baseline,
        });
        self.perform_all(self.processes.len() - 1);
    }

    /// Hands an event to a machine that is still there.
    pub(super) fn deliver(&mut self, process: usize, event: Event) {
        if !self.processes[process].alive {
            return;
        }
        if !matches!(event, Event::Tick) {
            self.note(|| format!("  > {event:?}"));
        }
        let now = self.time();
        self.processes[process].machine.handle(now, event);
        self.perform_all(process);
    }

    fn perform_all(&mut self, process: usize) {
        while self.processes[process].alive
            && let Some(action) = self.processes[process].machine.next_action()
        {
            self.note(|| format!("  < {action:?}"));
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
            Action::QueryJob(ticket) => self.command(process, &Ask::Job(ticket)),
            Action::QueryGrace => self.command(process, &Ask::Grace),
            Action::QueryKillWait => {
                let span = Duration::from_millis(self.plan.site.kill_wait);
                self.later(20, Happening::Deliver(process, Event::KillWait(span)));
            }
            // In this world a copy that Slurm has given up is gone.
            Action::CheckOwner => {}
            Action::Trigger(trigger) => self.trigger(process, &trigger),
            Action::Scan(ticket) => {
                let takes = self.rng.range(1, 200);
                self.later(takes, Happening::Scan(process, ticket));
            }
            Action::Examine(path) => {
                let saved = self.disk.saved.iter().find(|saved| saved.id.path == path && saved.complete);
                let answer = saved.map_or(Examined::Missing(path), |saved| Examined::There(saved.id.clone()));
                let takes = self.rng.range(1, 200);
                self.later(takes, Happening::Deliver(process, Event::Examined(answer)));
            }
            Action::ClearTree(grace) => {
                let takes = if self.rng.chance(80) { 1 } else { self.rng.range(1, millis(grace) + 1) };
                self.later(takes, Happening::TreeGone(process));
            }
            Action::Assess(exit) => self.assess(process, exit),
            Action::Keep(_) => {
                let takes = self.rng.pick(&[50, 2000, 60_000]);
                let answer = if self.rng.chance(80) {
                    KeepAnswer::Done
                } else {
                    KeepAnswer::Failed("no space left".into())
                };
                self.later(takes, Happening::Deliver(process, Event::Kept(answer)));
            }
            Action::StopKeeping => {}
            Action::Record(entry) => self.record(process, &entry),
            Action::RecordDurably(entry) => {
                self.tokens += 1;
                self.processes[process].token = self.tokens;
                if self.rng.chance(self.plan.faults.journal) {
                    self.marks.journal_failed = true;
                    if self.rng.chance(50) {
                        self.later(100, Happening::Deliver(process, Event::Recorded(false)));
                        return;
                    }
                    self.record(process, &entry);
                    self.later(25_000, Happening::Deliver(process, Event::Recorded(true)));
                    return;
                }
                self.record(process, &entry);
                let takes = self.rng.range(0, 100);
                self.later(takes, Happening::Deliver(process, Event::Recorded(true)));
            }
            Action::Step(step) => self.command(process, &Ask::Step(step)),
            Action::Say(notice) => {
                if let super::super::Notice::NotContinued { unknown, .. } = notice {
                    self.marks.told_unknown |= unknown;
                    self.marks.told_not_continued |= !unknown;
                }
            }
            Action::Exit(outcome) => self.exit(process, outcome),
        }
    }

    fn exit(&mut self, process: usize, outcome: Outcome) {
        self.processes[process].alive = false;
        assert!(self.processes[process].machine.next_action().is_none(), "an action after the exit");
        let child = self.processes[process].child.as_ref();
        assert!(!child.is_some_and(Child::is_alive), "ckwrap ended before its child");
        let code = match outcome {
            Outcome::Exit(ExitStatus::Code(code)) => code,
            Outcome::Exit(ExitStatus::Signal(_)) => 0,
            Outcome::NextSegment => panic!("the next segment in the same process under Slurm"),
        };
        let (job, life) = (self.processes[process].job, self.processes[process].life);
        self.note(|| format!("ckwrap of job {job}.{life} ends with {code}"));
        self.exited(job, code);
    }

    fn record(&mut self, process: usize, entry: &super::super::Entry) {
        self.judge_entry(process, entry);
        let jobs: Vec<_> = (0..self.jobs.len()).map(|job| self.id_of(job)).collect();
        let job_of = |id| {
            jobs.iter().position(|other| *other == id).map_or(u32::MAX, |job| u32::try_from(job).unwrap_or(0))
        };
        let (number, token) = (self.processes[process].number, self.processes[process].token);
        self.journal.write(number, token, job_of, entry);
    }

    fn spawn(&mut self, process: usize) {
        let number = self.processes[process].number;
        let used = self.journal.segments[number].used.clone();
        let progress = used
            .and_then(|id| self.disk.saved.iter().find(|saved| saved.id == id))
            .map_or(0, |saved| saved.progress);
        let limit = self.plan.site.limit;
        let child = Child::new(&self.plan.program, self.now, progress, limit, &mut self.rng);
        self.processes[process].child = Some(child);
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
        let Some(child) = &mut self.processes[process].child else { return };
        if child.next().is_none_or(|at| at > now) {
            return;
        }
        let exit = child.step(now, &mut self.disk, &mut self.rng);
        let said = child.says(&self.disk);
        self.wake_child(process);
        for message in said {
            self.deliver(process, Event::Told(message));
        }
        if let Some(exit) = exit {
            self.note(|| format!("the child ends: {exit}"));
            self.deliver(process, Event::ChildExited(exit));
        }
    }

    fn signal_child(&mut self, process: usize, signal: Signal) {
        let now = self.now;
        if let Some(child) = &mut self.processes[process].child
            && [Signal::TERM, Signal::KILL].contains(&signal)
        {
            child.end(signal, now);
            self.wake_child(process);
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

    pub(super) fn scan(&mut self, process: usize, ticket: Ticket) {
        let alive = self.processes[process].child.as_ref().is_some_and(Child::is_alive);
        let answer = if self.rng.chance(self.plan.faults.scan) {
            ScanAnswer::Unknown("stale handle".into())
        } else {
            let newest = self.disk.saved.last().map(|saved| saved.id.clone());
            let complete = self.disk.saved.iter().rev().find(|saved| saved.complete);
            let mut valid = complete.map(|saved| saved.id.clone());
            // Not every format shows that it is only half written; but then it grows.
            if let Some(saved) = self.disk.saved.last().filter(|saved| !saved.complete && alive) {
                valid = Some(CheckpointId { size: self.now, ..saved.id.clone() });
            }
            ScanAnswer::Found { valid, newest, fallback: false }
        };
        self.deliver(process, Event::Scanned(ticket, answer));
    }

    fn assess(&mut self, process: usize, exit: ChildExit) {
        let known = self.plan.program.finish_is_known;
        let finished = match (known, self.disk.finished) {
            (false, _) => Answer::Unknown,
            (true, true) => Answer::Yes,
            (true, false) => Answer::No,
        };
        let stopped = exit == ChildExit::Code(85);
        let takes = self.rng.range(0, 300);
        self.later(
            takes,
            Happening::Deliver(process, Event::Assessed(Assessment { finished, stopped, retry: None })),
        );
    }

    /// Whether the chain runs through an array.
    pub(super) fn is_array(&self) -> bool {
        self.plan.settings.mode == Mode::Array
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// A timer never fires early.
fn millis_up(span: Duration) -> u64 {
    u64::try_from(span.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
