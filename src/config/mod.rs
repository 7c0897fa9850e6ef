//! Layers of settings and their origins.

mod span;

pub use span::{TimeSpan, TimeSpanError};
