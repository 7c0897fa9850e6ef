//! Which paths a pattern names.
//!
//! The crate `glob` matches single names, but its own walk is not used: it takes a path that cannot be looked
//! at (permission, dead file server) for one that is not there, and it cannot start in a directory whose name
//! is no UTF-8 or holds `[`.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::scan::ScanError;
use crate::profile::rules::{LONGEST_PATTERN, MOST_NAMES};
use crate::sys::{self, Listed};

/// Most paths one pattern may name, and most directories it may make us read.
pub(super) const MAX_MATCHES: usize = 10_000;

/// Deepest nesting that `**` goes into.
const MAX_DEPTH: usize = 64;

/// As the shell does it: `*` does not match a leading dot. So `.ckwrap` with its copies of checkpoints, and the
/// `.name.tmp` files that programs rename when they are complete, are not taken for checkpoints.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

enum Part {
    Literal(String),
    Wild(Pattern),
    AnyDepth,
}

/// Whether a pattern names more than itself.
pub(super) fn is_wild(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// The paths a pattern names, sorted, relative to `dir` where the pattern is.
///
/// Without wildcards the path is returned whether or not it is there. `**` stands for any number of
/// directories and does not go through symbolic links.
///
/// # Errors
///
/// A directory that is there and cannot be read; a malformed pattern; more than [`MAX_MATCHES`] paths.
pub(super) fn expand(dir: &Path, pattern: &str) -> Result<Vec<PathBuf>, ScanError> {
    let parts = parts(pattern)?;
    let start = if pattern.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() };
    let mut walk = Walk { dir, pattern, found: Vec::new(), read: 0 };
    walk.step(start, &parts, 0)?;
    walk.found.sort();
    walk.found.dedup();
    Ok(walk.found)
}

fn parts(pattern: &str) -> Result<Vec<Part>, ScanError> {
    let bad = |reason| ScanError::Pattern { pattern: pattern.chars().take(100).collect(), reason };
    if pattern.len() > LONGEST_PATTERN || pattern.matches('/').count() > MOST_NAMES {
        return Err(bad("it is longer than any path"));
    }
    let mut parts: Vec<Part> = Vec::new();
    for component in pattern.split('/').filter(|component| !matches!(*component, "" | ".")) {
        let part = match component {
            "**" if matches!(parts.last(), Some(Part::AnyDepth)) => continue,
            "**" => Part::AnyDepth,
            _ if is_wild(component) => Part::Wild(
                Pattern::new(component)
                    .map_err(|error| ScanError::Pattern { pattern: pattern.to_owned(), reason: error.msg })?,
            ),
            _ => Part::Literal(component.to_owned()),
        };
        parts.push(part);
    }
    if parts.is_empty() {
        return Err(ScanError::Pattern { pattern: pattern.to_owned(), reason: "it names nothing" });
    }
    Ok(parts)
}

struct Walk<'a> {
    dir: &'a Path,
    pattern: &'a str,
    found: Vec<PathBuf>,
    read: usize,
}

impl Walk<'_> {
    fn step(&mut self, at: PathBuf, parts: &[Part], depth: usize) -> Result<(), ScanError> {
        let Some((part, rest)) = parts.split_first() else {
            if self.found.len() >= MAX_MATCHES {
                return Err(self.too_many());
            }
            self.found.push(at);
            return Ok(());
        };
        match part {
            Part::Literal(name) => {
                let path = at.join(name);
                let below_wildcard = rest.is_empty() && is_wild(self.pattern);
                if below_wildcard && !self.is_there(&path)? {
                    return Ok(());
                }
                self.step(path, rest, depth)
            }
            Part::Wild(pattern) => {
                let fits = |name: &OsString| pattern.matches_with(&name.to_string_lossy(), OPTIONS);
                for name in self.names(&at, |entry| Ok(fits(&entry.file_name())))? {
                    self.step(at.join(name), rest, depth)?;
                }
                Ok(())
            }
            Part::AnyDepth => {
                if depth >= MAX_DEPTH {
                    return Err(self.too_many());
                }
                let visible = |name: &OsString| !name.to_string_lossy().starts_with('.');
                let below = self.names(&at, |entry| Ok(visible(&entry.file_name()) && entry.is_dir()?))?;
                for name in below {
                    self.step(at.join(name), parts, depth + 1)?;
                }
                self.step(at, rest, depth)
            }
        }
    }

    fn is_there(&self, at: &Path) -> Result<bool, ScanError> {
        let path = self.dir.join(at);
        match fs::symlink_metadata(&path) {
            Ok(_) => Ok(true),
            Err(error) if is_absent(&error) => Ok(false),
            Err(source) => Err(ScanError::Unreadable { path, source }),
        }
    }

    /// Names in a directory that `keep` accepts; none where there is no such directory.
    fn names(
        &mut self,
        at: &Path,
        keep: impl Fn(&Listed) -> io::Result<bool>,
    ) -> Result<Vec<OsString>, ScanError> {
        let path = self.dir.join(at);
        self.read += 1;
        if self.read > MAX_MATCHES {
            return Err(self.too_many());
        }
        let unreadable = |source| ScanError::Unreadable { path: path.clone(), source };
        let entries = match sys::list(&path) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            match keep(&entry) {
                Ok(true) => names.push(entry.file_name()),
                Ok(false) => {}
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(unreadable(error)),
            }
            if names.len() > MAX_MATCHES {
                return Err(self.too_many());
            }
        }
        Ok(names)
    }

    fn too_many(&self) -> ScanError {
        ScanError::TooMany { pattern: self.pattern.to_owned(), limit: MAX_MATCHES }
    }
}

/// Whether this error says for certain that nothing is there; any other means that we could not look.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        || error.raw_os_error() == Some(libc::ELOOP)
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::symlink;

    use rstest::rstest;

    use super::*;

    fn tree(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        dir
    }

    #[rstest]
    #[case("*.cpt", &["a.cpt", "b.cpt"])]
    #[case("./*.cpt", &["a.cpt", "b.cpt"])]
    #[case("[ab].cpt", &["a.cpt", "b.cpt"])]
    #[case("?.cpt", &["a.cpt", "b.cpt"])]
    #[case("a.cpt", &["a.cpt"])]
    #[case("none.cpt", &["none.cpt"])]
    #[case("none/*.cpt", &[])]
    #[case("a.cpt/*", &[])]
    #[case(".*.cpt", &[".hidden.cpt"])]
    #[case("*/x.ckpt", &["d/x.ckpt", "loop/x.ckpt"])]
    #[case("**/x.ckpt", &["d/e/x.ckpt", "d/x.ckpt"])]
    #[case("**/**/*.ckpt", &["d/e/x.ckpt", "d/x.ckpt"])]
    #[case("d/../a.cpt", &["d/../a.cpt"])]
    fn patterns(#[case] pattern: &str, #[case] expected: &[&str]) {
        let dir = tree(&["a.cpt", "b.cpt", ".hidden.cpt", "d/x.ckpt", "d/e/x.ckpt", ".ckwrap/x.ckpt"]);
        symlink("d", dir.path().join("loop")).unwrap();
        let found = expand(dir.path(), pattern).unwrap();
        assert_eq!(found, expected.iter().map(PathBuf::from).collect::<Vec<_>>());
    }

    #[test]
    fn the_directory_itself_may_hold_metacharacters_or_no_utf8() {
        let outer = tempfile::tempdir().unwrap();
        for name in [b"run[1]*".to_vec(), b"run\xff".to_vec()] {
            let dir = outer.path().join(OsString::from_vec(name));
            fs::create_dir(&dir).unwrap();
            fs::write(dir.join("a.cpt"), "x").unwrap();
            assert_eq!(expand(&dir, "*.cpt").unwrap(), [PathBuf::from("a.cpt")]);
        }
    }

    #[test]
    fn names_without_utf8_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let name = OsString::from_vec(b"a\xff.cpt".to_vec());
        fs::write(dir.path().join(&name), "x").unwrap();
        assert_eq!(expand(dir.path(), "*.cpt").unwrap(), [PathBuf::from(name)]);
    }

    #[test]
    fn absolute_patterns_leave_the_directory() {
        let dir = tree(&["a.cpt"]);
        let pattern = format!("{}/*.cpt", dir.path().display());
        assert_eq!(expand(Path::new("/nonexistent"), &pattern).unwrap(), [dir.path().join("a.cpt")]);
    }

    #[test]
    fn links_that_lead_in_a_circle_end() {
        let dir = tree(&["d/x"]);
        symlink("..", dir.path().join("d/up")).unwrap();
        assert_eq!(expand(dir.path(), "**/x").unwrap(), [PathBuf::from("d/x")]);
    }

    #[rstest]
    #[case("[a")]
    #[case("a***")]
    #[case("")]
    #[case("./")]
    fn malformed(#[case] pattern: &str) {
        let dir = tree(&[]);
        assert!(matches!(expand(dir.path(), pattern), Err(ScanError::Pattern { .. })));
    }

    #[test]
    fn too_many_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..=MAX_MATCHES {
            fs::write(dir.path().join(number.to_string()), "").unwrap();
        }
        assert!(matches!(expand(dir.path(), "*"), Err(ScanError::TooMany { .. })));
    }

    proptest::proptest! {
        #[test]
        fn no_pattern_makes_it_panic(pattern in r"[a./*?\[\]!^-]{0,8}") {
            let dir = tree(&["a/a", "a.a"]);
            let _ = expand(dir.path(), &pattern.trim_start_matches('/').replace("..", "."));
        }
    }
}
