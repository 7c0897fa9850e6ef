//! A child that is stopped and goes on, and signals that are kept back until it can take them.

use super::action::Action;
use super::machine::Machine;
use super::running::HOLD;
use super::timer::Timer;
use crate::model::Signal;

impl Machine {
    pub(super) fn stop_too(&mut self) {
        self.cont_owed = false;
        if self.situation.terminal || self.stop_expected {
            self.stop_expected = false;
            self.act(Action::StopSelf);
        } else {
            self.child_is_stopped = true;
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
