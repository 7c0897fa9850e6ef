//! When the next checkpoint is planned, and what that was learned from.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::super::words;
use crate::journal::record::Lead;

/// How long before the end of the allocation a checkpoint is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LeadStatus {
    /// So many seconds.
    pub seconds: f64,
    /// So many checkpoints it was learned from; 0 where a setting says it.
    pub checkpoints: u32,
    /// Seconds that the one in the middle took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_seconds: Option<f64>,
    /// Seconds that all but one in a thousand are expected to take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_seconds: Option<f64>,
}

impl From<Lead> for LeadStatus {
    fn from(lead: Lead) -> Self {
        let seconds = |ms: u64| Duration::from_millis(ms).as_secs_f64();
        Self {
            seconds: seconds(lead.ms),
            checkpoints: lead.checkpoints,
            median_seconds: lead.median_ms.map(seconds),
            late_seconds: lead.late_ms.map(seconds),
        }
    }
}

impl fmt::Display for LeadStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "checkpoint planned {} before the end", short(self.seconds))?;
        if let Some(median) = self.median_seconds {
            let plural = if self.checkpoints == 1 { "" } else { "s" };
            let (count, median) = (self.checkpoints, short(median));
            write!(f, ": {count} checkpoint{plural}, median {median}")?;
        }
        match self.late_seconds {
            Some(late) => write!(f, ", 99.9% {}", short(late)),
            None => Ok(()),
        }
    }
}

fn short(seconds: f64) -> String {
    words::span(Duration::try_from_secs_f64(seconds.round()).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::set(300_000, 0, None, None, "checkpoint planned 5m00s before the end")]
    #[case::one(
        43_400,
        1,
        Some(12_000),
        None,
        "checkpoint planned 43s before the end: 1 checkpoint, median 12s"
    )]
    #[case::many(
        43_000,
        6,
        Some(12_000),
        Some(31_000),
        "checkpoint planned 43s before the end: 6 checkpoints, median 12s, 99.9% 31s"
    )]
    fn words_of_a_lead(
        #[case] ms: u64,
        #[case] checkpoints: u32,
        #[case] median_ms: Option<u64>,
        #[case] late_ms: Option<u64>,
        #[case] expected: &str,
    ) {
        let status = LeadStatus::from(Lead { ms, checkpoints, median_ms, late_ms });
        assert_eq!(status.to_string(), expected);
    }
}
