//! A pattern that is looked for line by line, in logs of many megabytes.
//!
//! `regex-lite` is small but walks every byte of every line (2 to 3 s for 64 MiB, measured); a line without the
//! words that the pattern is made of is passed over sixty times faster.

use std::iter::Peekable;
use std::str::Chars;

use regex_lite::Regex;

/// Shortest word worth looking for.
const SHORTEST: usize = 3;

pub(super) struct LinePattern {
    regex: Regex,
    /// A line that matches has one of these; empty: nothing is known.
    words: Vec<String>,
    /// Whether lines of ckwrap's own are passed over.
    of_stream: bool,
    /// Whether a match is told by its whole line.
    whole_lines: bool,
}

/// Whether ckwrap itself has written this line, in either form: it may quote what it looks for.
fn is_own(line: &str) -> bool {
    line.starts_with("ckwrap: ") || (line.starts_with("{\"t\":") && line.contains("\"level\":"))
}

impl LinePattern {
    pub(super) fn new(pattern: &str) -> Result<Self, regex_lite::Error> {
        let words = words(pattern).unwrap_or_default();
        Ok(Self { regex: Regex::new(pattern)?, words, of_stream: false, whole_lines: false })
    }

    /// For a file that ckwrap's own messages go to as well.
    pub(super) fn of_stream(self, of_stream: bool) -> Self {
        Self { of_stream, ..self }
    }

    /// Answers the line instead of the group.
    pub(super) fn whole_lines(self) -> Self {
        Self { whole_lines: true, ..self }
    }

    /// The first group of the last match, or the whole of it where there is no group.
    pub(super) fn last_in(&self, line: &str) -> Option<String> {
        if !self.words.is_empty() && !self.words.iter().any(|word| line.contains(word)) {
            return None;
        }
        if self.of_stream && is_own(line) {
            return None;
        }
        if self.whole_lines {
            return self.regex.is_match(line).then(|| line.to_owned());
        }
        let found = self.regex.captures_iter(line).last()?;
        found.get(1).or_else(|| found.get(0)).map(|group| group.as_str().to_owned())
    }
}

/// For each alternative of a pattern the longest word in it that every match has; `None` where one has none, or
/// where flags may change what letters mean.
fn words(pattern: &str) -> Option<Vec<String>> {
    if pattern.contains("(?") {
        return None;
    }
    let mut words = Vec::new();
    let mut longest = String::new();
    let mut run = String::new();
    let mut depth: usize = 0;
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        let literal = match character {
            '\\' => rest.next().filter(char::is_ascii_punctuation),
            '[' => {
                skip_class(&mut rest)?;
                None
            }
            '(' | '{' => {
                depth += 1;
                None
            }
            ')' | '}' => {
                depth = depth.saturating_sub(1);
                None
            }
            '|' if depth == 0 => {
                keep_longer(&mut longest, &mut run);
                words.push(std::mem::take(&mut longest));
                None
            }
            '^' | '$' | '.' | '*' | '+' | '?' | '|' => None,
            other => Some(other),
        };
        let optional = matches!(rest.peek(), Some('*' | '?' | '{'));
        match literal.filter(|_| depth == 0 && !optional) {
            Some(letter) => run.push(letter),
            None => keep_longer(&mut longest, &mut run),
        }
    }
    keep_longer(&mut longest, &mut run);
    words.push(longest);
    words.iter().all(|word| word.len() >= SHORTEST).then_some(words)
}

/// Skips what is between brackets; `None` where brackets are nested.
fn skip_class(rest: &mut Peekable<Chars<'_>>) -> Option<()> {
    rest.next_if_eq(&'^');
    // A bracket that comes first stands for itself.
    rest.next_if_eq(&']');
    loop {
        match rest.next()? {
            '\\' => drop(rest.next()),
            '[' => return None,
            ']' => return Some(()),
            _ => {}
        }
    }
}

fn keep_longer(longest: &mut String, run: &mut String) {
    if run.len() > longest.len() {
        std::mem::swap(longest, run);
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r"Writing checkpoint, step (\d+)", &["Writing checkpoint, step "])]
    #[case(r"^ *nsteps += +(\S+)", &["nsteps "])]
    #[case("Run time exceeded|Received the", &["Run time exceeded", "Received the"])]
    #[case(r"N o r m a l", &["N o r m a l"])]
    #[case(r"reached required\.", &["reached required."])]
    #[case(r"endTime\s+(\S+);", &["endTime"])]
    #[case("Terminating on (time|cycle) limit", &["Terminating on "])]
    #[case("DONE|ok", &[])]
    #[case("(?i)done", &[])]
    #[case("colou?r", &["colo"])]
    #[case("a{0}bc", &[])]
    #[case("[|]abc[)]", &["abc"])]
    #[case("[)xyz]abc[^]xyz]", &["abc"])]
    #[case("[[:alpha:]]abc", &[])]
    #[case(r"\d+", &[])]
    #[case("", &[])]
    fn needed_words(#[case] pattern: &str, #[case] expected: &[&str]) {
        assert_eq!(words(pattern).unwrap_or_default(), expected);
    }

    proptest! {
        #[test]
        fn never_passes_over_a_match(pattern in r"([abc]{3}|[a-c\[\]()|?*+{}\\.^$1]){0,6}", line in "[abc1]{0,12}") {
            if let Ok(lines) = LinePattern::new(&pattern) {
                let bare = LinePattern { words: Vec::new(), ..LinePattern::new(&pattern).unwrap() };
                prop_assert_eq!(lines.last_in(&line), bare.last_in(&line));
            }
        }
    }
}
