//! The profiles that come with ckwrap, as texts.
//!
//! Their YAML is read elsewhere and only when one is used: what a start needs to choose one stands here, and a
//! test compares it with the texts.

/// One profile that comes with ckwrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// File names of the program.
    pub exe: &'static [&'static str],
    /// A word that must stand among its arguments.
    pub arg: Option<&'static str>,
    /// What it is for, in a few words.
    pub summary: &'static str,
    /// Its YAML.
    pub text: &'static str,
}

/// All of them, in the order they are tried.
pub const BUILTIN: &[Builtin] = &[
    Builtin {
        name: "gromacs",
        exe: &["gmx", "gmx_d", "gmx_mpi", "gmx_mpi_d"],
        arg: Some("mdrun"),
        summary: "GROMACS mdrun",
        text: include_str!("builtin/gromacs.yaml"),
    },
    Builtin {
        name: GENERIC,
        exe: &[],
        arg: None,
        summary: "any other program",
        text: include_str!("builtin/generic.yaml"),
    },
];

/// The profile of programs that no other one knows.
pub const GENERIC: &str = "generic";

/// The profile that leaves the program alone.
pub const NONE: &str = "none";

/// The built-in profile of this name.
pub fn builtin(name: &str) -> Option<&'static Builtin> {
    BUILTIN.iter().find(|profile| profile.name == name)
}
