//! What a run is to do, every value decided and checked.

use std::ffi::OsString;
use std::time::Duration;

use super::wire::{LogFormat, LogLevel};
use crate::model::ChainId;
use crate::policy::Settings;
use crate::profile::rules::Profile;

/// One run of `ckwrap run`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The user's command line, as given.
    pub command: Vec<OsString>,
    /// For the policy.
    pub settings: Settings,
    /// What is known of the program.
    pub profile: Profile,
    /// Which chain this is.
    pub chain: ChainChoice,
    /// When the allocation ends.
    pub limit: Limit,
    /// More options for sbatch.
    pub sbatch_args: Vec<String>,
    /// The command that submits; at least one word.
    pub submit_command: Vec<String>,
    /// ckwrap's own messages.
    pub log: LogSettings,
}

/// Which chain a run belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainChoice {
    /// Named after the job.
    Auto,
    /// Of the user's own name.
    Named(ChainId),
}

/// How long the allocation lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The scheduler knows.
    Auto,
    /// This long, from the start of ckwrap; more than zero.
    Fixed(Duration),
    /// It has no end.
    None,
}

/// ckwrap's own messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSettings {
    /// From which level on.
    pub level: LogLevel,
    /// For people or for programs.
    pub format: LogFormat,
}
