//! Identity of a chain, of a segment in it, and of one attempt to continue it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::JobId;

/// Name of a chain: 1 to 100 characters of `[A-Za-z0-9_.-]`, not starting with a dot or a dash.
///
/// It becomes a directory name and part of a job comment, so nothing else is let in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChainId(String);

/// Why a text is no [`ChainId`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "a chain name has 1 to 100 characters of A-Z a-z 0-9 _ . - and starts with a letter, digit or _: `{0}`"
)]
pub struct ChainIdError(pub String);

impl ChainId {
    /// The chain that a job begins where the user gave no name.
    pub fn of_job(job: JobId) -> Self {
        Self(format!("slurm-{job}"))
    }

    /// The chain of the embedded scheduler where the user gave no name.
    pub fn local() -> Self {
        Self("local".to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ChainId {
    type Err = ChainIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let good =
            (1..=100).contains(&text.len()) && text.chars().all(plain) && !text.starts_with(['.', '-']);
        if good { Ok(Self(text.to_owned())) } else { Err(ChainIdError(text.to_owned())) }
    }
}

impl TryFrom<String> for ChainId {
    type Error = ChainIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ChainId> for String {
    fn from(id: ChainId) -> Self {
        id.0
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Number of a segment in its chain, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentNumber(pub u32);

impl SegmentNumber {
    /// The first segment of every chain.
    pub const FIRST: Self = Self(1);

    /// The segment after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for SegmentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Marks one attempt to continue a chain, so that an answer that was lost can be looked up.
///
/// Same characters as a [`ChainId`]; carried in the job comment and the environment of a successor.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token(String);

impl Token {
    /// The token of the continuation after `segment` of `chain`; `nonce` tells two attempts apart.
    pub fn new(chain: &ChainId, segment: SegmentNumber, nonce: u64) -> Self {
        Self(format!("{chain}.{segment}.{nonce:016x}"))
    }

    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Token {
    type Error = ChainIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let good = (1..=140).contains(&text.len()) && text.chars().all(plain);
        if good { Ok(Self(text)) } else { Err(ChainIdError(text)) }
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("slurm-12_7", true)]
    #[case("my.run", true)]
    #[case("", false)]
    #[case("..", false)]
    #[case("-x", false)]
    #[case("a/b", false)]
    #[case("a\nb", false)]
    fn chain_names(#[case] text: &str, #[case] good: bool) {
        assert_eq!(text.parse::<ChainId>().is_ok(), good);
    }
}
