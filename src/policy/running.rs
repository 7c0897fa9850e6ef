//! While the child computes: the plan, the scheduler's news, signals.

use std::time::Duration;

use crate::model::{Instant, PreemptionWatch, Signal};

use super::action::{Action, Entry};
use super::asking::Why;
use super::cause::Cause;
use super::crowd;
use super::deadline;
use super::event::{End, GraceAnswer, JobAnswer, JobPhase, Sender};
use super::machine::{Machine, Question, State};
use super::notice::Notice;
use super::situation::Host;
use super::timer::Timer;

/// How long a program may take to set up its signal handlers; until then a fatal signal is held back.
/// GROMACS took 0.2 s; a large Python import takes seconds.
pub(super) const GETTING_READY: Duration = Duration::from_secs(10);
/// Time between a SIGTERM and SIGKILL by Slurm's default (KillWait in slurm.conf(5)), until the site is asked.
pub(super) const KILL_WAIT: Duration = Duration::from_secs(30);
/// Time for the last records of the journal where the file system does not answer.
const FLUSH: Duration = Duration::from_secs(10);
/// Least time between two polls for a preemption's grace time.
const LEAST_POLL: Duration = Duration::from_secs(2);
/// Time between two polls where the grace time is not known.
pub(super) const USUAL_POLL: Duration = Duration::from_secs(30);
/// Change of the deadline that is worth a new plan: Slurm prints whole seconds.
const SAME_DEADLINE: Duration = Duration::from_millis(1500);

impl Machine {
    pub(super) fn begin(&mut self) {
        self.state = State::Running;
        self.spawned = self.now.instant;
        if self.situation.chain {
            self.begin_chain();
        }
        for (signal, sender) in std::mem::take(&mut self.early) {
            self.take_signal(signal, sender);
        }
    }

    fn begin_chain(&mut self) {
        self.act(Action::Record(Entry::SegmentStarted));
        if !self.situation.journal {
            self.say(Notice::NoJournal);
        }
        self.deadline.scheduler =
            self.situation.end.filter(|end| !self.settings.ignores_end && self.is_credible(*end));
        self.plan();
        if self.situation.host == Host::Slurm {
            self.watch_owner();
            if self.deadline.scheduler.is_none() && !self.settings.ignores_end {
                self.ask(Question::Deadline);
            }
            match self.settings.preemption {
                PreemptionWatch::Auto => self.ask_for_grace_in_turn(),
                PreemptionWatch::Poll => {
                    self.poll = USUAL_POLL.max(crowd::between_polls(&self.settings, &self.situation));
                    self.timers.set(Timer::Poll, self.now.instant + self.poll);
                }
                PreemptionWatch::Off => {}
            }
        }
    }

    fn ask_for_grace_in_turn(&mut self) {
        let wait = crowd::after_start(&self.settings, &self.situation);
        if wait.is_zero() {
            self.act(Action::QueryGrace);
        } else {
            self.timers.set(Timer::Poll, self.now.instant + wait);
        }
    }

    /// An end before the start is none: a wrong clock or a number that means nothing must not end a program that runs.
    fn is_credible(&self, end: Instant) -> bool {
        end > self.situation.began.instant
    }

    /// When the SIGTERM came after which Slurm kills everything within KillWait. A signal to this process alone and
    /// the start of a grace time end nothing.
    pub(super) fn ending_since(&self) -> Option<Instant> {
        let goes_on = match self.cause {
            Some(Cause::Preempted) => !self.being_ended,
            Some(Cause::Asked) => true,
            _ => false,
        };
        self.term.filter(|_| !goes_on)
    }

    /// How long to wait for something that may never come: a third of what is left before Slurm's SIGKILL at the most, so
    /// that time is left to say what has become of the chain.
    pub(super) fn patience(&self, usual: Duration) -> Duration {
        match self.ending_since() {
            Some(term) => usual.min(self.last_moment(term).since(self.now.instant) / 3),
            None => usual,
        }
    }

    /// How long the journal may hold up the end: with a SIGKILL near, the exit code must get out, which Slurm may go by.
    pub fn patience_at_the_end(&self) -> Duration {
        self.patience(FLUSH)
    }

    /// The last moment for a word, should SIGKILL follow a SIGTERM that came at `term`.
    pub(super) fn last_moment(&self, term: Instant) -> Instant {
        term + self.kill_wait * 9 / 10
    }

    pub(super) fn take_deadline(&mut self, answer: &JobAnswer) {
        if !matches!(self.state, State::Running | State::Asking(_)) {
            return;
        }
        match answer {
            JobAnswer::Unknown(text) => self.no_deadline(text.clone()),
            JobAnswer::Gone => self.no_deadline("Slurm does not know this job".into()),
            JobAnswer::Facts(facts) => {
                if facts.phase == JobPhase::Running && !facts.preempted {
                    self.not_preempted = Some(self.now.instant);
                }
                // While a job is being ended or requeued, EndTime speaks of its next life.
                if !matches!(facts.phase, JobPhase::Running | JobPhase::Other) {
                    if self.deadline.scheduler.is_none() {
                        self.timers.set(Timer::Retry, deadline::retry_at(self.now, 0));
                    }
                    return;
                }
                match facts.end {
                    End::At(_) if self.settings.ignores_end && !facts.preempted => {}
                    End::At(end) if !self.is_credible(end) => self.no_deadline(
                        "by Slurm's word it was before this start; are the clocks of this node and of Slurm apart?".into(),
                    ),
                    End::At(end) => self.new_deadline(end, facts.preempted),
                    End::Never => {
                        if !self.deadline.unlimited && self.situation.own_limit.is_none() {
                            self.say(Notice::NoLimit);
                        }
                        self.deadline.unlimited = true;
                        self.deadline.unanswered = 0;
                        self.deadline.scheduler = None;
                        self.plan();
                    }
                    End::Unknown => self.no_deadline("Slurm gave no end time".into()),
                }
            }
        }
    }

    fn no_deadline(&mut self, text: String) {
        // Who leaves the end out of account does not miss it.
        if self.settings.ignores_end {
            return;
        }
        if self.deadline.scheduler.is_none() && self.deadline.unanswered == 0 {
            self.say(Notice::NoDeadline(text));
        }
        if self.deadline.scheduler.is_none() {
            self.timers.set(Timer::Retry, deadline::retry_at(self.now, self.deadline.unanswered));
        }
        self.deadline.unanswered = self.deadline.unanswered.saturating_add(1);
    }

    fn new_deadline(&mut self, end: Instant, preempted: bool) {
        let moved = |old: Instant| old.since(end).max(end.since(old)) > SAME_DEADLINE;
        let news = self.deadline.scheduler.is_none_or(moved);
        self.deadline.scheduler = Some(end);
        self.deadline.unanswered = 0;
        if news {
            self.plan();
        }
        if preempted && self.cause.is_none() {
            self.cause = Some(Cause::Preempted);
            self.timers.stop(Timer::Poll);
            self.ask_for_checkpoint(Why::Preempted);
        }
    }

    pub(super) fn take_grace(&mut self, answer: GraceAnswer) {
        match answer {
            GraceAnswer::Time(grace) if !grace.is_zero() => {
                let own = (grace / 3).max(LEAST_POLL);
                let span = own.max(crowd::between_polls(&self.settings, &self.situation));
                self.grace = Some(grace);
                self.grace_unanswered = 0;
                self.poll = span;
                self.timers.set(Timer::Poll, self.now.instant + span);
            }
            GraceAnswer::Time(_) | GraceAnswer::None => self.grace_unanswered = 0,
            GraceAnswer::Unknown => {
                self.timers.set(Timer::Poll, deadline::retry_at(self.now, self.grace_unanswered));
                self.grace_unanswered = self.grace_unanswered.saturating_add(1);
            }
        }
    }

    /// Slurm takes no KillWait below 5 s.
    pub(super) fn take_kill_wait(&mut self, span: Duration) {
        self.kill_wait = span.max(Duration::from_secs(5));
        match self.state {
            State::Running | State::Asking(_) => self.set_stop(),
            State::Clearing(_) => self.hurry_clearing(),
            State::Continuing(_) => {
                if let Some(term) = self.ending_since() {
                    self.hurry_continuation(self.last_moment(term));
                }
                self.hurry_keeping();
            }
            _ => {}
        }
    }

    pub(super) fn poll_for_preemption(&mut self) {
        if self.settings.preemption == PreemptionWatch::Auto && self.grace.is_none() {
            self.act(Action::QueryGrace);
        } else {
            self.ask(Question::Deadline);
            self.timers.set(Timer::Poll, self.now.instant + self.poll);
        }
    }

    /// A signal while the child lives. The rules are documented in the README.
    pub(super) fn take_signal(&mut self, signal: Signal, sender: Sender) {
        match (signal, sender) {
            (Signal::CHLD, _) | (_, Sender::Child | Sender::Own) => {}
            (Signal::CONT, _) => self.continued(),
            (_, Sender::Kernel) if self.situation.terminal => {
                // The terminal gave it to the whole foreground group, the child included.
                if matches!(signal, Signal::TSTP | Signal::TTIN | Signal::TTOU) {
                    self.stop_expected = true;
                    self.cont_owed = false;
                }
                if signal == Signal::INT || signal == Signal::QUIT || signal == Signal::HUP {
                    self.note_asked();
                }
            }
            (Signal::TSTP | Signal::TTIN | Signal::TTOU, _) => {
                self.stop_expected = true;
                self.act(Action::Forward(signal));
            }
            (Signal::TERM, _) if self.situation.chain => self.take_term(),
            (warning, _) if self.is_warning(warning) => self.take_hint(warning),
            (Signal::INT | Signal::QUIT | Signal::HUP, _) => {
                self.note_asked();
                self.forward(signal);
            }
            (signal, _) => self.forward(signal),
        }
    }

    /// The user asked the program itself to end: what follows is not the scheduler's doing.
    fn note_asked(&mut self) {
        if self.situation.chain && self.cause.is_none() && self.situation.host == Host::Local {
            self.cause = Some(Cause::Asked);
        }
    }

    pub(super) fn forward(&mut self, signal: Signal) {
        if self.waits_for_ready(signal) {
            self.held.push(signal);
        } else if self.situation.chain && self.child_is_young() {
            self.act(Action::ForwardIfCaught(signal));
        } else {
            self.act(Action::Forward(signal));
        }
    }

    fn is_warning(&self, signal: Signal) -> bool {
        self.situation.host == Host::Slurm
            && self.situation.chain
            && self.settings.warning_signals.contains(&signal)
    }

    /// Slurm's warning is a hint: with a known deadline and a lead that is more than a guess, ckwrap waits
    /// for its own moment.
    fn take_hint(&mut self, signal: Signal) {
        self.say(Notice::Hint(signal));
        self.ask(Question::Deadline);
        let certain = self.schedule.is_some() && self.knows_its_moment();
        if !certain && matches!(self.state, State::Running) {
            self.ask_for_checkpoint(Why::Warned(signal));
        }
    }

    fn take_term(&mut self) {
        if self.term.is_none() {
            self.term = Some(self.now.instant);
            match self.situation.host {
                Host::Slurm => {
                    self.ask(Question::Cause);
                    self.act(Action::QueryKillWait);
                }
                Host::Local | Host::Nobody => self.cause = Some(Cause::Asked),
            }
        } else if self.cause == Some(Cause::Asked) && matches!(self.state, State::Asking(_)) {
            // Whoever sent it has no patience left.
            self.end_child();
            return;
        }
        match self.state {
            State::Running => self.ask_for_checkpoint(Why::Term),
            State::Asking(_) => {
                self.child_heard_too();
                self.set_stop();
            }
            _ => {}
        }
    }

    pub(super) fn take_cause(&mut self, answer: &JobAnswer) {
        let mut cause = Cause::of_term(answer, self.situation.restart);
        self.cause_proved = matches!(answer, JobAnswer::Facts(_));
        self.being_ended = matches!(answer, JobAnswer::Facts(facts)
            if matches!(facts.phase, JobPhase::Completing | JobPhase::Ended));
        if cause == Cause::Unknown && self.past_the_deadline() {
            cause = Cause::TimeLimit;
        }
        if cause == Cause::Preempted && self.cancelled_in_grace() {
            cause = Cause::Cancelled;
        }
        self.say(Notice::Cause(cause.words()));
        self.cause = Some(cause);
        match (&self.state, answer) {
            (State::Running | State::Asking(_), _) => {
                if let (Cause::Preempted, JobAnswer::Facts(facts)) = (cause, answer)
                    && let (JobPhase::Running, End::At(end)) = (facts.phase, facts.end)
                {
                    self.deadline.scheduler = Some(end);
                    self.plan();
                }
                // Without an answer it may be the end all the same, though a grace time was believed in before.
                self.set_stop();
            }
            (State::Clearing(_), _) => self.judge_if_all_is_known(),
            (State::Continuing(_), _) => self.cause_while_continuing(),
            _ => {}
        }
    }

    pub(super) fn past_the_deadline(&self) -> bool {
        let term = self.term.unwrap_or(self.now.instant);
        self.allocation_end().is_some_and(|end| term + Duration::from_secs(2) >= end)
    }

    /// A job that is ended before its grace time is over was cancelled by somebody; the mark of the preemption stays
    /// on it all the same.
    fn cancelled_in_grace(&self) -> bool {
        let grace_ends = match (self.cause, self.grace, self.not_preempted) {
            (Some(Cause::Preempted), _, _) => self.deadline.scheduler,
            // It began after the last look, so it cannot be over before this.
            (_, Some(grace), Some(seen)) => Some(seen + grace),
            _ => None,
        };
        let term = self.term.unwrap_or(self.now.instant);
        self.being_ended && grace_ends.is_some_and(|end| term + Duration::from_secs(2) < end)
    }
}
