//! What was found: how grave it is, where, why in one sentence, and how to mend it.

use std::ops::Range;
use std::path::PathBuf;

use serde::Serialize;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It works, and could be better.
    Advice,
    /// Work, output or the chain itself is lost when something happens that does happen.
    Warning,
    /// The chain does not go on, or work is lost, in the ordinary course of things.
    Error,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// These bytes of the batch script.
    Script(Range<usize>),
    /// A file, with line and column from 1 where known.
    File(PathBuf, Option<(usize, usize)>),
    /// Slurm's settings.
    Site,
    /// The run directory.
    Directory(PathBuf),
}

/// A change of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// These bytes ...
    pub at: Range<usize>,
    /// ... become these.
    pub text: String,
}

/// How a finding is mended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fix {
    /// What to do, as the beginning of a sentence: `write this line instead`.
    pub how: String,
    /// What can be pasted there.
    pub paste: Vec<String>,
    /// The same as changes of the script, where they cannot do harm.
    pub edits: Vec<Edit>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its name, which stays the same in later versions.
    pub code: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// Why it is one, in one sentence.
    pub why: String,
    /// How to mend it.
    pub fix: Fix,
}

impl Fix {
    /// Something that a person must do.
    pub fn by_hand(how: impl Into<String>) -> Self {
        Self { how: how.into(), ..Self::default() }
    }

    /// With a line that can be pasted.
    #[must_use]
    pub fn paste(mut self, line: impl Into<String>) -> Self {
        self.paste.push(line.into());
        self
    }

    /// With a change that cannot do harm.
    #[must_use]
    pub fn edit(mut self, at: Range<usize>, text: impl Into<String>) -> Self {
        self.edits.push(Edit { at, text: text.into() });
        self
    }

    /// Whether it can be applied without a person.
    pub fn is_safe(&self) -> bool {
        !self.edits.is_empty()
    }
}

impl Finding {
    /// An error.
    pub fn error(code: &'static str, place: Place, why: impl Into<String>, fix: Fix) -> Self {
        Self { code, severity: Severity::Error, place, why: why.into(), fix }
    }

    /// A warning.
    pub fn warning(code: &'static str, place: Place, why: impl Into<String>, fix: Fix) -> Self {
        Self { code, severity: Severity::Warning, place, why: why.into(), fix }
    }

    /// An advice.
    pub fn advice(code: &'static str, place: Place, why: impl Into<String>, fix: Fix) -> Self {
        Self { code, severity: Severity::Advice, place, why: why.into(), fix }
    }
}
