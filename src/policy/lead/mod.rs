//! How long before the end a checkpoint is asked for, as learned from those before.
//!
//! Durations in, a lead out: no clock, no state of a segment, no journal. With `R` seconds of work at risk and `F` the
//! distribution of how long a checkpoint takes, asking `X` seconds before the end saves `(R - X) F(X)` seconds of work on
//! average: the lead is where that is most. After a checkpoint the same holds anew for what is left, as the rest of the
//! allocation is worth nothing else: a program that goes on is asked early first, as an insurance, and then again.

mod forecast;
mod learned;
mod margin;
mod saves;
mod shot;
mod student;

pub use forecast::{Forecast, Law};
pub use learned::{Basis, Learned};
pub use margin::margin;
pub use saves::Saves;
pub use shot::{REQUESTS, Request, best};
