//! From the request for a checkpoint to its completion.

use std::time::Duration;

use crate::model::{CheckpointId, Effect, Instant, Signal, Target, Trigger};

use super::action::{Action, Entry};
use super::cause::Cause;
use super::event::{ScanAnswer, Ticket, TriggerAnswer};
use super::machine::{Machine, State};
use super::notice::Notice;
use super::timer::Timer;

/// How often the SigCgt of a program that is not ready is read again.
const READY_AGAIN: Duration = Duration::from_millis(100);
/// How often it is read again when the program seems to have no handler at all.
const LATER_AGAIN: Duration = Duration::from_secs(1);
/// How often checkpoints are looked for at first; two equal looks make one settled.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How often they are looked for where none has come for long.
const LOOK_AT_LEAST: Duration = Duration::from_secs(10);
/// How long a program that Slurm has signalled by itself may take to show that it listens.
const HEARD_ALREADY: Duration = Duration::from_secs(3);
/// How long before the end Slurm's own warning signals come at least, by custom.
const WARNED_AHEAD: Duration = Duration::from_secs(300);

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
    pub(super) told_not_askable: bool,
    /// Indices of triggers that turned out to be unusable.
    unusable: Vec<usize>,
    /// The newest checkpoint at the last look.
    last_seen: Option<CheckpointId>,
    /// The look that is awaited.
    look: Option<Ticket>,
}

impl Asking {
    /// When a program must be gone that was asked because of a warning, with no end known.
    pub(super) fn ends_without_deadline(&self) -> Option<Instant> {
        matches!(self.why, Why::Warned(_)).then(|| self.since + WARNED_AHEAD)
    }

    /// Half of the time from the request until the child must be gone.
    fn half_of(&self, stop: Option<Instant>) -> Instant {
        self.since + stop.map_or(Duration::ZERO, |stop| stop.since(self.since) / 2)
    }
}

/// A limit was given to the program when it started; it cannot be given now.
fn is_usable(trigger: &Trigger) -> bool {
    !matches!(trigger, Trigger::Limit(_))
}

impl Machine {
    pub(super) fn ask_for_checkpoint(&mut self, why: Why) {
        if !self.situation.chain || !matches!(self.state, State::Running) {
            return;
        }
        if let Some(until) = self.ends_by_itself_until() {
            self.say(Notice::NotAskedAsItEnds);
            self.set_stop();
            self.timers.set(Timer::Trigger, until);
            return;
        }
        self.say(Notice::Asking(why.words()));
        if self.child_stopped {
            // Stopped, it would save nothing, and lose all that it has computed.
            self.say(Notice::Woken);
            self.act(Action::Forward(Signal::CONT));
        }
        for timer in [Timer::Reread, Timer::Trigger, Timer::Poll, Timer::Retry] {
            self.timers.stop(timer);
        }
        let situation = &self.situation;
        let heard = match why {
            Why::Term => situation.child_hears_slurm || situation.ranks_in_step,
            Why::Preempted => situation.ranks_in_step,
            Why::Deadline | Why::Warned(_) => false,
        };
        self.state = State::Asking(Box::new(Asking {
            why,
            since: self.now.instant,
            index: 0,
            delivered: None,
            heard,
            told_not_askable: false,
            unusable: Vec::new(),
            last_seen: None,
            look: None,
        }));
        self.set_stop();
        if heard && self.would_send(Signal::TERM) {
            self.wait_for_what_was_heard();
        } else {
            self.try_trigger();
        }
    }

    fn wait_for_what_was_heard(&mut self) {
        self.asked = true;
        self.timers.set(Timer::Again, self.now.instant + HEARD_ALREADY);
    }

    /// Slurm's SIGTERM came while a program that hears it too had not been reached yet.
    pub(super) fn child_heard_too(&mut self) {
        let State::Asking(asking) = &mut self.state else { return };
        let hears = self.situation.child_hears_slurm || self.situation.ranks_in_step;
        if hears && asking.delivered.is_none() && !asking.heard {
            asking.heard = true;
            if self.would_send(Signal::TERM) {
                self.wait_for_what_was_heard();
            }
        }
    }

    /// Whether the next trigger is this signal to the child itself, which must not get it twice: a second
    /// SIGTERM makes GROMACS stop at a step from which it cannot go on exactly.
    fn would_send(&self, signal: Signal) -> bool {
        let State::Asking(asking) = &self.state else { return false };
        match self.settings.triggers.get(asking.index) {
            Some(Trigger::Signal { signal: planned, to }) => {
                *planned == signal
                    && matches!(
                        to,
                        Target::Leader | Target::Group | Target::Rank | Target::Ranks | Target::Step
                    )
            }
            _ => false,
        }
    }

    fn try_trigger(&mut self) {
        let until = self.ends_by_itself_until();
        let State::Asking(asking) = &mut self.state else { return };
        if self.trigger_in_flight {
            return;
        }
        if let Some(until) = until {
            self.timers.set(Timer::Again, until);
            self.look_soon();
            return;
        }
        if self.settings.awaits_ready && !self.heard.ready {
            self.say(Notice::AwaitsReady);
            return;
        }
        let mut triggers = self.settings.triggers.iter().enumerate().skip(asking.index);
        match triggers.find(|(index, trigger)| is_usable(trigger) && !asking.unusable.contains(index)) {
            Some((index, trigger)) => {
                asking.index = index;
                let trigger = trigger.clone();
                self.trigger_in_flight = true;
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
        if self.is_left_to_try() {
            self.timers.set(Timer::Again, self.now.instant + LATER_AGAIN);
        }
        self.look_soon();
    }

    fn is_left_to_try(&self) -> bool {
        let State::Asking(asking) = &self.state else { return false };
        let mut triggers = self.settings.triggers.iter().enumerate();
        triggers.any(|(index, trigger)| is_usable(trigger) && !asking.unusable.contains(&index))
    }

    pub(super) fn try_trigger_again(&mut self) {
        match &mut self.state {
            State::Asking(asking) if asking.delivered.is_none() => {
                let half = asking.half_of(self.timers.at(Timer::Stop));
                // Slurm's own signal has reached it, and saving takes its time; but it may have been lost.
                if asking.heard && self.cause != Some(Cause::Asked) && self.now.instant < half {
                    self.timers.set(Timer::Again, half);
                    return;
                }
                asking.heard = false;
                self.try_trigger();
            }
            _ => {}
        }
    }

    pub(super) fn take_trigger(&mut self, answer: TriggerAnswer) {
        let now = self.now.instant;
        let young = self.child_is_young();
        self.trigger_in_flight = false;
        let State::Asking(asking) = &mut self.state else { return };
        match answer {
            TriggerAnswer::Delivered { what, signal } => {
                asking.delivered = Some(now);
                let why = asking.why.words();
                self.asked = true;
                self.sent = signal;
                self.delivered = Some(now);
                self.say(Notice::Asked(what.clone()));
                self.act(Action::Record(Entry::Triggered { what, why }));
                self.set_stop();
                self.look_soon();
            }
            TriggerAnswer::NotReady if asking.heard => self.wait_for_what_was_heard(),
            TriggerAnswer::NotReady if young => self.timers.set(Timer::Again, now + READY_AGAIN),
            TriggerAnswer::NotReady => {
                asking.index += 1;
                self.try_trigger();
            }
            TriggerAnswer::Unusable(text) => {
                asking.unusable.push(asking.index);
                self.say(Notice::TriggerUnusable(text));
                self.try_trigger();
            }
        }
    }

    /// The program may have ended because of a trigger before the word came back that it was delivered.
    pub(super) fn take_late_trigger(&mut self, answer: &TriggerAnswer) {
        self.trigger_in_flight = false;
        if let TriggerAnswer::Delivered { signal, .. } = answer {
            self.asked = true;
            self.sent = *signal;
        }
    }

    /// Whether the program was, or may have been, asked for a checkpoint.
    pub(super) fn may_have_been_asked(&self) -> bool {
        self.asked || self.trigger_in_flight
    }

    /// Looks are needed where the program goes on after a checkpoint, or may do so.
    fn look_soon(&mut self) {
        let State::Asking(asking) = &self.state else { return };
        if self.settings.knows_checkpoints {
            let waited = self.now.instant.since(asking.delivered.unwrap_or(asking.since));
            let pause = (waited / 20).clamp(LOOK_AGAIN, LOOK_AT_LEAST);
            self.timers.set(Timer::Rescan, self.now.instant + pause);
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
            // The look before the plan, answered late: still before the request was noticed. One that an announcement
            // brought about may have seen what came after it.
            if self.heard.look == Some(ticket) {
                return;
            }
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
            Some(id) if settled && is_new && self.saved.is_none() => {
                self.note_saved(id.clone(), self.now.instant);
                if self.settings.effect == Effect::Continue || self.is_waiting() {
                    self.ask_again_or_end(id);
                }
            }
            _ => self.look_soon(),
        }
    }

    /// The program says that a checkpoint is complete. It is looked for at once, but must hold still as any other: the
    /// program may write the next one into the same file.
    pub(super) fn look_now(&mut self) {
        match &self.state {
            State::Asking(asking) if asking.look.is_none() => self.rescan(),
            State::Asking(_) => self.timers.set(Timer::Rescan, self.now.instant + LOOK_AGAIN),
            _ => {}
        }
    }

    /// Whether the program was not asked for anything and only its own next checkpoint was awaited, after which it goes on.
    pub(super) fn is_waiting(&self) -> bool {
        let State::Asking(asking) = &self.state else { return false };
        asking.delivered.is_some() && self.settings.triggers.get(asking.index) == Some(&Trigger::Wait)
    }

    /// A new checkpoint is complete, at `at` at the latest.
    pub(super) fn note_saved(&mut self, id: CheckpointId, at: Instant) {
        let took = self.delivered.map(|asked| at.since(asked));
        if let Some(took) = took {
            self.past.learned.saves.note(took);
        }
        self.say(Notice::Saved { path: id.path.display().to_string(), took });
        self.saved = Some(id.clone());
        self.act(Action::Record(Entry::Checkpoint { id, took, asked: took.is_some() }));
    }
}
