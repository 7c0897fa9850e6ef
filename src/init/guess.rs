//! Which command computes what lies in a directory.

use super::command::{Command, Parallel, Word};
use super::inputs::{self, Entry};
use super::program;

/// Why no command was chosen.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum GuessError {
    /// Nothing is known.
    #[error(
        "nothing here tells what is to be computed; say it: ckwrap init -- ./sim input.dat\n\
         hint: known by themselves are inputs of GROMACS (.tpr), LAMMPS, CP2K, NAMD, Quantum ESPRESSO, VASP and OpenFOAM, \
         and a script (.py, .R, .m, .jl) or program that is the only one"
    )]
    Nothing,
    /// Several are as good as each other.
    #[error("there are several things to compute here; say which one:\n{}", lines(.0))]
    Several(Vec<String>),
    /// Nobody knows how it would be started with several tasks.
    #[error(
        "how `{0}` uses {1} tasks is not known; say it: ckwrap init --tasks {1} -- srun {0}\n\
         hint: a program that uses threads takes --cpus {1} instead"
    )]
    Tasks(String, u32),
}

/// Most that are listed: nobody reads more.
const MOST: usize = 12;

fn lines(commands: &[String]) -> String {
    let shown = commands.iter().take(MOST).map(|line| format!("hint: ckwrap init -- {line}"));
    let mut shown: Vec<String> = shown.collect();
    if commands.len() > MOST {
        shown.push(format!("hint: and {} more", commands.len() - MOST));
    }
    shown.join("\n")
}

/// The one command for what lies here. `is_found`: whether a program of this name can be started on this machine.
///
/// Inputs of known applications come before scripts, and these before programs; two of the same kind are not chosen from.
pub fn guess(entries: &[Entry], tasks: u32, is_found: impl Fn(&str) -> bool) -> Result<Command, GuessError> {
    let kinds = [inputs::known(entries), program::scripts(entries), program::executables(entries)];
    let mut commands = kinds.into_iter().find(|commands| !commands.is_empty()).ok_or(GuessError::Nothing)?;
    for command in &mut commands {
        choose_program(command, tasks, &is_found);
    }
    match <[Command; 1]>::try_from(commands) {
        Ok([command]) => in_parallel(command, tasks),
        Err(several) => Err(GuessError::Several(several.iter().map(Command::line).collect())),
    }
}

/// The first of its names that is there; the usual one where none is, as modules are not loaded yet.
fn choose_program(command: &mut Command, tasks: u32, is_found: &impl Fn(&str) -> bool) {
    let mut names = command.programs;
    if command.parallel == Parallel::Threads && tasks > 1 {
        // The one with threads alone runs in one task.
        names = names.get(1..).unwrap_or_default();
    }
    let name = names.iter().find(|name| is_found(name)).or(names.first());
    if let (Some(name), Some(word)) = (name, command.words.first_mut()) {
        *word = Word::Plain((*name).to_owned());
    }
}

/// With the words that make it use the processors.
fn in_parallel(mut command: Command, tasks: u32) -> Result<Command, GuessError> {
    const CPUS: Word = Word::Shell("\"$SLURM_CPUS_PER_TASK\"");
    let word = |text: &str| Word::Plain(text.to_owned());
    match (command.parallel, tasks) {
        (Parallel::Threads, 1) if command.words.first() == Some(&word("gmx")) => {
            command.words.extend([word("-ntmpi"), word("1"), word("-ntomp"), CPUS]);
        }
        (Parallel::Threads, _) => {
            command.words.insert(0, word("srun"));
            command.words.extend([word("-ntomp"), CPUS]);
        }
        (Parallel::Ranks, 2..) => command.words.insert(0, word("srun")),
        (Parallel::AsSaid, 2..) => return Err(GuessError::Tasks(command.line(), tasks)),
        (Parallel::Ranks | Parallel::AsSaid, _) => {}
    }
    Ok(command)
}
