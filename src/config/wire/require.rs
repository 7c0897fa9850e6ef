//! `require`: what an input file must say, or the program could not be continued.

use serde::{Deserialize, Serialize};

/// One demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Require {
    /// The input file, from the run directory.
    pub file: String,
    /// What one of its lines must match; `^` and `$` match at each line.
    pub regex: String,
    /// What to write there and why, for the user.
    pub why: String,
}
