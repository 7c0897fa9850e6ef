//! The port to the batch system: which one there is, what to ask it, and what its answers say.
//!
//! Builders and parsers only. Nothing here starts a process or reads the environment, a file or a clock;
//! whoever runs a [`Call`] hands its [`Output`] back to the parser that belongs to it.

mod call;
mod engine;
pub mod slurm;

pub(crate) use call::MAX_ERRORS;
pub use call::{Answer, Call, End, Output, Refusal, RefusalKind};
pub use engine::{Engine, EngineChoice, EngineError};
