//! One word of a shell command: what it certainly is, and what only the shell knows.
//!
//! Knows no command; nothing is expanded but quotes.

use std::ops::Range;

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Letters that stand for themselves.
    Literal(String),
    /// The value of a variable, by its name; whether it stands in double quotes, and so stays one word.
    Variable(String, bool),
    /// What a command prints: its text.
    Output(String),
    /// Something else that the shell works out: arithmetic, `${NAME:-x}`, `<(...)`; its text.
    Other(String),
}

/// One word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// Where it stands, in bytes.
    pub at: Range<usize>,
    /// Its pieces, in order.
    pub parts: Vec<Part>,
    /// Whether any of it is quoted, so that it is no keyword.
    pub quoted: bool,
}

impl Word {
    /// The word itself, where nothing in it is left to the shell.
    pub fn literal(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| if let Part::Literal(text) = part { Some(text.as_str()) } else { None })
            .collect()
    }

    /// Whether it is this word, unquoted.
    pub fn is_keyword(&self, text: &str) -> bool {
        !self.quoted && matches!(self.parts.as_slice(), [Part::Literal(own)] if own == text)
    }

    /// `NAME=...`: the name, and the parts behind the sign.
    pub fn assignment(&self) -> Option<(&str, Vec<Part>)> {
        let (Part::Literal(first), rest) = self.parts.split_first()? else { return None };
        let (name, value) = first.split_once('=')?;
        // `NAME+=...` adds to what is there.
        let name = name.strip_suffix('+').unwrap_or(name);
        if !is_name(name) {
            return None;
        }
        let value = (!value.is_empty()).then(|| Part::Literal(value.to_owned()));
        Some((name, value.into_iter().chain(rest.iter().cloned()).collect()))
    }

    /// Whether a piece mentions this variable.
    pub fn mentions(&self, name: &str) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Literal(_) => false,
            Part::Variable(own, _) => own == name,
            Part::Output(text) | Part::Other(text) => text.contains(name),
        })
    }

    pub(super) fn push(&mut self, letter: char) {
        match self.parts.last_mut() {
            Some(Part::Literal(text)) => text.push(letter),
            _ => self.parts.push(Part::Literal(letter.to_string())),
        }
    }
}

/// Whether a text can be the name of a variable.
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|letter: char| letter.is_ascii_digit())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
