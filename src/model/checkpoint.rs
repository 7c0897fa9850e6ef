//! Which checkpoint is meant: its name and the marks by which a rewritten file is told from the old one.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Identity of one checkpoint as it lies on disk.
///
/// Two values are equal only if nothing was written in between. Modification time is compared for
/// equality, never with a clock: clocks of file servers differ from ours.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CheckpointId {
    /// Path as the rule found it, relative to the run directory where the rule is.
    pub path: PathBuf,
    /// Bytes, summed over the files of a set or directory.
    pub size: u64,
    /// Newest modification time of its files, in nanoseconds since the epoch.
    pub modified_ns: i128,
    /// Inode of the file; 0 for a set or directory.
    pub inode: u64,
}

impl CheckpointId {
    /// Whether this is the same checkpoint, perhaps copied: a copy has another inode, and its times are preserved.
    pub fn is_copy_of(&self, other: &Self) -> bool {
        self.path == other.path && self.size == other.size && self.modified_ns == other.modified_ns
    }
}
