//! `ckwrap rehearse`: the whole cycle in minutes on this machine, in a copy of the directory.
//!
//! Here it is acted and watched; what it means is decided in [`crate::rehearsal`].

mod compare;
mod scene;
mod scratch;
mod tell;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::TimeSpan;
use crate::model::{ExitStatus, Signal, harmless};
use crate::rehearsal::{Blow, Seen, judge};
use crate::sys;
use scene::{Act, Scene};
use scratch::Scratch;

/// Shortest computation of which a third can be told from the whole.
const SHORTEST: Duration = Duration::from_secs(5);

/// Try the whole cycle in minutes, in a copy of this directory
///
/// Runs the program, asks it for a checkpoint, starts it again from there, kills it in the middle of the next checkpoint,
/// starts it once more, and says what would be lost. With --compare an uninterrupted run goes before, and the results of both
/// are put side by side. Nothing in the directory itself is changed, unless the program writes to an absolute path.
#[derive(Debug, Clone, clap::Args)]
#[command(
    override_usage = "ckwrap rehearse [OPTIONS] -- COMMAND [ARGUMENTS]",
    after_help = "Exit code: 0: all is well; 1: work would be lost, or the chain would not go on; 125: it could not be tried.\n\n\
                        Examples:\n  ckwrap rehearse -- ./sim input.dat\n  \
                        ckwrap rehearse --compare '*.out' -- ./sim short.dat   with a short input: it is run to its end twice\n  \
                        ckwrap rehearse --after 5m -- ./sim input.dat          for a program that takes minutes to save"
)]
pub struct RehearseArgs {
    /// Ask for a checkpoint after this time, and give as much for it
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    pub after: TimeSpan,
    /// Files of the result, to be compared with those of an uninterrupted run (may be given several times)
    #[arg(long, value_name = "GLOB")]
    pub compare: Vec<String>,
    /// Longest time for a run to its end
    #[arg(long, value_name = "DURATION", default_value = "30m")]
    pub at_most: TimeSpan,
    /// What is known about the program, as for `ckwrap run`
    #[arg(short, long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Write the settings that follow into ckwrap.yaml, if there is none
    #[arg(long)]
    pub write: bool,
    /// Leave the copy and all that the program wrote
    #[arg(long)]
    pub keep: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Directory to copy [default: the working directory]
    #[arg(short = 'C', long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// The program and its arguments
    #[arg(last = true, value_name = "COMMAND", required = true)]
    pub words: Vec<OsString>,
}

/// Why there was no rehearsal.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// The times make no sense.
    #[error("--{0} {1}: a rehearsal takes from seconds to a day; write 30s, 5m or 1h")]
    Time(&'static str, TimeSpan),
    /// The copy cannot be made.
    #[error(transparent)]
    Scratch(#[from] scratch::ScratchError),
    /// Nothing can be started.
    #[error("cannot start {what}: {source}")]
    Start {
        /// What.
        what: String,
        /// The answer.
        source: sys::SpawnError,
    },
    /// The uninterrupted run went wrong.
    #[error(
        "without ckwrap and without an interruption the program {0}\nhint: make it run by itself first, in a directory of its own"
    )]
    Alone(String),
    /// The uninterrupted run was too short or too long.
    #[error(
        "the uninterrupted run took {0}\nhint: take an input that computes for half a minute to some minutes"
    )]
    Length(String),
    /// The journal of the rehearsal cannot be read.
    #[error(transparent)]
    Journal(#[from] crate::journal::StoreError),
    /// A pattern is none.
    #[error("--compare {0}: {1}")]
    Pattern(String, String),
    /// Somebody ended it.
    #[error("interrupted by {0}; all that was started is ended, and the copy is removed")]
    Interrupted(Signal),
    /// Something of this process itself.
    #[error("{0}: {1}")]
    Io(&'static str, io::Error),
    /// The answer cannot be printed.
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
}

/// Acts, judges and tells.
pub(super) fn execute(
    args: &RehearseArgs,
    cwd: &Path,
    out: &mut impl Write,
) -> Result<ExitStatus, RehearseError> {
    let directory = args.directory.as_ref().map_or_else(|| cwd.to_owned(), |dir| cwd.join(dir));
    let after = finite("after", args.after)?;
    let at_most = finite("at-most", args.at_most)?;
    compare::check(&args.compare)?;
    let scratch = Scratch::of(&directory, !args.compare.is_empty(), args.keep)?;
    sys::become_subreaper();
    let mut scene = Scene::new(args, &scratch, at_most)?;
    let seen = act(args, &mut scene, &scratch, after)?;
    let report = judge(&seen);
    let settings = tell::settings(&report);
    if args.json {
        tell::json(&report, settings.as_deref(), out)?;
    } else {
        tell::text(&report, settings.as_deref(), out)?;
        if args.keep {
            writeln!(out, "kept: {}", harmless(&scratch.root().to_string_lossy()))?;
        }
    }
    if let (true, Some(settings)) = (args.write, settings) {
        tell::write(&directory, &settings, out)?;
    }
    out.flush()?;
    Ok(if report.is_good() { ExitStatus::SUCCESS } else { ExitStatus::Code(1) })
}

fn finite(name: &'static str, span: TimeSpan) -> Result<Duration, RehearseError> {
    let sensible = Duration::from_secs(1)..=Duration::from_hours(24);
    span.finite().filter(|span| sensible.contains(span)).ok_or(RehearseError::Time(name, span))
}

fn act(
    args: &RehearseArgs,
    scene: &mut Scene<'_>,
    scratch: &Scratch,
    after: Duration,
) -> Result<Seen, RehearseError> {
    let mut seen = Seen { patience: after, ..Seen::default() };
    if !args.compare.is_empty() {
        let took = scene.alone()?;
        if took < SHORTEST {
            return Err(RehearseError::Length(format!("{:.1} s only", took.as_secs_f64())));
        }
        seen.uninterrupted = Some(took);
        // A third, so that the last part can be told from the whole.
        seen.patience = after.min(took / 3);
    }
    let patience = seen.patience;
    seen.first = scene.segment(Act::Asked(patience))?;
    let usable = seen.first.asked.is_some() && seen.first.saved != Some(false) && !seen.first.finished;
    if !usable {
        return Ok(seen);
    }
    // In the middle of the next one, as far as the first tells.
    let middle = seen.first.took.unwrap_or_default() / 2;
    let second = scene.segment(Act::Killed(patience, middle))?;
    let is_done = second.finished;
    seen.second = Some(second);
    if !is_done {
        let last = if seen.uninterrupted.is_some() { Act::ToTheEnd } else { Act::Asked(patience) };
        seen.third = Some(scene.segment(last)?);
    }
    let at_the_end = is_done || seen.third.as_ref().is_some_and(|third| third.finished);
    if at_the_end && !args.compare.is_empty() {
        seen.compared = Some(compare::compare(&args.compare, scratch));
    }
    Ok(seen)
}

/// Whether a blow came in time.
fn blow(was_saving: bool) -> Blow {
    if was_saving { Blow::Saving } else { Blow::Late }
}
