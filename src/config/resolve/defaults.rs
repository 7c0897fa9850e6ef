//! The built-in defaults. `config/default.yaml` says the same to people; a test compares them.

use std::time::Duration;

use crate::config::wire::{LogFormat, LogLevel};
use crate::model::Signal;

pub(super) const WARNING_SIGNALS: &[Signal] = &[Signal::USR1];
pub(super) const INITIAL_LEAD: Duration = Duration::from_mins(5);
pub(super) const KEEP: u32 = 1;
pub(super) const MAX_SEGMENTS: u32 = 1000;
pub(super) const MAX_FAILURES: u32 = 3;
pub(super) const MAX_STALLS: u32 = 2;
pub(super) const SUBMIT_COMMAND: &str = "sbatch";
/// The code by which programs say, by convention, that they ended on request and are not done.
pub(super) const STOPPED_EXIT: i32 = 85;
pub(super) const LOG_LEVEL: LogLevel = LogLevel::Info;
pub(super) const LOG_FORMAT: LogFormat = LogFormat::Text;
/// The least time a requeue and the end of the batch script need.
pub(super) const LEAST_MARGIN: Duration = Duration::from_secs(5);
