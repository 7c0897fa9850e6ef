//! Reading an input: with what it includes, and what can be done with it.

use super::lexer::{Command, commands};
use super::options::Options;
use super::refusal::Refusal;
use super::script::Script;

/// How deep inputs may include each other.
const DEEPEST: usize = 16;

/// Most commands, over all that is included: some are compared with all others.
const MOST: usize = 10_000;

/// What an input is read from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Its name on the command line.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Reads an included file.
    pub include: &'a dyn Fn(&str) -> Result<String, String>,
    /// What tells the content of a file from another; `None`: there is no such file.
    pub content: &'a dyn Fn(&str) -> Option<String>,
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
    let (mut all, mut left) = (Vec::new(), MOST);
    flatten(source, source.file, source.text, 0, &mut left, &mut all)?;
    let declares =
        |name: &str| all.iter().any(|command| command.name() == "variable" && command.word(1) == name);
    let says =
        |text: &str| all.iter().any(|command| command.words.iter().any(|word| word.text.contains(text)));
    let takes = declares("ck") && says("read_restart") && (says("${ck}") || says("$(ck)"));
    if takes || (says("is_file(") && says("read_restart")) {
        return Ok(Input::Own { takes_checkpoint: takes });
    }
    Script::of(all, source).map(|script| Input::Derived(Box::new(script)))
}

fn flatten(
    source: &Source<'_>,
    file: &str,
    text: &str,
    depth: usize,
    left: &mut usize,
    all: &mut Vec<Command>,
) -> Result<(), Refusal> {
    let read = commands(file, text).map_err(|(line, why)| Refusal {
        place: Some((file.to_owned(), line)),
        what: text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned(),
        why: why.to_owned(),
    })?;
    if let Some(last) = read.last().filter(|last| last.raw.trim_end().ends_with('&')) {
        return Err(refusal(last, "the last line is continued by `&`, and nothing follows"));
    }
    for command in read {
        let Some(fewer) = left.checked_sub(1) else {
            return Err(refusal(
                &command,
                &format!("with what is included there are more than {MOST} commands"),
            ));
        };
        *left = fewer;
        if command.name() != "include" {
            all.push(command);
            continue;
        }
        if let Some(writer) = all.iter().find(|earlier| writes_text(earlier)) {
            let why = format!("the file may have been written by line {} of the input itself", writer.line);
            return Err(refusal(&command, &why));
        }
        let name = command.word(1).to_owned();
        if depth >= DEEPEST || name.contains('$') {
            return Err(refusal(&command, "which file is included is not known beforehand"));
        }
        let text = (source.include)(&name).map_err(|error| refusal(&command, &error))?;
        flatten(source, &name, &text, depth + 1, left, all)?;
    }
    Ok(())
}

/// Whether a command may write a text that is included later.
fn writes_text(command: &Command) -> bool {
    let to_file = || command.after(2).any(|word| word == "file" || word == "append");
    matches!(command.name(), "shell" | "python" | "write_coeff" | "plugin")
        || (matches!(command.name(), "print" | "fix") && to_file())
}

/// A refusal of one command.
pub(super) fn refusal(command: &Command, why: &str) -> Refusal {
    let line = command.raw.split_whitespace().collect::<Vec<_>>().join(" ");
    Refusal { place: Some((command.file.clone(), command.line)), what: line, why: why.to_owned() }
}
