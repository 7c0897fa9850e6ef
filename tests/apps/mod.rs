//! Real programs, interrupted at least twice and compared with an uninterrupted run: `scripts/test apps`.

mod cp2k;
mod environment;
mod gromacs;
mod iqtree;
mod lammps;
mod octave;
mod openfoam;
mod python;
mod pytorch;
mod r;
mod rehearse;
pub(crate) mod scene;
mod shell;
mod tensorflow;
mod uncaught;

pub(crate) use scene::Interrupted;
