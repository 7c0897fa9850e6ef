//! What is refused before the YAML library sees a text: sizes and shapes that would cost seconds, and aliases.
//!
//! Knows no key. It follows quotes, comments and block scalars only as far as it must to see an alias.

use super::error::{ConfigError, Place};

/// Largest file that is read, in bytes. A long real one has a few thousand.
pub(super) const LARGEST: u64 = 256 << 10;

/// Most brackets in a text: the scanner's cost is the square of their nesting (200,000 took 10 s, measured).
const MOST_BRACKETS: usize = 2_000;

/// Longest line, in bytes: `? ? ?` and `a: a: a:` nest within one, at the same cost and 500 bytes of memory a level.
const LONGEST_LINE: usize = 8 << 10;

/// Text of a file, without its byte order mark; or what is wrong with it.
pub(super) fn text(bytes: Vec<u8>, path: &std::path::Path) -> Result<String, ConfigError> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..good).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        at(path, line, column, "not UTF-8")
            .hint("save it as UTF-8, for instance with iconv -f LATIN1 -t UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    if text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() > MOST_BRACKETS {
        return Err(ConfigError::file(path, format!("more than {MOST_BRACKETS} brackets"))
            .hint("this is no ckwrap configuration"));
    }
    if let Some(line) = text.lines().position(|line| line.len() > LONGEST_LINE) {
        return Err(at(path, line + 1, 1, &format!("a line of more than {LONGEST_LINE} bytes"))
            .hint("write a long list with one entry a line"));
    }
    match alias(&text) {
        Some((line, column, sign)) => Err(at(
            path,
            line,
            column,
            &format!("`{sign}` begins an alias or anchor of YAML, which are not taken here"),
        )
        .hint(format!("put quotes around a value that begins with it: \"{sign}...\""))),
        None => Ok(text),
    }
}

fn at(path: &std::path::Path, line: usize, column: usize, message: &str) -> ConfigError {
    ConfigError::new(Place::File { path: path.into(), position: Some((line, column)) }, "", message)
}

/// A line whose indentation has a tab, from 1.
pub(super) fn tab(text: &str) -> Option<usize> {
    let indented = |line: &str| line.chars().take_while(|sign| sign.is_whitespace()).any(|sign| sign == '\t');
    text.lines().position(indented).map(|index| index + 1)
}

/// Line, column and sign of the first alias (`*name`) or anchor (`&name`).
fn alias(text: &str) -> Option<(usize, usize, char)> {
    let mut quote = None;
    let mut block: Option<usize> = None;
    let mut nesting = 0_usize;
    for (index, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if let Some(parent) = block {
            if line.trim().is_empty() || indent > parent {
                continue;
            }
            block = None;
        }
        let mut start = true;
        let mut before = ' ';
        let mut signs = line.chars().enumerate().peekable();
        while let Some((column, sign)) = signs.next() {
            match (quote, sign) {
                (Some('"'), '\\') => {
                    signs.next();
                }
                (Some(open), _) if open == sign => quote = None,
                (None, '#') if before.is_whitespace() => break,
                (None, '"' | '\'') if start => quote = Some(sign),
                (None, '*' | '&') if start && signs.peek().is_some_and(|(_, next)| !next.is_whitespace()) => {
                    return Some((index + 1, column + 1, sign));
                }
                (None, '|' | '>') if start => block = Some(indent),
                _ => {}
            }
            let flow = start || nesting > 0;
            match sign {
                '[' | '{' if quote.is_none() && flow => nesting += 1,
                ']' | '}' if quote.is_none() => nesting = nesting.saturating_sub(1),
                _ => {}
            }
            start = quote.is_none()
                && match sign {
                    '[' | '{' => flow,
                    ',' => nesting > 0,
                    ' ' => start || before == ':',
                    '-' | '?' | ':' => start,
                    _ => false,
                };
            before = sign;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a: *x", Some((1, 4, '*')))]
    #[case("glob: [ok, *.cpt]", Some((1, 12, '*')))]
    #[case("a: &x 1", Some((1, 4, '&')))]
    #[case("b: 1\n- *x", Some((2, 3, '*')))]
    #[case("<<: *base", Some((1, 5, '*')))]
    #[case("glob: [\"*.cpt\", '*.rst']", None)]
    #[case("text: a *b &c", None)]
    #[case("text: a, *b [*c] d", None)]
    #[case("a: b # it's *fine", None)]
    #[case("a: \"x\\\" *y\"", None)]
    #[case("a: 'it''s, *y'", None)]
    #[case("text: |\n  *not an alias\n  - *x\nb: 1", None)]
    #[case("a: \"two\n  *lines\"", None)]
    fn aliases(#[case] text: &str, #[case] found: Option<(usize, usize, char)>) {
        assert_eq!(alias(text), found);
    }

    #[test]
    fn a_bad_byte_has_a_position() {
        let error = text(b"a: 1\nb: \xe9".to_vec(), Path::new("c.yaml")).unwrap_err();
        assert!(error.to_string().starts_with("c.yaml:2:4: not UTF-8"), "{error}");
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        assert_eq!(text("\u{feff}a: 1".into(), Path::new("c")).unwrap(), "a: 1");
    }

    #[test]
    fn a_line_without_end_is_refused_at_once() {
        let error = text(format!("a: 1\n{}", "? ".repeat(100_000)).into_bytes(), Path::new("c")).unwrap_err();
        assert!(error.to_string().starts_with("c:2:1: a line of more than"), "{error}");
    }

    #[test]
    fn a_bomb_of_brackets_is_refused_at_once() {
        let error = text("[".repeat(200_000).into_bytes(), Path::new("c")).unwrap_err();
        assert!(error.message.contains("brackets"), "{error}");
    }
}
