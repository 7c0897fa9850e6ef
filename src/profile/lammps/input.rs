//! Reading an input: with what it includes, and what can be done with it.

use super::lexer::{Command, commands};
use super::options::Options;
use super::refusal::Refusal;
use super::script::Script;

/// How deep inputs may include each other.
const DEEPEST: usize = 16;

/// What an input is read from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Its name on the command line.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Reads an included file.
    pub include: &'a dyn Fn(&str) -> Result<String, String>,
    /// The command line.
    pub options: &'a Options,
    /// The file whose presence stops a run.
    pub stop: &'a str,
    /// Steps between restart files, where the user has chosen.
    pub every: Option<u64>,
}

/// What can be done with an input.
#[derive(Debug, Clone)]
pub enum Input {
    /// It continues by itself and is used as it is.
    Own {
        /// It declares the variable `ck`: the checkpoint to continue from.
        takes_checkpoint: bool,
    },
    /// Others can be derived from it.
    Derived(Box<Script>),
}

/// Reads an input.
///
/// # Errors
///
/// A [`Refusal`] where no continuation can be derived from it.
pub fn read(source: &Source<'_>) -> Result<Input, Refusal> {
    let mut all = Vec::new();
    flatten(source, source.file, source.text, 0, &mut all)?;
    let declares =
        |name: &str| all.iter().any(|command| command.name() == "variable" && command.word(1) == name);
    let says =
        |text: &str| all.iter().any(|command| command.words.iter().any(|word| word.text.contains(text)));
    if declares("ck") || (says("is_file(") && says("read_restart")) {
        return Ok(Input::Own { takes_checkpoint: declares("ck") });
    }
    Script::of(all, source).map(|script| Input::Derived(Box::new(script)))
}

fn flatten(
    source: &Source<'_>,
    file: &str,
    text: &str,
    depth: usize,
    all: &mut Vec<Command>,
) -> Result<(), Refusal> {
    let read = commands(file, text).map_err(|(line, why)| Refusal {
        place: Some((file.to_owned(), line)),
        what: text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned(),
        why: why.to_owned(),
    })?;
    for command in read {
        if command.name() != "include" {
            all.push(command);
            continue;
        }
        let name = command.word(1).to_owned();
        if depth >= DEEPEST || name.contains('$') {
            return Err(refusal(&command, "which file is included is not known beforehand"));
        }
        let text = (source.include)(&name).map_err(|error| refusal(&command, &error))?;
        flatten(source, &name, &text, depth + 1, all)?;
    }
    Ok(())
}

/// A refusal of one command.
pub(super) fn refusal(command: &Command, why: &str) -> Refusal {
    let line = command.raw.split_whitespace().collect::<Vec<_>>().join(" ");
    Refusal { place: Some((command.file.clone(), command.line)), what: line, why: why.to_owned() }
}
