//! `ckwrap remaining`: the time until the allocation ends, for scripts.

use std::io::{self, Write};
use std::time::Duration;

use super::run::Environment;
use crate::config::TimeSpan;
use crate::model::{ExitStatus, Timestamp, harmless};
use crate::scheduler::Answer;
use crate::scheduler::slurm::{Commands, JobView, SlurmEnvironment};
use crate::supervisor::ask;

/// Print the seconds until the allocation ends, for scripts
///
/// In a program under ckwrap it is the end that ckwrap told it when it started (`CKWRAP_DEADLINE`), else the one that Slurm
/// told the job (`SLURM_JOB_END_TIME`); with --ask, or where neither is known, Slurm is asked.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Exit code: 0; with --at-least 1 where less is left; 125 where the end is not known.\n\n\
                        Examples:\n  ckwrap remaining\n  \
                        while ckwrap remaining --at-least 10m; do ./one-more-case || exit; done"
)]
pub struct RemainingArgs {
    /// Print nothing; end with 0 if so much is left, else with 1
    #[arg(long, value_name = "DURATION", conflicts_with = "json")]
    pub at_least: Option<TimeSpan>,
    /// Ask Slurm, as the time limit may have been changed
    #[arg(long)]
    pub ask: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Why nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum RemainingError {
    /// Neither a job nor a program under ckwrap.
    #[error(
        "the end is not known: this is no Slurm job and no program under ckwrap\n\
         hint: ckwrap remaining is for commands that a batch script or the program itself starts"
    )]
    NoJob,
    /// The environment of the job makes no sense.
    #[error("the end is not known: {0}")]
    Environment(String),
    /// Slurm did not say.
    #[error("the end is not known: Slurm says: {}\nhint: without --ask the end that was known at the start is printed", harmless(.0))]
    Slurm(String),
    /// The answer cannot be printed.
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
}

/// Prints, or compares.
pub(super) fn execute(
    args: &RemainingArgs,
    environment: &Environment,
    now: Timestamp,
    out: &mut impl Write,
) -> Result<ExitStatus, RemainingError> {
    let end = end(args, environment)?;
    let left = end - now;
    if let Some(wanted) = args.at_least {
        let enough = left >= wanted.finite().unwrap_or(Duration::MAX);
        return Ok(if enough { ExitStatus::SUCCESS } else { ExitStatus::Code(1) });
    }
    if args.json {
        let (left, end) = (left.as_secs(), end.seconds());
        writeln!(out, "{}", serde_json::json!({ "remaining_s": left, "end": end }))?;
    } else {
        writeln!(out, "{}", left.as_secs())?;
    }
    out.flush()?;
    Ok(ExitStatus::SUCCESS)
}

fn end(args: &RemainingArgs, environment: &Environment) -> Result<Timestamp, RemainingError> {
    let value = |name: &str| {
        let found = environment.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    let told = value("CKWRAP_DEADLINE").and_then(|text| text.to_str()?.parse().ok());
    let slurm = SlurmEnvironment::from(value)
        .transpose()
        .map_err(|error| RemainingError::Environment(error.to_string()))?;
    if !args.ask
        && let Some(seconds) = told
    {
        return Ok(Timestamp::from_seconds(seconds));
    }
    let slurm = slurm.ok_or(RemainingError::NoJob)?;
    if !args.ask
        && let Some(end) = slurm.end_time
    {
        return Ok(end);
    }
    let commands = Commands::new(environment.iter().cloned());
    let said = JobView::from_answer(&ask(&commands.show_job(slurm.id)), slurm.id);
    match said {
        Answer::Yes(view) => {
            view.end_time.ok_or_else(|| RemainingError::Slurm("the job has no end".to_owned()))
        }
        Answer::Refused(refusal) => Err(RemainingError::Slurm(refusal.text)),
        Answer::Unknown(why) => Err(RemainingError::Slurm(why)),
    }
}
