//! Answers for programs.

use std::io::{self, Write};

use serde::Serialize;

use crate::model::changes_the_line;

/// Prints a value so that nothing in it reaches a terminal as more than letters: JSON lets some control characters stand.
pub(super) fn write_json(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        // Line ends stand between values only; all other such characters in strings only.
        if changes_the_line(letter) && letter != '\n' {
            shown.extend(format!("\\u{:04x}", u32::from(letter)).chars());
        } else {
            shown.push(letter);
        }
    }
    writeln!(out, "{shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_and_none_reaches_the_terminal() {
        let text = "a\n\u{1b}[2J\u{7f}\u{9b}\u{202e}\u{2028}\"\\ü";
        let mut out = Vec::new();
        write_json(&[text], &mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert!(!shown.contains(|letter| changes_the_line(letter) && letter != '\n'), "{shown:?}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), [text]);
    }
}
