//! The only unsafe code: system calls that no safe wrapper offers in the form needed here.
//!
//! Knows nothing of chains, checkpoints or schedulers.

#![expect(unsafe_code, reason = "this module exists to hold it")]

mod clock;
mod datagrams;
mod descriptors;
mod entry;
mod failpoint;
mod listing;
mod panic;
mod process;
mod search_path;
mod signals;
mod spawn;
mod thread;
mod wait;
mod window;
mod write_out;

pub use clock::{Alarm, boot_id, now};
pub use datagrams::{Arrival, Datagrams};
pub use descriptors::{close_inherited, leave_stdio};
#[doc(hidden)]
pub use entry::start;
pub use failpoint::failpoint;
pub use listing::{Listed, list, remove_tree};
pub use panic::{Panic, guarded, resume};
pub use process::{
    become_subreaper, die_of, effective_uid, is_privileged_start, own_group, own_pid, random, stop_self,
    wake_self,
};
pub use search_path::{absolute_only, helper_path};
pub use signals::{
    Inherited, Received, SignalSource, give_back_signals, send, send_group, send_value, take_over_signals,
};
pub use spawn::{Child, Dispositions, SpawnError, SpawnRequest, spawn};
pub use thread::start_thread;
pub use wait::{Change, next_change};
pub use window::{WindowSize, window_size};
pub use write_out::write_out;
