//! PURE: all decisions about a segment and its chain.
//!
//! Knows no clock, file, process, thread or environment: time comes in with every event.

mod settings;

pub use settings::{Lead, Settings};
