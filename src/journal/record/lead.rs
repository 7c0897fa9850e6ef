//! The part of a record that says what is planned for a deadline.

use serde::{Deserialize, Serialize};

/// How long before the end of an allocation a checkpoint is asked for, and what that was learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// Milliseconds before the end.
    pub ms: u64,
    /// Checkpoints it was learned from.
    #[serde(default)]
    pub checkpoints: u32,
    /// Milliseconds that the one in the middle took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_ms: Option<u64>,
    /// Milliseconds that all but one in a thousand are expected to take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_ms: Option<u64>,
}
