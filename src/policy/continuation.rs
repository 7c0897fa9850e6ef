//! How an unfinished chain is carried on: one mode after the other, looking before any second try.
//!
//! Facts behind it, measured on Slurm 22.05.8: a requeue or submission that timed out may have happened;
//! `requeue Incomplete` does nothing (and says so to nobody) for a job that is being cancelled or has
//! reached its limit; a job submitted with `--no-requeue` may be set to `Requeue=1` by its owner; an update
//! of `StartTime` is refused while the job is not pending, so its success proves the requeue.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::{ContinuationMode as Mode, Instant, JobId, Now};

use super::action::Step;
use super::deadline::spread;
use super::event::{JobAnswer, JobPhase, Refused, StepAnswer};
use super::notice::Notice;
use super::terms::{Ending, Next, Terms};

/// How often one act is tried again after it was proved not to have happened.
const MOST_TRIES: u32 = 5;

/// Time after which a submission that was under way must have shown up.
const PROOF: Duration = Duration::from_secs(5);

/// The start after a requeue. It must lie in the future when the job has completed, its epilog included, else
/// Slurm holds it for 121 s: from an exit right after the call, 2 s sufficed without an epilog, 5 s with one of
/// 3 s (measured on 22.05.8, both kinds of process tracking).
pub(super) const HASTEN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Intended,
    Requeue { incomplete: bool },
    Allow,
    Hasten,
    LookAtJob,
    Fetch,
    Submit,
    Find,
    Dependents(JobId),
    Tasks,
    Codes,
}

/// One continuation under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Continuation {
    modes: VecDeque<Mode>,
    stage: Stage,
    terms: Terms,
    tries: u32,
    waits: u32,
    /// Looks in a row that found no successor.
    absences: u32,
    allowed: bool,
    waiting: bool,
    called_off: bool,
    last_text: String,
    notices: Vec<Notice>,
}

impl Continuation {
    /// A continuation by `mode`; `auto` stands for requeue, successor, exit code in turn.
    pub(super) fn new(mode: Mode, terms: Terms) -> Self {
        let modes = match mode {
            Mode::Auto => VecDeque::from([Mode::Requeue, Mode::Successor, Mode::ExitCode]),
            mode => VecDeque::from([mode]),
        };
        Self {
            modes,
            stage: Stage::Intended,
            terms,
            tries: 0,
            waits: 0,
            absences: 0,
            allowed: false,
            waiting: false,
            called_off: false,
            last_text: String::new(),
            notices: Vec::new(),
        }
    }

    /// The mode that is tried now.
    pub(super) fn mode(&self) -> Mode {
        self.modes.front().copied().unwrap_or(Mode::None)
    }

    /// The first thing to do.
    pub(super) fn first(&self) -> Next {
        Next::Intend(self.mode())
    }

    /// What is to be told, once.
    pub(super) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Whether the act itself may have been sent out: a SIGTERM is expected from then on.
    pub(super) fn acted(&self) -> bool {
        self.mode() == Mode::Requeue && self.stage != Stage::Intended && self.stage != Stage::Allow
    }

    /// Whether the intent has not been acted upon yet.
    pub(super) fn intends(&self) -> bool {
        self.stage == Stage::Intended
    }

    /// When no more is tried.
    pub(super) fn give_up(&self) -> Instant {
        self.terms.give_up
    }

    /// The chain is not to be carried on from here after all: nothing new is begun, and what may have happened
    /// is still looked up.
    pub(super) fn call_off(&mut self) {
        self.called_off = true;
    }

    /// Less time than thought: nothing more is tried after `instant`.
    pub(super) fn hurry(&mut self, instant: Instant) {
        self.terms.give_up = self.terms.give_up.min(instant);
    }

    /// The intent is durable: act.
    pub(super) fn begin(&mut self) -> Next {
        self.tries = 0;
        if self.called_off {
            return Next::End(Ending::Cancelled);
        }
        match self.mode() {
            Mode::Requeue => self.requeue(self.terms.incomplete),
            Mode::Successor => self.go(Stage::Fetch, Step::FetchScript),
            Mode::Array if self.terms.next_index => self.go(Stage::Fetch, Step::FetchScript),
            // Whoever could not write down that the chain stops may have cancelled them, even some time after.
            Mode::Array => self.go(Stage::Tasks, Step::FindTasks),
            Mode::Local => self.continued(None, None),
            Mode::ExitCode => match self.terms.code {
                Some(code) => self.continued(None, Some(code)),
                None => self.go(Stage::Codes, Step::RequeueExitCodes),
            },
            Mode::Auto | Mode::None => self.failed(false, "no continuation was wanted (continue.mode)"),
        }
    }

    /// The intent could not be made durable: this mode must not be tried if it could be doubled.
    pub(super) fn without_journal(&mut self, progress: bool) -> Next {
        match self.mode() {
            // The job keeps its number, so neither can be doubled; without progress nobody would count the turns.
            Mode::Requeue | Mode::ExitCode if progress => self.begin(),
            Mode::Array if progress && !self.terms.next_index => self.begin(),
            Mode::Local => self.begin(),
            _ => self.next_mode("the journal cannot be written".into()),
        }
    }

    fn go(&mut self, stage: Stage, step: Step) -> Next {
        self.stage = stage;
        Next::Do(step)
    }

    fn requeue(&mut self, incomplete: bool) -> Next {
        if self.called_off {
            return Next::End(Ending::Cancelled);
        }
        self.tries += 1;
        self.go(Stage::Requeue { incomplete }, Step::Requeue { incomplete })
    }

    fn submit(&mut self) -> Next {
        if self.called_off {
            return Next::End(Ending::Cancelled);
        }
        self.tries += 1;
        self.absences = 0;
        self.go(Stage::Submit, Step::Submit { next_index: self.terms.next_index })
    }

    fn look(&mut self) -> Next {
        self.stage = Stage::LookAtJob;
        Next::Look
    }

    fn continued(&self, job: Option<JobId>, code: Option<u8>) -> Next {
        Next::End(Ending::Continued { mode: self.mode(), job, code })
    }

    fn failed(&self, unknown: bool, text: &str) -> Next {
        Next::End(Ending::Failed { mode: self.mode(), unknown, text: text.to_owned() })
    }

    fn next_mode(&mut self, text: String) -> Next {
        if self.called_off {
            return Next::End(Ending::Cancelled);
        }
        if self.modes.len() <= 1 {
            return self.failed(false, &text);
        }
        self.notices.push(Notice::Fallback { mode: self.mode(), text });
        self.modes.pop_front();
        self.stage = Stage::Intended;
        Next::Intend(self.mode())
    }

    /// Takes the answer to a step.
    pub(super) fn answer(&mut self, now: Now, answer: StepAnswer) -> Next {
        match (self.stage, answer) {
            (Stage::Requeue { .. }, StepAnswer::Done) if self.terms.expedite => {
                self.go(Stage::Hasten, Step::Hasten(HASTEN))
            }
            (Stage::Requeue { .. }, StepAnswer::Done) => self.look(),
            (Stage::Requeue { .. }, StepAnswer::Refused(Refused::AlreadyPending, _)) => {
                self.continued(None, None)
            }
            (Stage::Requeue { .. }, StepAnswer::Refused(Refused::Disabled, _)) if !self.allowed => {
                self.allowed = true;
                self.go(Stage::Allow, Step::AllowRequeue)
            }
            // "Already completing or completed": why, the job itself must tell.
            (Stage::Requeue { .. }, StepAnswer::Refused(Refused::NotPending, text)) => {
                self.last_text = text;
                self.look()
            }
            (Stage::Allow, StepAnswer::Done) => self.requeue(self.terms.incomplete),
            (Stage::Allow, StepAnswer::Unknown(text)) => {
                // Setting the flag twice does no harm.
                self.wait(now, text)
            }
            (Stage::Hasten, StepAnswer::Done) => self.continued(None, None),
            (Stage::Hasten, _) => self.look(),
            (Stage::Requeue { .. }, StepAnswer::Unknown(text)) => {
                self.notices.push(Notice::Unanswered(text.clone()));
                self.last_text = text;
                self.look()
            }
            (Stage::Fetch, StepAnswer::Done) => self.submit(),
            (Stage::Fetch | Stage::Codes, StepAnswer::Unknown(text)) => self.wait(now, text),
            (Stage::Submit | Stage::Find, StepAnswer::Job(job)) if self.called_off => {
                self.continued(Some(job), None)
            }
            (Stage::Submit | Stage::Find, StepAnswer::Job(job)) => {
                self.go(Stage::Dependents(job), Step::MoveDependents(job))
            }
            (Stage::Submit, StepAnswer::Unknown(text)) => {
                self.notices.push(Notice::Unanswered(text.clone()));
                self.last_text = text;
                self.go(Stage::Find, Step::FindSuccessor)
            }
            // A controller that was frozen answers the look-up before it has got through the submission that
            // waited in its queue (measured on 22.05.8: 23 ms apart), so one absence proves nothing.
            (Stage::Find, StepAnswer::Absent) if self.absences == 0 => {
                self.absences += 1;
                self.wait_for(now, PROOF)
            }
            (Stage::Find, StepAnswer::Absent) if self.tries < MOST_TRIES => self.submit(),
            (Stage::Find, StepAnswer::Absent) => {
                let text = std::mem::take(&mut self.last_text);
                self.next_mode(text)
            }
            (Stage::Find, StepAnswer::Unknown(text) | StepAnswer::Refused(_, text)) => self.wait(now, text),
            (Stage::Dependents(job), answer) => {
                if let StepAnswer::Unknown(text) | StepAnswer::Refused(_, text) = answer {
                    self.notices.push(Notice::Leftover(format!(
                        "jobs that wait for this one could not be made to wait for its successor {job}: {text}"
                    )));
                }
                self.continued(Some(job), None)
            }
            (Stage::Tasks, StepAnswer::Done) => self.continued(None, None),
            (Stage::Tasks, StepAnswer::Absent) => self.failed(
                false,
                "no task of the array is left: the others have had their turn or were cancelled; submit the same script again to go on",
            ),
            (Stage::Tasks, StepAnswer::Unknown(_) | StepAnswer::Refused(..)) if !self.terms.doubtful => {
                self.continued(None, None)
            }
            (Stage::Tasks, StepAnswer::Unknown(text) | StepAnswer::Refused(_, text)) => self.wait(now, text),
            (Stage::Codes, StepAnswer::Codes(codes)) => match codes.first() {
                Some(code) => self.continued(None, Some(*code)),
                None => self.next_mode("this site requeues no exit code (RequeueExit is not set)".into()),
            },
            (_, StepAnswer::Refused(_, text)) => self.next_mode(text),
            (stage, answer) => self.next_mode(format!("unexpected answer {answer:?} at {stage:?}")),
        }
    }

    /// Takes the answer about the job.
    pub(super) fn job(&mut self, now: Now, answer: &JobAnswer) -> Next {
        let facts = match answer {
            JobAnswer::Unknown(text) => return self.wait(now, text.clone()),
            JobAnswer::Gone => return Next::End(Ending::Cancelled),
            JobAnswer::Facts(facts) => facts,
        };
        if facts.phase == JobPhase::Pending || facts.restarts.is_some_and(|now| now > self.terms.restart) {
            return self.continued(None, None);
        }
        match facts.phase {
            JobPhase::Running | JobPhase::Suspended if self.tries < MOST_TRIES => self.requeue(true),
            JobPhase::Completing | JobPhase::Ended if facts.time_limit || facts.preempted => {
                if self.tries < MOST_TRIES {
                    self.requeue(false)
                } else {
                    self.next_mode(self.last_text.clone())
                }
            }
            JobPhase::Completing | JobPhase::Ended => Next::End(Ending::Cancelled),
            JobPhase::Running | JobPhase::Suspended => self.next_mode(self.last_text.clone()),
            JobPhase::Pending | JobPhase::Other => self.wait(now, "the job is in an unknown state".into()),
        }
    }

    fn wait(&mut self, now: Now, text: String) -> Next {
        self.last_text = text;
        let span = Duration::from_secs(1 << self.waits.min(4));
        self.waits += 1;
        self.wait_for(now, spread(now, span))
    }

    fn wait_for(&mut self, now: Now, span: Duration) -> Next {
        let at = now.instant + span;
        if at > self.terms.give_up {
            let unknown = !matches!(self.stage, Stage::Fetch | Stage::Codes | Stage::Allow);
            let text = self.last_text.clone();
            return if unknown { self.failed(true, &text) } else { self.next_mode(text) };
        }
        self.waiting = true;
        Next::Wait(at)
    }

    /// The wait is over: ask again. Where an answer is awaited instead, the time for it is up.
    pub(super) fn again(&mut self) -> Next {
        if std::mem::take(&mut self.waiting) { self.ask_again() } else { self.out_of_time() }
    }

    /// A command that does not come back must not take away the seconds in which the user can be told.
    fn out_of_time(&mut self) -> Next {
        let text = "the scheduler's command did not return in time";
        match self.stage {
            Stage::Intended | Stage::Fetch | Stage::Codes | Stage::Allow => self.failed(false, text),
            Stage::Dependents(job) => {
                self.notices.push(Notice::Leftover(format!(
                    "jobs that wait for this one may not wait for its successor {job}: {text}"
                )));
                self.continued(Some(job), None)
            }
            Stage::Tasks if !self.terms.doubtful => self.continued(None, None),
            // A requeue that was answered may have come too late for a job that was being ended.
            Stage::Requeue { .. }
            | Stage::Hasten
            | Stage::LookAtJob
            | Stage::Submit
            | Stage::Find
            | Stage::Tasks => self.failed(true, text),
        }
    }

    fn ask_again(&mut self) -> Next {
        match self.stage {
            Stage::Allow => Next::Do(Step::AllowRequeue),
            Stage::Fetch => Next::Do(Step::FetchScript),
            Stage::Codes => Next::Do(Step::RequeueExitCodes),
            Stage::Find => Next::Do(Step::FindSuccessor),
            Stage::Tasks => Next::Do(Step::FindTasks),
            _ => self.look(),
        }
    }
}

#[cfg(test)]
#[path = "continuation_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "continuation_answers_tests.rs"]
mod answers_tests;
