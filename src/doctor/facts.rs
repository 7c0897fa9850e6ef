//! What others have found out about site, directory and program, as plain data for the checks.
//!
//! "Not known" is a value of its own everywhere: nothing is judged by it.

use std::path::PathBuf;
use std::time::Duration;

use crate::scheduler::slurm::PartitionView;

/// An answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked<T> {
    /// What was answered.
    Known(T),
    /// Why there is no answer.
    Unknown(String),
}

impl<T> Asked<T> {
    /// The answer, if there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// Why there is none.
    pub fn unknown(&self) -> Option<&String> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(why) => Some(why),
        }
    }
}

/// What Slurm says of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its version.
    pub version: Option<String>,
    /// Time between SIGTERM and SIGKILL.
    pub kill_wait: Asked<Duration>,
    /// Whether jobs may be requeued without a word of the user's.
    pub requeue: Asked<bool>,
    /// Whether output is appended to without a word of the user's.
    pub append: Asked<bool>,
    /// Exit codes by which a job is requeued.
    pub requeue_exit: Asked<Vec<u8>>,
    /// How processes are tracked, such as `proctrack/cgroup`.
    pub tracking: Asked<String>,
    /// The partition that the script asks for.
    pub partition: Option<(String, Asked<PartitionView>)>,
    /// Whether sbatch was found.
    pub sbatch: bool,
}

/// What is known of the chain's checkpoints from its journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkpoints {
    /// Bytes of the last one.
    pub size: Option<u64>,
    /// The longest time that one took.
    pub slowest: Option<Duration>,
}

/// What was found out about the run directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Which.
    pub path: PathBuf,
    /// Bytes that its user may still write.
    pub free: Asked<u64>,
    /// Bytes that the user's quota leaves; `None`: there is none.
    pub quota: Asked<Option<u64>>,
    /// Files that may still be made.
    pub files: Asked<u64>,
    /// The name of the file system, where it is one that lies on one node only.
    pub of_one_node: Asked<Option<String>>,
    /// Whether a file could be made; else why not.
    pub writable: Result<(), String>,
    /// Whether a file could take another's place by rename(2); else why not.
    pub renames: Asked<Result<(), String>>,
    /// Whether a file could be given a second name by link(2); else why not.
    pub links: Asked<Result<(), String>>,
    /// How far the file system's clock is from this node's.
    pub skew: Asked<Duration>,
    /// What stands against the directory of the journals; each with what to do.
    pub journal_trouble: Vec<String>,
}

/// Whether the program is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is.
    Yes,
    /// It is not; where it was looked for.
    No(String),
    /// It is there and cannot be executed.
    NotExecutable(PathBuf),
    /// It was not looked for, and why.
    NotJudged(String),
}

/// What is known of the program that the script starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its profile.
    pub profile: String,
    /// Whether that was never run against the real program.
    pub experimental: bool,
    /// Whether it is known where checkpoints lie.
    pub knows_checkpoints: bool,
    /// Patterns of its checkpoints' names, older ones included.
    pub checkpoints: Vec<String>,
    /// Words behind which, or with which, ckwrap names the checkpoint to start from: `-cpi`, `amr.restart=`.
    pub restart_words: Vec<String>,
    /// Copies of checkpoints that are kept.
    pub keep: u32,
    /// Whether it is there.
    pub found: Found,
}
