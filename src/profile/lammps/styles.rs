//! Which styles of LAMMPS go on from a restart file as if nothing had been, and why others do not.
//!
//! From the sections "Restart, `fix_modify`, output" of the manual of 29Sep2021 and its source. What is not named here
//! is refused: a style nobody has looked at may keep something that the restart file does not hold.

const RANDOM: &str =
    "its random numbers are not in the restart file: each segment would draw the same ones again";
const OUTPUT: &str = "what it has averaged or written so far is not in the restart file";
const LOST: &str = "what it has gathered since it was defined is not in the restart file";
const BOX: &str =
    "the box changes: LAMMPS sets up its restart in another state, and the continuation was seen to differ";
const UNKNOWN: &str = "whether this style goes on exactly from a restart file is not known to ckwrap";

/// Fixes that keep nothing, or keep it in the restart file: those that were interrupted and compared, and two that only
/// project forces. Walls may be fastened to an edge of the box, which a shrink-wrapped one has elsewhere at a restart.
const FIXES: &[&str] = &[
    "addforce",
    "aveforce",
    "enforce2d",
    "indent",
    "lineforce",
    "momentum",
    "nve",
    "nve/sphere",
    "nvt",
    "planeforce",
    "print",
    "setforce",
    "shake",
    "spring/self",
    "temp/berendsen",
    "temp/rescale",
];

/// Fixes whose sum of exchanged energy is for output only and begins anew.
const SUMS: &[&str] = &["temp/berendsen", "temp/rescale"];

/// Fixes that change the box. Continuations of `npt` and of `deform` with `nvt/sllod` were seen to differ by more than
/// rounding within a hundred steps.
const BOXES: &[&str] = &[
    "box/relax",
    "deform",
    "nph",
    "nph/asphere",
    "nph/body",
    "nph/sphere",
    "npt",
    "npt/asphere",
    "npt/body",
    "npt/sphere",
    "nvt/sllod",
    "press/berendsen",
];

const RANDOM_FIXES: &[&str] = &[
    "atom/swap",
    "bond/break",
    "bond/create",
    "bond/react",
    "bond/swap",
    "brownian",
    "evaporate",
    "gcmc",
    "gld",
    "gle",
    "langevin",
    "pour",
    "srd",
    "temp/csld",
    "temp/csvr",
    "tfmc",
    "ttm",
    "wall/reflect/stochastic",
];

/// Pair styles that depend on nothing but the places of the atoms.
const PAIRS: &[&str] = &[
    "beck",
    "born/coul/dsf",
    "born/coul/long",
    "born/coul/wolf",
    "born/coul/wolf/cs",
    "buck",
    "buck/coul/cut",
    "buck/coul/long",
    "buck/long/coul/long",
    "buck/mdf",
    "colloid",
    "coul/cut",
    "coul/debye",
    "coul/diel",
    "coul/dsf",
    "coul/long",
    "coul/slater/cut",
    "coul/wolf",
    "eam",
    "eam/alloy",
    "eam/fs",
    "gauss",
    "gauss/cut",
    "hybrid",
    "hybrid/overlay",
    "lj/charmm/coul/charmm",
    "lj/charmm/coul/charmm/implicit",
    "lj/charmm/coul/long",
    "lj/charmmfsw/coul/charmmfsh",
    "lj/charmmfsw/coul/long",
    "lj/class2",
    "lj/class2/coul/cut",
    "lj/class2/coul/long",
    "lj/cut",
    "lj/cut/coul/cut",
    "lj/cut/coul/debye",
    "lj/cut/coul/dsf",
    "lj/cut/coul/long",
    "lj/cut/coul/wolf",
    "lj/cut/dipole/cut",
    "lj/expand",
    "lj/gromacs",
    "lj/gromacs/coul/gromacs",
    "lj/long/coul/long",
    "lj/mdf",
    "lj/smooth",
    "lj/smooth/linear",
    "lj96/cut",
    "mie/cut",
    "morse",
    "morse/smooth/linear",
    "nm/cut",
    "nm/cut/coul/cut",
    "none",
    "soft",
    "sw",
    "table",
    "tersoff",
    "yukawa",
    "zbl",
    "zero",
];

/// Bonds and the like, by command: those that depend on nothing but places.
const BONDED: &[(&str, &[&str])] = &[
    (
        "bond_style",
        &["none", "zero", "harmonic", "fene", "fene/expand", "class2", "morse", "gromos", "quartic"],
    ),
    ("angle_style", &["none", "zero", "harmonic", "charmm", "cosine", "cosine/squared", "class2"]),
    ("dihedral_style", &["none", "zero", "harmonic", "charmm", "charmmfsw", "opls", "class2"]),
    ("improper_style", &["none", "zero", "harmonic", "cvff", "class2"]),
];

/// Of these the restart file holds only the name.
const PAIRS_FORGOTTEN: &[&str] = &["eam", "eam/alloy", "eam/fs", "sw", "tersoff"];

/// Arguments of pair styles that are words and no styles.
const PAIR_WORDS: &[&str] = &[
    "long", "cut", "off", "nocoul", "yes", "no", "linear", "spline", "lookup", "bitmap", "ewald", "pppm",
    "msm",
];

/// Computes that keep nothing from one moment to the next.
const COMPUTES: &[&str] = &[
    "aggregate/atom",
    "angle",
    "angle/local",
    "bond",
    "bond/local",
    "centro/atom",
    "cluster/atom",
    "cna/atom",
    "com",
    "coord/atom",
    "dihedral",
    "dihedral/local",
    "erotate/sphere",
    "erotate/sphere/atom",
    "fragment/atom",
    "global/atom",
    "group/group",
    "gyration",
    "heat/flux",
    "improper",
    "improper/local",
    "ke",
    "ke/atom",
    "pair",
    "pair/local",
    "pe",
    "pe/atom",
    "pressure",
    "property/atom",
    "property/local",
    "rdf",
    "reduce",
    "reduce/region",
    "slice",
    "stress/atom",
    "temp",
    "temp/com",
    "temp/partial",
    "temp/profile",
    "temp/ramp",
    "temp/region",
    "temp/sphere",
];

/// Computes that remember a configuration.
const COMPUTES_WITH_MEMORY: &[&str] = &[
    "chunk/atom",
    "displace/atom",
    "event/displace",
    "hma",
    "msd",
    "msd/chunk",
    "msd/nongauss",
    "ti",
    "vacf",
];

/// Why a fix cannot be carried over a restart; `None`: it can.
pub(super) fn fix(style: &str) -> Option<&'static str> {
    let style = plain(style);
    match style {
        _ if FIXES.contains(&style) => None,
        _ if RANDOM_FIXES.contains(&style) || style.starts_with("langevin") => Some(RANDOM),
        _ if BOXES.contains(&style) => Some(BOX),
        // At a start forces are worked out with the velocities of the whole step, in a run with those of the half.
        "viscous" | "viscous/sphere" => {
            Some("its force depends on velocities, which LAMMPS takes at another moment when it starts")
        }
        "halt" => Some("a stop of the input's own would be taken for the end of the run"),
        _ if style.starts_with("ave/") || style == "vector" => Some(OUTPUT),
        _ if style.starts_with("rigid") => Some("LAMMPS makes the bodies anew from the atoms at each start"),
        "recenter" | "controller" | "viscosity" | "thermal/conductivity" | "dt/reset" => Some(LOST),
        _ => Some(UNKNOWN),
    }
}

/// Whether the energy a fix has exchanged is forgotten.
pub(super) fn forgets_sum(style: &str) -> bool {
    SUMS.contains(&plain(style))
}

/// Why a pair style, given with its arguments, cannot be carried over a restart; `None`: it can.
pub(super) fn pair<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    for (index, word) in words.enumerate() {
        let is_value = word.parse::<f64>().is_ok() || word.contains('$') || PAIR_WORDS.contains(&word);
        if index > 0 && is_value {
            continue;
        }
        let style = plain(word);
        if style.starts_with("dpd") || style.starts_with("brownian") {
            return Some(format!("{word}: {RANDOM}"));
        }
        if !PAIRS.contains(&style) {
            return Some(format!("{word}: {UNKNOWN}"));
        }
    }
    None
}

/// Whether a pair style must be given again after the restart file has been read.
pub(super) fn pair_is_forgotten(style: &str) -> bool {
    PAIRS_FORGOTTEN.contains(&plain(style))
}

/// Why a compute cannot be carried over a restart; `None`: it can.
pub(super) fn compute(style: &str) -> Option<&'static str> {
    match plain(style) {
        style if COMPUTES.contains(&style) => None,
        style if COMPUTES_WITH_MEMORY.contains(&style) => {
            Some("it remembers where the atoms were when it was defined")
        }
        _ => Some(UNKNOWN),
    }
}

/// Why a style of bonds and the like cannot be carried over a restart; `None`: it can.
pub(super) fn bonded(command: &str, style: &str) -> Option<&'static str> {
    let known = BONDED.iter().any(|(name, styles)| *name == command && styles.contains(&plain(style)));
    (!known).then_some(UNKNOWN)
}

/// Why a dump cannot be continued; `None`: it can.
pub(super) fn dump(style: &str, file: &str) -> Option<&'static str> {
    if !matches!(style, "atom" | "custom" | "local" | "xyz" | "cfg" | "image") {
        return Some("ckwrap does not know how to append to a dump of this style");
    }
    if file.contains('%') || [".gz", ".zst", ".mpiio"].iter().any(|end| file.ends_with(end)) {
        return Some("LAMMPS cannot append to a compressed or divided file");
    }
    None
}

/// A style without what says how it is computed.
fn plain(style: &str) -> &str {
    let ends = ["/omp", "/opt", "/gpu", "/intel", "/kk"];
    ends.iter().find_map(|end| style.strip_suffix(end)).unwrap_or(style)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("nve", true)]
    #[case("nvt/omp", true)]
    #[case("langevin", false)]
    #[case("ave/time", false)]
    #[case("rigid/small", false)]
    #[case("halt", false)]
    #[case("npt", false)]
    #[case("viscous", false)]
    #[case("qeq/reax", false)]
    fn fixes(#[case] style: &str, #[case] allowed: bool) {
        assert_eq!(fix(style).is_none(), allowed);
    }

    #[rstest]
    #[case("lj/cut 2.5", true)]
    #[case("eam/alloy/opt", true)]
    #[case("lj/cut/coul/long 10 ${cut}", true)]
    #[case("hybrid/overlay lj/cut 2.5 coul/long 10.0", true)]
    #[case("hybrid lj/cut 2.5 dpd 1.0 1.0 34387", false)]
    #[case("gran/hooke/history 200000.0 NULL 50.0 NULL 0.5 0", false)]
    #[case("dpd 1.0 1.0 34387", false)]
    fn pairs(#[case] line: &str, #[case] allowed: bool) {
        assert_eq!(pair(line.split(' ')).is_none(), allowed);
    }

    #[rstest]
    #[case("custom", "dump.x", true)]
    #[case("atom", "dump.*", true)]
    #[case("custom", "dump.gz", false)]
    #[case("dcd", "x.dcd", false)]
    #[case("movie", "m.mpg", false)]
    fn dumps(#[case] style: &str, #[case] file: &str, #[case] allowed: bool) {
        assert_eq!(dump(style, file).is_none(), allowed);
    }
}
