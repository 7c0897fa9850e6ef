//! The tree of commands and options.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::config::ConfigArgs;
use super::doctor::DoctorArgs;
use super::init::InitArgs;
use super::notify::NotifyArgs;
use super::profiles::ProfilesArgs;
use super::rehearse::RehearseArgs;
use super::remaining::RemainingArgs;
use super::report::ReportArgs;
use super::status::StatusArgs;

/// Run a program over as many batch allocations as it takes
///
/// ckwrap makes the program write a checkpoint before the time limit, waits until it is complete, requeues the
/// job or submits its successor, and starts the program again from the newest good checkpoint.
#[derive(Debug, Parser)]
#[command(
    name = "ckwrap",
    version,
    args_conflicts_with_subcommands = true,
    override_usage = "ckwrap [OPTIONS] -- COMMAND [ARGUMENTS]\n       ckwrap <config|doctor|init|notify|profiles|rehearse|remaining|report|status> [OPTIONS]",
    after_help = "Example, as the last line of a batch script:\n  exec ckwrap -- gmx mdrun -deffnm md"
)]
pub struct Arguments {
    /// What to do; without a word: run.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of `run`.
    #[command(flatten)]
    pub run: RunArgs,
}

/// One command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a program under supervision (the same as no command word)
    #[command(after_help = "Example: ckwrap run --lead 5m -- ./sim input.dat")]
    Run(Box<RunArgs>),
    /// Show the configuration in force, each value with its origin
    Config(ConfigArgs),
    /// Look for what is wrong with a batch script, the site and the run directory
    Doctor(DoctorArgs),
    /// Write a first batch script and ckwrap.yaml for what lies in this directory
    Init(InitArgs),
    /// Tell the ckwrap that runs this script about progress, a checkpoint or completion
    Notify(NotifyArgs),
    /// List the built-in profiles, or print one
    Profiles(ProfilesArgs),
    /// Try the whole cycle in minutes, in a copy of this directory
    Rehearse(Box<RehearseArgs>),
    /// Print the seconds until the allocation ends, for scripts
    Remaining(RemainingArgs),
    /// Write a chain's timeline, progress, checkpoints and segments as one HTML file
    Report(ReportArgs),
    /// Show where each chain of this directory stands
    Status(StatusArgs),
}

/// Options of `ckwrap run`. Each can be given as `CKWRAP_NAME` in the environment too.
#[derive(Debug, Clone, Default, Args)]
pub struct RunArgs {
    /// Configuration file; `none` for none [default: ckwrap.yaml here or in the nearest parent]
    #[arg(short, long, value_name = "FILE", env = "CKWRAP_CONFIG")]
    pub config: Option<PathBuf>,
    /// What is known about the program: auto, none, a built-in profile, or a file (./my.yaml)
    #[arg(short, long, value_name = "NAME", env = "CKWRAP_PROFILE")]
    pub profile: Option<String>,
    /// Signal that asks the program for a checkpoint (USR1, SIGUSR1, 10, RTMIN+1)
    #[arg(long, value_name = "SIG", env = "CKWRAP_SIGNAL")]
    pub signal: Option<String>,
    /// How long before the end the checkpoint is asked for (5m, 90s, 00:05:00)
    #[arg(long, value_name = "DURATION", env = "CKWRAP_LEAD")]
    pub lead: Option<String>,
    /// Time the segment has; never later than the scheduler's own limit
    #[arg(long, value_name = "DURATION", env = "CKWRAP_TIME_LIMIT")]
    pub time_limit: Option<String>,
    /// How an unfinished chain goes on: auto, requeue, successor, array, exit-code, none
    #[arg(long = "continue", value_name = "MODE", env = "CKWRAP_CONTINUE")]
    pub continuation: Option<String>,
    /// Scheduler: auto, slurm, local (segment after segment in this process), none
    #[arg(long, value_name = "ENGINE", env = "CKWRAP_ENGINE")]
    pub engine: Option<String>,
    /// Segments of the chain at the most
    #[arg(long, value_name = "N", env = "CKWRAP_MAX_SEGMENTS")]
    pub max_segments: Option<String>,
    /// Name of the chain, so that it goes on when the script is submitted again by hand
    #[arg(long, value_name = "NAME")]
    pub chain: Option<String>,
    /// Start from scratch although there is a checkpoint; it is kept under another name
    #[arg(long)]
    pub fresh: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Say only what goes wrong
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more
    #[arg(short, long)]
    pub verbose: bool,
    /// Form of ckwrap's own messages: text or json
    #[arg(long, value_name = "FORMAT", env = "CKWRAP_LOG_FORMAT")]
    pub log_format: Option<String>,
    /// The program and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    pub words: Vec<OsString>,
}
