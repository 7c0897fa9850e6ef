//! `ckwrap init`: a first batch script and `ckwrap.yaml` for what lies in a directory. Never over a file that is there.

mod look;

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::arguments::RunArgs;
use super::dispatch::Failure;
use super::path::in_path;
use super::run;
use crate::config::{FILE_NAME, TimeSpan};
use crate::init::{BatchScript, Command, GuessError, given, guess, settings};
use crate::model::{harmless, typed};
use look::{Longest, longest};

/// Time of a segment where the partition says nothing: what most queues give.
const USUAL: Duration = Duration::from_hours(12);
/// More waits long in most queues, though the partition allows it.
const AT_MOST: Duration = Duration::from_hours(24);

/// Write a first batch script and ckwrap.yaml for what lies in this directory
///
/// Finds out what is to be computed from the inputs that lie here, and how long a job may run from Slurm. No file that is
/// there is changed.
#[derive(Debug, Clone, clap::Args)]
#[command(
    override_usage = "ckwrap init [OPTIONS] [-- COMMAND [ARGUMENTS]]",
    after_help = "Examples:\n  ckwrap init                              for the input that lies here\n  \
                        ckwrap init --time 4h -- ./sim input.dat for this command\n  \
                        ckwrap init --array 20                   all segments submitted at once\n  \
                        ckwrap init --print                      show, and write nothing"
)]
pub struct InitArgs {
    /// Time of one segment (12h, 90m, 1-00:00:00) [default: as long as the partition allows, at most a day]
    #[arg(long, value_name = "DURATION")]
    pub time: Option<TimeSpan>,
    /// Partition [default: the site's own choice]
    #[arg(long, value_name = "NAME")]
    pub partition: Option<String>,
    /// Tasks (ranks of MPI)
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub tasks: u32,
    /// CPUs of each task
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub cpus: u32,
    /// Submit N segments at once, as an array of which one task runs after the other
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=4_000_000))]
    pub array: Option<u32>,
    /// File for the batch script
    #[arg(long, value_name = "FILE", default_value = "job.sbatch")]
    pub script: PathBuf,
    /// Show both files, and write nothing
    #[arg(long)]
    pub print: bool,
    /// Print JSON: what was found, and the text of both files
    #[arg(long)]
    pub json: bool,
    /// Directory of the inputs, in which both files are written [default: the working directory]
    #[arg(short = 'C', long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// The program and its arguments [default: found out from what lies in the directory]
    #[arg(last = true, value_name = "COMMAND")]
    pub words: Vec<String>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// No command was found.
    #[error(transparent)]
    Guess(#[from] GuessError),
    /// The time makes no batch job.
    #[error(
        "--time {0}: a segment of a batch job takes from a minute to a year; write 12h, 90m or 1-00:00:00"
    )]
    Time(TimeSpan),
    /// The partition cannot stand in a script.
    #[error("--partition {0:?} is no name of a partition; sinfo lists them")]
    Partition(String),
    /// The directory cannot be read.
    #[error("cannot read {}: {source}; name the directory of the inputs: ckwrap init -C DIR", harmless(&.path.to_string_lossy()))]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The answer.
        source: io::Error,
    },
    /// A file is there.
    #[error(
        "{0} is there already, and nothing was written\nhint: ckwrap init --script OTHER-NAME, or ckwrap init --print to compare"
    )]
    There(String),
    /// A file cannot be written.
    #[error("cannot write {path}: {source}; {written}")]
    Write {
        /// The file.
        path: String,
        /// The answer.
        source: io::Error,
        /// What was written before.
        written: String,
    },
    /// The answer cannot be printed.
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
}

/// A file that is to be written.
#[derive(Debug, Serialize)]
struct Text {
    name: String,
    text: String,
}

/// What was found, and what is written because of it.
#[derive(Debug, Serialize)]
struct Plan {
    found: String,
    command: String,
    profile: Option<String>,
    files: Vec<Text>,
    notes: Vec<String>,
}

/// Finds out, and writes or shows.
pub(super) fn execute(args: &InitArgs, cwd: &Path, out: &mut impl Write) -> Result<(), InitError> {
    let directory = args.directory.as_ref().map_or_else(|| cwd.to_owned(), |dir| cwd.join(dir));
    let plan = plan(args, &directory)?;
    let shown_only = args.print || args.json;
    if !shown_only {
        write_files(&plan, &directory)?;
    }
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &plan).map_err(io::Error::from)?;
        writeln!(out)?;
    } else if args.print {
        for file in &plan.files {
            writeln!(out, "# ---- {}\n{}", harmless(&file.name), file.text)?;
        }
        plan.notes.iter().try_for_each(|note| writeln!(out, "# note: {}", harmless(note)))?;
    } else {
        tell(&plan, args, out)?;
    }
    Ok(out.flush()?)
}

fn plan(args: &InitArgs, directory: &Path) -> Result<Plan, InitError> {
    let entries = look::entries(directory)
        .map_err(|source| InitError::Directory { path: directory.to_owned(), source })?;
    let is_found = |name: &str| in_path(name).is_some();
    let command = if args.words.is_empty() {
        guess(&entries, args.tasks, is_found)?
    } else {
        given(&args.words, &entries)
    };
    let (time, time_from) = time(args)?;
    let ckwrap = ckwrap();
    let script = BatchScript {
        command: &command,
        ckwrap: &ckwrap,
        time,
        time_from: &time_from,
        partition: args.partition.as_deref(),
        tasks: args.tasks,
        cpus: args.cpus,
        array: args.array,
        is_found: command.programs.iter().any(|name| is_found(name)),
    };
    let mut plan = Plan {
        found: command.why.clone(),
        command: command.line(),
        profile: None,
        files: vec![Text { name: args.script.display().to_string(), text: script.text() }],
        notes: Vec::new(),
    };
    add_settings(&mut plan, &command, &entries, directory);
    Ok(plan)
}

/// The text of `ckwrap.yaml`, unless one is in force already; and what ckwrap would say of the command.
fn add_settings(plan: &mut Plan, command: &Command, entries: &[crate::init::Entry], directory: &Path) {
    let words = command.plain().into_iter().map(Into::into).collect();
    let profile = command.profile.map(str::to_owned);
    let loaded = run::load(&RunArgs { profile, words, ..RunArgs::default() }, directory);
    let (name, knows, there) = match loaded {
        Ok(loaded) => {
            (loaded.plan.profile.name.clone(), loaded.plan.profile.checkpoint.is_some(), loaded.file)
        }
        Err(Failure::Config(error)) => {
            let said = error.to_string();
            let lines: Vec<&str> = said.lines().map(str::trim).collect();
            plan.notes.push(format!("as it is, ckwrap would not start it: {}", lines.join("; ")));
            (command.profile.unwrap_or("generic").to_owned(), false, None)
        }
        Err(_) => (command.profile.unwrap_or("generic").to_owned(), false, None),
    };
    let here = || Some(directory.join(FILE_NAME)).filter(|path| path.symlink_metadata().is_ok());
    if let Some(path) = there.or_else(here) {
        plan.notes.push(format!("{} is there already and holds for this job too", path.display()));
    } else {
        let text = settings(command, &name, knows, entries);
        plan.files.push(Text { name: FILE_NAME.to_owned(), text });
    }
    plan.profile = Some(name);
}

/// The time of a segment, and where it comes from.
fn time(args: &InitArgs) -> Result<(Duration, String), InitError> {
    let partition = args.partition.as_deref();
    let is_name = |name: &str| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-,".contains(letter);
        !name.is_empty() && !name.starts_with('-') && name.chars().all(plain)
    };
    if let Some(name) = partition.filter(|name| !is_name(name)) {
        return Err(InitError::Partition(name.to_owned()));
    }
    if let Some(span) = args.time {
        let sensible = Duration::from_secs(60)..=Duration::from_hours(366 * 24);
        let time = span.finite().filter(|time| sensible.contains(time)).ok_or(InitError::Time(span))?;
        return Ok((time, "as you said".to_owned()));
    }
    Ok(match longest(partition) {
        Longest::Time(name, time) if time <= AT_MOST => (time, format!("the longest in partition {name}")),
        Longest::Time(name, _) => (AT_MOST, format!("partition {name} allows more")),
        Longest::Unlimited(name) => (AT_MOST, format!("partition {name} sets no limit")),
        Longest::Unknown => (USUAL, "Slurm could not be asked what is allowed".to_owned()),
    })
}

/// By its name where the nodes will find it, as they mostly do when this machine does.
fn ckwrap() -> String {
    let this = std::env::current_exe().ok();
    let named = in_path("ckwrap").and_then(|path| path.canonicalize().ok());
    match this {
        Some(this) if named.as_ref() != this.canonicalize().ok().as_ref() => this.display().to_string(),
        _ => "ckwrap".to_owned(),
    }
}

fn write_files(plan: &Plan, directory: &Path) -> Result<(), InitError> {
    let there = |file: &&Text| directory.join(&file.name).symlink_metadata().is_ok();
    if let Some(file) = plan.files.iter().find(there) {
        return Err(InitError::There(harmless(&file.name)));
    }
    let mut written = Vec::new();
    for file in &plan.files {
        let path = directory.join(&file.name);
        let open = OpenOptions::new().write(true).create_new(true).open(&path);
        let done = open.and_then(|mut new| new.write_all(file.text.as_bytes()).and_then(|()| new.sync_all()));
        done.map_err(|source| InitError::Write {
            path: harmless(&file.name),
            source,
            written: match written.as_slice() {
                [] => "nothing was written".to_owned(),
                names => format!("written before: {}", names.join(", ")),
            },
        })?;
        written.push(harmless(&file.name));
    }
    Ok(())
}

fn tell(plan: &Plan, args: &InitArgs, out: &mut impl Write) -> io::Result<()> {
    if args.words.is_empty() {
        writeln!(out, "found:  {}", harmless(&plan.found))?;
    }
    writeln!(out, "starts: {}", harmless(&plan.command))?;
    for file in &plan.files {
        writeln!(out, "wrote:  {}", harmless(&file.name))?;
    }
    for note in &plan.notes {
        writeln!(out, "note:   {}", harmless(note))?;
    }
    let script = typed(&args.script.display().to_string());
    let inside = args.directory.as_ref().map(|dir| format!("  cd {}\n", typed(&dir.display().to_string())));
    writeln!(
        out,
        "Look at what was written, then:\n{}  ckwrap doctor {script}\n  sbatch {script}\n  ckwrap status",
        inside.unwrap_or_default()
    )
}
