//! What ckwrap costs, as counts that do not depend on the machine.
//!
//! | count | where |
//! |---|---|
//! | system calls, syncs and commands before the program runs | `beginning` |
//! | wake-ups, threads, descriptors while it runs | `idle` |
//! | calls of Slurm's commands over a segment's life | `calls` |

mod beginning;
mod calls;
mod idle;

use std::time::Duration;

/// Far more than any test takes.
const LONG: Duration = Duration::from_secs(3600);
