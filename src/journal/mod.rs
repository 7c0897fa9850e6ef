//! The durable record of a chain: what happened, who runs it now, and what may come next.
//!
//! A directory `.ckwrap/<chain>/` in the run directory holds `journal.jsonl` (one record a line) and `owner.N` (who runs).
//! [`record`], [`codec`] and [`history`] are pure; [`dir`], [`store`] and [`owner`] touch files. None of them asks a
//! scheduler or decides anything: they keep and tell.

pub mod codec;
#[cfg(test)]
mod crash_tests;
pub mod dir;
pub mod history;
pub mod owner;
mod process;
pub mod record;
pub mod store;
mod wire;

pub use codec::{Damage, EncodeError, Problem, Reading};
pub use history::{Expectation, History, SegmentSummary};
pub use owner::{Claim, ClaimError, Life, Owner, Standing};
pub use record::{Cause, Event, Record, StopReason, Verdict};
pub use store::{Durability, Loaded, Store, StoreError};
