//! The way to a file that is to be written, renamed or removed: only through directories and links that no stranger has
//! put there.
//!
//! Where a run directory is open to others, one of them can put a link in the place of a directory that is not there yet,
//! and what is meant for the run would be done to the user's own files elsewhere. Reading goes through any link, as the
//! program's own reading does.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, readlinkat};
use nix::sys::stat::{Mode, fstat};

use crate::sys;

/// Links that are followed on one way, as many as the kernel follows.
pub(super) const MOST_LINKS: u32 = 40;

/// A directory that is held open, so that nobody can put another in its place, and a name in it.
#[derive(Debug)]
pub(super) struct Reached {
    directory: OwnedFd,
    name: OsString,
}

impl Reached {
    /// The directory of `path`, which is relative to `dir` or absolute; links in it are followed only below `dir` and only
    /// if they are the user's own or root's. A path that leads elsewhere is the user's own choice, and taken as it is.
    ///
    /// # Errors
    ///
    /// What the system says; `PermissionDenied` for a stranger's link; `InvalidInput` for a path without a name.
    pub(super) fn new(dir: &Path, path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        let parent = path.parent().unwrap_or(Path::new(""));
        let below = parent.strip_prefix(dir).unwrap_or(parent);
        if below.is_absolute() {
            return Ok(Self { directory: open(below)?, name });
        }
        Ok(Self { directory: walk(open(dir)?, below)?, name })
    }

    /// The file itself, for calls that follow no link at its end.
    pub(super) fn path(&self) -> PathBuf {
        self.beside(&self.name)
    }

    /// Where the link of this name leads, if it is the user's or root's.
    pub(super) fn target(&self) -> io::Result<PathBuf> {
        target(&self.directory, &self.name)
    }

    /// Another name in the same directory.
    pub(super) fn beside(&self, name: &OsStr) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.directory.as_raw_fd())).join(name)
    }
}

/// Only a place to start from: no right to read it is needed.
const PLACE: OFlag = OFlag::O_PATH.union(OFlag::O_CLOEXEC);

fn open(dir: &Path) -> io::Result<OwnedFd> {
    Ok(nix::fcntl::open(dir, PLACE | OFlag::O_DIRECTORY, Mode::empty())?)
}

fn walk(start: OwnedFd, way: &Path) -> io::Result<OwnedFd> {
    let mut at = start;
    let mut rest: VecDeque<OsString> = steps(way).collect();
    let mut links = 0;
    while let Some(step) = rest.pop_front() {
        match openat(&at, step.as_os_str(), PLACE | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW, Mode::empty()) {
            Ok(next) => at = next,
            Err(Errno::ENOTDIR | Errno::ELOOP) => {
                links += 1;
                if links > MOST_LINKS {
                    return Err(Errno::ELOOP.into());
                }
                let target = target(&at, &step)?;
                if target.is_absolute() {
                    at = open(Path::new("/"))?;
                }
                steps(&target).rev().for_each(|step| rest.push_front(step));
            }
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(at)
}

fn steps(way: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    let named = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    way.components().filter_map(named)
}

/// Where a link leads that is the user's or root's.
fn target(at: &OwnedFd, name: &OsStr) -> io::Result<PathBuf> {
    let link = openat(at, name, PLACE | OFlag::O_NOFOLLOW, Mode::empty())?;
    let found = fstat(&link)?;
    if found.st_mode & libc::S_IFMT != libc::S_IFLNK {
        return Err(Errno::ENOTDIR.into());
    }
    if found.st_uid != sys::effective_uid() && found.st_uid != 0 {
        let name = Path::new(name).display();
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("`{name}` on the way to it is a link of user {}, which is not followed", found.st_uid),
        ));
    }
    Ok(readlinkat(link.as_fd(), "")?.into())
}

/// Makes the directories that are missing on the way to `path`, which is relative to `dir` or absolute.
pub(super) fn make_way(dir: &Path, path: &Path) -> io::Result<()> {
    let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty() && *parent != dir) else {
        return Ok(());
    };
    let reached = match Reached::new(dir, parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_way(dir, parent)?;
            Reached::new(dir, parent)?
        }
        other => other?,
    };
    match fs::create_dir(reached.path()) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{lchown, symlink};

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("file", Some("file"))]
    #[case::deep("d/e/file", Some("d/e/file"))]
    #[case::own_link("own/file", Some("d/e/file"))]
    #[case::own_absolute_link("whole/file", Some("d/file"))]
    #[case::up("d/../file", Some("file"))]
    #[case::through_a_strangers_link("strange/file", None)]
    #[case::behind_an_own_link("twice/file", None)]
    #[case::in_a_circle("circle/file", None)]
    #[case::not_there("none/file", None)]
    #[case::a_file_on_the_way("plain/file", None)]
    #[case::no_name("d/..", None)]
    fn ways(#[case] path: &str, #[case] leads_to: Option<&str>) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("d/e")).unwrap();
        fs::write(dir.path().join("plain"), "").unwrap();
        let link = |target: &Path, name: &str| symlink(target, dir.path().join(name)).unwrap();
        link(Path::new("d/e"), "own");
        link(&dir.path().join("d"), "whole");
        link(Path::new("strange"), "twice");
        link(Path::new("circle"), "circle");
        link(Path::new("d"), "strange");
        if nix::unistd::geteuid().is_root() {
            lchown(dir.path().join("strange"), Some(65534), None).unwrap();
        } else {
            // Only root can give a link away; one that leads nowhere is refused as well.
            fs::remove_file(dir.path().join("strange")).unwrap();
            link(Path::new("nowhere"), "strange");
        }
        for path in [Path::new(path).to_owned(), dir.path().join(path)] {
            let reached = Reached::new(dir.path(), &path);
            assert_eq!(reached.is_ok(), leads_to.is_some(), "{reached:?}");
            if let (Ok(reached), Some(leads_to)) = (reached, leads_to) {
                fs::write(reached.path(), "x").unwrap();
                assert!(dir.path().join(leads_to).exists());
            }
        }
    }

    #[test]
    fn a_way_is_made_once_and_not_through_a_strangers_link() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            make_way(dir.path(), &dir.path().join("a/b/c/file")).unwrap();
            make_way(dir.path(), &dir.path().join("file")).unwrap();
        }
        assert!(dir.path().join("a/b/c").is_dir());
    }
}
