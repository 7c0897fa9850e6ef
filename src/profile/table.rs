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
    profile!(
        "cp2k",
        "CP2K molecular dynamics",
        matches: Some(exe_re(r"^cp2k(\.|$)", "cp2k")),
        experimental: false,
        tested: Some("CP2K 2023.1"),
    ),
    profile!(
        "openfoam_parallel",
        "OpenFOAM with -parallel",
        matches: Some(Matches { arg: Some("-parallel"), exe_re: Some(Pattern { regex: "(Foam|FoamExec)$", word: "foam" }), ..ANY }),
        experimental: false,
        tested: Some("OpenFOAM v1912 (icoFoam)"),
    ),
    profile!(
        "openfoam",
        "OpenFOAM on one core",
        matches: Some(exe_re("(Foam|FoamExec)$", "foam")),
        experimental: false,
        tested: Some("OpenFOAM v1912 (icoFoam)"),
    ),
    profile!(
        "iqtree",
        "IQ-TREE 2",
        matches: Some(exe_re("^iqtree", "iqtree")),
        experimental: false,
        tested: Some("IQ-TREE 2.0.7"),
    ),
    profile!("namd", "NAMD", matches: Some(exe_re(r"^namd[0-9]*", "namd"))),
    profile!("amber", "AMBER pmemd and sander, one piece of a simulation"),
    profile!("qe", "Quantum ESPRESSO pw.x and cp.x", matches: Some(exe(&["pw.x", "cp.x"]))),
    profile!("vasp", "VASP", matches: Some(exe_re(r"^vasp(_|$)", "vasp"))),
    profile!("gaussian", "Gaussian", matches: Some(exe(&["g16", "g09", "g03"]))),
    profile!("orca", "ORCA", matches: Some(exe(&["orca"]))),
    profile!("nwchem", "NWChem", matches: Some(exe(&["nwchem"]))),
    profile!("wrf", "WRF", matches: Some(exe(&["wrf.exe"]))),
    profile!("fluent", "Ansys Fluent", matches: Some(exe(&["fluent"]))),
    profile!("abaqus", "Abaqus/Explicit", matches: Some(exe(&["abaqus", "abq2022", "abq2023", "abq2024"]))),
    profile!("lsdyna", "LS-DYNA", matches: Some(exe_re(r"(?i)dyna", "dyna"))),
    profile!("starccm", "Simcenter STAR-CCM+", matches: Some(exe_re(r"^starccm", "starccm"))),
    profile!("siesta", "SIESTA", matches: Some(exe(&["siesta"]))),
    profile!("abinit", "ABINIT", matches: Some(exe(&["abinit"]))),
    profile!("dftbplus", "DFTB+", matches: Some(exe(&["dftb+"]))),
    profile!("nek5000", "Nek5000", matches: Some(exe(&["nek5000"]))),
    profile!("flash", "FLASH and Flash-X", matches: Some(exe(&["flash4", "flashx", "flash3"]))),
    profile!("enzo", "Enzo", matches: Some(exe(&["enzo.exe", "enzo"]))),
    profile!("amrex", "AMReX programs such as Castro"),
    profile!("athena", "Athena++", matches: Some(exe(&["athena"]))),
    profile!("pluto", "PLUTO", matches: Some(exe(&["pluto"]))),
    profile!("gadget", "GADGET", matches: Some(exe_re(r"(?i)gadget", "gadget"))),
    profile!("ramses", "RAMSES", matches: Some(exe_re(r"^ramses", "ramses"))),
    profile!("aspect", "ASPECT", matches: Some(exe_re(r"^aspect(-|$)", "aspect"))),
    profile!("moose", "MOOSE applications", matches: Some(exe_re(r"-opt$", "-opt"))),
    profile!("cesm", "CESM cases", matches: Some(exe(&["case.submit", "cesm.exe"]))),
    profile!("mitgcm", "MITgcm", matches: Some(exe(&["mitgcmuv"]))),
    profile!("qmcpack", "QMCPACK", matches: Some(exe_re(r"^qmcpack", "qmcpack"))),
    profile!("raxmlng", "RAxML-NG", matches: Some(exe_re(r"^raxml-ng", "raxml-ng"))),
    profile!("raxml8", "RAxML 8, which has no checkpoints", matches: Some(exe_re(r"^raxmlHPC", "raxmlhpc"))),
    profile!("beast2", "BEAST 2", matches: Some(exe(&["beast"]))),
    profile!("mrbayes", "MrBayes", matches: Some(exe_re(r"^mb(-mpi|-multi)?$", "mb"))),
    profile!("dmtcp", "any program under DMTCP", matches: Some(exe(&["dmtcp_launch"]))),
    profile!("criu", "any program by CRIU"),
    profile!(
        "torchrun",
        "PyTorch under torchrun, accelerate or deepspeed",
        matches: Some(Matches {
            launcher: &["torchrun", "deepspeed", "accelerate", "torch.distributed.run", "torch.distributed.launch"],
            ..ANY
        }),
        experimental: false,
        tested: Some("PyTorch 2.15"),
    ),
    profile!(
        "pytorch",
        "PyTorch, a script in one process",
        experimental: false,
        tested: Some("PyTorch 2.15"),
    ),
    profile!(
        "tensorflow",
        "TensorFlow and Keras",
        experimental: false,
        tested: Some("TensorFlow 2.21"),
    ),
    profile!("openmm", "OpenMM scripts"),
    profile!("lightning", "PyTorch Lightning, which requeues itself"),
    profile!("hf_trainer", "Hugging Face Trainer"),
    profile!("orbax", "JAX with Orbax"),
    profile!("julia", "Julia scripts", matches: Some(exe(&["julia"]))),
    profile!("matlab", "MATLAB scripts", matches: Some(exe(&["matlab"]))),
    profile!(
        "r",
        "R scripts",
        matches: Some(exe(&["Rscript", "R"])),
        experimental: false,
        tested: Some("R 4.2.2"),
    ),
    profile!(
        "octave",
        "Octave scripts",
        matches: Some(exe_re("^octave", "octave")),
        experimental: false,
        tested: Some("Octave 7.3.0"),
    ),
    profile!(
        "python",
        "Python scripts",
        matches: Some(exe_re("^python[0-9.]*$", "python")),
        experimental: false,
        tested: Some("Python 3.11"),
    ),
    profile!("generic", "any other program", experimental: false),
];
