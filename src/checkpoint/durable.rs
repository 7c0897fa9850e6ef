//! Bringing a checkpoint that a program has written to the disk: its files, and the names that lead to them.
//!
//! Large files go piece by piece: a thread in fsync(2) cannot be ended, and while it writes 100 GB neither could its
//! process. How long this may take, and what follows if it fails, is not decided here.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;

use super::reach::{MOST_LINKS, Reached};
use super::scan::{ScanError, scan};
use crate::model::CheckpointId;
use crate::profile::rules::{CheckpointRule, Kind};
use crate::sys;

/// Bytes that are written at a time: a second's work of a slow disk at the most.
const PIECE: u64 = 32 << 20;
/// Never waits for the other side of a FIFO, never follows a link, never reaches the child.
const SAFE: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_NONBLOCK)
    .union(OFlag::O_CLOEXEC)
    .union(OFlag::O_NOCTTY);

/// Why it is not known to be on the disk.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// Nobody waits for it any more.
    #[error("there was no time left for it")]
    Abandoned,
    /// It is not there any more as it was.
    #[error("{} has changed meanwhile", .0.display())]
    Changed(PathBuf),
    /// It cannot be told what it consists of.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The system said no.
    #[error("cannot {what} {}: {source} (is the file system full, the quota used up, or a disk broken?)", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// The answer.
        source: io::Error,
    },
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SyncError {
    let path = path.to_owned();
    move |source| SyncError::Io { what, path, source }
}

/// Makes all files of the checkpoint `id` durable, and the directories on the way to them from `dir` on; without a rule it
/// is the file or directory of that name. Links are followed as far as they are the user's own or root's.
///
/// # Errors
///
/// It may not be on the disk, or not all of it. Once `abandoned` is set, [`SyncError::Abandoned`] before long.
pub fn make_durable(
    dir: &Path,
    rule: Option<&CheckpointRule>,
    id: &CheckpointId,
    abandoned: &AtomicBool,
) -> Result<(), SyncError> {
    let mut names = Names::default();
    for path in files(dir, rule, id)? {
        if abandoned.load(Ordering::Acquire) {
            return Err(SyncError::Abandoned);
        }
        let (file, length, way) = open(dir, &path).map_err(failed("open", &path))?;
        write_out(&file, length, &path, abandoned)?;
        file.sync_all().map_err(failed("sync", &path))?;
        for name in &way {
            names.add(dir, name);
        }
    }
    // What lies deeper comes first.
    for (directory, name) in names.0.iter().rev() {
        if abandoned.load(Ordering::Acquire) {
            return Err(SyncError::Abandoned);
        }
        sync_holder(dir, name).map_err(failed("sync the directory", &dir.join(directory)))?;
    }
    Ok(())
}

fn files(dir: &Path, rule: Option<&CheckpointRule>, id: &CheckpointId) -> Result<Vec<PathBuf>, SyncError> {
    let candidates = match rule {
        Some(rule) if rule.kind == Kind::File => return Ok(vec![id.path.clone()]),
        Some(rule) => scan(dir, rule)?,
        None => super::scan::look_at(dir, &id.path)?,
    };
    let found = candidates.into_iter().find(|candidate| candidate.id == *id);
    found.map(|candidate| candidate.files).ok_or_else(|| SyncError::Changed(id.path.clone()))
}

fn write_out(file: &File, length: u64, path: &Path, abandoned: &AtomicBool) -> Result<(), SyncError> {
    let mut offset = 0_u64;
    // The last piece is left to fsync(2).
    while length.saturating_sub(offset) > PIECE {
        if abandoned.load(Ordering::Acquire) {
            return Err(SyncError::Abandoned);
        }
        let (Ok(from), Ok(piece)) = (i64::try_from(offset), i64::try_from(PIECE)) else { break };
        sys::write_out(file, from, piece).map_err(failed("sync", path))?;
        offset = offset.saturating_add(PIECE);
    }
    Ok(())
}

/// Opens a regular file, through links that may be followed; with its length, and each name on the way.
fn open(dir: &Path, path: &Path) -> io::Result<(File, u64, Vec<PathBuf>)> {
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
    let mut way = vec![path.to_owned()];
    let mut at = path.to_owned();
    for _ in 0..MOST_LINKS {
        let reached = Reached::new(dir, &at)?;
        // Opening a device can already do something.
        let found = fs::symlink_metadata(reached.path())?;
        if found.is_symlink() {
            at = at.parent().unwrap_or(Path::new("")).join(reached.target()?);
            way.push(at.clone());
            continue;
        }
        if !found.is_file() {
            return Err(refused());
        }
        let file = File::from(nix::fcntl::open(&reached.path(), SAFE, Mode::empty())?);
        let metadata = file.metadata()?;
        return if metadata.is_file() { Ok((file, metadata.len(), way)) } else { Err(refused()) };
    }
    Err(io::Error::from_raw_os_error(libc::ELOOP))
}

/// One name in each directory that must be durable, by directory.
#[derive(Default)]
struct Names(BTreeMap<PathBuf, PathBuf>);

impl Names {
    /// The directory of `path`, and those above it below `dir`: the program may have made them just now.
    fn add(&mut self, dir: &Path, path: &Path) {
        let below = path.strip_prefix(dir).unwrap_or(path);
        let is_below =
            below.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let most = if is_below { usize::MAX } else { 1 };
        for name in below.ancestors().take(most).filter(|name| name.file_name().is_some()) {
            let directory = name.parent().unwrap_or(Path::new(""));
            self.0.entry(directory.to_owned()).or_insert_with(|| name.to_owned());
        }
    }
}

/// Makes the directory durable in which this name is. One that may not be read cannot be synced either, and some file
/// systems know no such thing; their own order of writes must do.
fn sync_holder(dir: &Path, name: &Path) -> io::Result<()> {
    let reached = Reached::new(dir, name)?;
    let synced = nix::fcntl::open(&reached.beside(".".as_ref()), SAFE | OFlag::O_DIRECTORY, Mode::empty())
        .map_err(io::Error::from)
        .and_then(|fd| File::from(fd).sync_all());
    match synced {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EACCES | libc::EINVAL | libc::ENOTSUP)) => {
            Ok(())
        }
        synced => synced,
    }
}

#[cfg(test)]
#[path = "durable_tests.rs"]
mod tests;
