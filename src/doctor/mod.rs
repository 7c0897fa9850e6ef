//! What is wrong with a batch script, and with the place where it is to run: texts and facts in, findings out.
//!
//! Pure: reads no file, asks no scheduler and starts nothing. An invented finding does more harm than one that is missed, so
//! whatever cannot be told for certain is said to be so ([`Report::not_judged`]) and not judged.

mod abbreviation;
mod beginning;
mod case;
mod facts;
mod finding;
mod fixing;
mod header;
mod judge;
mod launch;
mod print;
mod rules;
pub mod shell;

pub use beginning::{Beginning, RunsIn, beginning};
pub use case::{Case, Settings};
pub use facts::{Application, Asked, Checkpoints, Directory, Found, Site};
pub use finding::{Edit, Finding, Fix, Place, Severity};
pub use fixing::{Fixed, fix};
pub use header::Header;
pub use judge::{Report, judge};
pub use launch::{Launch, UNKNOWN, launches};
pub use print::{Printed, line_and_column, print};
