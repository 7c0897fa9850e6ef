//! What goes wrong with a configuration: where, which key, what, and how to mend it.
//!
//! Every one of them ends ckwrap with code 125 before anything is started, so there is one type for all.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use crate::model::harmless;

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// Where it was said.
    pub place: Place,
    /// The key's path, such as `checkpoint.lead`; empty where none is meant.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it; empty where the message says it.
    pub hint: String,
}

/// Where a value was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file, with line and column from 1 where known.
    File {
        /// The file.
        path: PathBuf,
        /// Line and column.
        position: Option<(usize, usize)>,
    },
    /// An environment variable, an option or a built-in profile, by its name.
    Named(String),
    /// Nowhere in particular.
    Nowhere,
}

impl ConfigError {
    /// An error at `place` about `key`.
    pub fn new(place: Place, key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place, key: key.into(), message: message.into(), hint: String::new() }
    }

    /// The same error with a way to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// An error about a whole file.
    pub fn file(path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self::new(Place::File { path: path.into(), position: None }, "", message)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, position: Some((line, column)) } => {
                write!(f, "{}:{line}:{column}", path.display())
            }
            Self::File { path, position: None } => path.display().fmt(f),
            Self::Named(name) => f.write_str(name),
            Self::Nowhere => Ok(()),
        }
    }
}

impl fmt::Display for ConfigError {
    /// `FILE:LINE:COLUMN: KEY: MESSAGE`, and the hint on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is quoted of files and names must not make further lines.
        if self.place != Place::Nowhere {
            write!(f, "{}: ", harmless(&self.place.to_string()))?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", harmless(&shortened(&self.key)))?;
        }
        f.write_str(&harmless(&shortened(&self.message)))?;
        if self.hint.is_empty() {
            Ok(())
        } else {
            write!(
                f,
                "
  hint: {}",
                harmless(&shortened(&self.hint))
            )
        }
    }
}

/// Bytes of one part of an error that are shown; what is wrong may be quoted whole in it.
const SHOWN: usize = 1200;

/// A text whose middle is left out where it is long: both its ends say something.
fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= SHOWN {
        return text.into();
    }
    let (head, tail) =
        (text.floor_char_boundary(SHOWN * 3 / 4), text.ceil_char_boundary(text.len() - SHOWN / 4));
    let part = |range| text.get(range).unwrap_or_default();
    format!("{} [...] {}", part(0..head), part(tail..text.len())).into()
}

/// Bytes of the longest word that can be a slip of a name.
const LONGEST_SLIP: usize = 64;

/// The name in `known` that `word` is probably a slip of.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The distance of two words costs the product of their lengths.
    if word.len() > LONGEST_SLIP {
        return None;
    }
    let word = word.to_ascii_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&word, &name.to_ascii_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1 + name.len().min(word.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
