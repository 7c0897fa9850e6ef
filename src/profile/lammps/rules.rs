//! What each command of an input means for a continuation: given again, left out, replaced, run, or in the way.

use super::lexer::Command;
use super::styles;
use super::variables::{Variables, identifiers};

/// What becomes of a command in a continuation that begins after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Given again: restart files do not hold it, or giving it twice changes nothing.
    Setting,
    /// Left out: what it did to the system is in the restart file, what it wrote is written.
    Once,
    /// Makes the box: the restart file is read in its place.
    Box,
    /// Dynamics.
    Run,
}

/// Settings.
const SETTINGS: &[&str] = &[
    "angle_coeff",
    "angle_style",
    "atom_modify",
    "atom_style",
    "bond_coeff",
    "bond_style",
    "boundary",
    "comm_modify",
    "comm_style",
    "compute",
    "compute_modify",
    "dielectric",
    "dihedral_coeff",
    "dihedral_style",
    "dimension",
    "dump",
    "dump_modify",
    "echo",
    "fix",
    "fix_modify",
    "improper_coeff",
    "improper_style",
    "kspace_modify",
    "kspace_style",
    "lattice",
    "log",
    "mass",
    "min_modify",
    "min_style",
    "molecule",
    "neigh_modify",
    "neighbor",
    "newton",
    "package",
    "pair_coeff",
    "pair_modify",
    "pair_style",
    "processors",
    "region",
    "restart",
    "run_style",
    "special_bonds",
    "suffix",
    "thermo",
    "thermo_modify",
    "thermo_style",
    "timer",
    "timestep",
    "uncompute",
    "undump",
    "unfix",
    "units",
    "variable",
];

/// Acts on the atoms, or output.
const ONCE: &[&str] = &[
    "change_box",
    "create_atoms",
    "create_bonds",
    "delete_atoms",
    "delete_bonds",
    "displace_atoms",
    "group",
    "info",
    "minimize",
    "ndx2group",
    "pair_write",
    "print",
    "read_dump",
    "replicate",
    "reset_atom_ids",
    "reset_mol_ids",
    "reset_timestep",
    "set",
    "velocity",
    "write_coeff",
    "write_data",
    "write_dump",
    "write_restart",
];

/// What LAMMPS runs when it meets one of these in an `if` is not known beforehand.
const INSIDE_IF: &[&str] = &[
    "clear",
    "if",
    "include",
    "jump",
    "minimize",
    "next",
    "python",
    "quit",
    "read_data",
    "read_restart",
    "rerun",
    "run",
];

/// What a command means; an error is why no continuation can be made of an input that has it before its last run.
pub(super) fn role(command: &Command, variables: &Variables) -> Result<Role, String> {
    let name = command.name();
    match name {
        "run" => run(command, variables),
        "create_box" | "read_restart" => Ok(Role::Box),
        "read_data" if command.after(2).any(|word| word == "add") => Ok(Role::Once),
        "read_data" if command.after(2).any(|word| word == "fix") => {
            Err("what a fix reads from a data file cannot be read twice".into())
        }
        "read_data" => Ok(Role::Box),
        "group" if command.word(2) == "dynamic" => {
            Err("the members of a dynamic group change with time".into())
        }
        "shell" if command.word(1) == "cd" => {
            Err("files are looked for in another directory from here".into())
        }
        "shell" if command.word(1) == "putenv" => Err("the environment is not in the restart file".into()),
        "shell" => Ok(Role::Once),
        // LAMMPS keeps them with a negative type, and writes its amount.
        "delete_bonds" if !command.after(1).any(|word| word == "remove") => {
            Err("bonds that are only switched off are on again after a restart; add the keyword `remove`"
                .into())
        }
        _ if ONCE.contains(&name) => Ok(Role::Once),
        _ if SETTINGS.contains(&name) => setting(command, variables).map_or(Ok(Role::Setting), Err),
        _ => Err(not_derivable(name).into()),
    }
}

/// Why a command after the last run is in the way; `None`: it is not, since it is reached once, after all dynamics.
pub(super) fn after_the_last_run(command: &Command) -> Option<String> {
    match command.name() {
        name @ ("jump" | "next" | "clear" | "python" | "rerun" | "partition" | "neb" | "prd" | "tad"
        | "temper" | "hyper" | "temper/grem" | "temper/npt" | "read_restart" | "read_data") => {
            Some(not_derivable(name).into())
        }
        "if" => {
            let first = |text: &str| text.split_whitespace().next().map(str::to_owned);
            let inside = command.after(2).filter_map(first).find(|word| INSIDE_IF.contains(&word.as_str()));
            inside.map(|word| format!("`{word}` depends on a condition"))
        }
        _ => None,
    }
}

fn not_derivable(name: &str) -> &'static str {
    match name {
        "jump" | "next" | "label" => "where in a loop the run was stopped is not in the restart file",
        "if" => "what it does depends on the moment it is reached",
        "python" => "what Python keeps is not in the restart file",
        "clear" | "rerun" => "more than one system is simulated",
        "neb" | "prd" | "tad" | "hyper" | "temper" | "temper/grem" | "temper/npt" | "partition" => {
            "runs of this kind cannot be stopped and continued"
        }
        "balance" => "how atoms are spread over the processes is not in the restart file",
        _ => "ckwrap does not know whether this command may be given again after a restart",
    }
}

fn run(command: &Command, variables: &Variables) -> Result<Role, String> {
    let mut words = command.after(2);
    while let Some(word) = words.next() {
        match word {
            "upto" => {}
            "post" => {
                words.next();
            }
            "every" => return Err("what happens in the middle of the run would be lost".into()),
            _ => return Err(format!("`{word}`: ckwrap continues `run N` and `run N upto` only")),
        }
    }
    Ok(if variables.number(command.word(1)) == Some(0) { Role::Once } else { Role::Run })
}

/// A word whose text decides what a command means, and which is only known when the line is reached. Numbers decide
/// nothing.
pub(super) fn open_word<'a>(command: &'a Command, variables: &Variables) -> Option<&'a str> {
    // The names of files decide nothing either.
    let file = match command.name() {
        "dump" => Some(5),
        "restart" => Some(2),
        "write_data" | "write_restart" | "write_dump" | "print" | "variable" | "log" | "read_data"
        | "read_restart" | "read_dump" | "pair_coeff" | "molecule" | "shell" | "velocity" | "set" | "run" => {
            return None;
        }
        _ => None,
    };
    let mut words = command.words.iter().enumerate().filter(|(at, word)| !word.quoted && Some(*at) != file);
    let open = |word: &str| word.contains('$') && !variables.is_numeric(word);
    words.find(|(_, word)| open(&word.text)).map(|(_, word)| word.text.as_str())
}

/// Why a setting cannot be given again; `None`: it can.
fn setting(command: &Command, variables: &Variables) -> Option<String> {
    let has = |text: &str| command.after(1).any(|word| word == text);
    match command.name() {
        "fix" => {
            let style = command.word(3);
            if style == "print" && (has("file") || has("append")) {
                return Some("the file would be written anew".into());
            }
            let mut named = command.after(4).filter_map(|word| word.strip_prefix("v_"));
            let unsteady = named.find_map(|name| variables.unsteady(name, 0));
            match (styles::fix(style), unsteady) {
                (Some(why), _) => Some(format!("fix {style}: {why}")),
                (None, Some(what)) => Some(format!(
                    "fix {style}: `{what}` in its formula: only places and the step are the same at a restart"
                )),
                (None, None) => None,
            }
        }
        "pair_style" => styles::pair(command.after(1)),
        "compute" => {
            styles::compute(command.word(3)).map(|why| format!("compute {}: {why}", command.word(3)))
        }
        "dump" => styles::dump(command.word(3), command.word(5)).map(Into::into),
        "dump_modify" if has("delay") || has("append") || has("LAST") => {
            Some("ckwrap sets `delay` and `append` itself, and what LAST compares with is lost".into())
        }
        "dump_modify" if command.after(2).any(|word| word.starts_with("v_")) => {
            Some("when the next snapshot is due is not in the restart file".into())
        }
        "region" if has("move") || has("rotate") => {
            Some("where a moving region is, is not in the restart file".into())
        }
        "region" if has("EDGE") => Some("EDGE means the box as it is when the line is reached".into()),
        "restart" if command.words.len() > 3 => {
            Some("ckwrap needs the pair of restart files itself; name one file, or a name with *".into())
        }
        "restart" if command.word(1).starts_with("v_") => {
            Some("when the next file is due is not in the restart file".into())
        }
        "run_style" if !matches!(command.word(1), "verlet" | "verlet/omp") => {
            Some("this integrator is not known to ckwrap".into())
        }
        "timer" if has("timeout") => {
            Some("a stop of the input's own would be taken for the end of the run".into())
        }
        "thermo_modify" if has("lost") && !has("error") => {
            Some("degrees of freedom of atoms that are lost are counted only at a start".into())
        }
        "thermo_style" | "dump_modify" if has("time") => {
            Some("restart files do not hold the simulated time; use `step`".into())
        }
        name @ ("bond_style" | "angle_style" | "dihedral_style" | "improper_style") => {
            styles::bonded(name, command.word(1)).map(|why| format!("{}: {why}", command.word(1)))
        }
        "neigh_modify" if has("once") => Some("neighbour lists are built at each restart".into()),
        "variable" => variable(command, variables),
        _ => None,
    }
}

fn variable(command: &Command, variables: &Variables) -> Option<String> {
    match command.word(2) {
        "equal" | "atom" | "vector" => {
            let name = command.after(3).find_map(|formula| variables.unrepeatable(formula))?;
            Some(format!("`{name}` has another value after a restart"))
        }
        "index" | "string" | "format" | "delete" => None,
        "getenv" => Some("the environment may be another in the next segment; use `-var NAME VALUE`".into()),
        style => Some(format!("how far a variable of style {style} has come is not in the restart file")),
    }
}

/// Whether a line takes a value from the fix `id`.
fn mentions_fix(command: &Command, id: &str) -> bool {
    let of_fix = format!("f_{id}");
    command.after(1).flat_map(identifiers).any(|word| word == of_fix)
}

/// Whether a line speaks of the energy that the fix `id` has exchanged so far.
pub(super) fn mentions_sum(command: &Command, id: &str) -> bool {
    let mut words = command.after(1).flat_map(identifiers);
    let of_all = words.any(|word| word == "ecouple" || word == "econserve");
    let energy = command.name() == "fix_modify"
        && command.word(1) == id
        && command.after(2).any(|word| word == "energy");
    mentions_fix(command, id) || of_all || energy
}
