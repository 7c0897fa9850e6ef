//! What is never removed: checkpoints, however they are named, what was set aside, and ckwrap's own directories.
//!
//! Compares paths and looks into trees; removes nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::aside::is_set_aside;
use super::expand::is_absent;
use super::scan::ScanError;
use crate::sys;

/// Directory of all chains.
pub(super) const OWN: &str = ".ckwrap";
/// Most entries of a directory tree that are looked at before it is removed, and its deepest nesting.
const MAX_ENTRIES: usize = 100_000;
const MAX_DEPTH: usize = 64;

/// Why a tree that was not looked through stays.
const TOO_LARGE: &str = "it holds too much to look through before it is removed";

/// The checkpoints of a run directory under all their names.
pub(super) struct OffLimits {
    /// The run directory without links in it.
    dir: PathBuf,
    /// As they were named, where they lie, and where they lie with all links followed.
    checkpoints: Vec<PathBuf>,
    /// What stands on the way to them, links among it.
    ways: Vec<PathBuf>,
}

impl OffLimits {
    /// Finds out where the checkpoints lie that are named relative to `dir` or absolutely.
    ///
    /// # Errors
    ///
    /// One that is there, but cannot be followed: it is not known then what must stay.
    pub(super) fn new(dir: &Path, checkpoints: &[PathBuf]) -> Result<Self, ScanError> {
        let mut all = Self {
            dir: resolved(dir)?.unwrap_or_else(|| dir.to_owned()),
            checkpoints: Vec::new(),
            ways: Vec::new(),
        };
        for named in checkpoints {
            let at = dir.join(named);
            all.checkpoints.push(named.clone());
            all.checkpoints.extend(resolved(&at)?);
            all.checkpoints.extend(location(&at)?);
            for way in at.ancestors() {
                all.ways.extend(location(way)?);
            }
        }
        Ok(all)
    }

    /// Why a path without links on the way to it, relative to the run directory, must stay.
    pub(super) fn why_kept(&self, path: &Path) -> Result<Option<&'static str>, ScanError> {
        if path.ancestors().any(is_set_aside) {
            return Ok(Some("it was set aside by ckwrap"));
        }
        let at = self.dir.join(path);
        let mut names = vec![path.to_owned()];
        // What a link leads to is a checkpoint under another name.
        names.extend(resolved(&at)?);
        names.push(at);
        let is_or_has = |name: &PathBuf| {
            self.ways.iter().any(|way| way.starts_with(name))
                || self.checkpoints.iter().any(|one| one.starts_with(name) || name.starts_with(one))
        };
        Ok(names.iter().any(is_or_has).then_some("it is, holds or is part of a checkpoint"))
    }
}

/// Refuses a directory in whose tree something of ckwrap's lies; links are not followed.
pub(super) fn look_through(dir: &Path) -> io::Result<()> {
    let mut rest = vec![(dir.to_owned(), 0)];
    let mut seen = 0_usize;
    while let Some((at, depth)) = rest.pop() {
        for entry in sys::list(&at)? {
            let entry = entry?;
            seen += 1;
            if seen > MAX_ENTRIES || depth >= MAX_DEPTH {
                return Err(io::Error::other(TOO_LARGE));
            }
            let name = entry.file_name();
            if name == OWN {
                return Err(io::Error::other("a chain has its journal in it"));
            }
            if is_set_aside(Path::new(&name)) {
                return Err(io::Error::other("it holds what was set aside by ckwrap"));
            }
            if entry.is_dir()? {
                rest.push((entry.path(), depth + 1));
            }
        }
    }
    Ok(())
}

/// The path with all links followed; `None`: there is nothing.
fn resolved(path: &Path) -> Result<Option<PathBuf>, ScanError> {
    match fs::canonicalize(path) {
        Ok(path) => Ok(Some(path)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(source) => Err(ScanError::Unreadable { path: path.to_owned(), source }),
    }
}

/// Where the entry itself lies, be it a link or not.
fn location(path: &Path) -> Result<Option<PathBuf>, ScanError> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
    Ok(resolved(parent)?.map(|parent| parent.join(name)))
}
