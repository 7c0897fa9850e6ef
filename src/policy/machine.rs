//! The state machine of one segment: events in, actions out, one deadline.
//!
//! `handle` takes an event and the time; then `next_action` is called until it is empty; `deadline` says
//! when `Event::Tick` is due. What each event means in each phase is the table in [`super::table`].

use std::collections::VecDeque;

use crate::model::{CheckpointId, ChildExit, ExitStatus, Instant, Now, Signal};

use super::action::{Action, Outcome};
use super::asking::Asking;
use super::cause::Cause;
use super::clearing::Clearing;
use super::continuing::Work;
use super::deadline::{self, Schedule};
use super::event::{Event, ScanAnswer, Sender, Ticket};
use super::notice::Notice;
use super::planning::Safe;
use super::settings::Settings;
use super::situation::{Past, Situation};
use super::table::{self, Kind, Phase, Rule};
use super::telling::Heard;
use super::timer::{Timer, Timers};

/// Where a segment stands, with what belongs to that phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Starting,
    Running,
    Asking(Box<Asking>),
    Ending,
    Clearing(Box<Clearing>),
    Continuing(Box<Work>),
    Done,
}

/// Why the scheduler was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// When does the job end?
    Deadline,
    /// Who sent the SIGTERM?
    Cause,
    /// Whether the ranks ended because a grace time has begun.
    Preemption,
    /// Has the continuation happened?
    Continuation,
}

/// What is known about the deadline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Deadline {
    /// The scheduler's, where it said one.
    pub(super) scheduler: Option<Instant>,
    /// Whether the scheduler said that there is none.
    pub(super) unlimited: bool,
    /// Questions in a row without an answer.
    pub(super) unanswered: u32,
}

/// The state machine of one segment.
#[derive(Debug, Clone)]
pub struct Machine {
    pub(super) settings: Settings,
    pub(super) situation: Situation,
    pub(super) past: Past,
    pub(super) now: Now,
    pub(super) state: State,
    pub(super) timers: Timers,
    pub(super) deadline: Deadline,
    pub(super) schedule: Option<Schedule>,
    /// The last checkpoint after which the program went on.
    pub(super) safe: Option<Safe>,
    pub(super) questions: Vec<(Ticket, Question)>,
    pub(super) tickets: u32,
    /// Signals that came before the child was there.
    pub(super) early: Vec<(Signal, Sender)>,
    /// Signals kept back until the child has handlers for them.
    pub(super) held: Vec<Signal>,
    pub(super) stop_expected: bool,
    /// A SIGCONT that the child may not have got.
    pub(super) cont_owed: bool,
    /// Whether the child has been stopped and has not gone on since, as far as is known.
    pub(super) child_stopped: bool,
    /// Whether SIGKILL was sent to the child.
    pub(super) killed: bool,
    /// When the child's start was seen.
    pub(super) spawned: Instant,
    /// First SIGTERM from outside.
    pub(super) term: Option<Instant>,
    /// What that was, once known.
    pub(super) cause: Option<Cause>,
    /// Whether the scheduler said so; else it was concluded.
    pub(super) cause_proved: bool,
    /// Whether the scheduler said that the job is being ended, and SIGKILL follows.
    pub(super) being_ended: bool,
    /// A SIGTERM taken for the effect of an own requeue.
    pub(super) expected_term: Option<Instant>,
    /// Durable records that are not answered yet.
    pub(super) records: u32,
    /// Whether a checkpoint was asked for by ckwrap, and reached the program.
    pub(super) asked: bool,
    /// Whether it is not known yet what became of the last trigger: it may have reached the program.
    pub(super) trigger_in_flight: bool,
    /// Whether ckwrap told the child to end.
    pub(super) told_to_end: bool,
    /// When the program was reached by a trigger.
    pub(super) delivered: Option<Instant>,
    /// The new checkpoint that has been told of.
    pub(super) saved: Option<CheckpointId>,
    /// The checkpoint that is being copied while the program goes on.
    pub(super) copying: Option<CheckpointId>,
    /// The one whose copy was complete before the program was ended.
    pub(super) copied: Option<CheckpointId>,
    /// The last trigger's signal.
    pub(super) sent: Option<Signal>,
    /// The partition's grace time before a preemption, where it gives one.
    pub(super) grace: Option<std::time::Duration>,
    /// When the job was last seen not to be preempted.
    pub(super) not_preempted: Option<Instant>,
    /// Time between a SIGTERM from Slurm and its SIGKILL.
    pub(super) kill_wait: std::time::Duration,
    /// Questions about the grace time without an answer so far.
    pub(super) grace_unanswered: u32,
    /// Time between two polls for a preemption.
    pub(super) poll: std::time::Duration,
    /// What the program has said of itself.
    pub(super) heard: Heard,
    /// Checkpoints seen before the request.
    pub(super) baseline: Vec<CheckpointId>,
    actions: VecDeque<Action>,
}

impl Machine {
    /// A segment that has not begun. The first action is to spawn.
    pub fn new(settings: Settings, situation: Situation, past: Past) -> Self {
        let baseline = situation.baseline.clone();
        Self {
            settings,
            now: situation.began,
            spawned: situation.began.instant,
            situation,
            past,
            state: State::Starting,
            timers: Timers::default(),
            deadline: Deadline::default(),
            schedule: None,
            safe: None,
            questions: Vec::new(),
            tickets: 0,
            early: Vec::new(),
            held: Vec::new(),
            stop_expected: false,
            cont_owed: false,
            child_stopped: false,
            killed: false,
            term: None,
            cause: None,
            cause_proved: false,
            being_ended: false,
            expected_term: None,
            records: 0,
            asked: false,
            trigger_in_flight: false,
            told_to_end: false,
            delivered: None,
            saved: None,
            copying: None,
            copied: None,
            sent: None,
            grace: None,
            not_preempted: None,
            kill_wait: super::running::KILL_WAIT,
            grace_unanswered: 0,
            poll: super::running::USUAL_POLL,
            heard: Heard::default(),
            baseline,
            actions: VecDeque::from([Action::Spawn]),
        }
    }

    /// The next thing to do, if any.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When `Event::Tick` is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The end of the allocation as far as known.
    pub fn allocation_end(&self) -> Option<Instant> {
        deadline::effective(self.deadline.scheduler, self.situation.own_limit)
    }

    /// Where the segment stands.
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Starting => Phase::Starting,
            State::Running => Phase::Running,
            State::Asking(_) => Phase::Asking,
            State::Ending => Phase::Ending,
            State::Clearing(_) => Phase::Clearing,
            State::Continuing(_) => Phase::Continuing,
            State::Done => Phase::Done,
        }
    }

    /// Takes one event.
    pub fn handle(&mut self, now: Now, event: Event) {
        self.now = now;
        match (table::rule(self.phase(), Kind::of(&event)), event) {
            (Rule::Begin, _) => self.begin(),
            (Rule::GiveUp, Event::SpawnFailed(status)) => self.finish(Outcome::Exit(status)),
            (Rule::KeepSignal, Event::Signal(signal, sender)) => self.early.push((signal, sender)),
            (Rule::TakeSignal, Event::Signal(signal, sender)) => self.take_signal(signal, sender),
            (Rule::LateSignal, Event::Signal(signal, sender)) => self.late_signal(signal, sender),
            (Rule::StopToo, Event::ChildStopped(_)) => self.stop_too(),
            (Rule::WentOn, _) => self.went_on(),
            (Rule::LookIntoEnd, Event::ChildExited(exit)) => self.look_into_end(exit),
            (Rule::Tick, _) => self.tick(),
            (Rule::TakeJob, Event::Job(ticket, answer)) => {
                if let Some(question) = self.answered(ticket) {
                    self.take_job(question, &answer);
                }
            }
            (Rule::TakeGrace, Event::Grace(grace)) => self.take_grace(grace),
            (Rule::TakeKillWait, Event::KillWait(span)) => self.take_kill_wait(span),
            (Rule::TakeTrigger, Event::Triggered(answer)) => self.take_trigger(answer),
            (Rule::LateTrigger, Event::Triggered(answer)) => self.take_late_trigger(&answer),
            (Rule::HoldSignal, Event::Held(signal)) => self.hold(signal),
            (Rule::TakeScan, Event::Scanned(ticket, answer)) => self.take_scan(ticket, answer),
            (Rule::TreeGone, _) => self.tree_gone(),
            (Rule::TakeAssessment, Event::Assessed(assessment)) => self.take_assessment(assessment),
            (Rule::TakeRecord, Event::Recorded(durable)) => self.take_record(durable),
            (Rule::TakeStep, Event::Step(answer)) => self.take_step(answer),
            (Rule::TakeKept, Event::Kept(answer)) => self.take_kept(answer),
            (Rule::Yield, _) => self.yield_to_later_copy(),
            (Rule::TakeMessage, Event::Told(message)) => self.take_message(message),
            (Rule::TakeExamined, Event::Examined(answer)) => self.take_examined(answer),
            // `Late` and `Never` change nothing; the other rules come with their own event by the table.
            _ => {}
        }
    }

    pub(super) fn act(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    pub(super) fn say(&mut self, notice: Notice) {
        self.act(Action::Say(notice));
    }

    pub(super) fn ticket(&mut self) -> Ticket {
        self.tickets = self.tickets.wrapping_add(1);
        Ticket(self.tickets)
    }

    /// Asks about the job unless the same question is open already.
    pub(super) fn ask(&mut self, question: Question) {
        if self.questions.iter().any(|(_, open)| *open == question) {
            return;
        }
        let ticket = self.ticket();
        self.questions.push((ticket, question));
        self.act(Action::QueryJob(ticket));
    }

    pub(super) fn is_open(&self, question: Question) -> bool {
        self.questions.iter().any(|(_, open)| *open == question)
    }

    fn answered(&mut self, ticket: Ticket) -> Option<Question> {
        let index = self.questions.iter().position(|(open, _)| *open == ticket)?;
        Some(self.questions.remove(index).1)
    }

    pub(super) fn finish(&mut self, outcome: Outcome) {
        self.timers.stop_all();
        self.state = State::Done;
        self.act(Action::Exit(outcome));
    }

    /// A child that has not been there for long may not have set up its handlers yet.
    pub(super) fn child_is_young(&self) -> bool {
        self.now.instant.since(self.spawned) < super::running::GETTING_READY
    }

    fn take_scan(&mut self, ticket: Ticket, answer: ScanAnswer) {
        match &mut self.state {
            State::Asking(_) => self.watch_scan(ticket, answer),
            State::Clearing(_) => self.last_scan(ticket, answer),
            _ => {
                if let ScanAnswer::Found { newest: Some(id), .. } = &answer {
                    self.baseline.push(id.clone());
                }
                self.announced_scan(ticket, answer);
            }
        }
    }

    fn take_job(&mut self, question: Question, answer: &super::event::JobAnswer) {
        match question {
            Question::Deadline => self.take_deadline(answer),
            Question::Cause => self.take_cause(answer),
            Question::Preemption => self.take_preemption(answer),
            Question::Continuation => self.continuation_looked(answer),
        }
    }

    fn tick(&mut self) {
        while let Some(timer) = self.timers.take_due(self.now.instant) {
            match timer {
                Timer::Reread => self.before_the_plan(),
                Timer::Trigger => self.planned_checkpoint(),
                Timer::Stop => self.time_is_up(),
                Timer::Kill => self.kill_child(),
                Timer::Rescan => self.rescan(),
                Timer::Hold => self.try_held_again(),
                Timer::Again => self.try_trigger_again(),
                Timer::Poll => self.poll_for_preemption(),
                Timer::Retry => self.ask(Question::Deadline),
                Timer::Wait => self.waited_long_enough(),
                Timer::Report => self.record_what_was_told(),
                Timer::Announced => self.look_at_what_was_announced(),
                Timer::Fence => self.check_owner(),
            }
        }
    }

    fn yield_to_later_copy(&mut self) {
        self.say(Notice::OwnerLost);
        let status = ExitStatus::UNFINISHED;
        match self.state {
            State::Running | State::Asking(_) | State::Ending => {
                self.act(Action::EndChild(Signal::KILL));
                self.act(Action::ClearTree(std::time::Duration::ZERO));
                self.finish(Outcome::Exit(status));
            }
            State::Clearing(_) => {
                self.act(Action::ClearTree(std::time::Duration::ZERO));
                self.finish(Outcome::Exit(status));
            }
            State::Starting | State::Continuing(_) | State::Done => self.finish(Outcome::Exit(status)),
        }
    }

    /// The child's end as it was asked for, as far as ckwrap knows.
    pub(super) fn was_told_to_end(&self, exit: ChildExit) -> bool {
        let by_slurm =
            matches!(exit, ChildExit::Signal(Signal::TERM | Signal::KILL) | ChildExit::Code(143 | 137));
        // At the beginning of a grace time ranks in a step of their own get SIGTERM, and ckwrap gets none.
        let told_by_slurm = self.term.is_some() || self.cause == Some(Cause::Preempted);
        self.told_to_end || (told_by_slurm && by_slurm)
    }
}
