//! Files by which a program is asked to checkpoint.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::expand::is_absent;
use super::reach::Reached;

/// Why a trigger file could not be put in place or taken away.
#[derive(Debug, thiserror::Error)]
pub enum TriggerFileError {
    /// It could not be written; the program was not asked.
    #[error("cannot write the trigger file {path}: {source}; check the directory, quota and permissions")]
    Write {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It could not be removed; the program may stop at once when it starts.
    #[error("cannot remove the stale trigger file {path}: {source}; remove it by hand")]
    Remove {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Puts a trigger file of `dir` in place with its whole text at once: a program that polls for it never sees half of it.
/// Whatever stood there is replaced, and a symbolic link is not followed; on the way to it only the user's own are.
pub fn write_trigger_file(dir: &Path, path: &Path, text: &str) -> Result<(), TriggerFileError> {
    place(dir, path, text).map_err(|source| TriggerFileError::Write { path: path.to_owned(), source })
}

fn place(dir: &Path, path: &Path, text: &str) -> io::Result<()> {
    let reached = Reached::new(dir, path)?;
    let mut hidden = OsString::from(".");
    hidden.push(path.file_name().unwrap_or_default());
    hidden.push(format!(".ckwrap-{}", std::process::id()));
    let temporary = reached.beside(&hidden);
    // Left over from a process of the same number that died here; O_EXCL would stumble over it.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        // Whatever the umask: what others could change would be told to the program in the user's name.
        .mode(0o644)
        .custom_flags(libc::O_NOFOLLOW)
        .open(&temporary)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&temporary, reached.path()));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Removes a trigger file left from before; `true` if there was one. A link is removed, not what it leads to; a
/// directory is left alone and is an error.
pub fn remove_trigger_file(dir: &Path, path: &Path) -> Result<bool, TriggerFileError> {
    match Reached::new(dir, path).and_then(|reached| fs::remove_file(reached.path())) {
        Ok(()) => Ok(true),
        Err(error) if is_absent(&error) => Ok(false),
        Err(source) => Err(TriggerFileError::Remove { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn writes_replaces_and_removes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("STOPCAR");
        assert!(!remove_trigger_file(dir.path(), &path).unwrap());
        write_trigger_file(dir.path(), &path, "old, and longer").unwrap();
        write_trigger_file(dir.path(), &path, "LSTOP = .TRUE.\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "LSTOP = .TRUE.\n");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(remove_trigger_file(dir.path(), &path).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (victim, path) = (dir.path().join("thesis"), dir.path().join("STOP"));
        fs::write(&victim, "years of work").unwrap();
        symlink(&victim, &path).unwrap();
        write_trigger_file(dir.path(), &path, "").unwrap();
        assert!(!path.is_symlink());
        symlink(&victim, dir.path().join("STOP2")).unwrap();
        remove_trigger_file(dir.path(), &dir.path().join("STOP2")).unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "years of work");
    }

    #[test]
    fn failure_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("STOP");
        fs::create_dir(&path).unwrap();
        assert!(matches!(write_trigger_file(dir.path(), &path, "x"), Err(TriggerFileError::Write { .. })));
        assert!(matches!(remove_trigger_file(dir.path(), &path), Err(TriggerFileError::Remove { .. })));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_trigger_file(dir.path(), &dir.path().join("none/STOP"), "x").is_err());
    }
}
