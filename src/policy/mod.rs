//! PURE: all decisions about a segment and its chain.
//!
//! Knows no clock, file, process, thread or environment: time comes in with every event, and everything
//! that is to happen goes out as an [`Action`].
//!
//! ```text
//! Starting -> Running -> Asking -> Ending -> Clearing -> Continuing -> Done
//!                |         |                    ^
//!                +---------+--------------------+   the child may end at any time
//! ```

mod action;
mod asking;
mod cause;
mod clearing;
mod continuation;
mod continuing;
mod crowd;
mod deadline;
mod durable;
mod errand;
mod event;
mod fence;
mod keeping;
pub mod lead;
mod left_to_program;
mod machine;
mod notice;
mod planning;
mod running;
mod settings;
mod situation;
mod start;
mod stop;
mod stopping;
mod table;
mod telling;
mod terms;
mod timer;
mod verdict;

#[cfg(test)]
mod sim;
#[cfg(test)]
mod tests;

pub use action::{Action, Ended, Entry, Outcome, Planned, Step, StopReason};
pub use cause::Cause;
pub use crowd::Crowd;
pub use event::{
    Answer, Assessment, End, Event, Examined, GraceAnswer, JobAnswer, JobFacts, JobPhase, KeepAnswer,
    Refused, Retry, ScanAnswer, Sender, StepAnswer, Ticket, TriggerAnswer,
};
pub use fence::{EarlierCopy, Fence, patience_with_owner};
pub use keeping::longest_first_copy;
pub use machine::Machine;
pub use notice::{Level, Notice};
pub use settings::{Lead, Settings};
pub use situation::{ArrayPlace, Host, Past, Situation};
pub use start::{Start, StartFacts, start};
pub use table::{Kind, Phase, Rule, rule};
pub use verdict::Verdict;
