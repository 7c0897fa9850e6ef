//! From the words on the command line to the end of the process.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches};

use super::arguments::{Arguments, Command, RunArgs};
use super::config::ConfigArgs;
use super::run::Environment;
use super::{config, doctor, init, notify, profiles, rehearse, remaining, report, run, status, watch};
use crate::config::LogFormat;
use crate::model::ExitStatus;
use crate::policy::Level;
use crate::profile::{NONE, builtin};
use crate::supervisor::Teller;
use crate::sys;

/// Says what is wrong before the configuration is known.
const PLAIN: Teller = Teller { level: Level::Info, format: LogFormat::Text };

/// A failure of a command that supervises nobody.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// The output could not be written.
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
    /// No batch script was written.
    #[error(transparent)]
    Init(#[from] init::InitError),
    /// Nobody can be told.
    #[error(transparent)]
    Notify(#[from] notify::NotifyError),
    /// There was no rehearsal.
    #[error(transparent)]
    Rehearse(#[from] rehearse::RehearseError),
    /// The end is not known.
    #[error(transparent)]
    Remaining(#[from] remaining::RemainingError),
    /// There is no report.
    #[error(transparent)]
    Report(#[from] report::ReportError),
    /// The chains cannot be read.
    #[error(transparent)]
    Status(#[from] status::StatusError),
    /// Anything that is said in words.
    #[error("{0}")]
    Words(String),
}

/// Runs the command line and says how the process is to end.
pub fn main(words: Vec<OsString>) -> ExitStatus {
    // First of all: Slurm's warning may come before anything else has happened, and must not kill.
    let inherited = sys::take_over_signals();
    if sys::is_privileged_start() {
        PLAIN.error("ckwrap does not run setuid, setgid or with file capabilities; remove them (chmod a-s, setcap -r)");
        return ExitStatus::INTERNAL;
    }
    let environment = std::env::vars_os().collect::<Environment>();
    let arguments = match parse(words, &environment) {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    let run_args = match arguments.command {
        None => arguments.run,
        Some(Command::Run(args)) => *args,
        Some(other) => {
            // A rehearsal has processes to end when it is interrupted.
            if !matches!(other, Command::Rehearse(_)) {
                sys::give_back_signals(inherited);
            }
            return match &other {
                // Their exit codes tell more than that it went well.
                Command::Doctor(args) => look(args).unwrap_or_else(|failure| told(Err(failure))),
                Command::Rehearse(args) => try_out(args).unwrap_or_else(|failure| told(Err(failure))),
                Command::Remaining(args) => {
                    remain(args, &environment).unwrap_or_else(|failure| told(Err(failure)))
                }
                other => told(command(other)),
            };
        }
    };
    match run::run(&run_args, environment, inherited) {
        Ok(status) => status,
        Err(failure) => {
            let status = told(Err(failure));
            if !run_args.dry_run {
                PLAIN.error("the program was not started and no file was touched");
            }
            status
        }
    }
}

/// What was said of how to run, and what program.
fn parse(mut words: Vec<OsString>, environment: &[(OsString, OsString)]) -> Result<Arguments, clap::Error> {
    let only_program = words.len() > 2 && words.get(1).is_some_and(|word| word == "--");
    if only_program && !run::is_set_by_variables(environment) {
        // Most starts are such, and to build the tree of all options takes longer than all the rest of one.
        let run = RunArgs { words: words.split_off(2), ..RunArgs::default() };
        return Ok(Arguments { command: None, run });
    }
    Arguments::from_arg_matches(&Arguments::command().try_get_matches_from(words)?)
}

/// clap's own words, but our exit code: 2 could be the program's.
fn refuse(error: &clap::Error) -> ExitStatus {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Nothing can be told to a closed stream.
        let _ = error.print();
        return ExitStatus::SUCCESS;
    }
    let text = error.to_string();
    // Its usage and advice how to pass an option as a value mislead here: a program comes after `--` only.
    let useful = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with("For more information") && !line.contains("as a value, use")
    };
    let (said, usage) = text.split_once("\nUsage:").unwrap_or((&text, ""));
    for line in said.lines().filter(useful) {
        PLAIN.error(line.trim_start().trim_start_matches("error: ").replace("tip: ", "hint: ").as_str());
    }
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) if !word.starts_with('-') && ["-- COMMAND", "-- <COMMAND>"].iter().any(|form| usage.contains(form)) => PLAIN.error(
            "hint: the program to run comes after two dashes: ckwrap [OPTIONS] -- COMMAND; commands of ckwrap are config, doctor, init, notify, profiles, rehearse, remaining, report, status",
        ),
        _ => PLAIN.error("hint: ckwrap --help and ckwrap COMMAND --help tell all options"),
    }
    ExitStatus::INTERNAL
}

fn told(result: Result<(), Failure>) -> ExitStatus {
    match result {
        Ok(()) => ExitStatus::SUCCESS,
        Err(
            Failure::Output(error)
            | Failure::Status(status::StatusError::Output(error))
            | Failure::Report(report::ReportError::Output(error)),
        ) if error.kind() == io::ErrorKind::BrokenPipe => ExitStatus::SUCCESS,
        Err(failure) => {
            let text = failure.to_string();
            // Only these have lines of their own making: a hint.
            match failure {
                Failure::Config(_)
                | Failure::Init(_)
                | Failure::Notify(_)
                | Failure::Rehearse(_)
                | Failure::Remaining(_) => {
                    text.lines().for_each(|line| PLAIN.error(line.trim_start()));
                }
                Failure::Output(_) | Failure::Report(_) | Failure::Status(_) | Failure::Words(_) => {
                    PLAIN.error(&text);
                }
            }
            ExitStatus::INTERNAL
        }
    }
}

fn command(command: &Command) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match command {
        Command::Run(_) | Command::Doctor(_) | Command::Rehearse(_) | Command::Remaining(_) => Ok(()),
        Command::Config(args) => show_config(args, &mut out),
        Command::Profiles(args) => match &args.name {
            None => Ok(profiles::write_list(args.json, &mut out)?),
            Some(name) => match builtin(name) {
                Some(profile) => Ok(profiles::write_one(profile, args.json, &mut out)?),
                None if name == NONE => Err(Failure::Words(
                    "`none` has no text to print: it only keeps ckwrap from asking the program for checkpoints".into(),
                )),
                None => {
                    Err(Failure::Words(format!("there is no built-in profile `{name}`; see ckwrap profiles")))
                }
            },
        },
        Command::Notify(args) => {
            if let notify::Told::No(Some(text)) = notify::execute(args, notify::socket())? {
                PLAIN.warn(&text);
            }
            Ok(())
        }
        Command::Init(args) => Ok(init::execute(args, &working_directory()?, &mut out)?),
        Command::Report(args) => Ok(report::execute(args, &working_directory()?, &mut out, sys::now().wall)?),
        Command::Status(args) => Ok(watch::status(args, &working_directory()?, &mut out)?),
    }
}

fn look(args: &doctor::DoctorArgs) -> Result<ExitStatus, Failure> {
    doctor::execute(args, &working_directory()?, &mut io::stdout().lock())
}

fn try_out(args: &rehearse::RehearseArgs) -> Result<ExitStatus, Failure> {
    Ok(rehearse::execute(args, &working_directory()?, &mut io::stdout().lock())?)
}

fn remain(args: &remaining::RemainingArgs, environment: &Environment) -> Result<ExitStatus, Failure> {
    let mut out = io::stdout().lock();
    Ok(remaining::execute(args, environment, sys::now().wall, &mut out)?)
}

fn show_config(args: &ConfigArgs, out: &mut impl Write) -> Result<(), Failure> {
    let options = RunArgs {
        config: args.config.clone(),
        profile: args.profile.clone(),
        words: args.command.clone(),
        ..RunArgs::default()
    };
    let loaded = run::load(&run::with_environment(options), &working_directory()?)?;
    Ok(config::write(&loaded, args.json, out)?)
}

/// The directory everything is relative to.
pub(super) fn working_directory() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| {
        Failure::Words(format!("the working directory cannot be told: {error}; change to one that exists"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_alone_is_understood_as_clap_does() {
        let words = ["ckwrap", "--", "./sim", "--help", "-c", "--", "status"].map(OsString::from);
        let by_clap = Arguments::command().try_get_matches_from(&words).unwrap();
        let by_clap = Arguments::from_arg_matches(&by_clap).unwrap();
        let by_us = parse(words.to_vec(), &[]).unwrap();
        assert_eq!(format!("{by_us:?}"), format!("{by_clap:?}"));
        let set = [("CKWRAP_LEAD".into(), "5m".into())];
        assert!(run::is_set_by_variables(&set), "clap reads it");
    }
}
