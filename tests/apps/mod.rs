//! Real programs, interrupted at least twice and compared with an uninterrupted run: `scripts/test apps`.

mod environment;
mod gromacs;
pub(crate) mod scene;
mod python;
mod pytorch;
mod shell;
mod tensorflow;
