//! From words and operators to commands and what they stand in.
//!
//! A machine with a stack of its own, so that no script, however deep, can exhaust that of the process.

use std::ops::Range;

use super::lexer::{Lexer, Token, Unclear};
use super::script::{Block, Command, Join, Kind, Redirect, Script};
use super::word::Word;

/// Reads a script as sh and bash do. What could not be followed is said in the answer.
pub fn read(text: &str) -> Script {
    let mut reader = Reader {
        lexer: Lexer::new(text),
        script: Script::default(),
        open: Vec::new(),
        before: Join::Sequence,
        function: None,
        ended: None,
    };
    let unclear = reader.run().err();
    let mut script = reader.script;
    script.comments = reader.lexer.comments;
    script.unclear = unclear;
    script.find_constants();
    script
}

struct Reader<'a> {
    lexer: Lexer<'a>,
    script: Script,
    /// Blocks that are not closed yet, and the branch that is being read.
    open: Vec<(usize, usize)>,
    /// What joins the next command to the one before.
    before: Join,
    /// The function whose body comes next.
    function: Option<String>,
    /// The block that has just been closed: what follows may redirect or join it.
    ended: Option<usize>,
}

/// Compound commands within each other. More of them stand in no script that a person has written.
const DEEPEST: usize = 100;

const REDIRECTS: [&str; 12] = ["&>>", "<<<", "<<-", "&>", "<<", "<&", "<>", ">>", ">&", ">|", "<", ">"];

fn join(operator: &str) -> Option<Join> {
    Some(match operator {
        "&&" => Join::And,
        "||" => Join::Or,
        "|" | "|&" => Join::Pipe,
        "&" => Join::Background,
        ";" => Join::Sequence,
        _ => return None,
    })
}

fn unclear<T>(at: usize, what: &'static str) -> Result<T, Unclear> {
    Err(Unclear { at, what })
}

impl Reader<'_> {
    fn run(&mut self) -> Result<(), Unclear> {
        loop {
            match self.lexer.next()? {
                Token::End => {
                    return match self.open.last().and_then(|(block, _)| self.script.blocks.get(*block)) {
                        Some(block) => unclear(block.at, "what begins here is not closed"),
                        None => Ok(()),
                    };
                }
                Token::Newline => {
                    // A line that ends in `&&` or `|` goes on in the next one.
                    if !matches!(self.before, Join::And | Join::Or | Join::Pipe) {
                        self.before = Join::Sequence;
                    }
                    self.ended = None;
                }
                Token::Operator(operator, at) => self.operator(operator, at)?,
                Token::Word(word) => {
                    if self.ended.is_some() {
                        // Only a keyword may follow directly: `if ...; fi fi`.
                        self.ended = None;
                    }
                    self.word(word)?;
                }
            }
        }
    }

    fn operator(&mut self, operator: &'static str, at: Range<usize>) -> Result<(), Unclear> {
        if let Some(block) = self.ended {
            if REDIRECTS.contains(&operator) {
                self.target(operator, at.start)?;
                if let Some(block) = self.script.blocks.get_mut(block) {
                    block.redirected = true;
                }
                return Ok(());
            }
            if let Some(join) = join(operator) {
                if let Some(block) = self.script.blocks.get_mut(block) {
                    block.after = join;
                }
                self.ended = None;
                self.before = following(join);
                return Ok(());
            }
        }
        match operator {
            "(" if self.text_at(at.start).starts_with("((") => {
                self.lexer.at = at.start;
                self.lexer.bracket('(', ')')?;
                self.before = Join::Sequence;
                self.rest_of_test()
            }
            "(" => self.push(Kind::Subshell, at.start),
            ")" => self.pop(at.start, |kind| *kind == Kind::Subshell),
            ";;" | ";&" | ";;&" => self.pattern(at.start),
            ";" | "&" => {
                self.before = Join::Sequence;
                Ok(())
            }
            operator if REDIRECTS.contains(&operator) => self.command(None, Some((operator, at))),
            _ => unclear(at.start, "a command is missing here"),
        }
    }

    fn text_at(&self, at: usize) -> &str {
        self.lexer.text().get(at..).unwrap_or_default()
    }

    fn word(&mut self, word: Word) -> Result<(), Unclear> {
        let at = word.at.start;
        let text = if word.quoted { None } else { word.literal() };
        match text.as_deref() {
            Some("if") => self.push(Kind::If, at)?,
            Some("then" | "elif" | "else") => return self.branch(at),
            Some("fi") => return self.pop(at, |kind| *kind == Kind::If),
            Some("while" | "until") => self.push(Kind::Loop(None), at)?,
            Some("for" | "select") => {
                let variable = self.header(at)?;
                self.push(Kind::Loop(variable), at)?;
            }
            Some("do") => self.before = Join::Sequence,
            Some("done") => return self.pop(at, |kind| matches!(kind, Kind::Loop(_))),
            Some("case") => return self.case(at),
            Some("esac") => return self.pop(at, |kind| *kind == Kind::Case),
            Some("{") => self.push(Kind::Group, at)?,
            Some("}") => return self.pop(at, |kind| matches!(kind, Kind::Group | Kind::Function(_))),
            Some("!") => {}
            Some("function") => return self.named_function(at),
            Some("coproc") => return unclear(at, "`coproc` is not followed"),
            Some("[[") => return self.test(at),
            _ => return self.command(Some(word), None),
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind, at: usize) -> Result<(), Unclear> {
        if self.open.len() >= DEEPEST {
            return unclear(at, "this is nested too deeply to be followed");
        }
        let kind = match self.function.take() {
            Some(name) => Kind::Function(name),
            None => kind,
        };
        self.open.push((self.script.blocks.len(), 0));
        let before = std::mem::replace(&mut self.before, Join::Sequence);
        self.script.blocks.push(Block { kind, before, after: Join::Sequence, redirected: false, at });
        Ok(())
    }

    fn pop(&mut self, at: usize, fits: impl Fn(&Kind) -> bool) -> Result<(), Unclear> {
        let Some((block, _)) = self.open.pop() else {
            return unclear(at, "nothing is open that this closes");
        };
        let kind = self.script.blocks.get(block).map(|block| &block.kind);
        // A function's body may be any compound command.
        if !kind.is_some_and(|kind| fits(kind) || matches!(kind, Kind::Function(_))) {
            return unclear(at, "this closes something else than what is open");
        }
        self.ended = Some(block);
        self.before = Join::Sequence;
        Ok(())
    }

    fn branch(&mut self, at: usize) -> Result<(), Unclear> {
        let Some((block, branch)) = self.open.last_mut() else {
            return unclear(at, "there is no `if` to this");
        };
        if !self
            .script
            .blocks
            .get(*block)
            .is_some_and(|block| matches!(block.kind, Kind::If | Kind::Function(_)))
        {
            return unclear(at, "there is no `if` to this");
        }
        *branch += 1;
        self.before = Join::Sequence;
        Ok(())
    }

    /// The words between `for` and the end of that line or `do`; the first is the variable.
    fn header(&mut self, at: usize) -> Result<Option<String>, Unclear> {
        self.lexer.skip_blanks();
        if self.text_at(self.lexer.at).starts_with("((") {
            self.lexer.bracket('(', ')')?;
            return Ok(None);
        }
        let mut variable = None;
        loop {
            match self.lexer.next()? {
                Token::Newline | Token::Operator(";", _) => return Ok(variable),
                Token::Word(word) if word.is_keyword("do") => return Ok(variable),
                Token::Word(word) if variable.is_none() => variable = word.literal(),
                Token::Word(_) => {}
                Token::Operator(_, _) | Token::End => return unclear(at, "the loop has no `do`"),
            }
        }
    }

    fn case(&mut self, at: usize) -> Result<(), Unclear> {
        self.push(Kind::Case, at)?;
        loop {
            match self.lexer.next()? {
                Token::Word(word) if word.is_keyword("in") => return self.pattern(at),
                Token::Word(_) | Token::Newline => {}
                Token::Operator(_, _) | Token::End => return unclear(at, "the `case` has no `in`"),
            }
        }
    }

    /// The pattern of the next branch of a `case`, or its end.
    fn pattern(&mut self, at: usize) -> Result<(), Unclear> {
        match self.open.last_mut() {
            Some((block, branch))
                if self.script.blocks.get(*block).is_some_and(|block| block.kind == Kind::Case) =>
            {
                *branch += 1;
            }
            _ => return unclear(at, "there is no `case` to this"),
        }
        self.before = Join::Sequence;
        let mut first = true;
        loop {
            match self.lexer.next()? {
                Token::Word(word) if first && word.is_keyword("esac") => {
                    return self.pop(at, |kind| *kind == Kind::Case);
                }
                Token::Word(_) => first = false,
                Token::Newline if first => {}
                Token::Operator("(", _) if first => first = false,
                Token::Operator("|", _) => {}
                Token::Operator(")", _) => return Ok(()),
                Token::Operator(_, _) | Token::Newline | Token::End => {
                    return unclear(at, "a pattern of the `case` is not followed");
                }
            }
        }
    }

    fn named_function(&mut self, at: usize) -> Result<(), Unclear> {
        let Token::Word(name) = self.lexer.next()? else { return unclear(at, "the function has no name") };
        self.function = Some(name.literal().unwrap_or_default());
        self.lexer.skip_blanks();
        if self.text_at(self.lexer.at).starts_with('(') {
            self.brackets_of_function(at)?;
        }
        Ok(())
    }

    fn brackets_of_function(&mut self, at: usize) -> Result<(), Unclear> {
        let opens = self.lexer.next()?;
        let closes = self.lexer.next()?;
        match (opens, closes) {
            (Token::Operator("(", _), Token::Operator(")", _)) => Ok(()),
            _ => unclear(at, "the brackets are not followed"),
        }
    }

    /// `[[ ... ]]`: its operators are none of the shell's.
    fn test(&mut self, at: usize) -> Result<(), Unclear> {
        loop {
            match self.lexer.next()? {
                Token::Word(word) if word.is_keyword("]]") => break,
                Token::End => return unclear(at, "the `[[` is not closed"),
                _ => {}
            }
        }
        self.before = Join::Sequence;
        self.rest_of_test()
    }

    /// What joins the next command to `[[ ]]` or `(( ))`.
    fn rest_of_test(&mut self) -> Result<(), Unclear> {
        let back = self.lexer.at;
        if let Token::Operator(operator, _) = self.lexer.next()?
            && let Some(join) = join(operator)
        {
            self.before = following(join);
        } else {
            self.lexer.at = back;
        }
        Ok(())
    }

    /// A simple command, of which a word or a redirection has been read.
    fn command(
        &mut self,
        word: Option<Word>,
        redirect: Option<(&'static str, Range<usize>)>,
    ) -> Result<(), Unclear> {
        let begin = word.as_ref().map(|word| word.at.clone()).or(redirect.as_ref().map(|(_, at)| at.clone()));
        let begin = begin.unwrap_or_default();
        let mut command = Command {
            words: word.into_iter().collect(),
            assignments: 0,
            redirects: Vec::new(),
            before: self.before,
            after: Join::Sequence,
            within: self.open.clone(),
            at: begin,
        };
        if let Some((operator, at)) = redirect {
            let target = self.target(operator, at.start)?;
            command.at.end = target.at.end;
            command.redirects.push(Redirect { operator, descriptor: None, target, at });
        }
        self.before = Join::Sequence;
        loop {
            let back = self.lexer.at;
            match self.lexer.next()? {
                Token::Word(word) => {
                    command.at.end = word.at.end;
                    command.words.push(word);
                }
                Token::Operator("(", at) if command.words.len() == 1 && command.redirects.is_empty() => {
                    self.lexer.at = at.start;
                    self.brackets_of_function(at.start)?;
                    self.function = command.words.first().and_then(Word::literal);
                    return Ok(());
                }
                Token::Operator(operator, at) if REDIRECTS.contains(&operator) => {
                    let target = self.target(operator, at.start)?;
                    command.at.end = target.at.end;
                    // `2>`: the number belongs to the sign that it touches.
                    let number = |word: &mut Word| {
                        let text = word.literal().filter(|_| !word.quoted && word.at.end == at.start);
                        text.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
                    };
                    let descriptor = command.words.pop_if(number).and_then(|word| word.literal());
                    command.redirects.push(Redirect { operator, descriptor, target, at });
                }
                Token::Operator(operator, at) => {
                    match join(operator) {
                        Some(join) => {
                            command.after = join;
                            self.before = following(join);
                        }
                        // It closes what the command stands in.
                        None if [")", ";;", ";&", ";;&"].contains(&operator) => self.lexer.at = at.start,
                        None => return unclear(at.start, "this sign is not followed here"),
                    }
                    break;
                }
                Token::Newline => break,
                Token::End => {
                    self.lexer.at = back;
                    break;
                }
            }
        }
        command.assignments = command.words.iter().take_while(|word| word.assignment().is_some()).count();
        self.script.commands.push(command);
        Ok(())
    }

    /// The word behind a redirection's sign.
    fn target(&mut self, operator: &'static str, at: usize) -> Result<Word, Unclear> {
        let Token::Word(target) = self.lexer.next()? else {
            return unclear(at, "the redirection has no target");
        };
        if operator == "<<" || operator == "<<-" {
            let Some(delimiter) = target.literal() else {
                return unclear(at, "the end of the here-document is not followed");
            };
            self.lexer.expect_document(delimiter, operator == "<<-", at);
        }
        Ok(target)
    }
}

/// What joins the next command, by what ended the one before.
fn following(join: Join) -> Join {
    match join {
        Join::Background => Join::Sequence,
        other => other,
    }
}
