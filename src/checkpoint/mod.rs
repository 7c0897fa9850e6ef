//! EDGE: checkpoint files: which there are, which are whole, whether the work is done, and trigger files.
//!
//! Everything here may hang in a file system, so it runs on the worker thread, never in the loop. Nothing here
//! starts a process: a check that needs a command hands its argument vector back. It knows nothing of the
//! scheduler, of deadlines, or of what a segment's end means.

mod aside;
mod clean;
mod copy;
mod durable;
mod expand;
mod finish;
mod keep;
mod line_pattern;
mod marks;
mod number;
mod off_limits;
mod open;
mod reach;
mod scan;
mod search;
mod settle;
mod streams;
mod trigger;
mod validate;

pub use aside::{Aside, set_aside};
pub use clean::{Cleaned, clean};
pub use durable::{SyncError, make_durable};
pub use finish::{Answer, failure, finished, stopped};
pub use keep::{KeepError, Kept, keep, kept, parts, restore};
pub use marks::LogMarks;
pub use scan::{Candidate, ScanError, examine, scan};
pub use settle::{is_new, settled};
pub use streams::Streams;
pub use trigger::{TriggerFileError, remove_trigger_file, write_trigger_file};
pub use validate::{Validity, validate};
