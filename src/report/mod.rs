//! What people are shown of a chain: plain text, JSON, and a page of HTML.
//!
//! Pure: from a history to text. It knows no file, no clock and no terminal.

mod account;
mod block;
mod forecast;
pub mod html;
mod slurm;
mod standing;
mod status;
mod table;
#[cfg(test)]
mod tests;
mod timeline;
mod trace;
mod words;

pub use block::block;
pub use forecast::{Forecast, Rate};
pub use slurm::InSlurm;
pub use standing::{Standing, Waste};
pub use status::{ChainStatus, LeadStatus, ProgressStatus, State, table};
pub use timeline::timeline;
pub use trace::Trace;
