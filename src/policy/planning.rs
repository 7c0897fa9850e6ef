//! The plan for a deadline: when the program is asked for a checkpoint, once or again, and when it must be gone.

use crate::model::{CheckpointId, Instant, PreemptionWatch};

use super::action::{Action, Entry, Planned};
use super::asking::Why;
use super::deadline::{Grounds, Schedule};
use super::lead::REQUESTS;
use super::machine::{Machine, Question, State};
use super::notice::Notice;
use super::settings::Lead;
use super::situation::Host;
use super::timer::Timer;

/// A checkpoint of this segment after which the program goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Safe {
    /// What was computed until then is saved.
    until: Instant,
    /// So many requests have brought one.
    requests: u32,
}

impl Machine {
    /// Sets the timers for what is known about the deadline.
    pub(super) fn plan(&mut self) {
        for timer in [Timer::Reread, Timer::Trigger, Timer::Stop] {
            self.timers.stop(timer);
        }
        let Some(deadline) = self.allocation_end() else {
            self.schedule = None;
            return;
        };
        let Some(schedule) = self.schedule_for(deadline) else {
            self.end_child();
            return;
        };
        let first = self.schedule.is_none();
        self.schedule = Some(schedule);
        if let (true, true, Lead::Fixed(wanted)) = (first, schedule.cut, self.settings.lead) {
            self.say(Notice::LeadCut { wanted, lead: schedule.lead });
        }
        if matches!(self.state, State::Running) {
            if self.situation.host == Host::Slurm && schedule.reread > self.now.instant {
                self.timers.set(Timer::Reread, schedule.reread);
            }
            self.timers.set(Timer::Trigger, schedule.trigger);
            if first {
                let left = deadline.since(self.now.instant);
                let Schedule { lead, turn, .. } = schedule;
                self.say(Notice::Planned { left, lead: lead.saturating_add(turn), turn });
                self.tell_what_was_learned(&schedule);
            }
        }
        if matches!(self.state, State::Running | State::Asking(_)) {
            self.set_stop();
        }
        self.record_plan(&schedule);
    }

    /// When the child must be gone: later while a checkpoint is being written.
    pub(super) fn set_stop(&mut self) {
        let writing = matches!(&self.state, State::Asking(asking) if asking.delivered.is_some());
        let planned = self.schedule.map(|s| if writing { s.last } else { s.stop });
        // A third of KillWait is kept for the continuation.
        let after_term = self.ending_since().map(|at| at + self.kill_wait * 2 / 3);
        let warned = match &self.state {
            State::Asking(asking) => asking.ends_without_deadline(),
            _ => None,
        };
        match after_term.or(planned).or(warned) {
            Some(at) => self.timers.set(Timer::Stop, at),
            None => self.timers.stop(Timer::Stop),
        }
    }

    pub(super) fn before_the_plan(&mut self) {
        if self.safe.is_none() {
            self.ask(Question::Deadline);
        }
        if self.settings.knows_checkpoints {
            let ticket = self.ticket();
            self.act(Action::Scan(ticket));
        }
    }

    pub(super) fn planned_checkpoint(&mut self) {
        if matches!(self.state, State::Running) {
            self.ask_for_checkpoint(Why::Deadline);
        }
    }

    /// Whether the moment to ask follows from more than a guess.
    pub(super) fn knows_its_moment(&self) -> bool {
        matches!(self.settings.lead, Lead::Fixed(_)) || !self.past.learned.saves.is_empty()
    }

    /// The plan for this deadline; `None` where the program has saved and nothing more is worth it.
    fn schedule_for(&self, deadline: Instant) -> Option<Schedule> {
        let grounds =
            Grounds { settings: &self.settings, situation: &self.situation, learned: &self.past.learned };
        match self.safe {
            Some(safe) if matches!(self.state, State::Running) => {
                Schedule::again(deadline, safe.until, grounds)
            }
            _ => Some(Schedule::new(deadline, grounds)),
        }
    }

    fn tell_what_was_learned(&mut self, schedule: &Schedule) {
        if let Some(basis) = schedule.basis {
            self.say(Notice::Learned { lead: schedule.lead, basis });
        }
        if let Some(usual) = schedule.too_slow {
            self.say(Notice::TooSlow { usual, lead: schedule.lead });
        }
    }

    fn record_plan(&mut self, schedule: &Schedule) {
        let Schedule { deadline: at, lead, basis, .. } = *schedule;
        self.act(Action::Record(Entry::Deadline(Planned { at, lead, basis })));
    }

    /// The program has saved and goes on: it is asked once more, or ended.
    pub(super) fn ask_again_or_end(&mut self, saved: CheckpointId) {
        let safe = Safe { until: self.now.instant, requests: self.safe.map_or(0, |safe| safe.requests) + 1 };
        let planned = matches!(&self.state, State::Asking(asking) if asking.why == Why::Deadline);
        let possible = planned && self.term.is_none() && self.settings.asks_again() && !self.is_waiting();
        if !possible || safe.requests >= REQUESTS {
            self.end_after_copy(saved);
            return;
        }
        for timer in [Timer::Rescan, Timer::Again] {
            self.timers.stop(timer);
        }
        self.state = State::Running;
        self.safe = Some(safe);
        self.baseline.push(saved.clone());
        self.heard.last_noted = Some(saved);
        self.saved = None;
        self.delivered = None;
        self.plan();
        if let (State::Running, Some(schedule)) = (&self.state, self.schedule) {
            self.say(Notice::AskedAgain { lead: schedule.lead });
            if self.grace.is_some() || self.settings.preemption == PreemptionWatch::Poll {
                self.timers.set(Timer::Poll, self.now.instant + self.poll);
            }
        }
    }
}
