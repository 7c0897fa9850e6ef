//! Chains whose program requeues or resubmits its job by itself: ckwrap looks what Slurm says, and does nothing twice.

use std::time::Duration;

use crate::model::{ChildExit, ContinuationMode as Mode, ExitStatus};

use super::action::{Action, Entry, Outcome};
use super::continuing::Work;
use super::event::{JobAnswer, JobPhase};
use super::machine::{Machine, Question, State};
use super::notice::Notice;
use super::situation::Host;
use super::timer::Timer;

/// How often Slurm is asked: a requeue may be under way when the program ends.
const LOOKS: u32 = 3;
/// Time between two looks.
const PAUSE: Duration = Duration::from_secs(2);
/// How long one answer is awaited.
const PATIENCE: Duration = Duration::from_secs(8);

/// Watching what becomes of the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watch {
    pub(super) exit: ChildExit,
    looks: u32,
    asked: bool,
}

impl Machine {
    /// Looks whether the program's requeue shows.
    pub(super) fn leave_to_program(&mut self, exit: ChildExit) {
        self.act(Action::Record(Entry::Intent(Mode::Requeue)));
        self.state = State::Continuing(Box::new(Work::Watch(Watch { exit, looks: 0, asked: false })));
        if self.revoked().is_some() {
            self.revoke(None, exit);
        } else if self.situation.host == Host::Slurm {
            self.look_at_job();
        } else {
            self.not_seen("there is no scheduler to ask");
        }
    }

    fn look_at_job(&mut self) {
        let Some(watch) = self.watch() else { return };
        watch.looks += 1;
        watch.asked = true;
        self.timers.set(Timer::Wait, self.now.instant + PATIENCE);
        self.ask(Question::Continuation);
    }

    pub(super) fn program_looked(&mut self, answer: &JobAnswer) {
        let restart = self.situation.restart;
        let saw = match answer {
            JobAnswer::Facts(facts)
                if facts.phase == JobPhase::Pending || facts.restarts.is_some_and(|now| now > restart) =>
            {
                return self.requeue_is_seen();
            }
            JobAnswer::Facts(facts) => match facts.phase {
                JobPhase::Running => "Slurm shows this job as running, and not as requeued",
                JobPhase::Completing | JobPhase::Ended => {
                    "Slurm shows this job as ended, and not as requeued"
                }
                _ => "Slurm does not show this job as requeued",
            },
            JobAnswer::Gone => "Slurm does not know this job any more",
            JobAnswer::Unknown(_) => "Slurm does not answer",
        };
        self.look_later(saw);
    }

    /// A pause is over, or an answer has not come.
    pub(super) fn watch_on(&mut self) {
        match self.watch() {
            Some(watch) if watch.asked => self.look_later("Slurm does not answer"),
            Some(_) => self.look_at_job(),
            None => {}
        }
    }

    fn look_later(&mut self, saw: &str) {
        let Some(watch) = self.watch() else { return };
        watch.asked = false;
        if watch.looks < LOOKS {
            self.timers.set(Timer::Wait, self.now.instant + PAUSE);
        } else {
            self.not_seen(saw);
        }
    }

    fn requeue_is_seen(&mut self) {
        self.act(Action::Record(Entry::Continued { mode: Mode::Requeue, job: None }));
        self.say(Notice::SchedulerContinues);
        self.finish(Outcome::Exit(ExitStatus::Code(self.settings.exit_code)));
    }

    /// The program's own code is kept: it may be the one by which the site requeues.
    fn not_seen(&mut self, saw: &str) {
        let Some(exit) = self.watch().map(|watch| watch.exit) else { return };
        let text = format!(
            "it is not proved that the work is done; the program is to requeue or resubmit this job itself (requeue: app); {saw}; look with \
             `squeue --me`; if nothing waits there, submit the same script again"
        );
        let mode = Mode::Requeue;
        self.act(Action::Record(Entry::ContinuationFailed { mode, unknown: true, text: text.clone() }));
        self.say(Notice::LeftToProgram(text));
        let status = if self.told_to_end { ExitStatus::UNFINISHED } else { exit.into() };
        self.finish(Outcome::Exit(status));
    }

    fn watch(&mut self) -> Option<&mut Watch> {
        match &mut self.state {
            State::Continuing(work) => match work.as_mut() {
                Work::Watch(watch) => Some(watch),
                _ => None,
            },
            _ => None,
        }
    }
}
