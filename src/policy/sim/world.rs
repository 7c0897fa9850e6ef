//! Virtual time: one queue of what happens, and everything it happens to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::super::{Entry, Event, KeepAnswer, Machine, Step, Ticket};
use super::blows::Blow;
use super::child::Child;
use super::disk::Disk;
use super::files::FileJob;
use super::journal::Journal;
use super::plan::{Luck, Plan};
use super::rng::Rng;
use super::slurm::Job;
use super::start::Place;
use super::tally::Wrong;
use crate::model::{CheckpointId, Instant, Now, SegmentNumber, Timestamp, Token};

/// More than this is a livelock, where no time passes.
const MOST_STEPS: u64 = 200_000;
/// In so many milliseconds one step more is none: who lives long looks often at the job, the owner and the program.
const STEP_EVERY: u64 = 100;
/// That much and no longer: three weeks, longer than anything is drawn to last.
const LONGEST: u64 = 2_000_000_000;
/// More than this in one moment, too.
const MOST_AT_ONCE: u64 = 2000;
/// The clock on the wall at the beginning: far from the other one, so that nobody takes one for the other.
pub(super) const WALL: u64 = 100_000_000;

/// A question or an act that goes through Slurm's commands.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    Job(Ticket),
    Grace,
    KillWait,
    Step(Step),
}

/// Something that is to happen.
#[derive(Debug, Clone)]
pub(super) enum Happening {
    Start(usize),
    Limit(usize, u32),
    GraceEnd(usize, u32),
    Term(usize, u32),
    Kill(usize, u32, u64),
    Completed(usize, u32),
    Blow(usize, u32, Blow),
    Resume(usize, u32, u64),
    OutageEnds,
    Tick(usize, u64),
    Child(usize),
    TreeGone(usize),
    File(usize, FileJob),
    Choose(usize, u32, Box<Place>),
    Wake(usize),
    OrphanEnds(usize),
    Leave(usize),
    Deliver(usize, Event),
    Kept(usize, u32, KeepAnswer),
    /// A command takes effect; `answers`: and is answered, truly or not.
    Effect {
        process: usize,
        token: Option<Token>,
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
    pub(super) node: usize,
    pub(super) segment: SegmentNumber,
    pub(super) from: Option<CheckpointId>,
    pub(super) machine: Machine,
    pub(super) child: Option<Child>,
    /// Whether it has ever had a child.
    pub(super) ran: bool,
    /// Whether it is on record that it has begun.
    pub(super) recorded: bool,
    /// What is brought to the disk before the intent is.
    pub(super) relied_on: Option<CheckpointId>,
    /// Copies that were begun or left so far.
    pub(super) copies: u32,
    /// What could not be written into the journal so far.
    pub(super) unwritten: Vec<Entry>,
    /// Whether the word that the chain is stopped has not reached the journal yet.
    pub(super) stop_waits: bool,
    pub(super) alive: bool,
    /// Its place among the owners, if it has a journal.
    pub(super) claim: Option<usize>,
    pub(super) token: Option<Token>,
    pub(super) tick: Option<u64>,
    /// Which alarm is the valid one.
    pub(super) wake: u64,
    pub(super) baseline: Vec<CheckpointId>,
    /// Stopped until then; what happens to it waits.
    pub(super) paused_until: u64,
    pub(super) waiting: Vec<Event>,
    /// The worker is busy until then.
    pub(super) busy_until: u64,
    pub(super) file_jobs: u32,
    pub(super) hung_until: u64,
    pub(super) no_space_until: u64,
    /// The controller cannot be reached from its node until then.
    pub(super) cut_off_until: u64,
    /// Slurm has given its node up.
    pub(super) orphan: bool,
    /// It has said its last word, and only the worker is waited for.
    pub(super) leaving: Option<u8>,
    /// By how much its node's clock on the wall is wrong.
    pub(super) clock_off: i64,
    /// The continuations that it has made, as facts: its own job again, or another.
    pub(super) acts: Vec<usize>,
    /// The run that it continues, as a fact.
    pub(super) parent: Option<usize>,
}

/// What is remembered for the judge.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// A user's cancellation that reached ckwrap in time to be obeyed.
    pub(super) cancelled: Option<u64>,
    /// The same, as long as the journal does not know of it.
    pub(super) unheeded: Option<u64>,
    /// The job as such was cancelled, whether or not ckwrap could know.
    pub(super) scancelled: bool,
    /// Asked to stop by SIGTERM to it alone.
    pub(super) terminated: bool,
    /// The last life of the chain's was taken by force, and nobody could say a word.
    pub(super) silenced: bool,
    pub(super) preempted: bool,
    /// Some command was not answered truly.
    pub(super) lied: bool,
    /// Some journal record failed.
    pub(super) journal_failed: bool,
    /// Reasons for which a start was refused.
    pub(super) refused: Vec<String>,
    /// Whether the user was told that it is not known whether it goes on.
    pub(super) told_unknown: bool,
    pub(super) told_not_continued: bool,
    /// The last word to the user that the chain ends.
    pub(super) told: bool,
    /// Two ran at once where nobody could know; what comes of that says nothing.
    pub(super) past_proof: bool,
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
    pub(super) held_until: u64,
    pub(super) nonces: u64,
    pub(super) marks: Marks,
    pub(super) wrong: Vec<(Wrong, String)>,
    log: Vec<String>,
    pub(super) talks: bool,
}

impl World {
    pub(super) fn new(seed: u64, luck: Luck) -> Self {
        let mut rng = Rng::new(seed);
        let plan = Plan::draw(&mut rng, luck);
        Self::with(rng, luck, plan)
    }

    pub(super) fn with(rng: Rng, luck: Luck, plan: Plan) -> Self {
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
            held_until: 0,
            nonces: 0,
            marks: Marks::default(),
            wrong: Vec::new(),
            log: Vec::new(),
            talks: false,
        }
    }

    /// The present on a node whose clock on the wall is off by so much.
    pub(super) fn time(&self, off: i64) -> Now {
        let wall = i64::try_from(self.now + WALL).unwrap_or(0);
        Now { instant: Instant(Duration::from_millis(self.now)), wall: Timestamp(wall + off) }
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

    /// Something that must not be.
    pub(super) fn wrong(&mut self, what: Wrong, text: impl Into<String>) {
        if self.marks.past_proof {
            return;
        }
        let text = text.into();
        self.note(|| format!("!! {what:?}: {text}"));
        self.wrong.push((what, text));
    }

    /// What has happened, for a person.
    pub(super) fn story(&self) -> String {
        let mut text = format!("{:#?}\n", self.plan);
        for line in &self.log {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// Lets everything happen until nothing is left, or something is wrong.
    pub(super) fn run(&mut self) {
        self.submit_first();
        let (mut steps, mut at_once) = (0, 0);
        while let Some(((at, _), what)) = self.queue.pop_first() {
            at_once = if at == self.now { at_once + 1 } else { 0 };
            steps += 1;
            if at_once >= MOST_AT_ONCE || steps >= MOST_STEPS + at.min(LONGEST) / STEP_EVERY {
                self.wrong(Wrong::Stuck, format!("a livelock, at {what:?}"));
                return;
            }
            if !self.wrong.is_empty() {
                return;
            }
            self.now = at;
            self.happen(what);
        }
        self.judge();
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Start(job) => self.try_start(job),
            Happening::Limit(job, life) => self.limit(job, life),
            Happening::GraceEnd(job, life) => self.grace_ends(job, life),
            Happening::Term(job, life) => self.term(job, life),
            Happening::Kill(job, life, began) => self.kill(job, life, began),
            Happening::Completed(job, life) => self.completed(job, life),
            Happening::Blow(job, life, blow) => self.blow(job, life, blow),
            Happening::Resume(job, life, span) => self.resume(job, life, span),
            Happening::OutageEnds => self.note(|| "the controller is back".into()),
            Happening::Tick(process, wake) => {
                if self.processes[process].wake == wake {
                    self.processes[process].tick = None;
                    self.deliver(process, Event::Tick);
                }
            }
            Happening::Child(process) => self.child_steps(process),
            Happening::TreeGone(process) => self.deliver(process, Event::TreeGone),
            Happening::File(process, job) => self.file_job(process, job),
            Happening::Choose(job, life, place) => self.choose_after_wait(job, life, &place),
            Happening::Wake(process) => self.wake(process),
            Happening::OrphanEnds(process) => {
                self.note(|| format!("process {process} is found and killed"));
                self.drop_process(process);
            }
            Happening::Leave(process) => self.gone(process),
            Happening::Deliver(process, event) => self.deliver(process, event),
            Happening::Kept(process, copy, answer) => {
                // Else nobody waits for it any more.
                if copy == self.processes[process].copies {
                    self.deliver(process, Event::Kept(answer));
                }
            }
            Happening::Effect { process, token, ask, answer } => {
                self.takes_effect(process, token.as_ref(), &ask, answer);
            }
        }
    }
}
