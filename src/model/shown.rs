//! Foreign text on its way to a terminal or a log: one line, without anything that moves a cursor or turns the reading
//! direction.

/// The text with every character that is no letter of a line spelled out: line ends, escapes, and the marks by which text is
/// shown in another order than it has.
///
/// Names of files and jobs are other people's: one with a line end in it would be a line of its own in a log.
pub fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if changes_the_line(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Whether a character does more to a line than to make it longer.
pub fn changes_the_line(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("plain text", "plain text")]
    #[case("a\nckwrap: b", "a\\nckwrap: b")]
    #[case("\u{1b}[2J", "\\u{1b}[2J")]
    #[case("a\u{202e}b\u{9b}c\u{2028}", "a\\u{202e}b\\u{9b}c\\u{2028}")]
    #[case("grün\u{1f980}", "grün\u{1f980}")]
    fn texts(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(harmless(text), shown);
    }
}
