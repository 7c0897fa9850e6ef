//! What all calls of Slurm's commands have in common: their environment and their time.

use std::ffi::OsString;
use std::time::Duration;

use super::for_query;
use crate::scheduler::call::{Call, MAX_OUTPUT};

/// Builds the calls; holds the environment that each of them gets.
#[derive(Debug, Clone)]
pub struct Commands {
    environment: Vec<(OsString, OsString)>,
}

/// For questions. A controller that does not answer is given up by the commands themselves after twice
/// `MessageTimeout`, 20 s by default (measured on 22.05.8 and 25.05.8).
pub(super) const QUERY_TIMEOUT: Duration = Duration::from_secs(30);

/// For acts: a slow controller may still do them, and a lost answer costs more than waiting.
pub(super) const ACT_TIMEOUT: Duration = Duration::from_mins(2);

impl Commands {
    /// With the environment of this process, which is changed so that the answers can be parsed.
    pub fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self { environment: for_query(environment) }
    }

    pub(super) fn call(&self, timeout: Duration, argv: &[&str]) -> Call {
        Call {
            argv: argv.iter().map(OsString::from).collect(),
            timeout,
            environment: self.environment.clone(),
            max_output: MAX_OUTPUT,
        }
    }
}
