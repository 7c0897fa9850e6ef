//! A directory of ours, reached without following links, and the few ways in which files in it are made.
//!
//! Knows files, not what is in them. Run directories lie in scratch space that others may write to: a planted link, a
//! FIFO in place of a file or a directory that others can change must not be believed. All files are opened relative to a
//! directory that was checked once (openat(2)), so that nobody can swap it afterwards.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag};
use nix::sys::stat::Mode;
use nix::unistd::UnlinkatFlags;

use crate::sys;

/// Bits of a mode that let others write.
const OTHERS_WRITE: u32 = 0o022;
/// Never waits for the other side of a FIFO, never follows a link, never reaches the child.
const SAFE: OFlag = OFlag::O_NOFOLLOW.union(OFlag::O_CLOEXEC).union(OFlag::O_NONBLOCK).union(OFlag::O_NOCTTY);
/// How often a name for a temporary file is tried; on NFS a repeated request can find its own file.
const TRIES: u32 = 8;

/// Why a file or directory of the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is there, and not to be trusted.
    #[error("{} {why}; {remedy}", path.display())]
    Refused {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// What the user can do.
        remedy: &'static str,
    },
    /// The system said no.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// The answer.
        source: io::Error,
    },
    /// Only a part of a record was taken; what is there is ended by the next one that is written.
    #[error("only {written} of {wanted} bytes went into {}; is the file system full or the quota used up?", path.display())]
    ShortWrite {
        /// The journal.
        path: PathBuf,
        /// Bytes that went in.
        written: usize,
        /// Bytes of the record.
        wanted: usize,
    },
    /// The record itself cannot be written.
    #[error(transparent)]
    Encode(#[from] super::EncodeError),
}

impl StoreError {
    /// Whether the thing is simply not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// A directory that is open and was found to be ours alone.
#[derive(Debug)]
pub struct Dir {
    fd: OwnedFd,
    path: PathBuf,
}

/// What a link(2) of a complete file under its final name came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publish {
    /// The name is ours.
    Done,
    /// Somebody else has it.
    Taken,
}

impl Dir {
    /// Opens the directory in which the user works; whose it is does not matter, what we make in it does.
    pub fn open_run(path: &Path) -> Result<Self, StoreError> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let fd = nix::fcntl::open(path, flags, Mode::empty()).map_err(|e| io_error("open", path, e))?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Opens a directory in it that must be ours alone.
    pub fn open_private(&self, name: &str) -> Result<Self, StoreError> {
        let path = self.path.join(name);
        let flags = OFlag::O_DIRECTORY | OFlag::O_RDONLY | SAFE;
        let fd = match nix::fcntl::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::ELOOP | Errno::ENOTDIR) => {
                return Err(StoreError::Refused {
                    path,
                    why: "is no directory but a link or a file".into(),
                    remedy: "remove it if you did not make it, or use another run directory",
                });
            }
            // A stranger's that is closed to us: whose it is helps more than that.
            Err(Errno::EACCES) => {
                let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
                let seen = nix::fcntl::openat(&self.fd, name, flags, Mode::empty()).map(File::from);
                if let Some(meta) = seen.ok().and_then(|file| file.metadata().ok()) {
                    check_private(&meta, &path)?;
                }
                return Err(io_error("open", &path, Errno::EACCES));
            }
            Err(errno) => return Err(io_error("open", &path, errno)),
        };
        let dir = Self { fd, path };
        check_private(&dir.metadata()?, &dir.path)?;
        Ok(dir)
    }

    /// Opens it likewise, after making it if need be; tells whether it was made.
    pub fn make_private(&self, name: &str) -> Result<(Self, bool), StoreError> {
        let path = self.path.join(name);
        match nix::sys::stat::mkdirat(&self.fd, name, Mode::S_IRWXU) {
            Ok(()) => {
                let dir = self.open_private(name)?;
                // The umask may have taken even the owner's bits away.
                nix::sys::stat::fchmod(&dir.fd, Mode::S_IRWXU).map_err(|e| io_error("chmod", &path, e))?;
                Ok((dir, true))
            }
            Err(Errno::EEXIST) => Ok((self.open_private(name)?, false)),
            Err(errno) => Err(io_error("create", &path, errno)),
        }
    }

    /// Where it lies, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path to this very directory, whatever lies where it was found by now; for calls that take a path only. It holds
    /// as long as this value lives.
    pub fn held_path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.fd.as_raw_fd()))
    }

    /// Whether it still lies where it was found: what is given away by its path must not be another's.
    pub fn is_in_place(&self) -> Result<bool, StoreError> {
        let found = fs::metadata(&self.path);
        let found = found.map_err(|e| StoreError::Io { what: "stat", path: self.path.clone(), source: e })?;
        let ours = self.metadata()?;
        Ok((found.dev(), found.ino()) == (ours.dev(), ours.ino()))
    }

    /// Opens a regular file in it that is ours alone and has no other name.
    pub fn open_file(&self, name: &str, flags: OFlag) -> Result<File, StoreError> {
        self.open_with_names(name, flags, 1)
    }

    fn open_with_names(&self, name: &str, flags: OFlag, most: u64) -> Result<File, StoreError> {
        let path = self.path.join(name);
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        let fd = match nix::fcntl::openat(&self.fd, name, flags | SAFE, mode) {
            Ok(fd) => fd,
            Err(Errno::ELOOP | Errno::EISDIR | Errno::ENXIO) => return Err(not_a_file(path)),
            Err(errno) => return Err(io_error("open", &path, errno)),
        };
        let file = File::from(fd);
        let meta =
            file.metadata().map_err(|source| StoreError::Io { what: "stat", path: path.clone(), source })?;
        if !meta.is_file() || meta.nlink() > most {
            return Err(not_a_file(path));
        }
        check_private(&meta, &path)?;
        Ok(file)
    }

    /// The content of a file in it, of which no more than `limit` bytes are read; `None` if there is none.
    ///
    /// It may have a second name: one that is being [published](Self::publish) does, and keeps it if its writer dies.
    pub fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let file = match self.open_with_names(name, OFlag::O_RDONLY, 2) {
            Err(error) if error.is_missing() => return Ok(None),
            other => other?,
        };
        let mut content = Vec::new();
        let read = file.take(limit).read_to_end(&mut content);
        read.map_err(|source| StoreError::Io { what: "read", path: self.path.join(name), source })?;
        Ok(Some(content))
    }

    /// Puts `content` under `name`, all of it or nothing, durably, whatever was there before.
    pub fn replace(&self, name: &str, content: &[u8]) -> Result<(), StoreError> {
        let (temp, file) = self.temporary(name, content)?;
        let outcome = self.settle(file, &temp).and_then(|()| self.rename(&temp, name, content));
        if outcome.is_err() {
            // Of no use to anybody; if it cannot be removed, that is no further harm.
            let _ = self.remove(&temp);
        }
        outcome?;
        self.sync()
    }

    /// Puts `content` under `name` if there is nothing yet, all of it or nothing, by link(2); not yet durably.
    pub fn publish(&self, name: &str, content: &[u8]) -> Result<Publish, StoreError> {
        let (temp, file) = self.temporary(name, content)?;
        let linked = nix::unistd::linkat(&self.fd, temp.as_str(), &self.fd, name, AtFlags::empty());
        // NFS repeats a request whose answer was lost, and then finds the link it has just made: only the count of
        // names is proof (open(2), on O_EXCL).
        let names = file.metadata().map(|meta| meta.nlink());
        let removed = self.remove(&temp);
        match (linked, names) {
            (Ok(()), _) | (Err(_), Ok(2)) => removed.map(|()| Publish::Done),
            (Err(Errno::EEXIST), _) => Ok(Publish::Taken),
            (Err(errno), _) => Err(io_error("link", &self.path.join(name), errno)),
        }
    }

    /// Removes a file in it; one that is not there is no error.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        match nix::unistd::unlinkat(&self.fd, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(io_error("remove", &self.path.join(name), errno)),
        }
    }

    /// Makes the content of a file in it durable.
    pub fn sync_file(&self, name: &str) -> Result<(), StoreError> {
        let file = self.open_with_names(name, OFlag::O_RDONLY, 2)?;
        file.sync_all().map_err(|source| StoreError::Io { what: "sync", path: self.path.join(name), source })
    }

    /// Makes the names in it durable.
    pub fn sync(&self) -> Result<(), StoreError> {
        nix::unistd::fsync(&self.fd).map_err(|e| io_error("sync", &self.path, e))
    }

    /// The names in it, in no order; those that are not UTF-8 are not ours and are left out.
    pub fn names(&self) -> Result<Vec<String>, StoreError> {
        let error = |source| StoreError::Io { what: "list", path: self.path.clone(), source };
        // The open directory itself, not what its path leads to by now.
        let entries = sys::list(self.held_path()).map_err(error)?;
        let names: io::Result<Vec<OsString>> = entries.map(|entry| Ok(entry?.file_name())).collect();
        Ok(names.map_err(error)?.into_iter().filter_map(|name| name.into_string().ok()).collect())
    }

    fn metadata(&self) -> Result<fs::Metadata, StoreError> {
        let error = |source| StoreError::Io { what: "stat", path: self.path.clone(), source };
        let copy = self.fd.try_clone().map_err(error)?;
        File::from(copy).metadata().map_err(error)
    }

    /// A new file beside `name` with this content.
    fn temporary(&self, name: &str, content: &[u8]) -> Result<(String, File), StoreError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let host = nix::unistd::gethostname().unwrap_or_default();
        let mut tries = 0;
        let (temp, file) = loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let temp =
                format!(".{name}.{}.{}.{count}.tmp", plain(&host.to_string_lossy()), std::process::id());
            match self.open_file(&temp, OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL) {
                Ok(file) => break (temp, file),
                Err(StoreError::Io { source, .. })
                    if source.kind() == io::ErrorKind::AlreadyExists && tries < TRIES =>
                {
                    tries += 1;
                }
                Err(error) => return Err(error),
            }
        };
        if let Err(source) = io::Write::write_all(&mut &file, content) {
            let _ = self.remove(&temp);
            return Err(StoreError::Io { what: "write", path: self.path.join(&temp), source });
        }
        Ok((temp, file))
    }

    /// Brings a written file to the disk; NFS reports a full disk or quota only here or at close(2).
    fn settle(&self, file: File, temp: &str) -> Result<(), StoreError> {
        let path = self.path.join(temp);
        file.sync_all().map_err(|source| StoreError::Io { what: "sync", path: path.clone(), source })?;
        nix::unistd::close(file).map_err(|e| io_error("close", &path, e))
    }

    fn rename(&self, temp: &str, name: &str, content: &[u8]) -> Result<(), StoreError> {
        match nix::fcntl::renameat(&self.fd, temp, &self.fd, name) {
            Ok(()) => Ok(()),
            // A repeated request on NFS finds the old name gone: what is under the new one tells whether it worked.
            Err(Errno::ENOENT)
                if self.read(name, u64::MAX).is_ok_and(|now| now.as_deref() == Some(content)) =>
            {
                Ok(())
            }
            Err(errno) => Err(io_error("rename", &self.path.join(temp), errno)),
        }
    }
}

/// The characters of a host name that may stand in a file name.
fn plain(host: &str) -> String {
    host.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect()
}

fn io_error(what: &'static str, path: &Path, errno: Errno) -> StoreError {
    StoreError::Io { what, path: path.to_owned(), source: errno.into() }
}

fn not_a_file(path: PathBuf) -> StoreError {
    StoreError::Refused {
        path,
        why: "is no plain file with one name but a link, a pipe or the like".into(),
        remedy: "remove it if you did not make it, or use another run directory",
    }
}

fn check_private(meta: &fs::Metadata, path: &Path) -> Result<(), StoreError> {
    let refused = |why, remedy| Err(StoreError::Refused { path: path.to_owned(), why, remedy });
    let us = nix::unistd::geteuid().as_raw();
    if meta.uid() != us {
        return refused(
            format!("belongs to user {}, not to user {us}", meta.uid()),
            "remove it or use another run directory",
        );
    }
    if meta.mode() & OTHERS_WRITE != 0 {
        return refused(
            format!("can be changed by other users (mode {:03o})", meta.mode() & 0o777),
            "look whether its content is yours, then: chmod -R go-w on it",
        );
    }
    Ok(())
}

#[cfg(test)]
mod calls_tests;
#[cfg(test)]
mod tests;
