//! Layers of settings and their origins.

mod error;
mod locate;
mod origin;
mod parse;
mod scan;
mod span;
mod trust;
pub mod wire;

pub use error::{ConfigError, Place};
pub use origin::{Origin, Origins, Source};
pub use span::{TimeSpan, TimeSpanError};
