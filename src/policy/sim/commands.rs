//! Slurm's commands as ckwrap meets them: they take effect at once, late, or never, and say so or something else.

use crate::policy::GraceAnswer;
use std::time::Duration;

use super::super::{End, Event, JobAnswer, JobFacts, JobPhase, Refused, Step, StepAnswer};
use super::sabotage::Sabotage;
use super::slurm::State;
use super::world::{Ask, Happening, Reply, WALL, World};
use crate::model::{Timestamp, Token};

impl World {
    /// A command is started.
    pub(super) fn command(&mut self, process: usize, ask: &Ask) {
        let token = self.processes[process].token.clone();
        let cut_off = self.now < self.processes[process].cut_off_until;
        let down = self.now < self.outage_until;
        let fault = self.rng.chance(self.plan.faults.command);
        let effect = |answer| Happening::Effect { process, token: token.clone(), ask: ask.clone(), answer };
        if cut_off {
            let gives_up = self.rng.range(9_000, 20_000);
            self.later(gives_up, Happening::Deliver(process, unanswered(ask)));
            return;
        }
        if down {
            self.marks.lied = true;
            let gives_up = self.rng.range(9_000, 20_000);
            // A controller that only hangs does it all when it wakes up.
            if self.rng.chance(50) {
                let wakes = self.outage_until - self.now + 10;
                self.later(wakes, effect(Reply::Nothing));
            }
            self.later(gives_up, Happening::Deliver(process, unanswered(ask)));
        } else if fault {
            self.marks.lied = true;
            match self.rng.range(0, 4) {
                // Slow, but true.
                0 => {
                    let takes = self.rng.range(100, 15_000);
                    self.later(takes, effect(Reply::True));
                }
                // Done, and the answer lost.
                1 => {
                    self.later(20, effect(Reply::Nothing));
                    self.later(10_000, Happening::Deliver(process, unanswered(ask)));
                }
                // Done after it was given up: the controller hangs, for everybody.
                2 => {
                    let takes = self.rng.range(10_000, 25_000);
                    self.outage_until = self.outage_until.max(self.now + takes);
                    self.later(takes, effect(Reply::Nothing));
                    self.later(10_000, Happening::Deliver(process, unanswered(ask)));
                }
                // Done, and "no" was said.
                3 if matches!(ask, Ask::Step(step) if !matches!(step, Step::Submit { .. })) => {
                    self.later(20, effect(Reply::Refusal));
                }
                // Not done.
                _ => self.later(300, Happening::Deliver(process, unanswered(ask))),
            }
        } else {
            let takes = self.rng.range(5, 60);
            self.later(takes, effect(Reply::True));
        }
    }

    /// A command reaches the controller.
    pub(super) fn takes_effect(&mut self, process: usize, token: Option<&Token>, ask: &Ask, reply: Reply) {
        let event = match ask {
            Ask::Job(ticket) => Event::Job(*ticket, self.facts(process)),
            Ask::KillWait => Event::KillWait(Duration::from_millis(self.plan.site.kill_wait)),
            Ask::Grace => Event::Grace(match self.plan.site.grace {
                Some(grace) => GraceAnswer::Time(Duration::from_millis(grace)),
                None => GraceAnswer::None,
            }),
            Ask::Step(step) => {
                let answer = self.do_step(process, token, step);
                if reply == Reply::Refusal {
                    // Whoever is lied to may act once more; the next start sees to it that only one counts.
                    self.processes[process].acts.pop();
                }
                self.note(|| format!("  {step:?} by {process}: {answer:?} ({reply:?})"));
                Event::Step(answer)
            }
        };
        match reply {
            Reply::True => self.later(5, Happening::Deliver(process, event)),
            Reply::Refusal => {
                let answer = StepAnswer::Refused(Refused::Other, "refused, it says".into());
                self.later(5, Happening::Deliver(process, Event::Step(answer)));
            }
            Reply::Nothing => {}
        }
    }

    fn facts(&self, process: usize) -> JobAnswer {
        let job = &self.jobs[self.processes[process].job];
        let phase = match job.state {
            State::Pending { .. } => JobPhase::Pending,
            State::Running if job.suspended => JobPhase::Suspended,
            State::Running => JobPhase::Running,
            State::Completing => JobPhase::Completing,
            State::Ended => JobPhase::Ended,
        };
        // Slurm tells whole seconds of its own clock on the wall.
        let seconds = i64::try_from((job.end + WALL) / 1000).unwrap_or(0);
        let end = if job.unlimited {
            End::Never
        } else if job.requeued || !self.plan.site.end_is_told {
            End::Unknown
        } else {
            let now = self.time(self.processes[process].clock_off);
            End::At(now.instant_of(Timestamp::from_seconds(seconds)))
        };
        JobAnswer::Facts(JobFacts {
            phase,
            time_limit: job.time_limit,
            preempted: job.preempted,
            restarts: Some(job.restarts),
            end,
        })
    }

    fn do_step(&mut self, process: usize, token: Option<&Token>, step: &Step) -> StepAnswer {
        let job = self.processes[process].job;
        let refused = |kind| StepAnswer::Refused(kind, "refused".into());
        if let (Some(Sabotage::OnlyPromises), Step::Requeue { .. } | Step::Hasten(_)) =
            (self.plan.sabotage, step)
        {
            return StepAnswer::Done;
        }
        match step {
            Step::Requeue { .. } if self.plan.site.requeue_is_denied => refused(Refused::Other),
            Step::Requeue { .. } if self.jobs[job].no_requeue => refused(Refused::Disabled),
            Step::Requeue { incomplete } => match self.jobs[job].state {
                State::Pending { .. } => refused(Refused::AlreadyPending),
                State::Completing if self.jobs[job].requeued => StepAnswer::Done,
                State::Completing | State::Ended if *incomplete => StepAnswer::Done,
                State::Running | State::Completing | State::Ended => {
                    self.requeue(job);
                    self.acted(process, job);
                    if self.plan.sabotage == Some(Sabotage::RequeuesAndSubmits) {
                        self.do_step(process, token, &Step::Submit { next_index: false });
                    }
                    StepAnswer::Done
                }
            },
            Step::AllowRequeue => {
                self.jobs[job].no_requeue = false;
                StepAnswer::Done
            }
            Step::Hasten(wait) => {
                let at = self.now + u64::try_from(wait.as_millis()).unwrap_or(0);
                let this = &mut self.jobs[job];
                match &mut this.state {
                    State::Pending { from } => {
                        *from = at;
                        self.later(0, Happening::Start(job));
                        StepAnswer::Done
                    }
                    State::Completing if this.requeued => {
                        this.start_at = Some(at);
                        StepAnswer::Done
                    }
                    _ => refused(Refused::NotPending),
                }
            }
            Step::FetchScript | Step::MoveDependents(_) => StepAnswer::Done,
            Step::Submit { .. } if self.plan.site.sbatch_is_denied => refused(Refused::Other),
            Step::Submit { next_index } => {
                let task = self.jobs[job].task.map(|task| if *next_index { task + 1 } else { task });
                // A successor of a task is an array of its own; its number is told apart by the job alone here.
                let successor = self.add_job(Some(job), token.cloned(), task.filter(|_| *next_index));
                self.jobs[successor].parent = Some(process);
                self.later(0, Happening::Start(successor));
                self.acted(process, successor);
                StepAnswer::Job(self.id_of(successor))
            }
            Step::FindSuccessor => {
                let found = (0..self.jobs.len()).find(|other| {
                    token.is_some()
                        && self.jobs[*other].token.as_ref() == token
                        && self.jobs[*other].state != State::Ended
                });
                found.map_or(StepAnswer::Absent, |other| StepAnswer::Job(self.id_of(other)))
            }
            Step::CancelSuccessor(id) => {
                if let Some(successor) = self.job_of(*id)
                    && matches!(self.jobs[successor].state, State::Pending { .. })
                {
                    self.jobs[successor].state = State::Ended;
                }
                StepAnswer::Done
            }
            Step::FindTasks => {
                let array = |other: &super::slurm::Job| other.task.is_some() && other.after.is_none();
                let ended = |other: &super::slurm::Job| other.state == State::Ended;
                let mut others = self.jobs.iter().enumerate().filter(|(other, _)| *other != job);
                let left = others.any(|(_, other)| array(other) && !ended(other));
                if left { StepAnswer::Done } else { StepAnswer::Absent }
            }
            Step::CancelPending => {
                self.cancel_tasks();
                StepAnswer::Done
            }
            Step::RequeueExitCodes => StepAnswer::Codes(self.plan.site.exit_codes.clone()),
        }
    }
}

impl World {
    /// The tasks of the array that still wait.
    pub(super) fn cancel_tasks(&mut self) {
        for other in &mut self.jobs {
            if other.task.is_some() && matches!(other.state, State::Pending { .. }) {
                other.state = State::Ended;
            }
        }
    }
}

/// No answer to this.
fn unanswered(ask: &Ask) -> Event {
    let text = || "timed out".to_owned();
    match ask {
        Ask::Job(ticket) => Event::Job(*ticket, JobAnswer::Unknown(text())),
        Ask::Grace => Event::Grace(GraceAnswer::Unknown),
        // No answer to this is told: an event without a meaning stands for it.
        Ask::KillWait => Event::ChildContinued,
        Ask::Step(_) => Event::Step(StepAnswer::Unknown(text())),
    }
}
