//! A true copy of a file or directory, durable, with its times.
//!
//! Never a hard link: the program writes into the same file. `std::io::copy` shares the blocks where the file system
//! can (`copy_file_range(2)`), and writes on either side then leave the other alone.

use std::fs::{self, DirBuilder, File, FileTimes, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::open::open_regular;
use crate::sys;

/// Deepest nesting that is copied.
const MAX_DEPTH: usize = 64;
/// What of a mode is copied.
const RIGHTS: u32 = 0o777;

/// Copies what is at `from` to `to`, where nothing must be. Links to files are followed, as for a checkpoint's
/// identity; links to directories and into nothing are copied as links; sockets, FIFOs and devices are left out.
///
/// # Errors
///
/// Whatever the file system says, with the path; [`io::ErrorKind::Interrupted`] once `abandoned` is set.
pub(super) fn copy(from: &Path, to: &Path, abandoned: &AtomicBool) -> Result<(), (io::Error, String)> {
    copy_at(from, to, abandoned, 0)
}

fn copy_at(from: &Path, to: &Path, abandoned: &AtomicBool, depth: usize) -> Result<(), (io::Error, String)> {
    let at = |error: io::Error| (error, from.display().to_string());
    if abandoned.load(Ordering::Acquire) {
        return Err(at(io::ErrorKind::Interrupted.into()));
    }
    if depth > MAX_DEPTH {
        return Err(at(io::Error::other("nested too deep")));
    }
    let found = fs::symlink_metadata(from).map_err(at)?;
    if found.is_symlink() {
        match fs::metadata(from) {
            Ok(metadata) if metadata.is_file() => return copy_file(from, to, &metadata).map_err(at),
            Ok(metadata) if metadata.is_dir() && depth == 0 => {
                return copy_dir(from, to, &metadata, abandoned, depth);
            }
            _ => return fs::read_link(from).and_then(|target| symlink(target, to)).map_err(at),
        }
    }
    if found.is_file() {
        copy_file(from, to, &found).map_err(at)
    } else if found.is_dir() {
        copy_dir(from, to, &found, abandoned, depth)
    } else {
        Ok(())
    }
}

/// The copy has never been there, under this name or through a link; and no right that the original gives beyond reading,
/// writing and executing goes with it: a stranger's set-user-id program would run as the user.
fn copy_file(from: &Path, to: &Path, metadata: &Metadata) -> io::Result<()> {
    let (mut source, _) = open_regular(from)?;
    let mode = metadata.permissions().mode() & RIGHTS;
    let new = OpenOptions::new().write(true).create_new(true).mode(mode & 0o700 | 0o600).open(to)?;
    io::copy(&mut source, &mut &new)?;
    new.set_permissions(fs::Permissions::from_mode(mode))?;
    settle(&new, metadata)
}

fn copy_dir(
    from: &Path,
    to: &Path,
    metadata: &Metadata,
    abandoned: &AtomicBool,
    depth: usize,
) -> Result<(), (io::Error, String)> {
    let at = |error: io::Error| (error, from.display().to_string());
    DirBuilder::new().mode(0o700).create(to).map_err(at)?;
    for entry in sys::list(from).map_err(at)? {
        let name = entry.map_err(at)?.file_name();
        copy_at(&from.join(&name), &to.join(&name), abandoned, depth + 1)?;
    }
    // Its owner must be able to remove what is in it.
    let mode = metadata.permissions().mode() & RIGHTS | 0o700;
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).map_err(at)?;
    File::open(to).and_then(|dir| settle(&dir, metadata)).map_err(at)
}

/// The times of the original, and all of it on the disk.
fn settle(file: &File, metadata: &Metadata) -> io::Result<()> {
    let mut times = FileTimes::new().set_modified(metadata.modified()?);
    if let Ok(accessed) = metadata.accessed() {
        times = times.set_accessed(accessed);
    }
    file.set_times(times)?;
    file.sync_all()
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_through_a_link_and_no_rights_beyond_use_are_copied() {
        let dir = tempfile::tempdir().unwrap();
        let [from, victim, to] = ["from", "victim", "to"].map(|name| dir.path().join(name));
        fs::write(&from, "from").unwrap();
        fs::write(&victim, "mine").unwrap();
        fs::set_permissions(&from, fs::Permissions::from_mode(0o6754)).unwrap();
        symlink(&victim, &to).unwrap();
        let never = AtomicBool::new(false);
        assert_eq!(copy(&from, &to, &never).unwrap_err().0.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        fs::remove_file(&to).unwrap();
        copy(&from, &to, &never).unwrap();
        let made = fs::metadata(&to).unwrap();
        assert_eq!(made.permissions().mode() & 0o7777, 0o754);
        assert_eq!(made.modified().unwrap(), fs::metadata(&from).unwrap().modified().unwrap());
    }
}
