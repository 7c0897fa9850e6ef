//! Copying a good checkpoint aside before the chain goes on: for programs that write over their only one.
//!
//! The continuation comes first: a copy that is not made here is made before the next segment starts, so it gets only
//! the time that nobody needs.

use std::time::Duration;

use crate::model::{CheckpointId, ChildExit, Instant};

use super::action::{Action, Entry};
use super::continuing::Work;
use super::event::KeepAnswer;
use super::machine::{Machine, State};
use super::notice::Notice;
use super::stop::Segment;
use super::timer::Timer;

/// Most time for a copy where nothing else limits it: a file system that hangs must not hold up a chain.
const LONGEST: Duration = Duration::from_secs(3600);
/// Time for a copy where the margin has been touched already: enough for a small one.
const SHORT: Duration = Duration::from_secs(1);

/// How long a copy may hold up the start of the program, with so much of the allocation left.
pub fn longest_first_copy(left: Option<Duration>) -> Duration {
    left.map_or(LONGEST, |left| (left / 2).min(LONGEST))
}

impl Machine {
    /// Copies the new checkpoint as far as there is time, then goes on.
    pub(super) fn keep(&mut self, id: CheckpointId, segment: Segment, exit: ChildExit) {
        let until = self.keep_until();
        if until <= self.now.instant {
            self.go_on(segment, exit);
            return;
        }
        self.timers.set(Timer::Wait, until);
        self.act(Action::Keep(id.clone()));
        self.state = State::Continuing(Box::new(Work::Keep { id, segment, exit }));
    }

    /// Until when a copy may take: half of KillWait after a SIGTERM, else up to the margin.
    fn keep_until(&self) -> Instant {
        let now = self.now.instant;
        let after_term = self.ending_since().map(|term| term + self.kill_wait / 2);
        let planned = self.schedule.map(|schedule| schedule.stop.max(now + SHORT).min(schedule.last));
        after_term.into_iter().chain(planned).min().unwrap_or(now + LONGEST).min(now + LONGEST)
    }

    /// Ends a program that goes on after its checkpoint `id`. One that writes over its only checkpoint may be at it again by
    /// then, so it is copied first.
    pub(super) fn end_after_copy(&mut self, id: CheckpointId) {
        let until = self.keep_until();
        if self.settings.keeps && self.now.instant < until {
            self.timers.set(Timer::Wait, until);
            self.act(Action::Keep(id.clone()));
            self.copying = Some(id);
        } else {
            self.end_child();
        }
    }

    /// Nobody waits any more for the copy that is made while the program lives.
    pub(super) fn leave_copy(&mut self) {
        if self.copying.take().is_some() {
            self.act(Action::StopKeeping);
        }
    }

    fn take_early_copy(&mut self, id: CheckpointId, answer: KeepAnswer) {
        match answer {
            KeepAnswer::Done => {
                self.act(Action::Record(Entry::Kept(id.clone())));
                self.copied = Some(id);
            }
            KeepAnswer::Failed(text) => self.say(Notice::NotKept(text)),
        }
        self.end_child();
    }

    pub(super) fn take_kept(&mut self, answer: KeepAnswer) {
        if let Some(id) = self.copying.take() {
            return self.take_early_copy(id, answer);
        }
        let Some((id, segment, exit)) = self.being_kept() else { return };
        match answer {
            KeepAnswer::Done => self.act(Action::Record(Entry::Kept(id))),
            KeepAnswer::Failed(text) => self.say(Notice::NotKept(text)),
        }
        self.timers.stop(Timer::Wait);
        self.go_on(segment, exit);
    }

    /// The time for the copy is up.
    pub(super) fn stop_keeping(&mut self) {
        let Some((_, segment, exit)) = self.being_kept() else { return };
        self.act(Action::StopKeeping);
        self.timers.stop(Timer::Wait);
        self.go_on(segment, exit);
    }

    /// SIGTERM has come: less time is left.
    pub(super) fn hurry_keeping(&mut self) {
        if self.being_kept().is_some() || self.copying.is_some() {
            let until = self.timers.at(Timer::Wait).map_or(self.keep_until(), |at| at.min(self.keep_until()));
            self.timers.set(Timer::Wait, until);
        }
    }

    fn being_kept(&self) -> Option<(CheckpointId, Segment, ChildExit)> {
        match &self.state {
            State::Continuing(work) => match work.as_ref() {
                Work::Keep { id, segment, exit } => Some((id.clone(), *segment, *exit)),
                _ => None,
            },
            _ => None,
        }
    }
}
