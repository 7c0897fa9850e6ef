//! Slurm by its public commands: argument vectors to run, and parsers of what they print.
//!
//! Works from 20.11 on. The text of `scontrol -o show job` is parsed, as its JSON differs by version.

mod clean;
mod config;
mod dependency;
mod directives;
mod environment;
mod fields;
mod job;
mod output_path;
mod partition;
mod queue;
mod refusal;
mod requeue;
mod script;
mod state;
mod submit;
mod successor;
mod tres;

pub use clean::{clean, for_query};
pub use config::RequeueExit;
pub use dependency::Dependency;
pub use environment::{ArrayEnvironment, EnvironmentError, SlurmEnvironment};
pub use fields::Fields;
pub use job::{JobView, Limit, Presence};
pub use partition::{PartitionView, PreemptMode};
pub use queue::{Dependent, QueuedJob};
pub use requeue::done;
pub use script::{batch_script, submit_line};
pub use state::JobState;
pub use submit::{Submission, SubmitCommand};
pub use successor::{Successor, SuccessorError};

use std::ffi::OsString;
use std::time::Duration;

use super::call::{Call, MAX_OUTPUT};

/// Builds the calls; holds the environment that each of them gets.
#[derive(Debug, Clone)]
pub struct Commands {
    environment: Vec<(OsString, OsString)>,
}

/// For questions. A controller that does not answer is given up by the commands themselves after twice
/// `MessageTimeout`, 20 s by default (measured on 22.05.8 and 25.05.8).
const QUERY_TIMEOUT: Duration = Duration::from_secs(30);

/// For acts: a slow controller may still do them, and a lost answer costs more than waiting.
const ACT_TIMEOUT: Duration = Duration::from_mins(2);

impl Commands {
    /// With the environment of this process, which is changed so that the answers can be parsed.
    pub fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self { environment: for_query(environment) }
    }

    fn call(&self, timeout: Duration, argv: &[&str]) -> Call {
        Call {
            argv: argv.iter().map(OsString::from).collect(),
            timeout,
            environment: self.environment.clone(),
            max_output: MAX_OUTPUT,
        }
    }
}
