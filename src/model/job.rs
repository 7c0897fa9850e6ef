//! A job's name in the scheduler.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A Slurm job, or one task of an array.
///
/// Array tasks are always named `ARRAY_TASK`: the plain number of the task created last equals the
/// number of the whole array, and a command given it acts on every task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum JobId {
    /// A job of its own.
    Single(u32),
    /// Task `task` of array job `array`.
    Task {
        /// The array's job number.
        array: u32,
        /// The task's index.
        task: u32,
    },
}

/// Why a text is no [`JobId`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a job id (123 or 123_7): `{0}`")]
pub struct JobIdError(pub String);

impl FromStr for JobId {
    type Err = JobIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |part: &str| -> Result<u32, JobIdError> {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(JobIdError(text.to_owned()));
            }
            part.parse().map_err(|_| JobIdError(text.to_owned()))
        };
        let id = match text.split_once('_') {
            Some((array, task)) => Self::Task { array: number(array)?, task: number(task)? },
            None => Self::Single(number(text)?),
        };
        match id {
            Self::Single(0) | Self::Task { array: 0, .. } => Err(JobIdError(text.to_owned())),
            id => Ok(id),
        }
    }
}

impl TryFrom<String> for JobId {
    type Error = JobIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single(id) => id.fmt(f),
            Self::Task { array, task } => write!(f, "{array}_{task}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("12", Some(JobId::Single(12)))]
    #[case("12_7", Some(JobId::Task { array: 12, task: 7 }))]
    #[case("12_0", Some(JobId::Task { array: 12, task: 0 }))]
    #[case("", None)]
    #[case("0", None)]
    #[case("+5", None)]
    #[case("12_", None)]
    #[case("12+1", None)]
    #[case("12_[1-3]", None)]
    #[case("4294967296", None)]
    fn ids(#[case] text: &str, #[case] id: Option<JobId>) {
        assert_eq!(text.parse().ok(), id);
    }
}
