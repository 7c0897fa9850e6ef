//! The words of the field as values: what every part of ckwrap may speak about.
//!
//! Plain data with parsing and printing. Nothing here reads a clock, a file, the environment or a process.

mod chain;
mod checkpoint;
mod exit;
mod job;
mod message;
mod mode;
mod name;
mod shown;
mod signal;
mod time;
mod trigger;
mod typed;

pub use chain::{ChainId, ChainIdError, SegmentNumber, Token};
pub use checkpoint::CheckpointId;
pub use exit::{ChildExit, ExitStatus};
pub use job::{JobId, JobIdError};
pub use message::{LONGEST_DATAGRAM, Message, Parsed, Progress, ProgressError, plain};
pub use mode::{ContinuationMode, OnFailure, PreemptionWatch};
pub use name::number_in_name;
pub use shown::{changes_the_line, harmless};
pub use signal::{Signal, SignalError};
pub use time::{Instant, Now, Timestamp};
pub use trigger::{Effect, Target, Trigger};
pub use typed::typed;
