//! What people are shown of a chain: plain text of at most 80 columns, and JSON.
//!
//! Pure: from a history to text. It knows no file, no clock and no terminal.

mod status;
mod table;
mod timeline;
mod words;

pub use status::{ChainStatus, LeadStatus, State, table};
pub use timeline::timeline;
