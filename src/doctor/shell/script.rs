//! What a shell script consists of, as far as the checks need it: its simple commands in order, and what they stand in.

use std::collections::BTreeMap;
use std::ops::Range;

use super::lexer::Unclear;
use super::word::{Part, Word};

/// A script that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// Its simple commands, in the order in which they stand.
    pub commands: Vec<Command>,
    /// Its compound commands; [`Command::within`] refers to them.
    pub blocks: Vec<Block>,
    /// Its comments.
    pub comments: Vec<Range<usize>>,
    /// Variables with one certain value.
    pub(super) constants: BTreeMap<String, String>,
    /// Where the reading ended before the end.
    pub unclear: Option<Unclear>,
}

/// One simple command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its words, `NAME=VALUE` before the command included.
    pub words: Vec<Word>,
    /// How many of them are such assignments.
    pub assignments: usize,
    /// Where its input and output go.
    pub redirects: Vec<Redirect>,
    /// What joins it to the command before.
    pub before: Join,
    /// What joins it to the command behind, or ends it.
    pub after: Join,
    /// The compound commands around it, the outermost first: place in [`Script::blocks`], and which branch of it.
    pub within: Vec<(usize, usize)>,
    /// Where it stands, redirections included.
    pub at: Range<usize>,
}

/// A redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// `>`, `>>`, `<` and so on.
    pub operator: &'static str,
    /// The descriptor, where it is written.
    pub descriptor: Option<String>,
    /// Where to.
    pub target: Word,
    /// The place of the operator.
    pub at: Range<usize>,
}

/// How two commands are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// One after the other.
    Sequence,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
    /// `&`
    Background,
}

/// A compound command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Which.
    pub kind: Kind,
    /// What joins it to the command before.
    pub before: Join,
    /// What joins it to the command behind.
    pub after: Join,
    /// Whether anything is redirected for all in it.
    pub redirected: bool,
    /// Where it begins.
    pub at: usize,
}

/// The kinds of compound commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `if`; branch 0 is the condition.
    If,
    /// `while`, `until`, `for`, `select`; the variable that has another value in each turn.
    Loop(Option<String>),
    /// `case`; a branch a pattern.
    Case,
    /// `{ }`
    Group,
    /// `( )`
    Subshell,
    /// The body of a function of this name.
    Function(String),
}

impl Command {
    /// Its words without the assignments in front.
    pub fn argv(&self) -> &[Word] {
        self.words.get(self.assignments..).unwrap_or_default()
    }

    /// The name of the command, where it is certain.
    pub fn name(&self) -> Option<String> {
        self.argv().first()?.literal()
    }
}

impl Script {
    /// Whether the command runs in any case, once and in the script's own shell, when the script comes to it.
    pub fn is_plain(&self, command: &Command) -> bool {
        command.before == Join::Sequence
            && matches!(command.after, Join::Sequence)
            && command
                .within
                .iter()
                .all(|(block, _)| self.blocks.get(*block).is_some_and(Block::is_plain_group))
    }

    /// The blocks around a command, the outermost first.
    pub fn around<'a>(&'a self, command: &'a Command) -> impl Iterator<Item = &'a Block> {
        command.within.iter().filter_map(|(block, _)| self.blocks.get(*block))
    }

    /// Whether the command stands in a function: when it runs, if ever, is not known.
    pub fn in_function(&self, command: &Command) -> bool {
        self.around(command).any(|block| matches!(block.kind, Kind::Function(_)))
    }

    /// Whether two commands can never both run: they stand in different branches of one `if` or `case`.
    pub fn exclude(&self, one: &Command, other: &Command) -> bool {
        one.within.iter().zip(&other.within).find(|(one, other)| one != other).is_some_and(|(one, other)| {
            let kind = self.blocks.get(one.0).map(|block| &block.kind);
            // The condition of an `if` runs beside each of its branches.
            one.0 == other.0
                && match kind {
                    Some(Kind::If) => one.1 != 0 && other.1 != 0,
                    Some(Kind::Case) => true,
                    _ => false,
                }
        })
    }

    /// The value of a variable that is set once, outside of all branches, to what is certain.
    pub fn constant(&self, name: &str) -> Option<&str> {
        self.constants.get(name).map(String::as_str)
    }

    /// Finds the values that [`Self::constant`] knows.
    pub(super) fn find_constants(&mut self) {
        let mut values: BTreeMap<String, Option<String>> = BTreeMap::new();
        for command in &self.commands {
            let name = command.name().unwrap_or_default();
            let all = command.argv().is_empty() || SETS.contains(&name.as_str());
            for (own, parts) in command.words.iter().filter(|_| all).filter_map(Word::assignment) {
                let text = parts.iter().map(|part| match part {
                    Part::Literal(text) => Some(text.as_str()),
                    _ => None,
                });
                let value = text.collect::<Option<String>>().filter(|_| self.is_plain(command));
                // Set twice, it may be either.
                values.entry(own.to_owned()).and_modify(|known| *known = None).or_insert(value);
            }
            if CHANGES.contains(&name.as_str()) {
                for word in command.argv().iter().filter_map(Word::literal) {
                    values.insert(word, None);
                }
            }
        }
        self.constants = values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    }
}

/// Commands whose words `NAME=VALUE` set variables.
const SETS: [&str; 4] = ["export", "declare", "readonly", "typeset"];
/// Commands that give another value to the variables they name.
const CHANGES: [&str; 6] = ["read", "unset", "local", "getopts", "mapfile", "readarray"];

impl Block {
    fn is_plain_group(&self) -> bool {
        self.kind == Kind::Group && self.before == Join::Sequence && self.after == Join::Sequence
    }
}
