//! The k-th call fails, for every k: each system call that ckwrap makes is spoiled once and for good, and ckwrap is killed
//! in place of each call of its end sequence. The ledger, the journal and the files left behind are the judges.
//!
//! | what | where |
//! |---|---|
//! | a call that fails, once or for good | `errors` |
//! | no process, no descriptor, no lock to be had | `descriptors` |
//! | calls that are done and told as failed, or done by halves | `answers` |
//! | SIGKILL in place of each call | `kills` |
//! | files of the journal that are not what they should be | `files` |
//! | one segment with a fault, and what is left of it | `segment` |
//! | what must hold afterwards | `judge` |
//! | many of them at once | `pool` |
//!
//! By default each call is spoiled in one way, drawn by a seed that is printed; `CKWRAP_TEST_SWEEP=all` tries all ways,
//! `CKWRAP_TEST_SEED` draws others. A failure names its fault, in the words of `tests/support/sabotage/plan.rs`;
//! `CKWRAP_TEST_FAULT` tries this one alone.

mod answers;
mod descriptors;
mod errnos;
mod errors;
mod files;
mod judge;
mod kills;
mod pool;
mod segment;
