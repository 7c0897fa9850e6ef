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

use super::expand::{expand, is_absent};
use super::off_limits::{OWN, OffLimits, look_through};
use super::scan::ScanError;
use crate::sys;

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
/// A directory that cannot be looked into, a malformed pattern, a checkpoint that cannot be followed; what the patterns
/// before it name is gone by then.
pub fn clean(dir: &Path, patterns: &[String], checkpoints: &[PathBuf]) -> Result<Cleaned, ScanError> {
    let mut cleaned = Cleaned::default();
    let off_limits = OffLimits::new(dir, checkpoints)?;
    for pattern in patterns {
        for path in expand(dir, pattern)? {
            match remove(dir, &path, pattern.ends_with('/'), &off_limits) {
                Ok(true) => cleaned.removed.push(path),
                Ok(false) => {}
                Err(why) => cleaned.left.push((path, why)),
            }
        }
    }
    Ok(cleaned)
}

/// Whether it was there and is gone.
fn remove(dir: &Path, path: &Path, wants_dir: bool, off_limits: &OffLimits) -> Result<bool, String> {
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
    if let Some(why) = off_limits.why_kept(&plain).map_err(|error| error.to_string())? {
        return Err(why.into());
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
        look_through(at)?;
        sys::remove_tree(at)?;
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

    #[rstest]
    #[case::absolute("chk*/", "/chk100", &["chk100/x"])]
    #[case::up("chk*/", "sub/../chk100", &["chk100/x"])]
    #[case::link("chk*/", "latest", &["chk100/x"])]
    #[case::the_link_itself("late*", "/latest/x", &["latest/x"])]
    #[case::a_link_on_the_way("mid", "latest/x", &["latest/x"])]
    #[case::part_of_one("chk*/x", "latest", &["chk100/x"])]
    #[case::holds_one("hol*/", "deep", &["holds/deep/x"])]
    fn a_checkpoint_is_known_by_all_its_names(
        #[case] pattern: &str,
        #[case] checkpoint: &str,
        #[case] stays: &[&str],
    ) {
        let dir = tempfile::tempdir().unwrap();
        for name in ["chk100/x", "holds/deep/x", "sub/y"] {
            fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
            fs::write(dir.path().join(name), "x").unwrap();
        }
        for (to, name) in [("chk100", "mid"), ("mid", "latest"), ("holds/deep", "deep")] {
            symlink(to, dir.path().join(name)).unwrap();
        }
        let checkpoint = match checkpoint.strip_prefix('/') {
            Some(below) => dir.path().join(below),
            None => checkpoint.into(),
        };
        let cleaned = clean(dir.path(), &[pattern.to_owned()], &[checkpoint]).unwrap();
        assert_eq!((cleaned.removed.len(), cleaned.left.len()), (0, 1), "{cleaned:?}");
        for name in stays {
            assert!(dir.path().join(name).exists(), "{name}");
        }
    }

    #[rstest]
    #[case::in_what_was_set_aside("chk*/*", "chk.damaged-7/x")]
    #[case::a_chain_further_down("tmp/", "tmp/a/b/.ckwrap/c/journal")]
    #[case::set_aside_further_down("tmp/", "tmp/a/state.damaged-7")]
    fn what_is_ours_stays_wherever_it_lies(#[case] pattern: &str, #[case] name: &str) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "x").unwrap();
        let cleaned = clean(dir.path(), &[pattern.to_owned()], &[]).unwrap();
        assert_eq!((cleaned.removed.len(), cleaned.left.len()), (0, 1), "{cleaned:?}");
        assert!(path.exists());
    }
}
