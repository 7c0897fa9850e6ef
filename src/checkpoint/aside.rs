//! Files that are set aside: they keep their content under a name that no rule takes for a checkpoint.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::expand::is_absent;
use super::reach::Reached;

/// Why a file is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aside {
    /// The computation begins anew.
    BeforeFresh,
    /// It is not whole, or restarts from it fail.
    Damaged,
    /// It is not whole, and the program would start from it.
    Incomplete,
    /// Restarts from it failed, and the program would start from it.
    PassedOver,
}

impl Aside {
    const ALL: [Self; 4] = [Self::BeforeFresh, Self::Damaged, Self::Incomplete, Self::PassedOver];

    fn mark(self) -> &'static str {
        match self {
            Self::BeforeFresh => ".before-fresh-",
            Self::Damaged => ".damaged-",
            Self::Incomplete => ".incomplete-",
            Self::PassedOver => ".passed-over-",
        }
    }
}

/// Renames a file or directory of `dir` to `NAME.damaged-TIME` or the like, and answers that path; `seconds` since the
/// epoch. Nothing is ever overwritten, no link is followed. `None`: there is nothing of this name.
pub fn set_aside(dir: &Path, path: &Path, why: Aside, seconds: i64) -> io::Result<Option<PathBuf>> {
    let reached = match Reached::new(dir, path) {
        Err(error) if is_absent(&error) => return Ok(None),
        other => other?,
    };
    for attempt in 0..1000 {
        let mut name = OsString::from(path.file_name().unwrap_or_default());
        name.push(why.mark());
        name.push(if attempt == 0 { seconds.to_string() } else { format!("{seconds}-{attempt}") });
        let free = reached.beside(&name);
        match fs::symlink_metadata(&free) {
            Ok(_) => continue,
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(error),
        }
        return match fs::rename(reached.path(), &free) {
            Ok(()) => Ok(Some(path.with_file_name(name))),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        };
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Whether a path was made by [`set_aside`].
pub(super) fn is_set_aside(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    Aside::ALL.into_iter().any(|why| {
        let end = name.rsplit_once(why.mark()).map(|(_, end)| end);
        end.is_some_and(|end| end.starts_with(|c: char| c.is_ascii_digit()) && end.chars().all(is_of_a_time))
    })
}

fn is_of_a_time(letter: char) -> bool {
    letter.is_ascii_digit() || letter == '-'
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ck.2.damaged-1763800000", true)]
    #[case("d/ck.2.before-fresh-1763800000-1", true)]
    #[case("ck.damaged-", false)]
    #[case("ck.damaged-by-me", false)]
    #[case("ck", false)]
    fn names(#[case] path: &str, #[case] aside: bool) {
        assert_eq!(is_set_aside(Path::new(path)), aside);
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ck");
        let mut names = Vec::new();
        for content in ["one", "two"] {
            fs::write(&path, content).unwrap();
            names.push(set_aside(dir.path(), &path, Aside::Damaged, 7).unwrap().unwrap());
        }
        assert_eq!(names, [dir.path().join("ck.damaged-7"), dir.path().join("ck.damaged-7-1")]);
        assert_eq!(fs::read_to_string(&names[0]).unwrap(), "one");
        assert_eq!(set_aside(dir.path(), &path, Aside::Damaged, 7).unwrap(), None);
    }
}
