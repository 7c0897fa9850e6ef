//! A command to run for the scheduler, how it ended, and the three kinds of answer.
//!
//! Knows no command of any batch system.

use std::ffi::OsString;
use std::time::Duration;

use crate::model::Signal;

/// A command to run: by argument vector, never through a shell, with its standard input closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The command, looked up on `PATH`, and its arguments.
    pub argv: Vec<OsString>,
    /// After this it is killed and its answer is unknown.
    pub timeout: Duration,
    /// Its whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Bytes of standard output worth keeping. A reader keeps at least one more, so that the parser sees
    /// that there was too much; half an answer must not pass for a whole one.
    pub max_output: usize,
}

/// Output that is kept where nothing else is said.
pub(crate) const MAX_OUTPUT: usize = 1 << 20;

/// Bytes of standard error worth keeping. Here too a reader keeps at least one more.
pub(crate) const MAX_ERRORS: usize = 64 << 10;

/// How a [`Call`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It returned this code.
    Exited(i32),
    /// It died of this signal.
    Killed(Signal),
    /// It was killed as its time was up.
    TimedOut,
    /// It ended, and what it said could not be read to its end: half an answer must not pass for a whole one.
    Unread,
    /// It could not be started; the system's error number, such as `ENOENT`.
    NotStarted {
        /// `errno` of the failed `execve` or `fork`.
        errno: i32,
    },
}

/// What a [`Call`] left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub end: End,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error; for a command that did not end by itself, or never began, its name.
    pub stderr: Vec<u8>,
}

/// What is known after a [`Call`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// The scheduler did it, or said so.
    Yes(T),
    /// The scheduler did not do it, and said why.
    Refused(Refusal),
    /// Nobody knows: it may have happened. The text says what was seen.
    Unknown(String),
}

impl<T> Answer<T> {
    /// The same answer about something derived from it.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        self.and_then(|value| Answer::Yes(change(value)))
    }

    /// The answer that `next` makes of a yes.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Answer<U>) -> Answer<U> {
        match self {
            Self::Yes(value) => next(value),
            Self::Refused(refusal) => Answer::Refused(refusal),
            Self::Unknown(text) => Answer::Unknown(text),
        }
    }

    /// The value of a yes.
    pub fn yes(self) -> Option<T> {
        match self {
            Self::Yes(value) => Some(value),
            Self::Refused(_) | Self::Unknown(_) => None,
        }
    }
}

/// A refusal: what kind, and the scheduler's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// What it means for the caller.
    pub kind: RefusalKind,
    /// The scheduler's words, one line, at most 300 characters.
    pub text: String,
}

/// Refusals that are answered differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// "Requested operation is presently disabled": submitted with `--no-requeue`, or `JobRequeue=0`.
    Disabled,
    /// "Job is pending execution": it has been requeued already.
    AlreadyPending,
    /// "Job is no longer pending execution": too early or too late to move its start.
    NoLongerPending,
    /// "Job/step already completing or completed".
    AlreadyOver,
    /// "Invalid job id specified" from a controller that answered: there is no such job (any more).
    InvalidJob,
    /// "Access/permission denied".
    Permission,
    /// A limit, a QOS, an account or a forbidden host: this site or user may not, now.
    NotAllowed,
    /// The command is not there.
    NoCommand,
    /// Any other refusal.
    Other,
}
