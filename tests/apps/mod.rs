//! Real programs, interrupted at least twice and compared with an uninterrupted run: `scripts/test apps`.

mod gromacs;
mod scene;
mod uncaught;

pub(crate) use scene::Interrupted;
