//! A child that is stopped and goes on, and signals that are held until it is ready for them.

use std::time::Duration;

use crate::model::Signal;

use super::action::Action;
use super::machine::{Machine, Question};
use super::situation::Host;
use super::timer::Timer;

/// How often a held signal is tried again.
const HOLD: Duration = Duration::from_millis(100);

impl Machine {
    /// A shell's `fg` gives the signal to the child too. To give it on at once could wake a child that the next Ctrl-Z
    /// has stopped in between, and neither would be seen to stop: it is given on if the child does not go on by itself.
    pub(super) fn continued(&mut self) {
        self.stop_expected = false;
        if self.situation.terminal {
            self.cont_owed = true;
            self.timers.set(Timer::Hold, self.now.instant + HOLD);
        } else {
            self.act(Action::Forward(Signal::CONT));
        }
        if self.situation.host == Host::Slurm && self.situation.chain && self.term.is_none() {
            self.ask(Question::Deadline);
        }
    }

    pub(super) fn went_on(&mut self) {
        self.cont_owed = false;
        self.child_stopped = false;
    }

    pub(super) fn stop_too(&mut self) {
        self.cont_owed = false;
        self.child_stopped = true;
        if self.situation.terminal || self.stop_expected {
            self.stop_expected = false;
            self.act(Action::StopSelf);
        }
    }

    pub(super) fn hold(&mut self, signal: Signal) {
        self.held.push(signal);
        self.timers.set(Timer::Hold, self.now.instant + HOLD);
    }

    pub(super) fn try_held_again(&mut self) {
        if std::mem::take(&mut self.cont_owed) {
            self.act(Action::Forward(Signal::CONT));
        }
        self.release_held();
    }
}
