//! Slurm by its public commands: argument vectors to run, and parsers of what they print.
//!
//! Works from 20.11 on. The text of `scontrol -o show job` is parsed, as its JSON differs by version.

mod clean;
mod commands;
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
mod step;
mod submit;
mod successor;
mod tres;

pub use clean::{clean, for_query};
pub use commands::Commands;
use commands::{ACT_TIMEOUT, QUERY_TIMEOUT};
pub use config::{KillWait, RequeueExit, setting};
pub use dependency::Dependency;
pub use directives::{SbatchOption, sbatch_options};
pub use environment::{ArrayEnvironment, EnvironmentError, SlurmEnvironment};
pub use fields::Fields;
pub use job::{JobView, Limit, Presence};
pub use partition::{PartitionTime, PartitionView, PreemptMode};
pub use queue::{Dependent, QueuedJob};
pub use requeue::done;
pub use script::{batch_script, submit_line};
pub use state::JobState;
pub use step::{is_daemon, program_steps};
pub use submit::{Submission, SubmitCommand};
pub use successor::{Successor, SuccessorError};
