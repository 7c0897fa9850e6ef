//! From the request for a checkpoint to its completion.

use std::time::Duration;

use crate::model::{CheckpointId, Effect, Instant, Signal, Target, Trigger};

use super::action::{Action, Entry};
use super::event::{ScanAnswer, Ticket, TriggerAnswer};
use super::machine::{Machine, State};
use super::notice::Notice;
use super::timer::Timer;

/// How often the SigCgt of a program that is not ready is read again.
const READY_AGAIN: Duration = Duration::from_millis(100);
/// How often it is read again when the program seems to have no handler at all.
const LATER_AGAIN: Duration = Duration::from_secs(1);
/// How often checkpoints are looked for; two equal looks make one settled.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long a program that Slurm has signalled by itself may take to show that it listens.
const HEARD_ALREADY: Duration = Duration::from_secs(3);

/// Why a checkpoint is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The deadline is near.
    Deadline,
    /// SIGTERM came.
    Term,
    /// Slurm warned.
    Warned(Signal),
    /// A preemption's grace time has begun.
    Preempted,
}

impl Why {
    fn words(self) -> String {
        match self {
            Self::Deadline => "the end of the allocation is near".into(),
            Self::Term => "SIGTERM came".into(),
            Self::Warned(signal) => format!("Slurm sent the warning {signal}"),
            Self::Preempted => "the job is being preempted".into(),
        }
    }
}

/// A request under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asking {
    pub(super) why: Why,
    pub(super) since: Instant,
    /// Index of the trigger that is tried.
    pub(super) index: usize,
    /// When the program was reached.
    pub(super) delivered: Option<Instant>,
    /// Slurm's SIGTERM has reached the child too: do not send another yet.
    pub(super) heard: bool,
    told_not_askable: bool,
    /// The newest checkpoint at the last look.
    last_seen: Option<CheckpointId>,
    /// The look that is awaited.
    look: Option<Ticket>,
    /// The new checkpoint, once complete.
    saved: Option<CheckpointId>,
}

impl Machine {
    pub(super) fn ask_for_checkpoint(&mut self, why: Why) {
        if !self.situation.chain || !matches!(self.state, State::Running) {
            return;
        }
        self.say(Notice::Asking(why.words()));
        for timer in [Timer::Reread, Timer::Trigger, Timer::Poll, Timer::Retry] {
            self.timers.stop(timer);
        }
        let heard = why == Why::Term && self.situation.child_hears_slurm;
        self.state = State::Asking(Asking {
            why,
            since: self.now.instant,
            index: 0,
            delivered: None,
            heard,
            told_not_askable: false,
            last_seen: None,
            look: None,
            saved: None,
        });
        self.set_stop();
        if self.schedule.is_none() && self.term.is_none() {
            // Warned without a known end: Slurm's own warnings come at least so long before it by custom.
            self.timers.set(Timer::Stop, self.now.instant + Duration::from_secs(300));
        }
        if heard && self.would_send(Signal::TERM) {
            self.asked = true;
            self.timers.set(Timer::Hold, self.now.instant + HEARD_ALREADY);
        } else {
            self.try_trigger();
        }
    }

    /// Whether the next trigger is this signal to the child itself, which must not get it twice: a second
    /// SIGTERM makes GROMACS stop at a step from which it cannot go on exactly.
    fn would_send(&self, signal: Signal) -> bool {
        let State::Asking(asking) = &self.state else { return false };
        match self.settings.triggers.get(asking.index) {
            Some(Trigger::Signal { signal: planned, to }) => {
                *planned == signal
                    && matches!(to, Target::Leader | Target::Group | Target::Rank | Target::Ranks)
            }
            _ => false,
        }
    }

    fn try_trigger(&mut self) {
        let State::Asking(asking) = &mut self.state else { return };
        let mut triggers = self.settings.triggers.iter().enumerate().skip(asking.index);
        // A limit was given to the program when it started; it cannot be given now.
        match triggers.find(|(_, trigger)| !matches!(trigger, Trigger::Limit(_))) {
            Some((index, trigger)) => {
                asking.index = index;
                let trigger = trigger.clone();
                self.act(Action::Trigger(trigger));
            }
            None => self.nothing_left_to_try(),
        }
    }

    fn nothing_left_to_try(&mut self) {
        let State::Asking(asking) = &mut self.state else { return };
        // A limit or the program's own rhythm may still bring one.
        asking.index = 0;
        let told = std::mem::replace(&mut asking.told_not_askable, true);
        if !told {
            self.say(Notice::NotAskable);
        }
        self.timers.set(Timer::Hold, self.now.instant + LATER_AGAIN);
        self.look_soon();
    }

    pub(super) fn try_trigger_again(&mut self) {
        match &mut self.state {
            State::Asking(asking) if asking.delivered.is_none() => {
                asking.heard = false;
                self.try_trigger();
            }
            _ => {}
        }
    }

    pub(super) fn take_trigger(&mut self, answer: TriggerAnswer) {
        let now = self.now.instant;
        let young = self.child_is_young();
        let State::Asking(asking) = &mut self.state else { return };
        match answer {
            TriggerAnswer::Delivered { what, signal } => {
                asking.delivered = Some(now);
                let why = asking.why.words();
                self.asked = true;
                self.sent = signal;
                self.say(Notice::Asked(what.clone()));
                self.act(Action::Record(Entry::Triggered { what, why }));
                self.set_stop();
                self.look_soon();
            }
            TriggerAnswer::NotReady if young => self.timers.set(Timer::Hold, now + READY_AGAIN),
            TriggerAnswer::NotReady => {
                asking.index += 1;
                self.try_trigger();
            }
            TriggerAnswer::Unusable(text) => {
                asking.index += 1;
                self.say(Notice::TriggerUnusable(text));
                self.try_trigger();
            }
        }
    }

    /// Looks are needed where the program goes on after a checkpoint, or may do so.
    fn look_soon(&mut self) {
        if self.settings.knows_checkpoints {
            self.timers.set(Timer::Rescan, self.now.instant + LOOK_AGAIN);
        }
    }

    pub(super) fn rescan(&mut self) {
        let ticket = self.ticket();
        if let State::Asking(asking) = &mut self.state {
            asking.look = Some(ticket);
            self.act(Action::Scan(ticket));
        }
    }

    pub(super) fn watch_scan(&mut self, ticket: Ticket, answer: ScanAnswer) {
        let State::Asking(asking) = &mut self.state else { return };
        if asking.look != Some(ticket) {
            // The look before the plan, answered late: still before the request was noticed.
            if let (ScanAnswer::Found { newest: Some(id), .. }, None) = (answer, asking.look) {
                self.baseline.push(id);
            }
            return;
        }
        asking.look = None;
        let valid = match answer {
            ScanAnswer::Found { valid, fallback: false, .. } => valid,
            ScanAnswer::Found { .. } | ScanAnswer::Unknown(_) => None,
        };
        let settled = valid.is_some() && valid == asking.last_seen;
        let is_new = valid.as_ref().is_some_and(|id| !self.baseline.contains(id));
        asking.last_seen.clone_from(&valid);
        match valid {
            Some(id) if settled && is_new && asking.saved.is_none() => {
                asking.saved = Some(id.clone());
                let took = asking.delivered.map(|at| self.now.instant.since(at));
                self.saved(id, took);
            }
            _ => self.look_soon(),
        }
    }

    fn saved(&mut self, id: CheckpointId, took: Option<Duration>) {
        self.say(Notice::Saved { path: id.path.display().to_string(), took });
        self.act(Action::Record(Entry::Checkpoint { id, took, asked: true }));
        if self.settings.effect == Effect::Continue {
            self.end_child();
        }
    }
}
