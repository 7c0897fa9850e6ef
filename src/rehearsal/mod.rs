//! A rehearsal: what was seen of a program in one whole cycle, what that means, and the settings that follow.
//!
//! Pure. The cycle itself (processes, directories, time) is `cli::rehearse`.

mod judge;
mod seen;

pub use judge::{Finding, Report, Word, ending, judge};
pub use seen::{Blow, Compared, Difference, Seen, Segment};
