//! What the tests share: the programs under test, started in a known way, watched and cleaned up after.
#![expect(clippy::disallowed_methods, reason = "tests start processes and look repeatedly at what others do")]

mod executable;
mod program;
mod running;
mod slurm;
mod terminal;
mod wait;
mod wrapper;

pub(crate) use executable::{copy_executable, write_executable};
pub(crate) use program::{example, probe};
pub(crate) use running::{End, Running, Start, living, state};
pub(crate) use slurm::FakeSlurm;
pub(crate) use terminal::Terminal;
pub(crate) use wait::{DEADLINE, patience, wait_for};
pub(crate) use wrapper::Wrapper;
