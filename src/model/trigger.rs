//! How a program is asked to checkpoint.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Signal;

/// One way to ask; each is used at most once in a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A signal, sent only where the target has a handler for it.
    Signal {
        /// Which.
        signal: Signal,
        /// To whom.
        to: Target,
    },
    /// The first of USR1, USR2, TERM that the child has a handler for.
    Auto,
    /// A file that the program looks for.
    File {
        /// Where, relative to the run directory.
        path: PathBuf,
        /// What is written into it.
        text: String,
    },
    /// A command to run.
    Run(Vec<String>),
    /// The program's own limit, given to it at the start; these arguments with `{hours_left}` and the like filled in.
    Limit(Vec<String>),
    /// The program's own periodic checkpoints are waited for.
    Wait,
}

/// Who gets a trigger's signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The process ckwrap started.
    Leader,
    /// Its whole process group.
    Group,
    /// One worker: the program itself behind launchers and shells, the first found.
    Rank,
    /// Every worker; those on other nodes through the scheduler or the launcher, where that does no harm.
    Ranks,
    /// The launcher (`srun`, `mpirun`), that is, the process ckwrap started; only by signals that it hands on.
    Launcher,
    /// The job step, through the scheduler.
    Step,
}

/// What the program does after a checkpoint it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It ends by itself.
    Stop,
    /// It goes on computing; ckwrap ends it after a complete checkpoint.
    Continue,
}
