//! The built-in profiles, in the order they are tried: the most special first. A test compares with the texts.

use super::builtin::{Builtin, Matches, Pattern};

const ANY: Matches = Matches { exe: &[], exe_re: None, arg: None, arg_re: None, launcher: &[] };

/// A profile that was never run against the real program and must be named, unless more is said.
macro_rules! profile {
    ($name:literal, $summary:literal $(, $field:ident: $value:expr)* $(,)?) => {
        Builtin {
            $($field: $value,)*
            ..Builtin {
                name: $name,
                summary: $summary,
                matches: None,
                experimental: true,
                tested: None,
                text: include_str!(concat!("builtin/", $name, ".yaml")),
            }
        }
    };
}

/// Programs of these file names.
const fn exe(names: &'static [&'static str]) -> Matches {
    Matches { exe: names, ..ANY }
}

/// Programs whose file name matches; `word` is in all of them.
const fn exe_re(regex: &'static str, word: &'static str) -> Matches {
    Matches { exe_re: Some(Pattern { regex, word }), ..ANY }
}

/// All of them.
pub const BUILTIN: &[Builtin] = &[
    profile!(
        "gromacs",
        "GROMACS mdrun",
        matches: Some(Matches { exe: &["gmx", "gmx_d", "gmx_mpi", "gmx_mpi_d"], arg: Some("mdrun"), ..ANY }),
        experimental: false,
        tested: Some("GROMACS 2022.5"),
    ),
    profile!(
        "lammps",
        "LAMMPS",
        matches: Some(exe(&["lmp", "lmp_mpi", "lmp_serial"])),
        experimental: false,
        tested: Some("LAMMPS 29Sep2021"),
    ),
    profile!("cp2k", "CP2K molecular dynamics", matches: Some(exe_re(r"^cp2k(\.|$)", "cp2k"))),
    profile!(
        "openfoam_parallel",
        "OpenFOAM with -parallel",
        matches: Some(Matches { arg: Some("-parallel"), exe_re: Some(Pattern { regex: "(Foam|FoamExec)$", word: "foam" }), ..ANY }),
    ),
    profile!("openfoam", "OpenFOAM on one core", matches: Some(exe_re("(Foam|FoamExec)$", "foam"))),
    profile!("iqtree", "IQ-TREE 2", matches: Some(exe_re("^iqtree", "iqtree"))),
    profile!(
        "torchrun",
        "PyTorch under torchrun, accelerate or deepspeed",
        matches: Some(Matches {
            launcher: &["torchrun", "deepspeed", "accelerate", "torch.distributed.run", "torch.distributed.launch"],
            ..ANY
        }),
    ),
    profile!("pytorch", "PyTorch, a script of one process"),
    profile!("tensorflow", "TensorFlow and Keras"),
    profile!("r", "R scripts", matches: Some(exe(&["Rscript", "R"]))),
    profile!("octave", "Octave scripts", matches: Some(exe_re("^octave", "octave"))),
    profile!("python", "Python scripts", matches: Some(exe_re("^python[0-9.]*$", "python"))),
    profile!("generic", "any other program", experimental: false),
];
