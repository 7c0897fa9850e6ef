//! Programs and scripts of the user's own, and commands that were given in words.

use super::command::{Command, Parallel, Word, job_name};
use super::inputs::{Entry, Kind};
use crate::profile;

/// Libraries by which a Python script is known, and the profile of each; the first that is imported counts.
const LIBRARIES: [(&str, &str); 6] = [
    ("pytorch_lightning|lightning", "lightning"),
    ("transformers", "hf_trainer"),
    ("openmm|simtk", "openmm"),
    ("orbax", "orbax"),
    ("tensorflow|keras", "tensorflow"),
    ("torch", "pytorch"),
];

/// What has a name in the script and no other sign: one that computes, most likely.
pub(super) fn scripts(entries: &[Entry]) -> Vec<Command> {
    entries.iter().filter(|entry| entry.kind != Kind::Directory).filter_map(script).collect()
}

/// Programs that may be executed, without scripts of shells: a batch script is one.
pub(super) fn executables(entries: &[Entry]) -> Vec<Command> {
    let own = |entry: &&Entry| {
        let shell = entry.has_end(&["sh", "sbatch", "slurm", "bash", "job"]) || entry.says(&["^#!.*sh\\b"]);
        entry.kind == Kind::Executable && !shell
    };
    let found = entries.iter().filter(own);
    found
        .map(|entry| Command {
            why: format!("{} is the only program here", entry.name),
            ..plain(&[&format!("./{}", entry.name)], entry.stem())
        })
        .collect()
}

fn plain(words: &[&str], name: &str) -> Command {
    Command {
        words: words.iter().map(|word| Word::Plain((*word).to_owned())).collect(),
        programs: &[],
        why: String::new(),
        name: job_name(name),
        profile: None,
        parallel: Parallel::AsSaid,
        module: None,
        source: None,
    }
}

fn script(entry: &Entry) -> Option<Command> {
    let (language, programs): (_, &'static [&'static str]) = match entry.name.rsplit_once('.')?.1 {
        "py" => ("Python", &["python3", "python"]),
        "R" | "r" => ("R", &["Rscript"]),
        "m" => ("Octave", &["octave-cli", "octave"]),
        "jl" => ("Julia", &["julia"]),
        _ => return None,
    };
    let first = programs.first().copied()?;
    let mut command = plain(&[first, &entry.name], entry.stem());
    command.programs = programs;
    command.why = format!("{} is the only script here, in {language}", entry.name);
    command.profile = library(entry);
    command.source = Some(entry.name.clone());
    Some(command)
}

/// The profile of the library that a Python script imports.
fn library(entry: &Entry) -> Option<&'static str> {
    let python = entry.has_end(&["py"]);
    LIBRARIES.iter().find_map(|(names, profile)| {
        let import = format!(r"(?m)^\s*(?:import|from)\s+(?:{names})\b");
        (python && entry.says(&[&import])).then_some(*profile)
    })
}

/// Whether a script seems to do something when it is asked for a checkpoint.
pub(super) fn handles_requests(text: &str) -> bool {
    ["signal.signal", "CKWRAP_STOP_FILE", "sigaction", "trap ", "add_signal_handler"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// The command that was said in words.
pub fn given(words: &[String], entries: &[Entry]) -> Command {
    let os: Vec<std::ffi::OsString> = words.iter().map(std::ffi::OsString::from).collect();
    let index = profile::program(&os).index;
    let program = words.get(index).map_or("job", String::as_str);
    let base = program.rsplit('/').next().unwrap_or(program);
    let named = words.get(index + 1..).unwrap_or_default();
    let source = named.iter().find_map(|word| {
        let entry = entries.iter().find(|entry| entry.name == word.trim_start_matches("./"))?;
        script(entry).is_some().then_some(entry)
    });
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Command {
        why: "as said".to_owned(),
        profile: source.and_then(library),
        source: source.map(|entry| entry.name.clone()),
        ..plain(&words, source.map_or(base, Entry::stem))
    }
}
