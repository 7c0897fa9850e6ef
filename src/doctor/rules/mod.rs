//! The checks, by what they look at. Codes stay the same in later versions; a code that is given up is not used again.
//!
//! CK0..: the commands of the script. CK1..: its head. CK2..: the site. CK3..: the program. CK4..: the directory.

pub(super) mod application;
pub(super) mod around;
pub(super) mod array;
pub(super) mod directory;
pub(super) mod head;
pub(super) mod order;
pub(super) mod output;
pub(super) mod own;
pub(super) mod place;
pub(super) mod requeue;
pub(super) mod several;
pub(super) mod shape;
pub(super) mod signal;
pub(super) mod site;
pub(super) mod start;
pub(super) mod time;
mod words;

pub(super) use words::is_harmless;
