//! A copy of the run directory in which anything may happen.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::model::harmless;
use crate::sys;

/// More is no input but results, and would take long to copy.
const MOST: u64 = 4 << 30;
/// Names that are not copied: chains, and other rehearsals.
const OURS: &str = ".ckwrap";

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// Too much is there.
    #[error(
        "{} holds more than 4 GiB, which would be copied; put the inputs alone into a directory and rehearse there (-C DIR)",
        harmless(&.0.to_string_lossy())
    )]
    TooMuch(PathBuf),
    /// The system said no.
    #[error("cannot copy {}: {source}", harmless(&.path.to_string_lossy()))]
    Copy {
        /// What.
        path: PathBuf,
        /// The answer.
        source: io::Error,
    },
}

/// The copies; gone when this is.
#[derive(Debug)]
pub(super) struct Scratch {
    root: PathBuf,
    keep: bool,
}

impl Scratch {
    /// Copies the directory, twice where an uninterrupted run goes before.
    pub(super) fn of(directory: &Path, alone: bool, keep: bool) -> Result<Self, ScratchError> {
        // Beside what is copied: a checkpoint takes as long there as in earnest.
        let root = directory.join(format!("{OURS}-rehearsal-{}", sys::own_pid()));
        fs::create_dir(&root).map_err(|source| ScratchError::Copy { path: root.clone(), source })?;
        let scratch = Self { root, keep };
        let mut left = MOST;
        copy(directory, &scratch.interrupted(), directory, &mut left)?;
        if alone {
            copy(&scratch.interrupted(), &scratch.alone(), directory, &mut left)?;
        }
        Ok(scratch)
    }

    /// All of it.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the program is interrupted.
    pub(super) fn interrupted(&self) -> PathBuf {
        self.root.join("interrupted")
    }

    /// Where it runs alone.
    pub(super) fn alone(&self) -> PathBuf {
        self.root.join("alone")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be removed is only left behind; its name says what it is.
            let _ = sys::remove_tree(&self.root);
        }
    }
}

fn copy(from: &Path, to: &Path, whole: &Path, left: &mut u64) -> Result<(), ScratchError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ScratchError::Copy { path, source }
    };
    fs::create_dir(to).map_err(failed(to))?;
    for listed in sys::list(from).map_err(failed(from))? {
        let listed = listed.map_err(failed(from))?;
        let (path, name) = (listed.path(), listed.file_name());
        if name.as_encoded_bytes().starts_with(OURS.as_bytes()) {
            continue;
        }
        let meta = fs::symlink_metadata(&path).map_err(failed(&path))?;
        let target = to.join(&name);
        if meta.is_dir() {
            copy(&path, &target, whole, left)?;
        } else if meta.is_symlink() {
            link(&path, &target).map_err(failed(&path))?;
        } else if meta.is_file() {
            *left = left.checked_sub(meta.len()).ok_or_else(|| ScratchError::TooMuch(whole.to_owned()))?;
            fs::copy(&path, &target).map_err(failed(&path))?;
        }
    }
    Ok(())
}

/// A link leads where it led before: a relative one is counted from another directory now.
fn link(path: &Path, target: &Path) -> io::Result<()> {
    let to = fs::read_link(path)?;
    let absolute = path.parent().unwrap_or(Path::new("/")).join(&to);
    symlink(fs::canonicalize(&absolute).unwrap_or(absolute), target)
}
