//! The commands of a script that start a program under ckwrap, taken apart.

use std::ffi::OsString;
use std::path::Path;

use super::shell::{Command, Join, Kind, Part, Script, Word};
use crate::profile::program;
use crate::profile::reach::Starter;

/// Stands for a word that only the shell knows.
pub const UNKNOWN: &str = "\u{fffd}";

/// A command that starts a program under ckwrap.
#[derive(Debug, Clone)]
pub struct Launch<'a> {
    /// The command.
    pub command: &'a Command,
    /// Whether it begins with `exec`.
    pub exec: bool,
    /// The words between `exec` and ckwrap.
    pub wrappers: Vec<String>,
    /// What starts ckwrap in a job step, or on several ranks.
    pub starter: Option<Starter>,
    /// Options of ckwrap: the long name without dashes, and the value.
    pub options: Vec<(String, Option<String>)>,
    /// The words of ckwrap before `--`, its own name left out; [`UNKNOWN`] for what only the shell knows.
    pub own: Vec<String>,
    /// Whether there is a `--` before the program.
    pub separated: bool,
    /// The word with which the program begins.
    pub first: Option<&'a Word>,
    /// The program and its arguments; [`UNKNOWN`] for what only the shell knows.
    pub program: Vec<String>,
}

/// Commands of ckwrap that start no program.
const OTHERS: [&str; 13] = [
    "config",
    "notify",
    "profiles",
    "status",
    "doctor",
    "init",
    "rehearse",
    "report",
    "checkpoint",
    "stop",
    "resume",
    "remaining",
    "help",
];

/// Options of `ckwrap run` with a value, long and short.
const VALUED: [(&str, &str); 10] = [
    ("config", "-c"),
    ("profile", "-p"),
    ("signal", ""),
    ("lead", ""),
    ("time-limit", ""),
    ("continue", ""),
    ("engine", ""),
    ("max-segments", ""),
    ("chain", ""),
    ("log-format", ""),
];

/// Most that are looked at: more stand in no script that a person has written.
const MOST: usize = 20;

/// The first of a script's.
pub fn launches(script: &Script) -> Vec<Launch<'_>> {
    script.commands.iter().filter_map(|command| launch(script, command)).take(MOST).collect()
}

/// Whether this is ckwrap in one of its other roles.
pub(super) fn is_helper(script: &Script, command: &Command) -> bool {
    let words = texts(script, command.argv());
    let named = words.iter().any(|(word, _)| OTHERS.contains(&word.as_str()));
    let Some(at) = Some(&words).filter(|_| named).and_then(|words| place(words)) else { return false };
    words.get(at + 1).is_some_and(|(word, _)| OTHERS.contains(&word.as_str()))
}

fn launch<'a>(script: &Script, command: &'a Command) -> Option<Launch<'a>> {
    let words = texts(script, command.argv());
    let at = place(&words)?;
    let before: Vec<String> = words.get(..at)?.iter().map(|(word, _)| word.clone()).collect();
    let exec = before.first().is_some_and(|word| word == "exec");
    let mut rest = words.get(at + 1..)?;
    match rest.first() {
        Some((word, _)) if word == "run" => rest = rest.get(1..)?,
        Some((word, _)) if OTHERS.contains(&word.as_str()) => return None,
        _ => {}
    }
    let (options, taken, separated) = options(rest)?;
    let own = rest.get(..taken)?.iter().map(|(word, _)| word.clone()).collect();
    let behind = rest.get(taken + usize::from(separated)..)?;
    let in_front: Vec<OsString> = before.iter().map(OsString::from).chain(["ckwrap-itself".into()]).collect();
    Some(Launch {
        command,
        exec,
        wrappers: before.into_iter().skip(usize::from(exec)).collect(),
        starter: program(&in_front).starters.into_iter().flatten().next(),
        options,
        own,
        separated,
        first: behind.first().and_then(|(_, index)| command.argv().get(*index)),
        program: behind.iter().map(|(word, _)| word.clone()).collect(),
    })
}

/// Names and values.
type Options = Vec<(String, Option<String>)>;

/// The options, how many words they are, and whether `--` follows; `None`: it only prints something.
fn options(words: &[(String, usize)]) -> Option<(Options, usize, bool)> {
    let mut options = Vec::new();
    let mut at = 0;
    while let Some((word, _)) = words.get(at) {
        if word == "--" {
            return Some((options, at, true));
        }
        if ["-h", "--help", "-V", "--version"].contains(&word.as_str()) {
            return None;
        }
        if word.starts_with(UNKNOWN) && !word.contains('/') {
            // What it is only the shell knows; what is behind the two dashes is certain all the same.
            let dashes = words.iter().position(|(word, _)| word == "--");
            options.push((UNKNOWN.to_owned(), None));
            return Some((options, dashes.unwrap_or(words.len()), dashes.is_some()));
        }
        if !word.starts_with('-') || word.len() < 2 {
            return Some((options, at, false));
        }
        at += 1;
        let (name, joined) =
            match word.strip_prefix("--").map(|long| long.split_once('=').unwrap_or((long, ""))) {
                Some((name, value)) => (name, word.contains('=').then(|| value.to_owned())),
                None => (word.as_str(), None),
            };
        match VALUED.iter().find(|(long, short)| *long == name || *short == name) {
            Some((long, _)) if joined.is_none() => {
                options.push(((*long).to_owned(), words.get(at).map(|(value, _)| value.clone())));
                at += 1;
            }
            Some((long, _)) => options.push(((*long).to_owned(), joined)),
            None => options.push((name.to_owned(), joined)),
        }
    }
    Some((options, words.len(), false))
}

/// Which word is ckwrap, as a command and not as somebody's argument.
fn place(words: &[(String, usize)]) -> Option<usize> {
    let at = words.iter().position(|(word, _)| Path::new(word).file_name() == Some("ckwrap".as_ref()))?;
    // `command -v ckwrap` only looks for it.
    let asks = words.get(..at)?.windows(2).any(
        |pair| matches!(pair, [(command, _), (option, _)] if command == "command" && option.starts_with('-')),
    );
    if asks {
        return None;
    }
    // Taken for a program that nobody knows, it must be what all before it leads to.
    let mut front: Vec<OsString> = words.get(..at)?.iter().map(|(word, _)| word.into()).collect();
    front.push("ckwrap-itself".into());
    (program(&front).index == at).then_some(at)
}

/// Words as texts, each with the place of the word it comes from: a variable may stand for several.
fn texts(script: &Script, words: &[Word]) -> Vec<(String, usize)> {
    let mut texts = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if let [Part::Variable(name, false)] = word.parts.as_slice()
            && let Some(value) = script.constant(name)
        {
            texts.extend(value.split_whitespace().map(|word| (word.to_owned(), index)));
            continue;
        }
        texts.push((with_gaps(script, &word.parts), index));
    }
    texts
}

/// What the parts of a word come to, with [`UNKNOWN`] in the place of each that only the shell knows.
fn with_gaps(script: &Script, parts: &[Part]) -> String {
    parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text,
            Part::Variable(name, _) => script.constant(name).unwrap_or(UNKNOWN),
            Part::Output(_) | Part::Other(_) => UNKNOWN,
        })
        .collect()
}

/// What the parts of a word come to, where that is certain.
pub(super) fn value(script: &Script, parts: &[Part]) -> Option<String> {
    parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => Some(text.clone()),
            Part::Variable(name, _) => script.constant(name).map(str::to_owned),
            Part::Output(_) | Part::Other(_) => None,
        })
        .collect()
}

impl Launch<'_> {
    /// The value of an option; `Some(None)`: it is given, and what it says only the shell knows.
    pub fn option(&self, name: &str) -> Option<Option<&str>> {
        let given = self.options.iter().rev().find(|(own, _)| own == name)?;
        Some(given.1.as_deref().filter(|value| !value.contains(UNKNOWN)))
    }

    /// Whether some options only the shell knows.
    pub fn is_vague(&self) -> bool {
        self.options.iter().any(|(name, value)| {
            name.contains(UNKNOWN) || value.as_ref().is_some_and(|value| value.contains(UNKNOWN))
        })
    }

    /// Whether it stands in a pipeline, itself or with what is around it.
    pub fn in_pipe(&self, script: &Script) -> bool {
        let piped = |before, after| before == Join::Pipe || after == Join::Pipe;
        piped(self.command.before, self.command.after)
            || script.around(self.command).any(|block| piped(block.before, block.after))
    }

    /// Whether it runs in the background, itself or with what is around it.
    pub fn in_background(&self, script: &Script) -> bool {
        self.command.after == Join::Background
            || script.around(self.command).any(|block| block.after == Join::Background)
    }

    /// Whether it takes the place of the script's shell.
    pub fn replaces_shell(&self, script: &Script) -> bool {
        let subshell = script.around(self.command).any(|block| block.kind == Kind::Subshell);
        self.exec && !subshell && !self.in_pipe(script) && !self.in_background(script)
    }
}
