//! What the program says of itself, and what that is worth.
//!
//! A message is never trusted beyond its meaning: an announced checkpoint is looked at, a word that all is done counts with
//! exit code 0 and where no rule says otherwise. However many come, what follows from them is bounded: one look a
//! second, one record a minute.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::{CheckpointId, Effect, Instant, Message, Progress, Signal};

use super::action::{Action, Entry};
use super::event::{Examined, ScanAnswer, Ticket};
use super::machine::{Machine, State};
use super::notice::Notice;
use super::timer::Timer;

/// Time between two records of what the program says.
const RECORD_AGAIN: Duration = Duration::from_secs(60);
/// What comes within this time of the first message goes into the same record.
const GATHER: Duration = Duration::from_secs(1);
/// How long a program that is ending by itself is left alone.
const ENDS_SOON: Duration = Duration::from_secs(60);
/// Time between two looks at announced checkpoints.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Time between two looks while nobody waits for a checkpoint.
const LOOK_IN_PASSING: Duration = Duration::from_secs(60);

/// What has been heard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// It is ready for signals.
    pub(super) ready: bool,
    /// When it said that it is ending by itself.
    stopping: Option<Instant>,
    /// It says that the work is done.
    pub(super) finished: bool,
    progress: Option<Progress>,
    status: Option<String>,
    /// Whether the journal lacks some of that.
    is_news: bool,
    recorded: Option<Instant>,
    /// The last checkpoint that was announced, and when.
    announced: Option<(PathBuf, Instant)>,
    /// Whether a look at one is under way, and whether it was announced again meanwhile.
    examining: bool,
    examine_again: bool,
    looked: Option<Instant>,
    /// What the last look found; two equal ones make it settled, as the program may write the next one into the same file.
    seen: Option<CheckpointId>,
    /// Whether the next look is only to find out whether it holds still.
    settling: bool,
    /// The look among all checkpoints that an announcement has brought about.
    pub(super) look: Option<Ticket>,
    /// When one of them was last recorded.
    noted: Option<Instant>,
    /// The last one recorded.
    pub(super) last_noted: Option<CheckpointId>,
    told_missing: bool,
}

impl Heard {
    /// Whether a look at an announced checkpoint is under way.
    pub(super) fn is_examining(&self) -> bool {
        self.examining
    }
}

impl Machine {
    pub(super) fn take_message(&mut self, message: Message) {
        if !self.situation.chain {
            return;
        }
        match message {
            Message::Ready => self.child_is_ready(),
            Message::Stopping => self.heard.stopping = Some(self.now.instant),
            Message::Finished => self.heard.finished = true,
            Message::Status(text) => {
                let text = Some(text).filter(|text| !text.is_empty());
                if self.heard.status != text {
                    self.heard.status = text;
                    self.record_soon();
                }
            }
            Message::Progress(progress) => {
                if self.heard.progress != Some(progress) {
                    self.heard.progress = Some(progress);
                    self.record_soon();
                }
            }
            Message::Checkpoint(path) => {
                self.heard.announced = Some((path, self.now.instant));
                self.heard.examine_again = self.heard.examining;
                self.look_at_what_was_announced();
            }
        }
    }

    /// Until when the program is not asked, as it said that it is ending by itself. Any process of it may have said so: it
    /// is believed for a while.
    pub(super) fn ends_by_itself_until(&self) -> Option<Instant> {
        let until = self.heard.stopping? + ENDS_SOON;
        (self.now.instant < until).then_some(until)
    }

    /// Whether a signal must wait until the program says that it is ready. The same one a second time need not:
    /// whoever sends it has no patience left.
    pub(super) fn waits_for_ready(&self, signal: Signal) -> bool {
        self.settings.awaits_ready
            && self.situation.chain
            && !self.heard.ready
            && signal != Signal::WINCH
            && !self.held.contains(&signal)
    }

    /// Gives on what was held, unless it must wait on.
    pub(super) fn release_held(&mut self) {
        for signal in std::mem::take(&mut self.held) {
            self.forward(signal);
        }
    }

    fn child_is_ready(&mut self) {
        if std::mem::replace(&mut self.heard.ready, true) || !self.settings.awaits_ready {
            return;
        }
        self.release_held();
        // One that has heard Slurm's own SIGTERM is asked again when its time to obey is over.
        if matches!(&self.state, State::Asking(asking) if !asking.heard) {
            self.try_trigger_again();
        }
    }

    fn record_soon(&mut self) {
        self.heard.is_news = true;
        let over = matches!(self.state, State::Clearing(_));
        if !over && self.timers.at(Timer::Report).is_none() {
            let soon = self.now.instant + GATHER;
            let next = self.heard.recorded.map_or(soon, |last| soon.max(last + RECORD_AGAIN));
            self.timers.set(Timer::Report, next);
        }
    }

    /// Writes down what the journal does not have yet.
    pub(super) fn record_what_was_told(&mut self) {
        if std::mem::take(&mut self.heard.is_news) {
            self.heard.recorded = Some(self.now.instant);
            let (progress, status) = (self.heard.progress, self.heard.status.clone());
            self.act(Action::Record(Entry::Told { progress, status }));
        }
    }

    /// Looks at the checkpoint that was announced last: among all there are where the profile knows which those are,
    /// else at that path alone.
    pub(super) fn look_at_what_was_announced(&mut self) {
        let Some((path, _)) = self.heard.announced.clone() else { return };
        let pause = match self.state {
            State::Running if !self.heard.settling => LOOK_IN_PASSING,
            _ => LOOK_AGAIN,
        };
        if matches!(self.state, State::Clearing(_)) {
            self.look_after_the_end();
            return;
        }
        let next = self.heard.looked.map_or(self.now.instant, |last| last + pause);
        if next > self.now.instant {
            self.timers.set(Timer::Announced, next);
            return;
        }
        match (&self.state, self.settings.knows_checkpoints) {
            (State::Asking(_), true) => self.look_now(),
            (State::Running, true) => {
                let ticket = self.ticket();
                self.heard.look = Some(ticket);
                self.act(Action::Scan(ticket));
            }
            (_, false) if !self.heard.examining => {
                self.heard.examining = true;
                self.act(Action::Examine(path));
            }
            _ => return,
        }
        self.heard.looked = Some(self.now.instant);
    }

    /// The last look, when nobody is left who could write; the profile's own rule, where there is one, does better.
    pub(super) fn look_after_the_end(&mut self) {
        let State::Clearing(clearing) = &self.state else { return };
        let wanted = clearing.tree_gone && !self.settings.knows_checkpoints && !self.heard.examining;
        if let (true, Some((path, _))) = (wanted, self.heard.announced.clone()) {
            self.heard.examining = true;
            self.heard.examine_again = false;
            self.act(Action::Examine(path));
        }
    }

    pub(super) fn take_examined(&mut self, answer: Examined) {
        self.heard.examining = false;
        if matches!(self.state, State::Clearing(_)) {
            self.examined_after_the_end(answer);
            return;
        }
        match answer {
            Examined::There(id) if !self.baseline.contains(&id) => self.examined_and_new(id),
            Examined::There(_) => {}
            Examined::Missing(path) => self.tell_missing(format!("{} is not there", path.display())),
            Examined::Unknown(text) => self.tell_missing(text),
        }
        if std::mem::take(&mut self.heard.examine_again) {
            self.look_at_what_was_announced();
        }
    }

    fn examined_and_new(&mut self, id: CheckpointId) {
        let State::Asking(asking) = &self.state else {
            if self.holds_still(&id) {
                self.baseline.push(id.clone());
                self.note_in_passing(id);
            }
            return;
        };
        let asked = self.heard.announced.as_ref().is_some_and(|(_, at)| *at >= asking.since);
        let settled = self.heard.seen.replace(id.clone()).as_ref() == Some(&id);
        if self.saved.is_some() {
            return;
        }
        if asked && settled {
            self.note_saved(id.clone(), self.now.instant);
            if self.settings.effect == Effect::Continue {
                self.ask_again_or_end(id);
            }
        } else {
            self.timers.set(Timer::Announced, self.now.instant + LOOK_AGAIN);
        }
    }

    fn tell_missing(&mut self, text: String) {
        if !std::mem::replace(&mut self.heard.told_missing, true) {
            self.say(Notice::AnnouncedMissing(text));
        }
    }

    fn examined_after_the_end(&mut self, answer: Examined) {
        let State::Clearing(clearing) = &mut self.state else { return };
        if !clearing.tree_gone {
            return;
        }
        // One that is gone or beyond being looked at proves nothing: programs clean up after themselves.
        if let Examined::There(id) = answer {
            clearing.found =
                Some(ScanAnswer::Found { valid: Some(id.clone()), newest: Some(id), fallback: false });
        }
        if std::mem::take(&mut self.heard.examine_again) {
            self.look_after_the_end();
        }
        self.judge_if_all_is_known();
    }

    /// The look among all checkpoints that an announcement has brought about.
    pub(super) fn announced_scan(&mut self, ticket: Ticket, answer: ScanAnswer) {
        if self.heard.look != Some(ticket) {
            return;
        }
        self.heard.look = None;
        if let ScanAnswer::Found { valid: Some(id), fallback: false, .. } = answer
            && !self.situation.baseline.contains(&id)
            && self.holds_still(&id)
        {
            self.note_in_passing(id);
        }
    }

    /// Whether two looks have found the same. Asks for the second, but not for a third: the program writes again.
    fn holds_still(&mut self, id: &CheckpointId) -> bool {
        let settled = self.heard.seen.replace(id.clone()).as_ref() == Some(id);
        self.heard.settling = !settled && !self.heard.settling;
        if self.heard.settling {
            self.timers.set(Timer::Announced, self.now.instant + LOOK_AGAIN);
        }
        settled
    }

    /// A checkpoint for which nobody has asked.
    fn note_in_passing(&mut self, id: CheckpointId) {
        let now = self.now.instant;
        let soon = self.heard.noted.is_some_and(|last| now.since(last) < LOOK_IN_PASSING);
        if soon || self.heard.last_noted.as_ref() == Some(&id) {
            return;
        }
        self.heard.noted = Some(now);
        self.heard.last_noted = Some(id.clone());
        self.say(Notice::Announced(id.path.display().to_string()));
        self.act(Action::Record(Entry::Checkpoint { id, took: None, asked: false }));
    }
}
