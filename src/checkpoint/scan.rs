//! Which checkpoints lie on disk, best first.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::aside::is_set_aside;
use super::expand::{expand, is_absent, is_wild};
use super::number::last_number;
use crate::model::CheckpointId;
use crate::profile::rules::{CheckpointRule, Kind, Pick, SetAside};
use crate::sys::{self, Listed};

/// Most entries that are looked at inside one checkpoint directory.
const MAX_ENTRIES: usize = 100_000;

/// How often a scan is done anew because a file went away under it.
const ATTEMPTS: usize = 3;

/// Something that by its name is a checkpoint. Whether it is whole is for [`validate`](super::validate).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What tells it from others and from its own earlier state. For a set the path is that of its first file.
    pub id: CheckpointId,
    /// What it consists of.
    pub kind: Kind,
    /// Its regular files as the rule found them, relative to the run directory where the rule is; for a set in
    /// the order of the rule's patterns.
    pub files: Vec<PathBuf>,
    /// What has to be moved to move it: its files, or its directories.
    pub parts: Vec<PathBuf>,
    /// Patterns of a set that nothing matches; with any, the set is not complete.
    pub missing: Vec<String>,
    /// Found by the rule's `fallback`: an older one, even if its files are younger.
    pub fallback: bool,
}

/// Why it cannot be said which checkpoints there are. Never means that there is none.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Something that is there cannot be looked at.
    #[error(
        "cannot look for checkpoints at {path}: {source}; check permissions and the file system, or write a narrower pattern"
    )]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The rule's pattern cannot be read.
    #[error("`{pattern}` is not a pattern for paths: {reason}; write `[[]` for a bracket itself")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// More than ckwrap is willing to look at.
    #[error("`{pattern}` leads to more than {limit} paths; write a narrower pattern")]
    TooMany {
        /// The pattern, or the directory.
        pattern: String,
        /// The most that is looked at.
        limit: usize,
    },
}

/// The checkpoints that the rule names, best first: current ones as [`Pick`] orders them, then those of each
/// `fallback` pattern in turn.
///
/// A file that a wildcard of `glob` and a `fallback` both name is a fallback (`*.cpt` and `*_prev.cpt`).
/// Symbolic links are followed; one that leads nowhere is absent. FIFOs and devices are never checkpoints and
/// are not opened.
///
/// # Errors
///
/// Whenever something was there that could not be looked at, the run directory itself included.
pub fn scan(dir: &Path, rule: &CheckpointRule) -> Result<Vec<Candidate>, ScanError> {
    if look(dir)?.is_none() {
        return Err(unreadable(dir, io::ErrorKind::NotFound.into()));
    }
    let mut attempt = 1;
    loop {
        let mut scan = Scan { dir, rule, vanished: false };
        let candidates = scan.all()?;
        if !scan.vanished || attempt == ATTEMPTS {
            return Ok(candidates);
        }
        attempt += 1;
    }
}

/// What lies at this path, a file or a directory with all that is in it; `None`: for certain neither.
///
/// # Errors
///
/// It cannot be looked at.
pub fn examine(dir: &Path, path: &Path) -> Result<Option<CheckpointId>, ScanError> {
    Ok(look_at(dir, path)?.into_iter().next().map(|candidate| candidate.id))
}

/// The same, with what it consists of.
pub(super) fn look_at(dir: &Path, path: &Path) -> Result<Vec<Candidate>, ScanError> {
    let Some(found) = look(&dir.join(path))? else { return Ok(Vec::new()) };
    let kind = if found.is_dir() { Kind::Dir } else { Kind::File };
    let rule = CheckpointRule {
        glob: vec![],
        not_glob: vec![],
        fallback: vec![],
        pick: Pick::Newest,
        kind,
        validate: vec![],
        set_aside: SetAside::None,
    };
    let mut scan = Scan { dir, rule: &rule, vanished: false };
    scan.ordered(&[path.to_owned()], false)
}

struct Scan<'a> {
    dir: &'a Path,
    rule: &'a CheckpointRule,
    /// Something was listed and gone when looked at: the picture mixes two moments.
    vanished: bool,
}

impl Scan<'_> {
    fn all(&mut self) -> Result<Vec<Candidate>, ScanError> {
        let rule = self.rule;
        let not = Excluded::new(&rule.not_glob)?;
        let matches = |pattern: &String| {
            let mut paths = expand(self.dir, pattern)?;
            // What is named without a wildcard is meant.
            let wild = is_wild(pattern);
            paths.retain(|path| !(not.has(path) || wild && is_set_aside(path)));
            Ok(paths)
        };
        let older = rule.fallback.iter().map(matches).collect::<Result<Vec<_>, _>>()?;
        let is_older: BTreeSet<&PathBuf> = older.iter().flatten().collect();
        let mut current = Vec::new();
        for pattern in &rule.glob {
            let mut paths = matches(pattern)?;
            if is_wild(pattern) {
                paths.retain(|path| !is_older.contains(path));
            }
            current.push(paths);
        }
        if rule.kind == Kind::Set {
            let sets = [self.set(&rule.glob, &current, false)?, self.set(&rule.fallback, &older, true)?];
            return Ok(sets.into_iter().flatten().collect());
        }
        let mut candidates = self.ordered(&current.concat(), false)?;
        for paths in &older {
            candidates.extend(self.ordered(paths, true)?);
        }
        let mut seen = BTreeSet::new();
        candidates.retain(|candidate| seen.insert(candidate.id.path.clone()));
        Ok(candidates)
    }

    fn ordered(&mut self, paths: &[PathBuf], fallback: bool) -> Result<Vec<Candidate>, ScanError> {
        let mut candidates = Vec::new();
        for paths in self.grouped(paths) {
            let Some(path) = paths.first() else { continue };
            let found = match self.rule.kind {
                Kind::Dir | Kind::Dirs => self.directories(&paths, fallback)?,
                Kind::File | Kind::Set => self.file(path)?.map(|metadata| Candidate {
                    id: CheckpointId {
                        path: path.clone(),
                        size: metadata.len(),
                        modified_ns: modified_ns(&metadata),
                        inode: metadata.ino(),
                    },
                    kind: Kind::File,
                    files: vec![path.clone()],
                    parts: vec![path.clone()],
                    missing: Vec::new(),
                    fallback,
                }),
            };
            candidates.extend(found);
        }
        let newer = |a: &Candidate, b: &Candidate| {
            let by_time = a.id.modified_ns.cmp(&b.id.modified_ns);
            let order = match self.rule.pick {
                Pick::Newest => by_time,
                Pick::MaxNumber => last_number(&a.id.path).total_cmp(&last_number(&b.id.path)),
            };
            order.then_with(|| a.id.path.cmp(&b.id.path)).reverse()
        };
        candidates.sort_by(newer);
        Ok(candidates)
    }

    /// All files together; `None` where there is not a single one.
    fn set(
        &mut self,
        patterns: &[String],
        found: &[Vec<PathBuf>],
        fallback: bool,
    ) -> Result<Option<Candidate>, ScanError> {
        let mut sum = Sum::default();
        let mut files = Vec::new();
        let mut known = BTreeSet::new();
        let mut missing = Vec::new();
        for (pattern, paths) in patterns.iter().zip(found) {
            let mut matched = false;
            for path in paths {
                if known.contains(path) {
                    matched = true;
                } else if let Some(metadata) = self.file(path)? {
                    sum.add(&metadata);
                    files.push(path.clone());
                    known.insert(path);
                    matched = true;
                }
            }
            if !matched {
                missing.push(pattern.clone());
            }
        }
        Ok(files.first().cloned().map(|first| Candidate {
            id: sum.id(first),
            kind: Kind::Set,
            parts: files.clone(),
            files,
            missing,
            fallback,
        }))
    }

    /// The paths that make one candidate each.
    fn grouped(&self, paths: &[PathBuf]) -> Vec<Vec<PathBuf>> {
        if self.rule.kind != Kind::Dirs {
            return paths.iter().map(|path| vec![path.clone()]).collect();
        }
        let mut groups: BTreeMap<_, Vec<PathBuf>> = BTreeMap::new();
        for path in paths {
            groups.entry(path.file_name()).or_default().push(path.clone());
        }
        groups.into_values().collect()
    }

    /// Directories with all that is in them, as one.
    fn directories(&mut self, paths: &[PathBuf], fallback: bool) -> Result<Option<Candidate>, ScanError> {
        let mut sum = Sum::default();
        let (mut files, mut parts) = (Vec::new(), Vec::new());
        for path in paths {
            if self.directory(path, &mut sum, &mut files)? {
                parts.push(path.clone());
            }
        }
        files.sort();
        Ok(parts.first().cloned().map(|first| Candidate {
            id: sum.id(first),
            kind: self.rule.kind,
            files,
            parts,
            missing: Vec::new(),
            fallback,
        }))
    }

    /// Whether this is a directory; adds all that is in it. Links to directories inside it are not followed, they may
    /// lead in a circle.
    fn directory(&mut self, path: &Path, sum: &mut Sum, files: &mut Vec<PathBuf>) -> Result<bool, ScanError> {
        let Some(top) = self.seen(path)?.filter(Metadata::is_dir) else { return Ok(false) };
        sum.touch(&top);
        let mut left = vec![path.to_owned()];
        while let Some(at) = left.pop() {
            for name in self.listed(&at)? {
                let inside = at.join(name);
                let Some(metadata) = self.seen(&inside)? else { continue };
                if metadata.is_file() {
                    sum.add(&metadata);
                    files.push(inside);
                } else if metadata.is_dir() && !self.dir.join(&inside).is_symlink() {
                    sum.touch(&metadata);
                    left.push(inside);
                }
                if files.len().saturating_add(left.len()) > MAX_ENTRIES {
                    let pattern = path.display().to_string();
                    return Err(ScanError::TooMany { pattern, limit: MAX_ENTRIES });
                }
            }
        }
        Ok(true)
    }

    fn listed(&mut self, at: &Path) -> Result<Vec<std::ffi::OsString>, ScanError> {
        let path = self.dir.join(at);
        let entries = match sys::list(&path) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => {
                self.vanished = true;
                return Ok(Vec::new());
            }
            Err(error) => return Err(unreadable(&path, error)),
        };
        let name = |entry: io::Result<Listed>| entry.map(|entry| entry.file_name());
        entries
            .take(MAX_ENTRIES + 1)
            .map(name)
            .collect::<io::Result<_>>()
            .map_err(|error| unreadable(&path, error))
    }

    fn file(&mut self, path: &Path) -> Result<Option<Metadata>, ScanError> {
        Ok(self.seen(path)?.filter(Metadata::is_file))
    }

    fn seen(&mut self, path: &Path) -> Result<Option<Metadata>, ScanError> {
        let path = self.dir.join(path);
        let found = look(&path)?;
        // A link that leads nowhere is listed and stays so; anything else that is gone was taken away just now,
        // unless it was never listed but named by the rule.
        if found.is_none() && !path.is_symlink() {
            let named = |pattern: &String| !is_wild(pattern) && self.dir.join(pattern) == path;
            self.vanished |= !self.rule.glob.iter().chain(&self.rule.fallback).any(named);
        }
        Ok(found)
    }
}

/// What is no checkpoint although a pattern names it.
struct Excluded<'a>(Vec<(&'a str, Pattern)>);

impl<'a> Excluded<'a> {
    fn new(patterns: &'a [String]) -> Result<Self, ScanError> {
        let compiled = |text: &'a String| match Pattern::new(text.strip_prefix("./").unwrap_or(text)) {
            Ok(pattern) => Ok((text.as_str(), pattern)),
            Err(error) => Err(ScanError::Pattern { pattern: text.clone(), reason: error.msg }),
        };
        patterns.iter().map(compiled).collect::<Result<_, _>>().map(Self)
    }

    fn has(&self, path: &Path) -> bool {
        const OPTIONS: MatchOptions = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        let whole = path.to_string_lossy();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.0.iter().any(|(text, pattern)| {
            pattern.matches_with(if text.contains('/') { &whole } else { &name }, OPTIONS)
        })
    }
}

/// What is at a path, links followed; `None`: for certain nothing.
fn look(path: &Path) -> Result<Option<Metadata>, ScanError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(unreadable(path, error)),
    }
}

fn unreadable(path: &Path, source: io::Error) -> ScanError {
    ScanError::Unreadable { path: path.to_owned(), source }
}

fn modified_ns(metadata: &Metadata) -> i128 {
    i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec())
}

/// Size and newest change over several files.
#[derive(Default)]
struct Sum {
    size: u64,
    modified_ns: i128,
}

impl Sum {
    fn add(&mut self, metadata: &Metadata) {
        self.size = self.size.saturating_add(metadata.len());
        self.touch(metadata);
    }

    fn touch(&mut self, metadata: &Metadata) {
        self.modified_ns = self.modified_ns.max(modified_ns(metadata));
    }

    fn id(self, path: PathBuf) -> CheckpointId {
        CheckpointId { path, size: self.size, modified_ns: self.modified_ns, inode: 0 }
    }
}

#[cfg(test)]
mod tests;
