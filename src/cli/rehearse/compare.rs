//! Results beside each other, byte for byte.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::RehearseError;
use super::scratch::Scratch;
use crate::rehearsal::{Compared, Difference};

/// Whether these are patterns of names below the directory.
pub(super) fn check(patterns: &[String]) -> Result<(), RehearseError> {
    for pattern in patterns {
        let wrong = |why: &str| RehearseError::Pattern(pattern.clone(), why.to_owned());
        if pattern.starts_with('/') || pattern.split('/').any(|part| part == "..") {
            return Err(wrong("name files below the directory, such as '*.out'"));
        }
        glob::Pattern::new(pattern).map_err(|error| wrong(error.msg))?;
    }
    Ok(())
}

/// Compares what the patterns name in both copies.
pub(super) fn compare(patterns: &[String], scratch: &Scratch) -> Compared {
    let (alone, interrupted) = (scratch.alone(), scratch.interrupted());
    let mut compared = Compared::default();
    let names: BTreeSet<PathBuf> =
        names(&alone, patterns).into_iter().chain(names(&interrupted, patterns)).collect();
    for name in names {
        let what = match difference(&alone.join(&name), &interrupted.join(&name)) {
            Ok(what) => what,
            Err(error) => Some(format!("cannot be read: {error}")),
        };
        match what {
            None => compared.same += 1,
            Some(what) => compared.different.push(Difference { name: name.display().to_string(), what }),
        }
    }
    compared
}

fn names(directory: &Path, patterns: &[String]) -> Vec<PathBuf> {
    let whole = |pattern: &String| {
        let base = glob::Pattern::escape(&directory.to_string_lossy());
        glob::glob(&format!("{base}/{pattern}")).ok()
    };
    let found = patterns.iter().filter_map(whole).flatten().flatten();
    found
        .filter(|path| path.is_file())
        .filter_map(|path| path.strip_prefix(directory).ok().map(Path::to_owned))
        .collect()
}

/// In what two files differ; none: they do not.
fn difference(alone: &Path, interrupted: &Path) -> io::Result<Option<String>> {
    if !alone.exists() {
        return Ok(Some("is there only after interruptions".to_owned()));
    }
    if !interrupted.exists() {
        return Ok(Some("is not there after interruptions".to_owned()));
    }
    let mut bytes =
        [BufReader::new(File::open(alone)?).bytes(), BufReader::new(File::open(interrupted)?).bytes()];
    for at in 1_u64.. {
        let [one, other] = &mut bytes;
        match (one.next().transpose()?, other.next().transpose()?) {
            (None, None) => break,
            (one, other) if one == other => {}
            (None, _) => return Ok(Some(format!("is longer than {} bytes", at - 1))),
            (_, None) => return Ok(Some(format!("ends after {} bytes", at - 1))),
            _ => return Ok(Some(format!("differs from byte {at} on"))),
        }
    }
    Ok(None)
}
