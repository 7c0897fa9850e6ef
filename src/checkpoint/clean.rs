//! Leftovers that are removed before every start: stale locks, incomplete things.
//!
//! Only in the run directory, never through a link, never ckwrap's own directory, never a checkpoint. Every directory on
//! the way is opened without following links (openat(2)), so that none can be swapped meanwhile.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;

use super::aside::is_set_aside;
use super::expand::{expand, is_absent};
use super::scan::ScanError;

/// Directory of all chains.
const OWN: &str = ".ckwrap";

/// What was done about what a pattern names.
#[derive(Debug, Default)]
pub struct Cleaned {
    /// Gone, relative to the run directory.
    pub removed: Vec<PathBuf>,
    /// Left where it is, and why.
    pub left: Vec<(PathBuf, String)>,
}

/// Removes what the patterns name in `dir`: regular files and links themselves, and directories by patterns that end
/// in `/`. `checkpoints` are files and directories that are left alone, with all that is in them.
///
/// # Errors
///
/// A directory that cannot be looked into, a malformed pattern; what the patterns before it name is gone by then.
pub fn clean(dir: &Path, patterns: &[String], checkpoints: &[PathBuf]) -> Result<Cleaned, ScanError> {
    let mut cleaned = Cleaned::default();
    for pattern in patterns {
        for path in expand(dir, pattern)? {
            match remove(dir, &path, pattern.ends_with('/'), checkpoints) {
                Ok(true) => cleaned.removed.push(path),
                Ok(false) => {}
                Err(why) => cleaned.left.push((path, why)),
            }
        }
    }
    Ok(cleaned)
}

/// Whether it was there and is gone.
fn remove(dir: &Path, path: &Path, wants_dir: bool, checkpoints: &[PathBuf]) -> Result<bool, String> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) if name == OWN => return Err("it is ckwrap's own".into()),
            Component::Normal(name) => names.push(name),
            Component::CurDir => {}
            _ => return Err("it lies outside of the run directory".into()),
        }
    }
    let Some((last, parents)) = names.split_last() else { return Ok(false) };
    let plain: PathBuf = names.iter().collect();
    if is_set_aside(&plain) {
        return Err("it was set aside by ckwrap".into());
    }
    if checkpoints.iter().any(|other| plain.starts_with(other) || other.starts_with(&plain)) {
        return Err("it is, holds or is part of a checkpoint".into());
    }
    match parent_of(dir, parents).and_then(|parent| {
        let at = PathBuf::from(format!("/proc/self/fd/{}", parent.as_raw_fd())).join(last);
        remove_at(&at, wants_dir)
    }) {
        Ok(gone) => Ok(gone),
        Err(error) if error.raw_os_error() == Some(libc::ELOOP) => Err("a link leads to it".into()),
        Err(error) if is_absent(&error) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

fn parent_of(dir: &Path, names: &[&std::ffi::OsStr]) -> io::Result<OwnedFd> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
    let mut at = nix::fcntl::open(dir, flags, Mode::empty())?;
    for name in names {
        at = match openat(at.as_fd(), *name, flags | OFlag::O_NOFOLLOW, Mode::empty()) {
            // What the kernel says of a link where a directory is wanted and links are not followed.
            Err(nix::errno::Errno::ENOTDIR) => return Err(io::Error::from_raw_os_error(libc::ELOOP)),
            other => other?,
        };
    }
    Ok(at)
}

fn remove_at(at: &Path, wants_dir: bool) -> io::Result<bool> {
    let found = fs::symlink_metadata(at)?;
    if found.is_dir() {
        if !wants_dir {
            return Err(io::Error::other(
                "it is a directory; write a / after the pattern to remove directories",
            ));
        }
        if fs::symlink_metadata(at.join(OWN)).is_ok() {
            return Err(io::Error::other("a chain has its journal in it"));
        }
        fs::remove_dir_all(at)?;
    } else if wants_dir {
        return Err(io::Error::other("it is no directory"));
    } else if found.is_file() || found.is_symlink() {
        fs::remove_file(at)?;
    } else {
        return Err(io::Error::other("it is neither a file nor a link"));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rstest::rstest;

    use super::*;

    /// Files `a.lock`, `sub/b.lock`, `state.ck`, directories `tmp.1/` and `chk1/`, a chain, a link `out` to another directory.
    fn place() -> (tempfile::TempDir, tempfile::TempDir) {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let names = [
            "state.ck.damaged-7",
            "a.lock",
            "sub/b.lock",
            "state.ck",
            "tmp.1/x",
            "chk1/x.lock",
            ".ckwrap/c/journal.lock",
            "other/.ckwrap/x",
        ];
        for name in names {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        fs::write(outside.path().join("far.lock"), "x").unwrap();
        symlink(outside.path(), dir.path().join("out")).unwrap();
        symlink(outside.path().join("far.lock"), dir.path().join("link.lock")).unwrap();
        nix::unistd::mkfifo(&dir.path().join("pipe.lock"), Mode::S_IRWXU).unwrap();
        (dir, outside)
    }

    #[rstest]
    #[case("*.lock", &["a.lock", "link.lock"], 1)]
    #[case("**/*.lock", &["a.lock", "link.lock", "sub/b.lock"], 2)]
    #[case("none.lock", &[], 0)]
    #[case("tmp.*", &[], 1)]
    #[case("tmp.*/", &["tmp.1"], 0)]
    #[case("a.lock/", &[], 1)]
    #[case("state.ck", &[], 1)]
    #[case("state*", &[], 2)]
    #[case("chk1/", &[], 1)]
    #[case("*/x.lock", &[], 1)]
    #[case("out/*", &[], 1)]
    #[case("out/", &[], 1)]
    #[case("o*/", &[], 2)]
    #[case(".ckwrap/", &[], 1)]
    #[case(".ckwrap/*/*", &[], 1)]
    #[case(".*/*/journal.lock", &[], 1)]
    #[case("sub/../../x", &[], 1)]
    fn only_what_may_go_goes(#[case] pattern: &str, #[case] gone: &[&str], #[case] left: usize) {
        let (dir, outside) = place();
        let checkpoints = ["state.ck".into(), "chk1".into()];
        let cleaned = clean(dir.path(), &[pattern.to_owned()], &checkpoints).unwrap();
        assert_eq!(cleaned.removed, gone.iter().map(PathBuf::from).collect::<Vec<_>>(), "{cleaned:?}");
        assert_eq!(cleaned.left.len(), left, "{cleaned:?}");
        for name in gone {
            assert!(fs::symlink_metadata(dir.path().join(name)).is_err());
        }
        assert!(outside.path().join("far.lock").exists());
        for name in
            ["state.ck", "state.ck.damaged-7", "chk1/x.lock", ".ckwrap/c/journal.lock", "other/.ckwrap/x"]
        {
            assert!(dir.path().join(name).exists(), "{name}");
        }
    }
}
