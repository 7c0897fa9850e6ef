//! Real programs, interrupted at least twice and compared with an uninterrupted run: `scripts/test apps`.

mod cp2k;
mod gromacs;
mod iqtree;
mod octave;
mod openfoam;
mod r;
mod scene;
