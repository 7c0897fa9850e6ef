//! The run directory: checkpoints as the program writes them, their copies, and what a crash leaves of them.
//!
//! A write reaches the disk when it is synced or some seconds later. A node that loses power before that may keep it, lose
//! it, or keep a part, each file for itself and so in any order.

use super::rng::Rng;
use crate::model::CheckpointId;

/// After this time every write has reached the disk by itself.
const WRITTEN_BACK: u64 = 30_000;

/// How much of a checkpoint is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// It is being written, or its writer was killed.
    Part,
    /// All of it.
    Whole,
    /// Cut off or garbled, and some of these cannot be told from a whole one by looking.
    Torn { shows: bool },
}

/// A checkpoint on disk. `progress`: what a restart from it has done already, in milliseconds of work.
#[derive(Debug, Clone)]
pub(super) struct Saved {
    pub(super) id: CheckpointId,
    pub(super) progress: u64,
    pub(super) content: Content,
    /// When it is on the disk for certain.
    pub(super) durable_at: u64,
    /// The node that has written it.
    pub(super) node: usize,
    /// Whether the journal says that the chain goes on from it.
    pub(super) acknowledged: bool,
}

impl Saved {
    pub(super) fn is_whole(&self) -> bool {
        self.content == Content::Whole
    }

    /// Whether the profile's tests take it for whole.
    fn passes(&self) -> bool {
        matches!(self.content, Content::Whole | Content::Torn { shows: false })
    }
}

/// The run directory.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    pub(super) saved: Vec<Saved>,
    /// Copies made by ckwrap, newest last.
    pub(super) copies: Vec<Saved>,
    /// Acknowledged ones that are gone although their program has not written over them: what a restart from each had done.
    pub(super) destroyed: Vec<u64>,
    pub(super) finished: bool,
    inodes: u64,
}

impl Disk {
    /// A write begins: into a new file, or into one that is there, whose content is gone with that.
    pub(super) fn begin(&mut self, path: String, now: u64, progress: u64, node: usize) -> usize {
        self.inodes += 1;
        let old = self.saved.iter().position(|saved| saved.id.path.as_os_str() == path.as_str());
        let inode = old.map_or(self.inodes, |old| self.saved[old].id.inode);
        // The newest lies last.
        if let Some(old) = old {
            self.saved.remove(old);
        }
        let id = CheckpointId { path: path.into(), size: 1, modified_ns: i128::from(now), inode };
        let (durable_at, acknowledged) = (u64::MAX, false);
        self.saved.push(Saved { id, progress, content: Content::Part, durable_at, node, acknowledged });
        self.saved.len() - 1
    }

    /// The write into `path` is done. `synced`: the program waits until it is on the disk.
    pub(super) fn complete(&mut self, path: &str, now: u64, content: Content, synced: bool) {
        let last = self.saved.iter_mut().rev();
        for saved in last.filter(|saved| saved.id.path.as_os_str() == path).take(1) {
            saved.content = content;
            saved.id.modified_ns = i128::from(now);
            saved.id.size = if content == Content::Whole { 1_000_000 } else { 900_000 };
            saved.durable_at = if synced { now } else { now + WRITTEN_BACK };
        }
    }

    /// Takes the file at `from` as the new one at `to`, in one step.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        self.saved.retain(|saved| saved.id.path.as_os_str() != to);
        for saved in self.saved.iter_mut().filter(|saved| saved.id.path.as_os_str() == from) {
            saved.id.path = to.into();
        }
    }

    pub(super) fn find(&self, id: &CheckpointId) -> Option<&Saved> {
        self.saved.iter().find(|saved| saved.id == *id)
    }

    /// What can be seen to be a checkpoint; a program's own temporary file is none.
    pub(super) fn visible(&self) -> impl DoubleEndedIterator<Item = &Saved> {
        self.saved.iter().filter(|saved| saved.id.path.extension().is_none())
    }

    /// Those that pass the profile's tests, newest first.
    pub(super) fn valid(&self) -> Vec<CheckpointId> {
        self.visible().rev().filter(|saved| saved.passes()).map(|saved| saved.id.clone()).collect()
    }

    /// The chain is about to go on from it: its files are on the disk, and this is on record.
    pub(super) fn acknowledge(&mut self, id: &CheckpointId, now: u64) {
        for saved in self.saved.iter_mut().filter(|saved| saved.id == *id) {
            saved.acknowledged = true;
            saved.durable_at = saved.durable_at.min(now);
        }
    }

    /// A copy aside; the oldest of two goes.
    pub(super) fn keep(&mut self, id: &CheckpointId) -> bool {
        let Some(saved) = self.find(id).cloned() else { return false };
        self.copies.retain(|copy| !copy.id.is_copy_of(id));
        self.copies.push(saved);
        let surplus = self.copies.len().saturating_sub(2);
        self.copies.drain(..surplus);
        true
    }

    /// Puts a copy back; what lies in its place is moved out of the way.
    pub(super) fn restore(&mut self, id: &CheckpointId) {
        let Some(copy) = self.copies.iter().find(|copy| copy.id == *id).cloned() else { return };
        self.inodes += 1;
        self.saved.retain(|saved| saved.passes() && saved.id.path != id.path);
        self.saved.push(Saved { id: CheckpointId { inode: self.inodes, ..copy.id.clone() }, ..copy });
    }

    /// The node loses power.
    pub(super) fn crash(&mut self, node: usize, now: u64, rng: &mut Rng) {
        let mut left = Vec::new();
        for mut saved in std::mem::take(&mut self.saved) {
            if saved.node == node && saved.durable_at > now {
                let shows = rng.chance(80);
                match rng.range(0, 3) {
                    0 => {}
                    1 => saved.content = Content::Torn { shows },
                    _ => {
                        if saved.acknowledged {
                            self.destroyed.push(saved.progress);
                        }
                        continue;
                    }
                }
                if saved.acknowledged && !saved.is_whole() {
                    self.destroyed.push(saved.progress);
                }
            }
            left.push(saved);
        }
        self.saved = left;
    }
}
