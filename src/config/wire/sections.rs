//! Every key there is, section by section.

use serde::{Deserialize, Serialize};

use super::merge::sections;
use super::{Edit, Finish, Log, Require, Timing, Triggers, Validation, Vars};
use crate::config::TimeSpan;
use crate::model::{ContinuationMode, Effect, OnFailure, PreemptionWatch, Signal};
use crate::profile::rules::{Kind, Pick, RetryUse, SetAside, When};

sections! {
    /// A whole file.
    Wire {
        /// `auto`, `none`, a built-in profile's name, or a path with a slash.
        leaf profile("profile"): String,
        /// The profile this one refines (profiles only).
        leaf inherits("inherits"): String,
        /// What command lines this profile is for (profiles only).
        leaf matches("match"): Match,
        /// Never run against the real program (profiles only).
        leaf status("status"): Status,
        /// What it is for, in a few words (profiles only).
        leaf summary("summary"): String,
        /// What it was run against (profiles only).
        leaf tested("tested"): String,
        /// `auto`, or a chain's name.
        leaf chain("chain"): String,
        /// When the allocation ends.
        section deadline("deadline"): Deadline,
        /// When checkpoints are asked for, where they lie, what makes one whole.
        section checkpoint("checkpoint"): Checkpoint,
        /// How the chain goes on.
        section continuation("continue"): Continue,
        /// Whether a preemption's grace is looked for.
        leaf preemption("preemption"): PreemptionWatch,
        /// Commands to run at events.
        section hooks("hooks"): Hooks,
        /// ckwrap's own messages.
        section log("log"): LogSection,
        /// Names for values, for use as `{name}`.
        section vars("vars"): Vars,
        /// How the program is asked to checkpoint, best first.
        leaf trigger("trigger"): Triggers,
        /// What the program does after a checkpoint it was asked for.
        leaf effect("effect"): Effect,
        /// How long the program may take to notice.
        leaf poll("poll"): TimeSpan,
        /// How it is started again.
        section restart("restart"): Restart,
        /// When its work is done.
        leaf finish("finish"): Finish,
        /// What tells a clean but unfinished stop.
        section stopped("stopped"): Stopped,
        /// What a failed restart means.
        leaf retry("retry"): Vec<Retry>,
        /// What SIGKILL does to it.
        section kill("kill"): Kill,
        /// Who requeues the job.
        leaf requeue("requeue"): Requeue,
        /// What is removed before every start.
        leaf clean("clean"): Vec<String>,
        /// What its input must say, or it could not be continued.
        leaf require("require"): Vec<Require>,
        /// What the program tells ckwrap.
        section notify("notify"): Notify,
    }

    /// `deadline`.
    Deadline {
        /// `auto`, `none` or the allocation's length.
        leaf limit("limit"): Timing,
        /// Kept free after the checkpoint, or `auto`.
        leaf margin("margin"): Timing,
        /// Signals by which the scheduler warns.
        leaf warning_signals("warning_signals"): Vec<Signal>,
    }

    /// `checkpoint`.
    Checkpoint {
        /// How long before the deadline, or `auto`.
        leaf lead("lead"): Timing,
        /// The lead until something has been measured.
        leaf initial_lead("initial_lead"): TimeSpan,
        /// Interval of further checkpoints, `off` or `auto`.
        leaf every("every"): Timing,
        /// Mean time between failures, for `every: auto`.
        leaf mtbf("mtbf"): TimeSpan,
        /// Copies of the last good checkpoint.
        leaf keep("keep"): u32,
        /// Patterns of the current ones.
        leaf glob("glob"): Vec<String>,
        /// Patterns of what is none.
        leaf not_glob("not_glob"): Vec<String>,
        /// Which of several is the newest.
        leaf pick("pick"): Pick,
        /// What one consists of.
        leaf kind("kind"): Kind,
        /// Patterns of older ones.
        leaf fallback("fallback"): Vec<String>,
        /// What a whole one must pass.
        leaf validate("validate"): Vec<Validation>,
        /// Whether the program overwrites it in place, so that a copy must be kept.
        leaf copy("copy"): bool,
        /// What is moved out of the program's way before it starts.
        leaf set_aside("set_aside"): SetAside,
    }

    /// `continue`.
    Continue {
        /// Which way.
        leaf mode("mode"): ContinuationMode,
        /// Segments at the most.
        leaf max_segments("max_segments"): u32,
        /// Failed segments in a row at the most.
        leaf max_failures("max_failures"): u32,
        /// Segments in a row without a newer checkpoint at the most.
        leaf max_stalls("max_stalls"): u32,
        /// Run time over the whole chain at the most, or `none`.
        leaf max_walltime("max_walltime"): Timing,
        /// What a failed segment means.
        leaf on_failure("on_failure"): OnFailure,
        /// Whether Slurm's hold after a requeue is shortened.
        leaf expedite("expedite"): bool,
        /// ckwrap's exit code while the chain goes on, 0 to 255.
        leaf exit_code("exit_code"): i64,
        /// More options for sbatch.
        leaf sbatch_args("sbatch_args"): Vec<String>,
        /// The command that submits.
        leaf submit_command("submit_command"): Vec<String>,
    }

    /// `hooks`: lists of commands.
    Hooks {
        /// After a complete checkpoint.
        leaf checkpoint("checkpoint"): Vec<Vec<String>>,
        /// After a continuation.
        leaf continuation("continue"): Vec<Vec<String>>,
        /// When the chain is finished.
        leaf finish("finish"): Vec<Vec<String>>,
        /// When the chain has failed.
        leaf fail("fail"): Vec<Vec<String>>,
    }

    /// `log`.
    LogSection {
        /// From which level on.
        leaf level("level"): LogLevel,
        /// For people or for programs.
        leaf format("format"): LogFormat,
    }

    /// `match`.
    Match {
        /// File names of the program.
        leaf exe("exe"): Vec<String>,
        /// What a file name of the program matches.
        leaf exe_re("exe_re"): String,
        /// A word that must stand among its arguments.
        leaf arg("arg"): String,
        /// What one of its arguments must match.
        leaf arg_re("arg_re"): String,
        /// File names of what starts it.
        leaf launcher("launcher"): Vec<String>,
    }

    /// `restart`.
    Restart {
        /// What happens to the command line.
        leaf how("how"): How,
        /// In which segments.
        leaf when("when"): When,
        /// Words to append, or the words that replace.
        leaf args("args"): Vec<String>,
        /// The rule is skipped where one of these words stands already.
        leaf unless("unless"): Vec<String>,
        /// Words to drop first.
        leaf drop("drop"): Vec<String>,
        /// Changes of an input file.
        leaf edit("edit"): Edit,
    }

    /// `stopped`.
    Stopped {
        /// Exit codes.
        leaf exit("exit"): Vec<i32>,
        /// Lines in a log.
        leaf log("log"): Vec<Log>,
    }

    /// `kill`.
    Kill {
        /// Whether SIGKILL during a write leaves the previous checkpoint whole.
        leaf safe("safe"): bool,
    }

    /// `notify`.
    Notify {
        /// Whether it says `READY=1` when it can take signals.
        leaf ready("ready"): bool,
    }

    /// One entry of `retry`.
    Retry {
        /// What the log says.
        leaf log("log"): Log,
        /// What to do then.
        leaf action("use"): RetryUse,
    }
}

/// What happens to the command line at a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Nothing.
    Same,
    /// `args` are appended.
    Append,
    /// `drop` goes, then `args` are appended.
    Replace,
    /// An input file is edited.
    Edit,
    /// Another command altogether.
    Run,
}

/// Who requeues the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requeue {
    /// ckwrap does.
    Ckwrap,
    /// The program does by itself.
    App,
}

/// How well a profile is known to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Run against the real program.
    Tested,
    /// Never.
    Experimental,
}

/// From which level on ckwrap speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// What went wrong.
    Error,
    /// And what may go wrong.
    Warn,
    /// And what happens.
    Info,
    /// And why.
    Debug,
    /// And everything.
    Trace,
}

/// How ckwrap's messages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}
