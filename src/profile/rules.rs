//! What a resolved profile says: every name filled in, every value checked.
//!
//! Paths and patterns are relative to the run directory. Placeholders that can only be filled at run time
//! stay: `{}` the checkpoint under test, `{checkpoint}` the one restarted from, `{hours_left}`,
//! `{minutes_left}`, `{seconds_left}` of the allocation.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{Effect, Trigger};

/// What ckwrap knows about one application, ready for use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// Its name; `none` where nothing is known.
    pub name: String,
    /// Never run against the real program.
    pub experimental: bool,
    /// Ways to ask for a checkpoint, best first.
    pub triggers: Vec<Trigger>,
    /// What the program does after it.
    pub effect: Effect,
    /// How long the program may take to notice a trigger, in milliseconds.
    pub poll_ms: u64,
    /// Where its checkpoints lie; `None`: not known.
    pub checkpoint: Option<CheckpointRule>,
    /// How it is started again.
    pub restart: RestartRule,
    /// When its work is done.
    pub finish: Option<FinishRule>,
    /// What tells a clean but unfinished stop.
    pub stopped: StoppedRule,
    /// Whether SIGKILL during a write leaves the previous checkpoint whole.
    pub kill_safe: bool,
    /// What a line in a log says of a failure; the first that holds counts.
    pub retry: Vec<RetryRule>,
    /// How many copies of good checkpoints are kept, besides the one before them; 0 where the program does not write over
    /// its checkpoints.
    pub keep: u32,
    /// Patterns of what is removed before every start; one that ends in `/` means directories.
    pub clean: Vec<String>,
}

/// Bytes of the longest pattern of file names, as of the longest path (`PATH_MAX`).
pub const LONGEST_PATTERN: usize = 4096;
/// Most names in such a pattern: the walk takes a step into each.
pub const MOST_NAMES: usize = 256;

/// In place of a file's name: where standard output goes, if that is a file.
pub const STDOUT: &str = "{stdout}";
/// In place of a file's name: where standard error goes, if that is a file.
pub const STDERR: &str = "{stderr}";

/// What is to be done after a failure of which a log says this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetryRule {
    /// The log, and what must be there.
    pub log: NumberIn,
    /// What must not be there.
    pub not: Option<String>,
    /// What to do.
    #[serde(rename = "use")]
    pub action: RetryUse,
}

/// What a failure calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryUse {
    /// Go on from an older checkpoint.
    Fallback,
    /// End the chain.
    Stop,
}

/// Where checkpoints lie and what makes one whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CheckpointRule {
    /// Patterns of the current ones.
    pub glob: Vec<String>,
    /// Patterns of what is none: of file names, or with a slash of paths.
    pub not_glob: Vec<String>,
    /// Patterns of older ones, tried in this order when no current one is valid.
    pub fallback: Vec<String>,
    /// Which of several is the newest.
    pub pick: Pick,
    /// What one checkpoint consists of.
    pub kind: Kind,
    /// What a whole one must pass.
    pub validate: Vec<Validation>,
    /// What is moved out of the program's way before it starts.
    pub set_aside: SetAside,
}

/// Which checkpoints get another name before a start, because the program picks the newest by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAside {
    /// None.
    #[default]
    None,
    /// Those newer than the chosen one: they are not whole, or restarts from them failed.
    Invalid,
}

/// Which of several matches is the newest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// By modification time.
    #[default]
    Newest,
    /// By the last number in the name.
    MaxNumber,
}

/// What one checkpoint consists of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One file.
    #[default]
    File,
    /// All files that match, together.
    Set,
    /// A directory.
    Dir,
    /// Directories of one name in several places, together: `processor*/0.5`.
    Dirs,
}

/// One test of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Validation {
    /// Every file has at least one byte.
    Nonempty,
    /// At least this many bytes in all.
    MinSize(u64),
    /// The file ends with these bytes.
    Tail(Vec<u8>),
    /// This member exists; `{}` is the checkpoint.
    Has(String),
    /// This command exits 0; `{}` is the checkpoint.
    Run(Vec<String>),
    /// It has every file that the checkpoint before it has.
    SameFilesAsPrevious,
}

/// How a program is started again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestartRule {
    /// What happens to the command line.
    pub how: How,
    /// In which segments.
    pub when: When,
    /// Words to append, or the words that replace; `{checkpoint}` is filled in.
    pub args: Vec<String>,
    /// The rule is skipped if one of these words is on the command line already.
    pub unless: Vec<String>,
    /// Words to drop first: `-i` the word, `-i:1` with one value, `i=*` by its beginning.
    pub drop: Vec<String>,
    /// Changes of copies of input files, which take the files' places on the command line.
    pub edit: Vec<EditRule>,
    /// An editor that knows the program, in place of `edit`.
    pub editor: Option<Editor>,
}

/// An editor that knows a program's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Editor {
    /// [`crate::profile::lammps`].
    Lammps {
        /// Steps between restart files; `None`: chosen by the length of the runs.
        every: Option<u64>,
    },
}

/// One change of an input file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EditRule {
    /// The file, as it stands on the command line.
    pub file: String,
    /// What is replaced, wherever it matches; `^` and `$` match at each line.
    pub regex: String,
    /// What takes its place: `{checkpoint}` and `$1` are filled in.
    pub to: String,
    /// Whether nothing may match.
    pub optional: bool,
}

/// What happens to the command line at a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Nothing: the program finds its checkpoint by itself.
    Same,
    /// `args` are appended.
    Append,
    /// `drop` goes, then `args` are appended.
    Replace,
    /// Edited copies of input files take their places, then as [`How::Replace`].
    Edit,
    /// Another command altogether: `args`.
    Run,
}

/// In which segments a restart rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// In every one, the first too.
    Always,
    /// Only where a checkpoint was chosen.
    Checkpoint,
}

/// When the work is done: conditions with three answers (yes, no, cannot tell).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishRule {
    /// One yes suffices.
    Any(Vec<Condition>),
    /// All must say yes.
    All(Vec<Condition>),
    /// One yes suffices, and without one it cannot be told: a run may well be over before the number that was
    /// aimed at stands anywhere.
    Sure(Vec<Condition>),
}

/// One condition of a [`FinishRule`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The program's exit code is one of these.
    Exit(Vec<i32>),
    /// A file matches `regex` and does not match `not`. Without a file: cannot tell.
    Log {
        /// The file, or [`STDOUT`] or [`STDERR`].
        file: PathBuf,
        /// What must be there.
        regex: String,
        /// What must not be there.
        not: Option<String>,
    },
    /// This path exists.
    File(PathBuf),
    /// No path matches this pattern.
    Absent(String),
    /// The first number is at least the sum of the others. A missing number: cannot tell; a negative target: no.
    Reached {
        /// What has been done.
        have: NumberFrom,
        /// What is to be done, summed.
        want: Vec<NumberFrom>,
    },
}

/// Where a number of [`Condition::Reached`] stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberFrom {
    /// In a file.
    Text(NumberIn),
    /// In names: the largest among those that match this pattern.
    Names(String),
}

/// A number in a file: the last match of a pattern with one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumberIn {
    /// The file, or [`STDOUT`] or [`STDERR`].
    pub file: PathBuf,
    /// The pattern; its first group is the number.
    pub regex: String,
}

/// What tells a clean but unfinished stop.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StoppedRule {
    /// Exit codes that mean it.
    pub exit: Vec<i32>,
    /// File and pattern that mean it.
    pub log: Vec<NumberIn>,
}
