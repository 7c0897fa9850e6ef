//! An input's text to commands, as LAMMPS' `Input::file` and `Input::parse` read it: continuation by a last `&`
//! (in comments too), quotes of three kinds, comments. Knows no command.

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// The file it stands in.
    pub(super) file: String,
    /// Its first line, from 1.
    pub(super) line: usize,
    /// The lines as they stand there, without the last line break.
    pub(super) raw: String,
    /// Its words; there is at least one.
    pub(super) words: Vec<Word>,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Without quotes.
    pub(super) text: String,
    /// In quotes: LAMMPS puts no variable into it when it reads the line.
    pub(super) quoted: bool,
}

impl Command {
    /// The command's name.
    pub(super) fn name(&self) -> &str {
        self.word(0)
    }

    /// A word by its place; empty where there is none.
    pub(super) fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| &word.text)
    }

    /// The words after the first `count`.
    pub(super) fn after(&self, count: usize) -> impl Iterator<Item = &str> {
        self.words.iter().skip(count).map(|word| word.text.as_str())
    }
}

/// Bytes of the longest command over several lines: all of it is looked at again with each line.
const LONGEST: usize = 16 << 10;

/// The commands of a text; an error is a line and what is wrong there.
pub(super) fn commands(file: &str, text: &str) -> Result<Vec<Command>, (usize, &'static str)> {
    let mut lines = text.lines().enumerate();
    let mut commands = Vec::new();
    while let Some((index, first)) = lines.next() {
        let (mut raw, mut joined) = (first.to_owned(), first.to_owned());
        loop {
            let open = joined.matches("\"\"\"").count() % 2 == 1;
            if let (Some(head), false) = (joined.trim_end().strip_suffix('&'), open) {
                joined = head.to_owned();
            } else if open {
                joined.push('\n');
            } else {
                break;
            }
            if joined.len() > LONGEST {
                return Err((index + 1, "a command of more than 16 KiB, or a quote that is not closed"));
            }
            let Some((_, next)) = lines.next() else { break };
            raw.push('\n');
            raw.push_str(next);
            joined.push_str(next);
        }
        let words = words(&joined).map_err(|why| (index + 1, why))?;
        if !words.is_empty() {
            commands.push(Command { file: file.to_owned(), line: index + 1, raw, words });
        }
    }
    Ok(commands)
}

const UNBALANCED: &str = "a quote is not closed";

fn words(line: &str) -> Result<Vec<Word>, &'static str> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let quote = ["\"\"\"", "\"", "'"].into_iter().find(|quote| rest.starts_with(quote));
        let (text, after) = if let Some(quote) = quote {
            let inner = rest.get(quote.len()..).unwrap_or_default();
            inner.split_once(quote).ok_or(UNBALANCED)?
        } else {
            rest.split_at(plain(rest)?)
        };
        words.push(Word { text: text.to_owned(), quoted: quote.is_some() });
        rest = after.trim_start();
    }
    Ok(words)
}

/// Where a word without quotes ends. `$( )` may hold blanks, as it is evaluated before LAMMPS splits the line.
fn plain(text: &str) -> Result<usize, &'static str> {
    let mut depth = 0_usize;
    let mut dollar = false;
    for (index, c) in text.char_indices() {
        match c {
            '(' if dollar || depth > 0 => depth += 1,
            ')' if depth > 0 => depth -= 1,
            '#' => return Ok(index),
            c if c.is_whitespace() && depth == 0 => return Ok(index),
            '"' | '\'' if depth == 0 => return Err("a quote inside a word"),
            _ => {}
        }
        dollar = c == '$';
    }
    if depth > 0 { Err("a parenthesis is not closed") } else { Ok(text.len()) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn shown(text: &str) -> String {
        let commands = commands("in", text).unwrap();
        let lines = commands.iter().map(|command| {
            let words: Vec<_> = command.words.iter().map(|word| word.text.clone()).collect();
            format!("{}:{}", command.line, words.join("|"))
        });
        lines.collect::<Vec<_>>().join(" ")
    }

    #[rstest]
    #[case("", "")]
    #[case("# only\n\n  \t\n", "")]
    #[case("run 250 # steps", "1:run|250")]
    #[case("a b &\n  c\nd", "1:a|b|c 3:d")]
    #[case("#dump 2 all image &\n#  axes yes\nrun 1", "3:run|1")]
    #[case("# swallowed &\nrun 1\nrun 2", "3:run|2")]
    #[case("print \"a # b\" # c", "1:print|a # b")]
    #[case("print 'x \"y\"' z", "1:print|x \"y\"|z")]
    #[case("print \"\"\"a\nb\"\"\"\nrun 1", "1:print|a\nb 3:run|1")]
    #[case("fix 1 all nvt temp 1 1 $(100 * dt)", "1:fix|1|all|nvt|temp|1|1|$(100 * dt)")]
    #[case("run ${n} upto\r\n", "1:run|${n}|upto")]
    #[case("thermo 10 &", "1:thermo|10")]
    fn texts(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(shown(text), expected);
    }

    #[rstest]
    #[case("run 1\nprint \"x", 2)]
    #[case("fix $(1", 1)]
    #[case("a b'c", 1)]
    fn wrong(#[case] text: &str, #[case] line: usize) {
        assert_eq!(commands("in", text).unwrap_err().0, line);
    }

    #[test]
    fn the_lines_are_kept_as_they_stand() {
        let commands = commands("in", "a b & \n  c # d\n").unwrap();
        assert_eq!(commands[0].raw, "a b & \n  c # d");
    }
}
