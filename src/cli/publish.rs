//! Writing a file that people open: whole or not at all, and never over one of theirs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::sys;

/// How often a name is tried for the file that becomes the new one.
const TRIES: u32 = 8;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It is not one of ours.
    #[error("{} is there already and is {what}; name another file with --output FILE{}", crate::model::harmless(&.path.to_string_lossy()), .remedy)]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
        /// What else can be done.
        remedy: &'static str,
    },
    /// The system said no.
    #[error("cannot write {}: {source}; name a file elsewhere with --output FILE", crate::model::harmless(&.path.to_string_lossy()))]
    Io {
        /// The file.
        path: PathBuf,
        /// The answer.
        source: io::Error,
    },
}

/// Makes `content` the file at `path`, in one step. A file that is there must begin with `mark`, unless `force`.
pub(super) fn write(path: &Path, content: &[u8], mark: &[u8], force: bool) -> Result<(), PublishError> {
    let error = |source| PublishError::Io { path: path.to_owned(), source };
    let there = is_there(path, mark, force)?;
    let (temporary, mut file) = beside(path).map_err(error)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    let placed = written.and_then(|()| place(&temporary, path, there || force));
    if placed.is_err() {
        // Nothing more can be done about it.
        let _ = fs::remove_file(&temporary);
    }
    match placed {
        Err(source) if source.kind() == ErrorKind::AlreadyExists => {
            Err(foreign(path, "something that came there just now", "; or try again"))
        }
        other => other.map_err(error),
    }
}

/// Whether a file is there that may be overwritten.
fn is_there(path: &Path, mark: &[u8], force: bool) -> Result<bool, PublishError> {
    let found = match fs::symlink_metadata(path) {
        Err(source) if source.kind() == ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(PublishError::Io { path: path.to_owned(), source }),
        Ok(found) => found,
    };
    if found.is_dir() {
        return Err(foreign(path, "a directory", ""));
    }
    if force {
        return Ok(true);
    }
    if !found.is_file() {
        return Err(foreign(path, "no ordinary file", ", or replace it with --force"));
    }
    match begins_with(path, mark) {
        Ok(true) => Ok(true),
        Ok(false) => Err(foreign(path, "no report of ckwrap's", ", or overwrite it with --force")),
        Err(source) => Err(PublishError::Io { path: path.to_owned(), source }),
    }
}

fn foreign(path: &Path, what: &'static str, remedy: &'static str) -> PublishError {
    PublishError::Foreign { path: path.to_owned(), what, remedy }
}

fn begins_with(path: &Path, mark: &[u8]) -> io::Result<bool> {
    let mut beginning = Vec::new();
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    file.take(u64::try_from(mark.len()).unwrap_or(u64::MAX)).read_to_end(&mut beginning)?;
    Ok(beginning == mark)
}

/// A new file in the same directory.
fn beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    for _ in 0..TRIES {
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{:016x}", sys::random()));
        let temporary = path.with_file_name(hidden);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Gives it its name. Where nothing was, nothing that has come since is replaced, if the file system can link.
fn place(temporary: &Path, path: &Path, replace: bool) -> io::Result<()> {
    if replace {
        return fs::rename(temporary, path);
    }
    match fs::hard_link(temporary, path) {
        Ok(()) => fs::remove_file(temporary),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        Err(_) => fs::rename(temporary, path),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const MARK: &[u8] = b"<!-- ours -->";

    fn text(path: &Path) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn ours_is_replaced_and_nothing_is_left_beside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.html");
        for content in ["<!-- ours --> one", "<!-- ours --> two"] {
            write(&path, content.as_bytes(), MARK, false).unwrap();
            assert_eq!(text(&path), content);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_ours_stays_unless_forced() {
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("thesis.html"), dir.path().join("link.html"));
        fs::write(&path, "<p>years of work").unwrap();
        symlink(&path, &link).unwrap();
        for path in [&path, &link] {
            let error = write(path, b"<!-- ours -->", MARK, false).unwrap_err().to_string();
            assert!(error.contains("--force"), "{error}");
        }
        assert_eq!(text(&path), "<p>years of work");
        write(&link, b"<!-- ours -->", MARK, true).unwrap();
        assert_eq!(text(&path), "<p>years of work");
        write(&path, b"<!-- ours -->", MARK, true).unwrap();
        assert_eq!(text(&path), "<!-- ours -->");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn places_that_take_no_file_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let error = write(dir.path(), b"x", MARK, true).unwrap_err().to_string();
        assert!(error.contains("a directory"), "{error}");
        let error = write(&dir.path().join("no/x"), b"x", MARK, false).unwrap_err().to_string();
        assert!(error.contains("--output FILE"), "{error}");
    }
}
