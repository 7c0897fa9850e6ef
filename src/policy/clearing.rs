//! The end of the child: telling it to end, clearing up after it, and judging what its end means.

use std::time::Duration;

use crate::model::{CheckpointId, ChildExit, Effect, ExitStatus, Signal};

use super::action::{Action, Ended, Entry, Outcome, StopReason};
use super::cause::Cause;
use super::event::{Answer, Assessment, JobAnswer, JobPhase, Retry, ScanAnswer, Sender, Ticket};
use super::machine::{Machine, Question, State};
use super::notice::Notice;
use super::situation::Host;
use super::stop::{self, Decision, Segment};
use super::timer::Timer;
use super::verdict::{Asked, Verdict};

/// Time a child that was told to end has before SIGKILL.
const END_GRACE: Duration = Duration::from_secs(5);
/// Time that processes left behind have before SIGKILL.
const TREE_GRACE: Duration = Duration::from_secs(2);
/// How long after SIGKILL a child is awaited: one that writes into a file system that hangs cannot die.
const UNKILLABLE: Duration = Duration::from_secs(5);
/// How long facts about an end are awaited.
const FACTS: Duration = Duration::from_secs(30);
/// How long they are awaited once SIGTERM has come.
const FACTS_AFTER_TERM: Duration = Duration::from_secs(8);

/// What is known about an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clearing {
    pub(super) exit: ChildExit,
    pub(super) ran: Duration,
    pub(super) tree_gone: bool,
    scan: Option<Ticket>,
    pub(super) found: Option<ScanAnswer>,
    rules: Option<Assessment>,
}

impl Machine {
    /// Tells the child to end: SIGTERM, unless that was the trigger it has obeyed already; then SIGKILL.
    pub(super) fn end_child(&mut self) {
        self.told_to_end = true;
        self.leave_copy();
        self.timers.stop_all();
        self.state = State::Ending;
        let signal = if self.sent == Some(Signal::TERM) { Signal::KILL } else { Signal::TERM };
        self.say(Notice::Ending(signal));
        self.act(Action::EndChild(signal));
        // A stopped child cannot obey.
        self.act(Action::Forward(Signal::CONT));
        let now = self.now.instant;
        let planned = self.schedule.map(|schedule| schedule.last);
        // Slurm's own SIGKILL comes after KillWait, and the continuation is to be made before it.
        let after_term = self.ending_since().map(|term| term + self.kill_wait * 3 / 4);
        let last = planned.into_iter().chain(after_term).min().unwrap_or(now + END_GRACE);
        let kill = (now + END_GRACE).min(last.max(now + Duration::from_millis(500)));
        self.timers.set(Timer::Kill, kill);
    }

    /// Kills the child; one that has not died of that is given up, so that the chain does not wait for it in vain.
    pub(super) fn kill_child(&mut self) {
        if std::mem::replace(&mut self.killed, true) {
            self.say(Notice::CannotBeKilled);
            self.look_into_end(ChildExit::Signal(Signal::KILL));
        } else {
            self.act(Action::EndChild(Signal::KILL));
            self.timers.set(Timer::Kill, self.now.instant + self.patience(UNKILLABLE));
        }
    }

    pub(super) fn time_is_up(&mut self) {
        if let State::Asking(asking) = &self.state {
            // Of one that is under way it is not known whether it has reached the program.
            let was_asked = asking.delivered.is_some() || self.trigger_in_flight;
            if was_asked && self.settings.effect == Effect::Stop {
                let text = if self.saved.is_some() {
                    "the program has saved and does not end by itself"
                } else {
                    "no new checkpoint yet: the program was asked and did not end in time"
                };
                self.say(Notice::NotSaved(text.into()));
            } else if !was_asked && !asking.told_not_askable && !asking.heard {
                self.say(Notice::NotAskable);
            }
            self.end_child();
        } else if matches!(self.state, State::Running) {
            self.end_child();
        }
    }

    pub(super) fn look_into_end(&mut self, exit: ChildExit) {
        self.leave_copy();
        self.timers.stop_all();
        let ran = self.now.instant.since(self.spawned);
        self.state = State::Clearing(Box::new(Clearing {
            exit,
            ran,
            tree_gone: false,
            scan: None,
            found: None,
            rules: None,
        }));
        self.act(Action::ClearTree(TREE_GRACE));
        let told = self.may_have_been_asked() || self.told_to_end || self.term.is_some();
        if self.situation.chain && self.situation.ranks_in_step && !told {
            self.ask(Question::Preemption);
        }
        if self.situation.chain {
            let patience = if self.term.is_some() { FACTS_AFTER_TERM } else { FACTS };
            self.timers.set(Timer::Wait, self.now.instant + self.patience(patience));
        }
    }

    pub(super) fn tree_gone(&mut self) {
        let ticket = self.ticket();
        let State::Clearing(clearing) = &mut self.state else { return };
        if clearing.tree_gone {
            return;
        }
        clearing.tree_gone = true;
        let exit = clearing.exit;
        if !self.situation.chain {
            self.finish(Outcome::Exit(exit.into()));
            return;
        }
        // Only now is nobody left who could still write.
        if self.settings.knows_checkpoints {
            clearing.scan = Some(ticket);
            self.act(Action::Scan(ticket));
        }
        self.look_after_the_end();
        self.act(Action::Assess(exit));
    }

    pub(super) fn last_scan(&mut self, ticket: Ticket, answer: ScanAnswer) {
        let State::Clearing(clearing) = &mut self.state else { return };
        if clearing.scan != Some(ticket) {
            return;
        }
        clearing.scan = None;
        clearing.found = Some(answer);
        self.judge_if_all_is_known();
    }

    pub(super) fn take_assessment(&mut self, rules: Assessment) {
        if let State::Clearing(clearing) = &mut self.state {
            clearing.rules = Some(rules);
        }
        self.judge_if_all_is_known();
    }

    pub(super) fn judge_if_all_is_known(&mut self) {
        if let State::Clearing(clearing) = &self.state {
            let looking = clearing.scan.is_some() || self.heard.is_examining();
            let waiting = !clearing.tree_gone || looking || clearing.rules.is_none();
            if !waiting && !self.is_open(Question::Cause) && !self.is_open(Question::Preemption) {
                self.judge();
            }
        }
    }

    /// Slurm asks the tasks of a step by itself when a grace time begins, and they may have ended before ckwrap, which gets
    /// no signal then, has heard of it.
    pub(super) fn take_preemption(&mut self, answer: &JobAnswer) {
        let preempted =
            matches!(answer, JobAnswer::Facts(facts) if facts.preempted && facts.phase == JobPhase::Running);
        if preempted && self.cause.is_none() {
            self.asked = true;
            self.cause = Some(Cause::Preempted);
            self.say(Notice::Cause(Cause::Preempted.words()));
        }
        self.judge_if_all_is_known();
    }

    pub(super) fn waited_long_enough(&mut self) {
        match &self.state {
            // The copy has had its time.
            State::Asking(_) if self.copying.is_some() => self.end_child(),
            State::Clearing(_) => self.judge(),
            State::Continuing(_) => self.try_continuing_again(),
            _ => {}
        }
    }

    /// Whether there is a newer checkpoint than the segment began with; `None`: cannot be told.
    fn fresh(&self, found: Option<&ScanAnswer>) -> Option<bool> {
        match found {
            Some(ScanAnswer::Found { valid: Some(id), fallback, .. }) => {
                Some(!fallback && !self.situation.baseline.contains(id))
            }
            Some(ScanAnswer::Found { valid: None, .. }) => Some(false),
            Some(ScanAnswer::Unknown(_)) | None => None,
        }
    }

    /// The newest good checkpoint, and whether it is newer than what the segment began with.
    fn checkpoint_at_end(&self, found: Option<&ScanAnswer>) -> (Option<CheckpointId>, Option<bool>) {
        let fresh = self.fresh(found);
        match (found, &self.copied) {
            // What was written over it afterwards is not whole; its copy is.
            (_, Some(copied)) if fresh != Some(true) => (Some(copied.clone()), Some(true)),
            (Some(ScanAnswer::Found { valid, .. }), _) => (valid.clone(), fresh),
            _ => (None, fresh),
        }
    }

    fn judge(&mut self) {
        let State::Clearing(clearing) = &self.state else { return };
        let clearing = clearing.clone();
        // Else it would wake the continuation in the middle of a step.
        self.timers.stop_all();
        let (checkpoint, fresh) = self.checkpoint_at_end(clearing.found.as_ref());
        let unknown = Assessment { finished: Answer::Unknown, stopped: false, retry: None };
        let mut rules = clearing.rules.unwrap_or(unknown);
        let retry = rules.retry.take();
        if let ChildExit::Code(code) = clearing.exit {
            rules.stopped |= self.settings.stopped_exit.contains(&code);
        }
        let asked = Asked {
            to_checkpoint: self.may_have_been_asked() || self.term.is_some(),
            to_end: self.was_told_to_end(clearing.exit),
            fresh,
            says_finished: self.heard.finished,
            requeues_itself: self.settings.requeued_by_program && self.situation.host == Host::Slurm,
        };
        if self.heard.finished && rules.finished == Answer::No {
            self.say(Notice::NotFinishedByRule);
        } else if self.heard.finished && rules.finished == Answer::Unknown && !clearing.exit.is_success() {
            self.say(Notice::FinishedButFailed);
        }
        let verdict = Verdict::on(clearing.exit, &rules, asked);
        let cause = self.cause_of_end();
        let segment = Segment { verdict, cause, fresh, ran: clearing.ran };
        match &checkpoint {
            Some(id)
                if fresh == Some(true) && ![&self.saved, &self.heard.last_noted].contains(&&checkpoint) =>
            {
                self.note_saved(id.clone(), self.spawned + clearing.ran);
            }
            _ if verdict != Verdict::Finished && fresh == Some(false) && self.asked => {
                let text = "no new checkpoint; what lay there before this segment is kept";
                self.say(Notice::NotSaved(text.into()));
            }
            _ => {}
        }
        self.record_what_was_told();
        self.act(Action::Record(Entry::SegmentEnded(Box::new(Ended {
            exit: clearing.exit,
            verdict,
            cause,
            checkpoint: checkpoint.clone(),
            fresh,
            ran: clearing.ran,
        }))));
        let retry = self.what_a_failure_calls_for(&segment, retry);
        let fresh = checkpoint.filter(|_| fresh == Some(true));
        let decision = stop::decide(&self.settings, &self.past, &segment, retry.as_ref());
        self.carry_out(decision, segment, fresh, clearing.exit);
    }

    /// What the profile's rules say of this failure. A checkpoint is only at fault where the segment started from one
    /// and got no further.
    fn what_a_failure_calls_for(&mut self, segment: &Segment, retry: Option<Retry>) -> Option<Retry> {
        if segment.verdict != Verdict::Failed {
            return None;
        }
        if let Some(Retry::Fallback(line)) = &retry {
            let id = self.situation.from.clone().filter(|_| segment.fresh != Some(true))?;
            self.say(Notice::Quarantined { path: id.path.display().to_string(), line: line.clone() });
            self.act(Action::Record(Entry::Quarantined(id, line.clone())));
        }
        retry
    }

    fn cause_of_end(&self) -> Cause {
        match (self.cause, self.term) {
            // A SIGTERM before the grace time is over is not its end; whose it is, nobody has said.
            (Some(Cause::Preempted), Some(_))
                if self.is_open(Question::Cause) && !self.past_the_deadline() =>
            {
                Cause::Unknown
            }
            (Some(cause), _) => cause,
            (None, Some(_)) if self.allocation_end().is_some_and(|end| self.now.instant >= end) => {
                Cause::TimeLimit
            }
            (None, Some(_)) => Cause::Unknown,
            (None, None) if self.may_have_been_asked() || self.told_to_end => Cause::Deadline,
            (None, None) => Cause::Completed,
        }
    }

    fn carry_out(
        &mut self,
        decision: Decision,
        segment: Segment,
        fresh: Option<CheckpointId>,
        exit: ChildExit,
    ) {
        match decision {
            Decision::Finish => {
                self.act(Action::Record(Entry::ChainFinished));
                self.say(Notice::Finished);
                // A code that only says "I was signalled" must not make a finished job look failed.
                let asked = self.may_have_been_asked() || self.term.is_some();
                let status = if asked { ExitStatus::SUCCESS } else { exit.into() };
                self.leave_chain(status);
            }
            Decision::Stop(reason, text) => self.stop_chain(reason, text, exit),
            Decision::Leave => {
                self.say(Notice::SchedulerContinues);
                self.leave_to_scheduler();
            }
            Decision::Continue => match fresh.filter(|_| self.settings.keeps) {
                Some(id) if self.copied.as_ref() != Some(&id) => self.keep(id, segment, exit),
                _ => self.go_on(segment, exit),
            },
        }
    }

    pub(super) fn stop_chain(&mut self, reason: StopReason, text: String, exit: ChildExit) {
        self.act(Action::Record(Entry::ChainStopped(reason, text.clone())));
        self.say(Notice::Stopped(text));
        self.leave_chain(self.status_of_unfinished(exit));
    }

    /// The child's own code, unless it would say that all is well.
    pub(super) fn status_of_unfinished(&self, exit: ChildExit) -> ExitStatus {
        if exit.is_success() || self.told_to_end { ExitStatus::UNFINISHED } else { exit.into() }
    }

    /// Facts about an end are awaited no longer than there is time for.
    pub(super) fn hurry_clearing(&mut self) {
        let until = self.now.instant + self.patience(FACTS_AFTER_TERM);
        if let Some(at) = self.timers.at(Timer::Wait) {
            self.timers.set(Timer::Wait, at.min(until));
        }
    }

    pub(super) fn late_signal(&mut self, signal: Signal, sender: Sender) {
        let from_outside = !matches!(sender, Sender::Child | Sender::Own);
        // A key pressed between two segments of the embedded scheduler is meant for the chain.
        let key =
            matches!(signal, Signal::INT | Signal::QUIT | Signal::HUP) && self.situation.host == Host::Local;
        if (signal == Signal::TERM || key) && from_outside && self.situation.chain {
            self.late_term();
        }
    }

    fn late_term(&mut self) {
        if self.term.is_some() {
            return;
        }
        if self.continuation_expects_term() {
            self.expected_term.get_or_insert(self.now.instant);
            // Whoever sent it, SIGKILL follows within KillWait.
            self.hurry_after_term();
            return;
        }
        self.term = Some(self.now.instant);
        if self.situation.host == Host::Slurm {
            self.ask(Question::Cause);
            self.act(Action::QueryKillWait);
        } else {
            self.cause = Some(Cause::Asked);
            self.cause_while_continuing();
        }
        match self.state {
            State::Clearing(_) => {
                self.timers.set(Timer::Wait, self.now.instant + self.patience(FACTS_AFTER_TERM));
            }
            _ => self.hurry_after_term(),
        }
    }
}
