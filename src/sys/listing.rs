//! What is in a directory, and the removal of one with all that is in it.
//!
//! The standard library ends the program where the system call that closes a directory fails (file systems of networks and of
//! users may let it); here that is no error, as everything has been read by then.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::dir::{Dir, OwningIter, Type};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, unlinkat};

const DIRECTORY: OFlag = OFlag::O_RDONLY.union(OFlag::O_DIRECTORY).union(OFlag::O_CLOEXEC);

/// The names in the directory at `path`, in no order, without `.` and `..`.
///
/// # Errors
/// As open(2); what readdir(3) says comes with the names.
pub fn list(path: impl AsRef<Path>) -> io::Result<Listing> {
    let path = path.as_ref();
    let dir = Dir::open(path, DIRECTORY, Mode::empty())?;
    Ok(Listing { names: Some(dir.into_iter()), path: path.to_owned() })
}

/// Names of a directory, read as they are asked for.
#[derive(Debug)]
pub struct Listing {
    /// None after an error: the same would come for ever.
    names: Option<OwningIter>,
    path: PathBuf,
}

impl Iterator for Listing {
    type Item = io::Result<Listed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let entry = match self.names.as_mut()?.next()? {
                Ok(entry) => entry,
                Err(error) => {
                    self.names = None;
                    return Some(Err(error.into()));
                }
            };
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                let name = std::ffi::OsStr::from_bytes(name).to_owned();
                return Some(Ok(Listed { path: self.path.join(&name), name, kind: entry.file_type() }));
            }
        }
    }
}

/// One name in a directory.
#[derive(Debug)]
pub struct Listed {
    path: PathBuf,
    name: OsString,
    kind: Option<Type>,
}

impl Listed {
    /// The name alone.
    pub fn file_name(&self) -> OsString {
        self.name.clone()
    }

    /// The name behind the directory's path.
    pub fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// Whether it is a directory itself, and no link to one.
    ///
    /// # Errors
    /// As lstat(2), where the file system does not tell the kind with the name.
    pub fn is_dir(&self) -> io::Result<bool> {
        match self.kind {
            Some(kind) => Ok(kind == Type::Directory),
            None => Ok(fs::symlink_metadata(&self.path)?.is_dir()),
        }
    }
}

/// Removes a directory and everything in it. Links are removed, not followed.
///
/// # Errors
/// As open(2) and unlink(2); what had been removed by then is gone.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    empty(Dir::open(path, DIRECTORY | OFlag::O_NOFOLLOW, Mode::empty())?)?;
    fs::remove_dir(path)
}

fn empty(mut dir: Dir) -> io::Result<()> {
    let names = dir.iter().map(|entry| entry.map(|entry| entry.file_name().to_owned()));
    for name in names.collect::<Result<Vec<_>, _>>()? {
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        match unlinkat(dir.as_fd(), name.as_c_str(), UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => {}
            // Linux says the one of a directory, POSIX the other.
            Err(Errno::EISDIR | Errno::EPERM) => {
                empty(Dir::openat(
                    dir.as_fd(),
                    name.as_c_str(),
                    DIRECTORY | OFlag::O_NOFOLLOW,
                    Mode::empty(),
                )?)?;
                unlinkat(dir.as_fd(), name.as_c_str(), UnlinkatFlags::RemoveDir)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::symlink;

    use tempfile::tempdir;

    use super::*;

    #[test]
    fn names_and_kinds() {
        let place = tempdir().unwrap();
        fs::create_dir(place.path().join("directory")).unwrap();
        fs::write(place.path().join("file"), "").unwrap();
        symlink("directory", place.path().join("link")).unwrap();
        let found = list(place.path()).unwrap().map(|entry| {
            let entry = entry.unwrap();
            assert_eq!(entry.path(), place.path().join(entry.file_name()));
            (entry.file_name().into_string().unwrap(), entry.is_dir().unwrap())
        });
        let expected = [("directory", true), ("file", false), ("link", false)];
        let expected = expected.map(|(name, is_dir)| (name.to_owned(), is_dir));
        assert_eq!(found.collect::<BTreeMap<_, _>>(), BTreeMap::from(expected));
    }

    #[test]
    fn what_is_no_directory_cannot_be_listed() {
        let place = tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(list(&file).unwrap_err().kind(), io::ErrorKind::NotADirectory);
        assert_eq!(list(place.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(remove_tree(&file).unwrap_err().kind(), io::ErrorKind::NotADirectory);
        assert!(file.exists());
    }

    #[test]
    fn a_kind_that_is_not_told_is_looked_up() {
        let place = tempdir().unwrap();
        let listed = |name: &str| Listed { path: place.path().join(name), name: name.into(), kind: None };
        fs::create_dir(place.path().join("directory")).unwrap();
        symlink("directory", place.path().join("link")).unwrap();
        assert!(listed("directory").is_dir().unwrap());
        assert!(!listed("link").is_dir().unwrap());
        assert_eq!(listed("none").is_dir().unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_tree_is_removed_and_what_its_links_lead_to_stays() {
        let place = tempdir().unwrap();
        let (tree, other) = (place.path().join("tree"), place.path().join("other"));
        fs::create_dir_all(tree.join("a/b/c")).unwrap();
        fs::create_dir(&other).unwrap();
        for file in [tree.join("one"), tree.join("a/two"), tree.join("a/b/c/three"), other.join("stays")] {
            fs::write(file, "").unwrap();
        }
        symlink(&other, tree.join("a/link")).unwrap();
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
        assert!(other.join("stays").exists());
        symlink(&other, &tree).unwrap();
        remove_tree(&tree).unwrap_err();
        assert!(other.join("stays").exists());
    }
}
