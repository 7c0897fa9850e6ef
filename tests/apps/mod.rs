//! Real programs, interrupted at least twice and compared with an uninterrupted run: `scripts/test apps`.

mod environment;
mod gromacs;
mod python;
mod pytorch;
mod scene;
mod shell;
mod tensorflow;
