//! Checkpoints moved out of the program's way: they keep their content and their place, and get a name that neither
//! the program nor a scan takes for a checkpoint.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// Why a checkpoint is moved away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aside {
    /// The chain begins afresh.
    BeforeFresh,
    /// It is not whole.
    Incomplete,
    /// Restarts from it failed.
    PassedOver,
}

impl Aside {
    const ALL: [Self; 3] = [Self::BeforeFresh, Self::Incomplete, Self::PassedOver];

    /// What stands between the old name and the time.
    fn mark(self) -> &'static str {
        match self {
            Self::BeforeFresh => ".before-fresh-",
            Self::Incomplete => ".incomplete-",
            Self::PassedOver => ".passed-over-",
        }
    }
}

/// How many names are tried where one is taken already.
const TRIES: i64 = 100;

/// Renames `path`, relative to `dir`, to `NAME.incomplete-TIME` or the like; `at` is in seconds since 1970. Nothing is
/// ever overwritten.
///
/// # Errors
///
/// What the system says; without a free name `AlreadyExists`.
pub fn set_aside(dir: &Path, path: &Path, why: Aside, at: i64) -> io::Result<PathBuf> {
    for number in at..at.saturating_add(TRIES) {
        let mut name: OsString = path.as_os_str().to_owned();
        name.push(format!("{}{number}", why.mark()));
        let to = dir.join(&name);
        match std::fs::symlink_metadata(&to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return std::fs::rename(dir.join(path), &to).map(|()| name.into());
            }
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Whether a path was given its name by [`set_aside`].
pub(super) fn is_aside(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Aside::ALL.iter().any(|why| {
        let time = name.rsplit_once(why.mark()).map(|(_, time)| time);
        time.is_some_and(|time| !time.is_empty() && time.bytes().all(|digit| digit.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn nothing_is_overwritten_and_the_new_name_is_known() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["first", "second"] {
            fs::write(dir.path().join("ck"), text).unwrap();
            let name = set_aside(dir.path(), Path::new("ck"), Aside::Incomplete, 7).unwrap();
            assert!(is_aside(&name), "{name:?}");
            assert_eq!(fs::read_to_string(dir.path().join(name)).unwrap(), text);
        }
        assert!(set_aside(dir.path(), Path::new("ck"), Aside::Incomplete, 7).is_err());
        assert!(!is_aside(Path::new("a.incomplete-7/ck")) && !is_aside(Path::new("ck.incomplete-")));
    }
}
