//! A chain as one HTML file: no network, no script, readable in the dark, on paper, on a telephone and by ear.
//!
//! Knows accounts and forecasts; every text from elsewhere passes through `markup`.

mod axis;
mod bars;
mod checkpoints;
mod legend;
mod markup;
mod page;
mod progress;
mod segments;
mod strip;
mod summary;

pub use page::{Logs, MARK, Page};
