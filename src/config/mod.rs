//! Settings: where they stand, which layer wins, and the plan of a run that they make.
//!
//! Layers, lowest first: built-in defaults, profile, `ckwrap.yaml`, `CKWRAP_*`, options. Each file is read into
//! [`wire`] types, the layers are merged key by key with the origin of each, and the result is resolved to a
//! [`Plan`]. Everything that can be wrong is found here, before a child is started.

#[cfg(test)]
mod builtin_tests;
mod effective;
mod error;
mod layers;
mod load;
mod locate;
mod origin;
mod parse;
mod plan;
#[cfg(test)]
mod profile_tests;
mod profiles;
mod resolve;
mod scan;
mod span;
#[cfg(test)]
mod tests;
mod trust;
pub mod wire;

pub use effective::{Row, effective};
pub(crate) use error::nearest;
pub use error::{ConfigError, Place};
pub use layers::Override;
pub use load::{Loaded, Request, load};
pub use origin::{Origin, Origins, Source};
pub use plan::{ChainChoice, Limit, LogSettings, Plan};
pub use span::{TimeSpan, TimeSpanError};
pub use trust::FILE_NAME;
pub use wire::{LogFormat, LogLevel};
