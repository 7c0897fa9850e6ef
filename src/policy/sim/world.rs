//! Virtual time: one queue of what happens, and everything it happens to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::super::{Event, Machine, Step, Ticket};
use super::child::{Child, Disk};
use super::journal::Journal;
use super::plan::{Blow, Luck, Plan};
use super::rng::Rng;
use super::slurm::Job;
use crate::model::{CheckpointId, Instant, Now, Timestamp};

/// More than this is a livelock.
const MOST_STEPS: u64 = 100_000;
/// More than this in one moment, too.
const MOST_AT_ONCE: u64 = 2000;

/// A question or an act that goes through Slurm's commands.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    Job(Ticket),
    Grace,
    Step(Step),
}

/// Something that is to happen.
#[derive(Debug, Clone)]
pub(super) enum Happening {
    Start(usize),
    Limit(usize, u32),
    GraceEnd(usize, u32),
    Term(usize, u32),
    Kill(usize, u32),
    Completed(usize, u32),
    Blow(usize, u32, Blow),
    OutageEnds,
    Tick(usize, u64),
    Child(usize),
    TreeGone(usize),
    Scan(usize, Ticket),
    Deliver(usize, Event),
    /// A command takes effect; `answers`: and is answered, truly or not.
    Effect {
        process: usize,
        token: u64,
        ask: Ask,
        answer: Reply,
    },
}

/// What a command that takes effect says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    True,
    Refusal,
    Nothing,
}

/// One ckwrap with its child.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) job: usize,
    pub(super) life: u32,
    pub(super) number: usize,
    pub(super) machine: Machine,
    pub(super) child: Option<Child>,
    pub(super) alive: bool,
    pub(super) token: u64,
    pub(super) tick: Option<u64>,
    /// Which alarm is the valid one.
    pub(super) wake: u64,
    pub(super) baseline: Vec<CheckpointId>,
}

/// What is remembered for the judge.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// A user's cancellation that reached ckwrap in time to be obeyed.
    pub(super) cancelled: Option<u64>,
    /// The job as such was cancelled, whether or not ckwrap could know.
    pub(super) scancelled: bool,
    /// Asked to stop by SIGTERM to it alone.
    pub(super) terminated: bool,
    /// ckwrap was killed from outside.
    pub(super) killed: bool,
    pub(super) node_failed: bool,
    pub(super) preempted: bool,
    /// Some command was not answered truly.
    pub(super) lied: bool,
    /// Some journal record failed.
    pub(super) journal_failed: bool,
    /// Jobs that started and found nothing to do.
    pub(super) leftovers: u32,
    /// Reasons for which a start was refused.
    pub(super) refused: Vec<String>,
    /// Whether the user was told that it is not known whether it goes on.
    pub(super) told_unknown: bool,
    pub(super) told_not_continued: bool,
}

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    pub(super) rng: Rng,
    pub(super) luck: Luck,
    pub(super) plan: Plan,
    pub(super) now: u64,
    queue: BTreeMap<(u64, u64), Happening>,
    sequence: u64,
    pub(super) jobs: Vec<Job>,
    pub(super) processes: Vec<Process>,
    pub(super) disk: Disk,
    pub(super) journal: Journal,
    pub(super) outage_until: u64,
    pub(super) tokens: u64,
    pub(super) marks: Marks,
    log: Vec<String>,
    talks: bool,
}

impl World {
    pub(super) fn new(seed: u64, luck: Luck) -> Self {
        let mut rng = Rng::new(seed);
        let plan = Plan::draw(&mut rng, luck);
        Self {
            rng,
            luck,
            plan,
            now: 0,
            queue: BTreeMap::new(),
            sequence: 0,
            jobs: Vec::new(),
            processes: Vec::new(),
            disk: Disk::default(),
            journal: Journal::default(),
            outage_until: 0,
            tokens: 0,
            marks: Marks::default(),
            log: Vec::new(),
            talks: false,
        }
    }

    /// Writes down what happens.
    pub(super) fn talk(&mut self) {
        self.talks = true;
    }

    pub(super) fn time(&self) -> Now {
        // The wall clock is off by a day and more, so that nobody takes one for the other.
        let wall = Timestamp(i64::try_from(self.now).unwrap_or(0) + 100_000_000);
        Now { instant: Instant(Duration::from_millis(self.now)), wall }
    }

    pub(super) fn later(&mut self, after: u64, what: Happening) {
        self.sequence += 1;
        self.queue.insert((self.now + after, self.sequence), what);
    }

    pub(super) fn note(&mut self, text: impl FnOnce() -> String) {
        if self.talks {
            if self.log.len() > 4000 {
                self.log.drain(..2000);
            }
            let line = format!("{:>11.3} {}", Duration::from_millis(self.now).as_secs_f64(), text());
            self.log.push(line);
        }
    }

    /// What has happened, for a person.
    pub(super) fn story(&self) -> String {
        let mut text = format!("{:#?}\n", self.plan);
        for line in &self.log {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// Lets everything happen until nothing is left.
    pub(super) fn run(&mut self) {
        self.submit_first();
        let (mut steps, mut at_once) = (0, 0);
        while let Some(((at, _), what)) = self.queue.pop_first() {
            at_once = if at == self.now { at_once + 1 } else { 0 };
            steps += 1;
            assert!(at_once < MOST_AT_ONCE, "livelock: no time passes");
            assert!(steps < MOST_STEPS, "livelock: no end");
            self.now = at;
            self.happen(what);
        }
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Start(job) => self.try_start(job),
            Happening::Limit(job, life) => self.limit(job, life),
            Happening::GraceEnd(job, life) => self.grace_ends(job, life),
            Happening::Term(job, life) => self.term(job, life),
            Happening::Kill(job, life) => self.kill(job, life),
            Happening::Completed(job, life) => self.completed(job, life),
            Happening::Blow(job, life, blow) => self.blow(job, life, blow),
            Happening::OutageEnds => self.note(|| "the controller is back".into()),
            Happening::Tick(process, wake) => {
                if self.processes[process].wake == wake {
                    self.processes[process].tick = None;
                    self.deliver(process, Event::Tick);
                }
            }
            Happening::Child(process) => self.child_steps(process),
            Happening::TreeGone(process) => self.deliver(process, Event::TreeGone),
            Happening::Scan(process, ticket) => self.scan(process, ticket),
            Happening::Deliver(process, event) => self.deliver(process, event),
            Happening::Effect { process, token, ask, answer } => {
                self.takes_effect(process, token, &ask, answer);
            }
        }
    }
}
