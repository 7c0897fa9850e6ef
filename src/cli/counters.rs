//! The counters of a program that does not say itself how far it is, by its profile.
//!
//! By the configuration that is found in the run directory now: where it does not lead to a profile with counters, or they
//! cannot be read, nothing is said.

use std::ffi::OsString;
use std::path::Path;

use super::arguments::RunArgs;
use super::run;
use crate::checkpoint;
use crate::journal::History;
use crate::model::Progress;

/// How far the program of a chain is.
pub(super) fn progress(run_dir: &Path, history: &History) -> Option<Progress> {
    // Bytes that are not UTF-8 are not on record, nor the end of a very long command.
    let whole = |word: &String| !word.contains(['\u{fffd}', '\u{2026}']);
    if history.command.is_empty() || !history.command.iter().all(whole) {
        return None;
    }
    let words = history.command.iter().map(OsString::from).collect();
    let args = RunArgs { words, ..RunArgs::default() };
    let run_dir = run_dir.canonicalize().ok()?;
    let loaded = run::load(&args, &run_dir).ok()?;
    let (done, total) = checkpoint::counted(loaded.plan.profile.finish.as_ref()?, &run_dir)?;
    Progress::new(done, total)
}
