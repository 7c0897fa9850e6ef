//! The chain's journal and owner records: the real fold over modelled lines, of which a crash keeps what it likes.
//!
//! What bytes do in a crash is tried on the real store beside it (`journal::crash_tests`); here a line is there or not.

use super::rng::Rng;
use crate::journal::{Event, History, Record};
use crate::model::{ChainId, Timestamp};

/// When a write is seen on other nodes at the latest, synced or not.
const SEEN: u64 = 30_000;

#[derive(Debug, Clone)]
struct Line {
    record: Record,
    node: usize,
    at: u64,
    synced: bool,
}

/// Who ran the chain, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) process: usize,
    pub(super) job: usize,
    pub(super) life: u32,
    pub(super) node: usize,
    pub(super) segment: u32,
    pub(super) at: u64,
    pub(super) released: bool,
    /// The node lost power before it was on the disk.
    pub(super) damaged: bool,
}

/// All of it.
#[derive(Debug, Clone)]
pub(super) struct Journal {
    lines: Vec<Line>,
    pub(super) history: History,
    pub(super) owners: Vec<Owner>,
}

/// The only chain.
pub(super) fn chain() -> ChainId {
    "sim".parse().expect("a good name")
}

impl Default for Journal {
    fn default() -> Self {
        Self { lines: Vec::new(), history: History::new(chain()), owners: Vec::new() }
    }
}

impl Journal {
    /// Adds a line. `synced`: it and all that this node wrote before it is on the disk.
    pub(super) fn append(&mut self, node: usize, now: u64, wall: Timestamp, event: Event, synced: bool) {
        let record = Record { t: wall, event };
        self.history.apply(&record);
        self.lines.push(Line { record, node, at: now, synced });
        if synced {
            for line in self.lines.iter_mut().filter(|line| line.node == node) {
                line.synced = true;
            }
        }
    }

    /// What a node reads that opens the file now: another's lines that were not synced may still be missing.
    pub(super) fn seen_from(&self, node: usize, now: u64, stale: bool) -> History {
        let unseen = |line: &Line| line.node != node && !line.synced && now < line.at + SEEN;
        if stale && self.lines.iter().any(unseen) {
            let seen = self.lines.iter().filter(|line| !unseen(line)).map(|line| &line.record);
            History::of(chain(), seen)
        } else {
            self.history.clone()
        }
    }

    /// The node loses power: each line that was not synced is there or not, whatever became of those before it.
    pub(super) fn crash(&mut self, node: usize, now: u64, rng: &mut Rng) {
        let mut keeps =
            |line: &Line| line.node != node || line.synced || now >= line.at + SEEN || rng.chance(40);
        self.lines.retain(&mut keeps);
        self.history = History::of(chain(), self.lines.iter().map(|line| &line.record));
        // A name is made durable by the next synced record; the content may not be.
        for owner in &mut self.owners {
            if owner.node == node && now < owner.at + SEEN && rng.chance(30) {
                owner.damaged = true;
            }
        }
    }
}
