//! The last errand before the end: cancelling what still waits for a chain that is over, or hastening a start.

use std::time::Duration;

use crate::model::{ContinuationMode as Mode, ExitStatus, Instant};

use super::action::{Action, Outcome, Step};
use super::continuing::{AFTER_TERM, Work};
use super::deadline;
use super::event::StepAnswer;
use super::machine::{Machine, State};
use super::notice::Notice;
use super::situation::Host;
use super::timer::Timer;

/// A last errand before an exit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Errand {
    status: ExitStatus,
    step: Step,
    /// When it is left undone.
    until: Instant,
    /// How often nobody answered.
    unanswered: u32,
    /// Whether it is soon tried again.
    rests: bool,
}

impl Errand {
    /// One that is not done leaves jobs that wait; a start that could not be hastened is only later.
    fn cancels(&self) -> bool {
        !matches!(self.step, Step::Hasten(_))
    }
}

impl Machine {
    /// Ends this process; in an array chain the tasks still waiting go with it.
    pub(super) fn leave_chain(&mut self, status: ExitStatus) {
        let waiting = self.situation.array.is_some_and(|place| !place.last);
        if self.settings.mode == Mode::Array && self.situation.host == Host::Slurm && waiting {
            self.errand(Step::CancelPending, status);
        } else {
            self.finish(Outcome::Exit(status));
        }
    }

    pub(super) fn errand(&mut self, step: Step, status: ExitStatus) {
        let until = self.now.instant + AFTER_TERM;
        let errand = Errand { status, step: step.clone(), until, unanswered: 0, rests: false };
        self.state = State::Continuing(Box::new(Work::Errand(errand)));
        self.timers.set(Timer::Wait, until);
        self.act(Action::Step(step));
    }

    /// The scheduler's answer to it.
    pub(super) fn take_errand(&mut self, answer: StepAnswer) {
        let now = self.now;
        let State::Continuing(work) = &mut self.state else { return };
        let Work::Errand(errand) = work.as_mut() else { return };
        let pause = Duration::from_secs(1 << errand.unanswered.min(4));
        let again = errand.cancels() && now.instant + pause < errand.until;
        match answer {
            // To cancel twice does no harm.
            StepAnswer::Unknown(_) if again => {
                (errand.rests, errand.unanswered) = (true, errand.unanswered + 1);
                self.timers.set(Timer::Wait, now.instant + deadline::spread(now, pause));
            }
            StepAnswer::Refused(_, text) | StepAnswer::Unknown(text) => self.leave_errand(Some(&text)),
            _ => self.leave_errand(None),
        }
    }

    /// Ends with the errand done, or not done for this reason.
    fn leave_errand(&mut self, undone: Option<&str>) {
        let State::Continuing(work) = &self.state else { return };
        let Work::Errand(errand) = work.as_ref() else { return };
        let (status, cancels) = (errand.status, errand.cancels());
        if let Some(why) = undone.filter(|_| cancels) {
            self.say(Notice::Leftover(format!(
                "what still waits for this chain could not be cancelled ({why}); look with `squeue --me`; it ends by itself when it starts and finds in the journal that the chain is stopped"
            )));
        }
        self.finish(Outcome::Exit(status));
    }

    pub(super) fn try_errand_again(&mut self) {
        let State::Continuing(work) = &mut self.state else { return };
        let Work::Errand(errand) = work.as_mut() else { return };
        if std::mem::take(&mut errand.rests) {
            let (step, until) = (errand.step.clone(), errand.until);
            self.timers.set(Timer::Wait, until);
            self.act(Action::Step(step));
        } else {
            self.leave_errand(Some("the scheduler's command did not return in time"));
        }
    }
}
