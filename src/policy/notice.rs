//! What a user is told, in words a scientist understands.

use std::fmt;
use std::time::Duration;

use humantime::format_duration;

use crate::model::{ContinuationMode, JobId, Signal};

use super::lead::Basis;

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The chain or its work is in danger.
    Error,
    /// Something is not as it should be, and what follows from it.
    Warning,
    /// An event that matters.
    Info,
    /// For the curious.
    Debug,
}

/// One thing to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The deadline and what is planned for it.
    Planned {
        /// Time left.
        left: Duration,
        /// How long before the end the checkpoint is asked for.
        lead: Duration,
        /// So much of that because others end at the same time.
        turn: Duration,
    },
    /// What the lead was learned from.
    Learned {
        /// Lead.
        lead: Duration,
        /// From what.
        basis: Basis,
    },
    /// A checkpoint takes longer than there is time for.
    TooSlow {
        /// So long, usually.
        usual: Duration,
        /// What there is.
        lead: Duration,
    },
    /// The program goes on, and is asked once more.
    AskedAgain {
        /// Lead.
        lead: Duration,
    },
    /// The lead had to be cut.
    LeadCut {
        /// From this.
        wanted: Duration,
        /// To this.
        lead: Duration,
    },
    /// The allocation has no limit.
    NoLimit,
    /// The deadline is not known.
    NoDeadline(String),
    /// A checkpoint is asked for.
    Asking(String),
    /// The program was asked.
    Asked(String),
    /// A trigger cannot be used.
    TriggerUnusable(String),
    /// The program cannot be asked.
    NotAskable,
    /// The program was stopped, and must go on to save.
    Woken,
    /// The program says that it is ending, so it is not asked.
    NotAskedAsItEnds,
    /// The program has not said that it is ready, so it is not asked yet.
    AwaitsReady,
    /// The program has announced a checkpoint, and it is there.
    Announced(String),
    /// The program has announced a checkpoint that cannot be found.
    AnnouncedMissing(String),
    /// The program says that its work is done, and its own rule says that it is not.
    NotFinishedByRule,
    /// The program said that its work is done, and failed after that.
    FinishedButFailed,
    /// A checkpoint is complete.
    Saved {
        /// Which.
        path: String,
        /// After this time.
        took: Option<Duration>,
    },
    /// No new checkpoint came in time.
    NotSaved(String),
    /// No copy of a checkpoint could be made.
    NotKept(String),
    /// A checkpoint may not be on the disk.
    NotOnDisk {
        /// Which.
        path: String,
        /// What was said.
        text: String,
    },
    /// A checkpoint was not on the disk yet after this time.
    NotYetOnDisk {
        /// Which.
        path: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A checkpoint is not used again.
    Quarantined {
        /// Which.
        path: String,
        /// What the program said.
        line: String,
    },
    /// The child is told to end.
    Ending(Signal),
    /// SIGKILL has no effect on the child.
    CannotBeKilled,
    /// A warning signal was taken as a hint.
    Hint(Signal),
    /// What a SIGTERM was.
    Cause(&'static str),
    /// A later copy of the job runs elsewhere.
    OwnerLost,
    /// The chain goes on.
    Continued {
        /// How.
        mode: ContinuationMode,
        /// In this job, if another.
        job: Option<JobId>,
    },
    /// Slurm itself lets the job go on.
    SchedulerContinues,
    /// The program was to let the job go on, and this is what was seen.
    LeftToProgram(String),
    /// One way to continue was refused; another is tried.
    Fallback {
        /// The way.
        mode: ContinuationMode,
        /// What was said.
        text: String,
    },
    /// No answer; it is looked up.
    Unanswered(String),
    /// The chain could not be continued.
    NotContinued {
        /// Whether it may have been.
        unknown: bool,
        /// What was said.
        text: String,
    },
    /// The chain is finished.
    Finished,
    /// The chain stopped.
    Stopped(String),
    /// The journal cannot be written.
    NoJournal,
    /// Pending array tasks or dependents could not be dealt with.
    Leftover(String),
}

impl Notice {
    /// How much it matters.
    pub fn level(&self) -> Level {
        match self {
            Self::NotContinued { .. } | Self::OwnerLost => Level::Error,
            Self::LeadCut { .. }
            | Self::TooSlow { .. }
            | Self::NoDeadline(_)
            | Self::TriggerUnusable(_)
            | Self::NotAskable
            | Self::Woken
            | Self::CannotBeKilled
            | Self::NotSaved(_)
            | Self::NotKept(_)
            | Self::NotOnDisk { .. }
            | Self::Quarantined { .. }
            | Self::LeftToProgram(_)
            | Self::AwaitsReady
            | Self::AnnouncedMissing(_)
            | Self::NotFinishedByRule
            | Self::FinishedButFailed
            | Self::Fallback { .. }
            | Self::Unanswered(_)
            | Self::Stopped(_)
            | Self::NoJournal
            | Self::Leftover(_) => Level::Warning,
            Self::Hint(_) | Self::Announced(_) => Level::Debug,
            _ => Level::Info,
        }
    }
}

/// To the nearest second, or tenth of one below ten.
pub(super) fn rounded(span: Duration) -> impl fmt::Display {
    let unit = if span < Duration::from_secs(10) { 100 } else { 1000 };
    let millis = (span.as_millis() + unit / 2) / unit * unit;
    format_duration(Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)))
}

fn mode_words(mode: ContinuationMode) -> &'static str {
    match mode {
        ContinuationMode::Requeue => "requeue",
        ContinuationMode::Successor => "a successor job",
        ContinuationMode::Array => "the next task of the array",
        ContinuationMode::ExitCode => "the exit code",
        ContinuationMode::Local => "the next segment",
        ContinuationMode::Auto | ContinuationMode::None => "nothing",
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Planned { left, lead, turn } => {
                write!(f, "{} left; checkpoint {} before the end", rounded(*left), rounded(*lead))?;
                if *turn < Duration::from_secs(1) {
                    return Ok(());
                }
                write!(f, ", {} of it for its turn among the tasks of the array", rounded(*turn))
            }
            Self::Learned { lead, basis } => write!(f, "lead {}: {basis}", rounded(*lead)),
            Self::TooSlow { usual, lead } => write!(
                f,
                "a checkpoint has usually taken {}, and there is time for {} only: it will hardly be complete before the end; ask for more time, or set a longer lead (--lead)",
                rounded(*usual),
                rounded(*lead)
            ),
            Self::AskedAgain { lead } => {
                write!(f, "the program goes on; next checkpoint {} before the end", rounded(*lead))
            }
            Self::LeadCut { wanted, lead } => write!(
                f,
                "a lead of {} is too long for this allocation and was cut to {}; set a shorter one (--lead), or ask for more time",
                rounded(*wanted),
                rounded(*lead)
            ),
            Self::NoLimit => f.write_str("this allocation has no time limit; no checkpoint is planned"),
            Self::NoDeadline(text) => write!(
                f,
                "the end of this allocation is not known ({text}); asking again; set --time-limit, or --signal=B:USR1@N with sbatch, to be safe"
            ),
            Self::Asking(why) => write!(f, "asking for a checkpoint: {why}"),
            Self::Asked(what) => write!(f, "asked: {what}"),
            Self::TriggerUnusable(text) => write!(f, "this way to ask for a checkpoint cannot be used: {text}"),
            Self::NotAskable => f.write_str(
                "the program cannot be asked for a checkpoint (it handles none of the signals); it runs until its time is up; name a trigger in ckwrap.yaml",
            ),
            Self::Woken => f.write_str("the program is stopped; it is continued (SIGCONT), so that it can save"),
            Self::NotAskedAsItEnds => f.write_str("the program says that it is ending; it is not asked for a checkpoint"),
            Self::AwaitsReady => f.write_str(
                "the program has not sent READY=1 (notify.ready in ckwrap.yaml); it is asked as soon as it does, and ended when its time is up",
            ),
            Self::Announced(path) => write!(f, "the program has written checkpoint {path}"),
            Self::AnnouncedMissing(text) => write!(
                f,
                "the program has announced a checkpoint that cannot be found: {text}; its path is taken from the directory where ckwrap was started"
            ),
            Self::NotFinishedByRule => f.write_str(
                "the program says that it is finished, and the rule `finish` says that it is not: the rule counts; leave it out if the program knows better",
            ),
            Self::FinishedButFailed => f.write_str(
                "the program said that it is finished and then failed, so its word does not count",
            ),
            Self::Saved { path, took: Some(took) } => write!(f, "checkpoint {path} complete after {}", rounded(*took)),
            Self::Saved { path, took: None } => write!(f, "checkpoint {path} complete"),
            Self::NotSaved(text) => f.write_str(text),
            Self::NotKept(text) => {
                write!(f, "no copy of the checkpoint could be kept: {text}; the program goes on without one")
            }
            Self::NotOnDisk { path, text } => write!(
                f,
                "checkpoint {path} is complete, but may not be on the disk: {text}; the chain goes on, and if the checkpoint turns out to be damaged, the next start looks for an older one that is whole"
            ),
            Self::NotYetOnDisk { path, waited } => write!(
                f,
                "checkpoint {path} is complete, but after {} not all of it was on the disk; the chain goes on, and only a node that loses power in the next moments could damage it",
                rounded(*waited)
            ),
            Self::Quarantined { path, line } => {
                write!(f, "checkpoint {path} is not used again: the program says `{line}`")
            }
            Self::Ending(signal) => write!(f, "time is up: ending the program with {signal}"),
            Self::CannotBeKilled => f.write_str(
                "the program cannot be killed, as a process cannot that waits for a file system; it is not waited for any longer",
            ),
            Self::Hint(signal) => write!(f, "{signal} taken as a hint that the end is near"),
            Self::Cause(words) => write!(f, "SIGTERM came: {words}"),
            Self::OwnerLost => f.write_str(
                "a later copy of this job works in this directory; this one ends at once and writes nothing more",
            ),
            Self::Continued { mode, job: Some(job) } => write!(f, "unfinished; goes on by {} {job}", mode_words(*mode)),
            Self::Continued { mode, job: None } => write!(f, "unfinished; goes on by {}", mode_words(*mode)),
            Self::SchedulerContinues => f.write_str("unfinished; Slurm starts this job again by itself"),
            Self::LeftToProgram(text) => f.write_str(text),
            Self::Fallback { mode, text } => write!(f, "{} is not possible: {text}", mode_words(*mode)),
            Self::Unanswered(text) => write!(f, "no answer from the scheduler ({text}); looking whether it happened"),
            Self::NotContinued { unknown: true, text } => write!(
                f,
                "it is not known whether the chain goes on ({text}); look with `squeue --me`; if nothing waits there, submit the same script again: it goes on from the last checkpoint"
            ),
            Self::NotContinued { unknown: false, text } => write!(
                f,
                "the chain could not be continued: {text}; the checkpoint is safe; submit the same script again from this directory to go on"
            ),
            Self::Finished => f.write_str("finished"),
            Self::Stopped(text) if text.contains("same script") => write!(f, "the chain stops here: {text}"),
            Self::Stopped(text) => write!(
                f,
                "the chain stops here: {text}; what was saved is kept; when the cause is mended, submit the same script again to go on"
            ),
            Self::NoJournal => f.write_str(
                "the journal .ckwrap cannot be written, so this segment is only continued where that cannot be doubled",
            ),
            Self::Leftover(text) => f.write_str(text),
        }
    }
}
