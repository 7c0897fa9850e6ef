//! How the child ended, and how ckwrap itself ends.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Signal;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChildExit {
    /// It returned this code, 0 to 255.
    Code(i32),
    /// It died of this signal.
    Signal(Signal),
}

impl ChildExit {
    /// The code a shell would show: 128+n after a signal.
    pub fn shell_code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal.number(),
        }
    }

    /// Whether it ended with code 0.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }
}

impl fmt::Display for ChildExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "death by {signal}"),
        }
    }
}

/// How ckwrap ends: with a code, or by the signal its child died of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Exit with this code.
    Code(u8),
    /// Die of this signal, so that the parent sees what it would have seen of the bare program.
    Signal(Signal),
}

impl ExitStatus {
    /// Finished, or the chain goes on.
    pub const SUCCESS: Self = Self::Code(0);
    /// The chain stopped before it was finished although the child's own code says nothing of it.
    pub const UNFINISHED: Self = Self::Code(124);
    /// ckwrap itself failed before the child ran.
    pub const INTERNAL: Self = Self::Code(125);
    /// The command was found but cannot be executed.
    pub const NOT_EXECUTABLE: Self = Self::Code(126);
    /// The command was not found.
    pub const NOT_FOUND: Self = Self::Code(127);
}

impl From<ChildExit> for ExitStatus {
    fn from(exit: ChildExit) -> Self {
        match exit {
            ChildExit::Code(code) => Self::Code(u8::try_from(code & 0xff).unwrap_or(u8::MAX)),
            ChildExit::Signal(signal) => Self::Signal(signal),
        }
    }
}
