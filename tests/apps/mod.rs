//! Real programs, interrupted at least twice and compared with an uninterrupted run: `scripts/test apps`.

mod gromacs;
mod lammps;
mod scene;
