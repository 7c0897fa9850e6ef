//! Copies of good checkpoints, for programs that write over their only one: made, listed, and put back.
//!
//! Each is a numbered directory with a manifest, renamed into place when all of it is on the disk, so that no half of
//! one is ever seen. Which checkpoint deserves a copy, and when there is time for one, is not decided here.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::aside::{Aside, set_aside};
use super::copy::{copy, sync_dir};
use super::expand::is_absent;
use super::reach::{Reached, make_way};
use super::scan::{Candidate, ScanError, scan};
use crate::model::CheckpointId;
use crate::profile::rules::CheckpointRule;
use crate::sys;

/// What a copy consists of.
const MANIFEST: &str = "copy.json";
/// Most bytes of a manifest that are read.
const LIMIT: u64 = 16 << 20;

/// A copy that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The checkpoint that was copied.
    pub id: CheckpointId,
    number: u32,
    parts: Vec<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    id: CheckpointId,
    /// Files or directories, as they are named in the run directory; in the copy they are `0`, `1` and so on.
    parts: Vec<PathBuf>,
}

/// Why there is no copy, or why it could not be put back.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The program or somebody else has changed it meanwhile.
    #[error("{} has changed while it was copied", .0.display())]
    Changed(PathBuf),
    /// Nobody waits for it any more.
    #[error("there was no time left for it")]
    Abandoned,
    /// The names cannot be written down.
    #[error("{} is not UTF-8; rename it", .0.display())]
    Name(PathBuf),
    /// It cannot be told what there is.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The system said no.
    #[error("cannot {what} {path}: {source}; is the disk full, or the quota used up?")]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: String,
        /// The answer.
        source: io::Error,
    },
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeepError {
    let path = path.display().to_string();
    move |source| KeepError::Io { what, path, source }
}

/// Copies the checkpoint `id` of `dir` into `good`, keeps the newest `most` copies and the one before them, and removes
/// older ones once the new one is durable. Does nothing where there is a copy of it already.
///
/// One more than was asked for: nothing has been started from the newest yet, and not every damage shows before that.
pub fn keep(
    good: &Path,
    dir: &Path,
    rule: &CheckpointRule,
    id: &CheckpointId,
    most: u32,
    abandoned: &AtomicBool,
) -> Result<(), KeepError> {
    let kept = kept(good)?;
    if kept.iter().any(|copy| copy.id.is_copy_of(id)) {
        return Ok(());
    }
    let parts = parts(&found(dir, rule, id)?);
    match DirBuilder::new().mode(0o700).create(good) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(failed("make", good)(error));
        }
        _ => {}
    }
    clear_unfinished(good);
    let number = numbers(good)?.into_iter().max().unwrap_or(0).saturating_add(1);
    let temporary = good.join(format!(".{number}.tmp"));
    let made = make(&temporary, dir, &parts, id, abandoned).and_then(|()| {
        // What the program has written into meanwhile is no copy of anything.
        found(dir, rule, id)?;
        if abandoned.load(Ordering::Acquire) {
            return Err(KeepError::Abandoned);
        }
        let name = good.join(number.to_string());
        fs::rename(&temporary, &name).map_err(failed("rename", &temporary))?;
        sync_dir(good).map_err(failed("sync", good))
    });
    if made.is_err() {
        clear_unfinished(good);
        return made;
    }
    // Without the new one, which is not among them.
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    for old in kept.iter().skip(most) {
        remove(good, old.number);
    }
    Ok(())
}

fn make(
    temporary: &Path,
    dir: &Path,
    parts: &[PathBuf],
    id: &CheckpointId,
    abandoned: &AtomicBool,
) -> Result<(), KeepError> {
    if let Some(part) = parts.iter().chain([&id.path]).find(|part| part.to_str().is_none()) {
        return Err(KeepError::Name(part.clone()));
    }
    DirBuilder::new().mode(0o700).create(temporary).map_err(failed("make", temporary))?;
    for (index, part) in parts.iter().enumerate() {
        copy_one(&dir.join(part), &temporary.join(index.to_string()), abandoned)?;
    }
    let path = temporary.join(MANIFEST);
    let manifest = Manifest { id: id.clone(), parts: parts.to_vec() };
    let written = serde_json::to_vec(&manifest).map_err(io::Error::from).and_then(|text| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(&text)?;
        file.sync_all()
    });
    written.and_then(|()| sync_dir(temporary)).map_err(failed("write", &path))
}

fn copy_one(from: &Path, to: &Path, abandoned: &AtomicBool) -> Result<(), KeepError> {
    copy(from, to, abandoned).map_err(|(source, path)| match source.kind() {
        io::ErrorKind::Interrupted => KeepError::Abandoned,
        _ => KeepError::Io { what: "copy", path, source },
    })
}

/// The checkpoint as it lies there now, unchanged.
fn found(dir: &Path, rule: &CheckpointRule, id: &CheckpointId) -> Result<Candidate, KeepError> {
    let candidates = scan(dir, rule)?;
    candidates
        .into_iter()
        .find(|candidate| candidate.id == *id)
        .ok_or_else(|| KeepError::Changed(id.path.clone()))
}

/// What a checkpoint consists of, as names in its directory.
pub fn parts(candidate: &Candidate) -> Vec<PathBuf> {
    candidate.parts.clone()
}

/// The copies that are there and whole, newest first. No directory: none.
pub fn kept(good: &Path) -> Result<Vec<Kept>, KeepError> {
    let mut numbers = numbers(good)?;
    numbers.sort_unstable();
    let copies = numbers.into_iter().rev().filter_map(|number| read(good, number));
    Ok(copies.collect())
}

fn numbers(good: &Path) -> Result<Vec<u32>, KeepError> {
    let entries = match sys::list(good) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(failed("list", good)(error)),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed("list", good))?.file_name();
        numbers.extend(name.to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    Ok(numbers)
}

/// A copy whose content is as long as it was; one that somebody has tampered with is none.
fn read(good: &Path, number: u32) -> Option<Kept> {
    let at = good.join(number.to_string());
    let path = at.join(MANIFEST);
    if fs::symlink_metadata(&path).ok().is_none_or(|found| !found.is_file() || found.len() > LIMIT) {
        return None;
    }
    let manifest: Manifest = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
    let size = (0..manifest.parts.len())
        .try_fold(0_u64, |sum, index| Some(sum.saturating_add(size(&at.join(index.to_string()))?)))?;
    (size == manifest.id.size).then_some(Kept { id: manifest.id, number, parts: manifest.parts })
}

fn size(path: &Path) -> Option<u64> {
    let found = fs::symlink_metadata(path).ok()?;
    if !found.is_dir() {
        return Some(if found.is_file() { found.len() } else { 0 });
    }
    let mut sum = 0_u64;
    for entry in sys::list(path).ok()? {
        sum = sum.saturating_add(size(&entry.ok()?.path())?);
    }
    Some(sum)
}

/// Puts a copy back under the original names in `dir`; it stays as a copy too. What stands there, and all of `damaged`,
/// is set aside first. Answers what was renamed to what.
pub fn restore(
    good: &Path,
    kept: &Kept,
    dir: &Path,
    damaged: &[PathBuf],
    seconds: i64,
) -> Result<Vec<(PathBuf, PathBuf)>, KeepError> {
    let at = good.join(kept.number.to_string());
    let never = AtomicBool::new(false);
    let mut ready = Vec::new();
    for (index, part) in kept.parts.iter().enumerate() {
        let target = dir.join(part);
        let name = hidden(&target).ok_or_else(|| KeepError::Changed(part.clone()))?;
        make_way(dir, &target).map_err(failed("make the directory of", &target))?;
        let reached = Reached::new(dir, &target).map_err(failed("reach", &target))?;
        let temporary = reached.beside(&name);
        discard(&temporary);
        copy_one(&at.join(index.to_string()), &temporary, &never)?;
        ready.push((temporary, target, reached));
    }
    let mut renamed = Vec::new();
    let targets = ready.iter().map(|(_, target, _)| target.clone());
    for path in damaged.iter().map(|path| dir.join(path)).chain(targets) {
        let name = set_aside(dir, &path, Aside::Damaged, seconds).map_err(failed("rename", &path))?;
        renamed.extend(name.map(|name| (path, name)));
    }
    for (temporary, target, reached) in &ready {
        fs::rename(temporary, reached.path()).map_err(failed("rename the copy to", target))?;
        if let Some(parent) = target.parent() {
            sync_dir(parent).map_err(failed("sync", parent))?;
        }
    }
    Ok(renamed)
}

/// A name for beside `target` that no pattern matches.
fn hidden(target: &Path) -> Option<OsString> {
    let mut name = OsString::from(".");
    name.push(target.file_name()?);
    name.push(".ckwrap-restored");
    Some(name)
}

/// Takes a copy out of sight, then removes it.
fn remove(good: &Path, number: u32) {
    let temporary = good.join(format!(".{number}.old.tmp"));
    if fs::rename(good.join(number.to_string()), &temporary).is_ok() {
        discard(&temporary);
    }
}

/// Removes what an abandoned or killed copy has left; what cannot be removed is in nobody's way.
fn clear_unfinished(good: &Path) {
    let entries = sys::list(good).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".tmp")) {
        discard(&entry.path());
    }
}

fn discard(path: &Path) {
    let _ = sys::remove_tree(path).or_else(|_| fs::remove_file(path));
}

#[cfg(test)]
#[path = "keep_tests.rs"]
mod tests;
