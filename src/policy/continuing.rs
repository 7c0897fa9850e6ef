//! After the verdict: carrying the chain on, or cancelling what is left of it.

use std::time::Duration;

use crate::model::{CheckpointId, ChildExit, ContinuationMode as Mode, ExitStatus, Instant, JobId};

use super::action::{Action, Entry, Outcome, Step, StopReason};
use super::cause::Cause;
use super::continuation::Continuation;
use super::errand::Errand;
use super::event::{JobAnswer, StepAnswer};
use super::left_to_program::Watch;
use super::machine::{Machine, Question, State};
use super::notice::Notice;
use super::situation::Host;
use super::stop::Segment;
use super::terms::{Ending, Next, Terms};
use super::timer::Timer;

/// How long after the deadline the scheduler is still asked, as long as nobody ends the job: with the
/// controller down no limit is enforced.
const BEYOND: Duration = Duration::from_secs(60);
/// How long it is still asked once SIGTERM has come.
pub(super) const AFTER_TERM: Duration = Duration::from_secs(8);
/// How long a durable intent is awaited: a file system that hangs must not keep a chain from being requeued.
const RECORDING: Duration = Duration::from_secs(10);

/// What is being done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Work {
    /// The chain is carried on.
    Continue { continuation: Continuation, exit: ChildExit, progress: bool },
    /// A copy of the new checkpoint is being made, and then the chain is carried on.
    Keep { id: CheckpointId, segment: Segment, exit: ChildExit },
    /// The program lets the job go on, and it is looked whether that shows.
    Watch(Watch),
    /// Made, or perhaps made, but it is awaited whether the job was cancelled meanwhile.
    Confirm { ending: Ending, exit: ChildExit },
    /// A last errand before this exit.
    Errand(Errand),
}

impl Machine {
    /// The chain is to go on after this segment.
    pub(super) fn go_on(&mut self, segment: Segment, exit: ChildExit) {
        if self.settings.requeued_by_program {
            self.leave_to_program(exit);
        } else {
            self.start_continuing(&segment, exit);
        }
    }

    fn start_continuing(&mut self, segment: &Segment, exit: ChildExit) {
        let now = self.now.instant;
        let end = self.allocation_end().unwrap_or(now).max(now);
        let mut give_up = end + BEYOND;
        if let Some(term) = self.ending_since() {
            give_up = give_up.min(self.last_moment(term));
        }
        // Only on the scheduler's own word: a plain requeue would bring a cancelled job back.
        let running = !(segment.cause == Cause::TimeLimit && self.cause_proved);
        let terms = Terms {
            restart: self.situation.restart,
            incomplete: running,
            expedite: self.settings.expedite,
            next_index: self.settings.mode == Mode::Array
                && self.situation.array.is_some_and(|place| place.last),
            doubtful: self.situation.array.is_some_and(|place| place.doubtful),
            code: Some(self.settings.exit_code).filter(|code| *code != 0),
            give_up,
        };
        let mode = match (self.situation.host, self.settings.mode) {
            (Host::Local, Mode::None) | (Host::Nobody, _) => Mode::None,
            (Host::Local, _) => Mode::Local,
            // No other task will come.
            (Host::Slurm, Mode::Array) if self.situation.array.is_none() => Mode::Auto,
            (Host::Slurm, mode) => mode,
        };
        let continuation = Continuation::new(mode, terms);
        let next = continuation.first();
        let progress = segment.fresh == Some(true);
        self.state = State::Continuing(Box::new(Work::Continue { continuation, exit, progress }));
        self.follow(next);
    }

    fn with_continuation(&mut self, step: impl FnOnce(&mut Continuation) -> Next) {
        if let State::Continuing(work) = &mut self.state
            && let Work::Continue { continuation, .. } = work.as_mut()
        {
            let next = step(continuation);
            let notices = continuation.take_notices();
            for notice in notices {
                self.say(notice);
            }
            self.follow(next);
        }
    }

    fn follow(&mut self, next: Next) {
        match next {
            Next::Intend(Mode::None | Mode::Auto) => {
                self.with_continuation(Continuation::begin);
            }
            Next::Intend(_) if self.revoked().is_some() => self.continuation_ended(Ending::Cancelled),
            Next::Intend(mode) => self.intend(mode),
            Next::Do(step) => {
                self.wait_for_answer();
                self.act(Action::Step(step));
            }
            Next::Look => {
                self.wait_for_answer();
                self.ask(Question::Continuation);
            }
            Next::Wait(until) => self.timers.set(Timer::Wait, until),
            Next::End(ending) => self.continuation_ended(ending),
        }
    }

    fn wait_for_answer(&mut self) {
        if let Some(continuation) = self.continuation() {
            let until = continuation.give_up().max(self.now.instant + Duration::from_secs(1));
            self.timers.set(Timer::Wait, until);
        }
    }

    fn intend(&mut self, mode: Mode) {
        if let (Some(at), None) = (self.expected_term.take(), self.term)
            && mode != Mode::Requeue
        {
            // It was taken for the effect of a requeue that was then refused.
            self.term = Some(at);
            self.ask(Question::Cause);
            self.hurry_after_term();
        }
        if let Some(continuation) = self.continuation() {
            let now = self.now.instant;
            let latest = continuation.give_up().max(now + Duration::from_secs(1));
            // Where the one before has not come back, this one will not either.
            let usual = if self.records == 0 { RECORDING } else { Duration::from_secs(1) };
            self.timers.set(Timer::Wait, (now + self.patience(usual)).min(latest));
        }
        self.records = self.records.saturating_add(1);
        self.act(Action::RecordDurably(Entry::Intent(mode)));
    }

    fn continuation(&self) -> Option<&Continuation> {
        match &self.state {
            State::Continuing(work) => match work.as_ref() {
                Work::Continue { continuation, .. } => Some(continuation),
                Work::Keep { .. } | Work::Watch(_) | Work::Confirm { .. } | Work::Errand(_) => None,
            },
            _ => None,
        }
    }

    pub(super) fn take_record(&mut self, durable: bool) {
        self.records = self.records.saturating_sub(1);
        // An answer that was given up comes before the one that is awaited.
        if self.records == 0 && self.continuation().is_some_and(Continuation::intends) {
            self.timers.stop(Timer::Wait);
            self.act_on_record(durable);
        }
    }

    fn act_on_record(&mut self, durable: bool) {
        let progress = matches!(&self.state, State::Continuing(work)
            if matches!(work.as_ref(), Work::Continue { progress: true, .. }));
        self.with_continuation(|c| if durable { c.begin() } else { c.without_journal(progress) });
    }

    pub(super) fn take_step(&mut self, answer: StepAnswer) {
        if matches!(&self.state, State::Continuing(work) if matches!(work.as_ref(), Work::Errand(_))) {
            return self.take_errand(answer);
        }
        let now = self.now;
        self.with_continuation(|c| c.answer(now, answer));
    }

    pub(super) fn continuation_looked(&mut self, answer: &JobAnswer) {
        if matches!(&self.state, State::Continuing(work) if matches!(work.as_ref(), Work::Watch(_))) {
            return self.program_looked(answer);
        }
        let now = self.now;
        self.with_continuation(|c| c.job(now, answer));
    }

    pub(super) fn try_continuing_again(&mut self) {
        let State::Continuing(work) = &self.state else { return };
        match work.as_ref() {
            Work::Continue { continuation, .. } if continuation.intends() => self.act_on_record(false),
            Work::Continue { .. } => self.with_continuation(Continuation::again),
            Work::Keep { .. } => self.stop_keeping(),
            Work::Watch(_) => self.watch_on(),
            // No word about the SIGTERM.
            Work::Confirm { .. } => {
                let cause = if self.past_the_deadline() { Cause::TimeLimit } else { Cause::Unknown };
                self.cause = Some(cause);
                self.cause_while_continuing();
            }
            Work::Errand(_) => self.try_errand_again(),
        }
    }

    fn continuation_ended(&mut self, ending: Ending) {
        let State::Continuing(work) = &self.state else { return };
        let Work::Continue { exit, .. } = work.as_ref() else { return };
        let exit = *exit;
        let depends_on_cause = match &ending {
            Ending::Continued { mode, .. } => *mode != Mode::Requeue,
            Ending::Failed { unknown, .. } => *unknown,
            Ending::Cancelled => false,
        };
        if depends_on_cause && self.is_open(Question::Cause) {
            self.timers.set(Timer::Wait, self.now.instant + AFTER_TERM);
            self.state = State::Continuing(Box::new(Work::Confirm { ending, exit }));
        } else {
            self.settle(ending, exit);
        }
    }

    fn settle(&mut self, ending: Ending, exit: ChildExit) {
        match ending {
            Ending::Continued { mode, job, code } => self.made(mode, job, code, exit),
            Ending::Cancelled => self.revoke(None, exit),
            Ending::Failed { mode, unknown, text } => {
                let wanted = mode != Mode::None;
                self.act(Action::Record(Entry::ContinuationFailed { mode, unknown, text: text.clone() }));
                if self.revoked().is_some() {
                    // Should it have happened all the same, the journal stops it at its start.
                    self.revoke(None, exit);
                } else if unknown {
                    self.say(Notice::NotContinued { unknown, text });
                    self.finish(Outcome::Exit(self.status_of_unfinished(exit)));
                } else {
                    if wanted {
                        self.say(Notice::NotContinued { unknown, text: text.clone() });
                    }
                    self.stop_chain(StopReason::NoContinuation, text, exit);
                }
            }
        }
    }

    /// Why the chain is not to be carried on, if something has come in between.
    pub(super) fn revoked(&self) -> Option<Cause> {
        self.cause.filter(|cause| cause.ends_chain() || cause.scheduler_continues())
    }

    fn made(&mut self, mode: Mode, job: Option<JobId>, code: Option<u8>, exit: ChildExit) {
        // Its own requeue cannot be told from another's, and spares a cancelled job by itself.
        if mode == Mode::Requeue || self.revoked().is_none() {
            self.chain_goes_on(mode, job, code);
        } else {
            self.revoke(job, exit);
        }
    }

    /// Ends the chain here, or leaves it to the scheduler; a successor made meanwhile is cancelled.
    pub(super) fn revoke(&mut self, job: Option<JobId>, exit: ChildExit) {
        let left = self.cause.is_some_and(Cause::scheduler_continues);
        if left {
            self.say(Notice::SchedulerContinues);
            self.act(Action::Record(Entry::Continued { mode: Mode::Requeue, job: None }));
        } else {
            let cause = self.cause.filter(|cause| cause.ends_chain()).unwrap_or(Cause::Cancelled);
            let text =
                format!("{}; the checkpoint is kept, and the same script goes on from it", cause.words());
            self.act(Action::Record(Entry::ChainStopped(StopReason::Cancelled, text.clone())));
            self.say(Notice::Stopped(text));
        }
        let goes_on = ExitStatus::Code(self.settings.exit_code);
        let status = if left { goes_on } else { self.status_of_unfinished(exit) };
        match job {
            Some(job) => self.errand(Step::CancelSuccessor(job), status),
            None if left => self.hasten_or_finish(status),
            None => self.leave_chain(status),
        }
    }

    fn chain_goes_on(&mut self, mode: Mode, job: Option<JobId>, code: Option<u8>) {
        self.act(Action::Record(Entry::Continued { mode, job }));
        self.say(Notice::Continued { mode, job });
        self.finish(match mode {
            Mode::Local => Outcome::NextSegment,
            _ => Outcome::Exit(ExitStatus::Code(code.unwrap_or(self.settings.exit_code))),
        });
    }

    /// Slurm has requeued the job, mostly after a preemption (which `scontrol` does not tell from a requeue by an
    /// administrator); its hold is shortened, for the checkpoint is safe and the node's next user has it already.
    pub(super) fn leave_to_scheduler(&mut self) {
        let status = ExitStatus::Code(self.settings.exit_code);
        self.act(Action::Record(Entry::Continued { mode: Mode::Requeue, job: None }));
        self.hasten_or_finish(status);
    }

    /// A program that requeues its job by itself may have said when it is to start.
    fn hasten_or_finish(&mut self, status: ExitStatus) {
        if self.settings.expedite && !self.settings.requeued_by_program {
            self.errand(Step::Hasten(super::continuation::HASTEN), status);
        } else {
            self.finish(Outcome::Exit(status));
        }
    }

    /// From its own requeue on a SIGTERM is expected and means nothing new.
    pub(super) fn continuation_expects_term(&self) -> bool {
        match &self.state {
            State::Continuing(work) => match work.as_ref() {
                Work::Continue { continuation, .. } => continuation.acted(),
                Work::Keep { .. } | Work::Watch(_) | Work::Confirm { .. } => false,
                Work::Errand(_) => true,
            },
            _ => false,
        }
    }

    /// SIGTERM has come: nothing is waited for that would outlast what is left.
    pub(super) fn hurry_after_term(&mut self) {
        self.hurry_continuation(self.now.instant + self.patience(AFTER_TERM));
        self.hurry_keeping();
    }

    pub(super) fn hurry_continuation(&mut self, until: Instant) {
        if let State::Continuing(work) = &mut self.state
            && let Work::Continue { continuation, .. } = work.as_mut()
        {
            continuation.hurry(until);
            if self.timers.at(Timer::Wait).is_some_and(|at| at > until) {
                self.timers.set(Timer::Wait, until);
            }
        }
    }

    /// The SIGTERM that came while the chain was being continued is explained.
    pub(super) fn cause_while_continuing(&mut self) {
        // Until now it may have been one after which the job goes on.
        if let Some(term) = self.ending_since() {
            self.hurry_continuation(self.last_moment(term));
        }
        let revoked = self.revoked().is_some();
        let State::Continuing(work) = &mut self.state else { return };
        match work.as_mut() {
            Work::Continue { continuation, .. } if revoked => continuation.call_off(),
            Work::Confirm { ending, exit } => {
                let (ending, exit) = (ending.clone(), *exit);
                self.settle(ending, exit);
            }
            Work::Keep { .. } if revoked => self.stop_keeping(),
            Work::Watch(watch) if revoked => {
                let exit = watch.exit;
                self.revoke(None, exit);
            }
            Work::Keep { .. } | Work::Watch(_) | Work::Continue { .. } | Work::Errand(_) => {}
        }
    }
}
