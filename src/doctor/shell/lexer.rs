//! From the text of a script to words and operators, as sh and bash read them.
//!
//! Follows quoting, substitutions, comments and here-documents only as far as is needed to know where each word begins and
//! ends. What it cannot follow ends the reading with a word about it; nothing is guessed.

use std::collections::VecDeque;
use std::ops::Range;

use super::word::{Part, Word};

/// A piece of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word.
    Word(Word),
    /// `;`, `&&`, `|`, `(`, `>>` and the like.
    Operator(&'static str, Range<usize>),
    /// The end of a line.
    Newline,
    /// The end of the script.
    End,
}

/// What cannot be followed: where, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// Where it begins, in bytes.
    pub at: usize,
    /// What it is, for a person.
    pub what: &'static str,
}

/// The longest first, so that the first that fits is the one meant.
const OPERATORS: [&str; 23] = [
    "&>>", ";;&", "<<<", "<<-", "&&", "||", ";;", ";&", "|&", "&>", "<<", "<&", "<>", ">>", ">&", ">|", ";",
    "&", "|", "(", ")", "<", ">",
];

/// Reads a script from its beginning to its end.
pub(super) struct Lexer<'a> {
    text: &'a str,
    pub(super) at: usize,
    /// Delimiters of the here-documents whose text begins at the next line, and whether tabs before them are dropped.
    documents: VecDeque<(String, bool, usize)>,
    /// Lines that are comments, or end in one.
    pub(super) comments: Vec<Range<usize>>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, documents: VecDeque::new(), comments: Vec::new() }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    /// Remembers that a here-document begins at the next line.
    pub(super) fn expect_document(&mut self, delimiter: String, tabs: bool, at: usize) {
        self.documents.push_back((delimiter, tabs, at));
    }

    /// Skips blanks, joined lines and a comment.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            if self.rest().starts_with("\\\n") {
                self.at += 2;
            } else if self.rest().starts_with("\\\r\n") {
                self.at += 3;
            } else if matches!(self.peek(), Some(' ' | '\t' | '\r')) {
                self.at += 1;
            } else if self.peek() == Some('#') {
                let end = self.rest().find('\n').map_or(self.text.len(), |length| self.at + length);
                self.comments.push(self.at..end);
                self.at = end;
            } else {
                return;
            }
        }
    }

    pub(super) fn next(&mut self) -> Result<Token, Unclear> {
        self.skip_blanks();
        let Some(letter) = self.peek() else {
            return match self.documents.pop_front() {
                Some((_, _, at)) => Err(Unclear { at, what: "the here-document has no end" }),
                None => Ok(Token::End),
            };
        };
        if letter == '\n' {
            self.at += 1;
            self.skip_documents()?;
            return Ok(Token::Newline);
        }
        let substitution = self.rest().starts_with("<(") || self.rest().starts_with(">(");
        if !substitution && let Some(operator) = OPERATORS.iter().find(|sign| self.rest().starts_with(**sign))
        {
            let from = self.at;
            self.at += operator.len();
            return Ok(Token::Operator(operator, from..self.at));
        }
        self.word().map(Token::Word)
    }

    fn skip_documents(&mut self) -> Result<(), Unclear> {
        while let Some((delimiter, tabs, at)) = self.documents.pop_front() {
            loop {
                if self.rest().is_empty() {
                    return Err(Unclear { at, what: "the here-document has no end" });
                }
                let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
                self.at += line.len();
                let line = line.trim_end_matches(['\n', '\r']);
                let line = if tabs { line.trim_start_matches('\t') } else { line };
                if line == delimiter {
                    break;
                }
            }
        }
        Ok(())
    }

    fn word(&mut self) -> Result<Word, Unclear> {
        let mut word = Word { at: self.at..self.at, ..Word::default() };
        loop {
            let substitution = self.rest().starts_with("<(") || self.rest().starts_with(">(");
            match self.peek() {
                None => break,
                Some(' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')') => break,
                Some('<' | '>') if !substitution => break,
                Some('<' | '>') => {
                    self.at += 1;
                    let inner = self.bracket('(', ')')?;
                    word.parts.push(Part::Other(inner));
                }
                Some('\\') => {
                    self.at += 1;
                    word.quoted = true;
                    match self.take() {
                        Some('\n') | None => {}
                        Some(letter) => word.push(letter),
                    }
                }
                Some('\'') => self.single(&mut word)?,
                Some('"') => self.double(&mut word)?,
                Some('$') if self.rest().starts_with("$'") || self.rest().starts_with("$\"") => {
                    let from = self.at;
                    self.at += 1;
                    self.skip_quoted()?;
                    word.quoted = true;
                    word.parts.push(Part::Other(self.text.get(from..self.at).unwrap_or_default().to_owned()));
                }
                Some('$' | '`') => self.dollar(&mut word, false)?,
                Some(letter) => {
                    self.at += letter.len_utf8();
                    word.push(letter);
                    // `name=(a b)`: an array, whose words are of no interest here.
                    if letter == '=' && self.peek() == Some('(') && word.assignment().is_some() {
                        let inner = self.bracket('(', ')')?;
                        word.parts.push(Part::Other(inner));
                    }
                }
            }
        }
        word.at.end = self.at;
        Ok(word)
    }

    fn single(&mut self, word: &mut Word) -> Result<(), Unclear> {
        let from = self.at;
        word.quoted = true;
        let inner = self.text.get(from + 1..).unwrap_or_default();
        let length = inner.find('\'').ok_or(Unclear { at: from, what: "the single quote is not closed" })?;
        let text = inner.get(..length).unwrap_or_default();
        match word.parts.last_mut() {
            Some(Part::Literal(own)) => own.push_str(text),
            _ => word.parts.push(Part::Literal(text.to_owned())),
        }
        self.at = from + length + 2;
        Ok(())
    }

    fn double(&mut self, word: &mut Word) -> Result<(), Unclear> {
        let from = self.at;
        self.at += 1;
        word.quoted = true;
        if word.parts.is_empty() {
            word.parts.push(Part::Literal(String::new()));
        }
        loop {
            match self.peek() {
                None => return Err(Unclear { at: from, what: "the double quote is not closed" }),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => {
                    self.at += 1;
                    match self.take() {
                        Some('\n') | None => {}
                        Some(letter @ ('$' | '`' | '"' | '\\')) => word.push(letter),
                        Some(letter) => {
                            word.push('\\');
                            word.push(letter);
                        }
                    }
                }
                Some('$' | '`') => self.dollar(word, true)?,
                Some(letter) => {
                    self.at += letter.len_utf8();
                    word.push(letter);
                }
            }
        }
    }

    /// A substitution, or a dollar that is none.
    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<(), Unclear> {
        let from = self.at;
        if self.peek() == Some('`') {
            self.skip_backquoted()?;
            let text = self.text.get(from + 1..self.at - 1).unwrap_or_default();
            word.parts.push(Part::Output(text.to_owned()));
            return Ok(());
        }
        self.at += 1;
        match self.peek() {
            Some('(') => {
                let arithmetic = self.rest().starts_with("((");
                let inner = self.bracket('(', ')')?;
                word.parts.push(if arithmetic { Part::Other(inner) } else { Part::Output(inner) });
            }
            Some('{') => {
                let inner = self.bracket('{', '}')?;
                word.parts.push(if super::word::is_name(&inner) {
                    Part::Variable(inner, quoted)
                } else {
                    Part::Other(inner)
                });
            }
            Some(letter) if letter.is_ascii_alphabetic() || letter == '_' => {
                let stays = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_');
                let length = self.rest().find(stays).unwrap_or(self.rest().len());
                let name = self.rest().get(..length).unwrap_or_default().to_owned();
                self.at += length;
                word.parts.push(Part::Variable(name, quoted));
            }
            Some(letter) if letter.is_ascii_digit() || "@*#?-$!".contains(letter) => {
                self.at += 1;
                word.parts.push(Part::Variable(letter.to_string(), quoted));
            }
            _ => word.push('$'),
        }
        Ok(())
    }

    /// What stands between two brackets, the next sign being the first; over quotes and further brackets.
    pub(super) fn bracket(&mut self, open: char, close: char) -> Result<String, Unclear> {
        let from = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                None => return Err(Unclear { at: from, what: "the bracket is not closed" }),
                Some('\\') => {
                    self.at += 1;
                    self.take();
                }
                Some('\'' | '"') => self.skip_quoted()?,
                Some('`') => self.skip_backquoted()?,
                Some('#') if open == '(' && self.begins_word(from) => {
                    self.at = self.rest().find('\n').map_or(self.text.len(), |length| self.at + length);
                }
                Some(letter) => {
                    self.at += letter.len_utf8();
                    if letter == open {
                        depth += 1;
                    } else if letter == close {
                        depth -= 1;
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
        }
        let inner = self.text.get(from + 1..self.at - 1).unwrap_or_default();
        // Its patterns have brackets that nobody opens.
        if open == '(' && inner.split_whitespace().any(|word| word == "case") {
            return Err(Unclear { at: from, what: "`case` within $( ) is not followed" });
        }
        Ok(inner.to_owned())
    }

    /// Whether a sign here would begin a word: in `$#` and `a#b` it does not.
    fn begins_word(&self, from: usize) -> bool {
        let before = self.text.get(from..self.at).unwrap_or_default();
        before.ends_with([' ', '\t', '\n', ';'])
    }

    fn skip_backquoted(&mut self) -> Result<(), Unclear> {
        let from = self.at;
        self.at += 1;
        loop {
            match self.take() {
                None => return Err(Unclear { at: from, what: "the back-quote is not closed" }),
                Some('`') => return Ok(()),
                Some('\\') => {
                    self.take();
                }
                Some(_) => {}
            }
        }
    }

    /// Skips a quoted text, the next sign being its quote.
    fn skip_quoted(&mut self) -> Result<(), Unclear> {
        let from = self.at;
        let quote = self.take();
        // `$'...'` has escapes, `'...'` has not.
        let escapes = quote == Some('"') || self.text.get(..from).unwrap_or_default().ends_with('$');
        // In double quotes a substitution may hold quotes of its own.
        let mut inside = 0_usize;
        loop {
            match self.take() {
                None => return Err(Unclear { at: from, what: "the quote is not closed" }),
                Some('\\') if escapes => {
                    self.take();
                }
                Some('$') if quote == Some('"') && self.peek() == Some('(') => inside += 1,
                Some(')') if inside > 0 => inside -= 1,
                letter if letter == quote && inside == 0 => return Ok(()),
                Some(_) => {}
            }
        }
    }
}
