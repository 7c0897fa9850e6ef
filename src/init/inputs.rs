//! Files by which an application is known: its inputs, in its own formats.
//!
//! Sources: the applications' manuals; the formats' first lines. Only what cannot be mistaken counts: an input that two
//! programs might read is left to the user.

use regex_lite::Regex;

use super::command::{Command, Parallel, Word, job_name};

/// What kind of thing a name in the directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A file that may be executed.
    Executable,
    /// A directory.
    Directory,
}

/// One thing in the directory, or one of the few that are looked for below it (`system/controlDict`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// From the directory on.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// How a text begins; none: it is no text, or could not be read.
    pub text: Option<String>,
}

impl Entry {
    /// The name without its extension.
    pub(super) fn stem(&self) -> &str {
        match self.name.rsplit_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem,
            _ => &self.name,
        }
    }

    /// Whether the name ends so, with a dot before it.
    pub(super) fn has_end(&self, ends: &[&str]) -> bool {
        self.name.rsplit_once('.').is_some_and(|(_, end)| ends.contains(&end))
    }

    /// Whether a text has lines for all of these expressions.
    pub(super) fn says(&self, expressions: &[&str]) -> bool {
        let Some(text) = &self.text else { return false };
        expressions.iter().all(|one| Regex::new(one).is_ok_and(|regex| regex.is_match(text)))
    }
}

/// The commands for the inputs that are there.
pub(super) fn known(entries: &[Entry]) -> Vec<Command> {
    let mut found: Vec<Command> = entries.iter().filter_map(one).collect();
    found.extend(vasp(entries));
    found
}

fn one(entry: &Entry) -> Option<Command> {
    if entry.kind == Kind::Directory {
        return None;
    }
    gromacs(entry)
        .or_else(|| lammps(entry))
        .or_else(|| cp2k(entry))
        .or_else(|| espresso(entry))
        .or_else(|| namd(entry))
        .or_else(|| openfoam(entry))
}

/// A command with what most have.
fn command(application: &str, entry: &Entry, programs: &'static [&'static str], words: &[&str]) -> Command {
    let first = programs.first().copied().unwrap_or_default();
    let words = std::iter::once(first).chain(words.iter().copied());
    Command {
        words: words.map(|word| Word::Plain(word.to_owned())).collect(),
        programs,
        why: format!("{} is an input of {application}", entry.name),
        name: job_name(entry.stem()),
        profile: None,
        parallel: Parallel::Ranks,
        module: None,
        source: None,
    }
}

/// A run input is binary; its extension is its own.
fn gromacs(entry: &Entry) -> Option<Command> {
    entry.has_end(&["tpr"]).then(|| {
        // Under another name than the default one all outputs get that name.
        let names =
            if entry.name == "topol.tpr" { vec!["mdrun"] } else { vec!["mdrun", "-deffnm", entry.stem()] };
        let mut command = command("GROMACS", entry, &["gmx", "gmx_mpi"], &names);
        command.parallel = Parallel::Threads;
        command.module = Some("gromacs");
        command
    })
}

fn lammps(entry: &Entry) -> Option<Command> {
    let named = entry.name.starts_with("in.") || entry.has_end(&["in", "lmp", "lammps"]);
    let atoms = r"(?m)^\s*(?:atom_style|read_data|read_restart|create_box|pair_style)\s";
    (named && entry.says(&[atoms, r"(?m)^\s*(?:run|minimize|include|jump)\s"])).then(|| {
        let mut command =
            command("LAMMPS", entry, &["lmp", "lmp_mpi", "lmp_serial"], &["-in", entry.name.as_str()]);
        let named = entry.name.strip_prefix("in.").unwrap_or(entry.stem());
        command.name = job_name(named);
        command.module = Some("lammps");
        command
    })
}

fn cp2k(entry: &Entry) -> Option<Command> {
    let named = entry.has_end(&["inp", "in"]);
    (named && entry.says(&[r"(?mi)^\s*&GLOBAL\b", r"(?mi)^\s*&FORCE_EVAL\b"])).then(|| {
        let out = format!("{}.out", entry.stem());
        let words = ["-i", entry.name.as_str(), "-o", out.as_str()];
        let mut command = command("CP2K", entry, &["cp2k.psmp", "cp2k.popt", "cp2k"], &words);
        command.module = Some("cp2k");
        command
    })
}

fn espresso(entry: &Entry) -> Option<Command> {
    let named = entry.has_end(&["in", "pwi", "pw"]);
    (named && entry.says(&[r"(?mi)^\s*&control\b", r"(?mi)^\s*&system\b", r"(?mi)^\s*ATOMIC_SPECIES\b"]))
        .then(|| {
            let mut command = command("Quantum ESPRESSO", entry, &["pw.x"], &["-in", entry.name.as_str()]);
            command.module = Some("quantum-espresso");
            command
        })
}

fn namd(entry: &Entry) -> Option<Command> {
    let named = entry.has_end(&["namd", "conf", "config"]);
    let lines = [r"(?mi)^\s*structure\s+\S", r"(?mi)^\s*coordinates\s+\S", r"(?mi)^\s*outputname\s*=?\s*\S"];
    (named && entry.says(&lines)).then(|| {
        let mut command = command("NAMD", entry, &["namd3", "namd2"], &[entry.name.as_str()]);
        command.parallel = Parallel::AsSaid;
        command.module = Some("namd");
        command
    })
}

/// The solver stands in the case itself.
fn openfoam(entry: &Entry) -> Option<Command> {
    if entry.name != "system/controlDict" {
        return None;
    }
    let solver = Regex::new(r"(?m)^\s*application\s+([A-Za-z0-9_]+)\s*;").ok()?;
    let solver = solver.captures(entry.text.as_deref()?)?.get(1)?.as_str();
    let mut command = command("OpenFOAM", entry, &[], &[]);
    command.words = vec![Word::Plain(solver.to_owned())];
    command.name = job_name(solver);
    command.why = format!("system/controlDict is of an OpenFOAM case for {solver}");
    command.parallel = Parallel::AsSaid;
    command.module = Some("openfoam");
    Some(command)
}

/// VASP knows its four files by their names.
fn vasp(entries: &[Entry]) -> Option<Command> {
    let there = |name: &str| entries.iter().find(|entry| entry.name == name);
    let input = there("INCAR")?;
    if ["POSCAR", "POTCAR"].iter().any(|name| there(name).is_none()) {
        return None;
    }
    let mut command = command("VASP", input, &["vasp_std", "vasp_gam", "vasp_ncl"], &[]);
    "INCAR, POSCAR and POTCAR are inputs of VASP".clone_into(&mut command.why);
    "vasp".clone_into(&mut command.name);
    command.module = Some("vasp");
    Some(command)
}
