//! One machine on a bench: events in by hand, actions out.

use std::time::Duration;

use super::super::*;
use super::settings;
use crate::model::{CheckpointId, ChildExit, Instant, Now, Signal, Timestamp};

/// The machine, and all that it has wanted.
pub(super) struct Bench {
    pub(super) machine: Machine,
    pub(super) now: Instant,
    pub(super) all: Vec<Action>,
}

/// An allocation of 1000 s: reread at 937 s, checkpoint at 940 s, stop at 985 s or, in a write, at 995 s.
pub(in crate::policy) fn situation() -> Situation {
    Situation {
        host: Host::Slurm,
        chain: true,
        terminal: false,
        began: Now::default(),
        end: Some(at(1000)),
        own_limit: None,
        restart: 0,
        array: None,
        journal: true,
        baseline: vec![id("old")],
        from: Some(id("old")),
        child_hears_slurm: false,
        crowd: None,
        ranks_in_step: false,
    }
}

pub(super) fn at(seconds: u64) -> Instant {
    Instant(Duration::from_secs(seconds))
}

pub(super) fn id(name: &str) -> CheckpointId {
    CheckpointId { path: name.into(), size: 1, modified_ns: 1, inode: 1 }
}

pub(super) fn found(name: &str) -> ScanAnswer {
    ScanAnswer::Found { valid: Some(id(name)), newest: Some(id(name)), fallback: false }
}

pub(super) fn facts(phase: JobPhase) -> JobFacts {
    JobFacts { phase, time_limit: false, preempted: false, restarts: Some(0), end: End::At(at(1000)) }
}

pub(super) fn delivered(signal: Option<Signal>) -> Event {
    Event::Triggered(TriggerAnswer::Delivered { what: "asked".into(), signal })
}

pub(super) fn term() -> Event {
    Event::Signal(Signal::TERM, Sender::Other)
}

impl Bench {
    pub(super) fn new(settings: Settings, situation: Situation) -> Self {
        Self::with_past(settings, situation, Past::default())
    }

    pub(super) fn with_past(settings: Settings, situation: Situation, past: Past) -> Self {
        let machine = Machine::new(settings, situation, past);
        let mut bench = Self { machine, now: at(0), all: Vec::new() };
        assert_eq!(bench.drain(), [Action::Spawn]);
        bench
    }

    /// The child runs, with everything as usual.
    pub(super) fn running() -> Self {
        Self::running_with(settings(), situation())
    }

    pub(super) fn running_with(settings: Settings, situation: Situation) -> Self {
        let mut bench = Self::new(settings, situation);
        bench.give(Event::Spawned);
        bench
    }

    /// The child was asked at the planned moment, and reached.
    pub(super) fn asked() -> Self {
        Self::asked_with(settings(), situation())
    }

    pub(super) fn asked_with(settings: Settings, situation: Situation) -> Self {
        let mut bench = Self::running_with(settings, situation);
        bench.until(940);
        bench.give(delivered(Some(Signal::USR1)));
        bench
    }

    /// The child saved and ended; everything is known about it.
    pub(super) fn continuing(settings: Settings) -> Self {
        let mut bench = Self::asked_with(settings, situation());
        bench.until(945);
        bench.child_ends(ChildExit::Code(85), found("new"));
        bench
    }

    /// What it wants, without what it only says.
    pub(super) fn drain(&mut self) -> Vec<Action> {
        let mut wanted = Vec::new();
        while let Some(action) = self.machine.next_action() {
            self.all.push(action.clone());
            if !matches!(action, Action::Say(_)) {
                wanted.push(action);
            }
        }
        wanted
    }

    pub(super) fn give(&mut self, event: Event) -> Vec<Action> {
        let now = Now { instant: self.now, wall: Timestamp(0) };
        self.machine.handle(now, event);
        self.drain()
    }

    /// Lets time pass up to this second; what is wanted, without the looks for a later copy, which go on all the time.
    pub(super) fn until(&mut self, seconds: u64) -> Vec<Action> {
        let mut wanted = Vec::new();
        while let Some(due) = self.machine.deadline().filter(|due| *due <= at(seconds)) {
            self.now = self.now.max(due);
            wanted.extend(self.give(Event::Tick));
        }
        self.now = self.now.max(at(seconds));
        wanted.retain(|action| *action != Action::CheckOwner);
        wanted
    }

    pub(super) fn last_query(&self) -> Ticket {
        let query = |action: &Action| match action {
            Action::QueryJob(ticket) => Some(*ticket),
            _ => None,
        };
        self.all.iter().rev().find_map(query).expect("it asked about the job")
    }

    pub(super) fn job(&mut self, facts: JobFacts) -> Vec<Action> {
        let ticket = self.last_query();
        self.give(Event::Job(ticket, JobAnswer::Facts(facts)))
    }

    pub(super) fn no_word(&mut self) -> Vec<Action> {
        let ticket = self.last_query();
        self.give(Event::Job(ticket, JobAnswer::Unknown("timed out".into())))
    }

    pub(super) fn scanned(&mut self, answer: ScanAnswer) -> Vec<Action> {
        let scan = |action: &Action| match action {
            Action::Scan(ticket) => Some(*ticket),
            _ => None,
        };
        let ticket = self.all.iter().rev().find_map(scan).expect("it looked");
        self.give(Event::Scanned(ticket, answer))
    }

    /// The child ends, and everything is known about it; what is wanted then.
    pub(super) fn child_ends(&mut self, exit: ChildExit, answer: ScanAnswer) -> Vec<Action> {
        self.give(Event::ChildExited(exit));
        self.give(Event::TreeGone);
        let mut wanted = self.scanned(answer);
        wanted.extend(self.give(Event::Assessed(Assessment {
            finished: Answer::No,
            stopped: false,
            retry: None,
        })));
        wanted
    }

    pub(super) fn step(&mut self, answer: StepAnswer) -> Vec<Action> {
        self.give(Event::Step(answer))
    }

    pub(super) fn wanted(&self, what: impl Fn(&Action) -> bool) -> usize {
        self.all.iter().filter(|action| what(action)).count()
    }

    pub(super) fn has_stopped(&self, reason: StopReason) -> bool {
        self.wanted(|action| matches!(action, Action::Record(Entry::ChainStopped(why, _)) if *why == reason))
            == 1
    }

    pub(super) fn has_gone_on(&self) -> bool {
        self.wanted(|action| matches!(action, Action::Record(Entry::Continued { .. }))) > 0
    }

    pub(super) fn has_ended(&self) -> bool {
        self.machine.phase() == Phase::Done && matches!(self.all.last(), Some(Action::Exit(_)))
    }
}
