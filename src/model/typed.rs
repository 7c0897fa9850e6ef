//! A word as it can be typed into a shell.

use super::shown::changes_the_line;

/// The word as a shell takes it, and as it can be printed: plain where it is, quoted where it must be.
///
/// Letters that would write over the terminal are spelled out as bash, zsh and ksh take them (`$'\U0000001b'`).
pub fn typed(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_=./:,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if word.contains(changes_the_line) {
        let escaped = word.replace('\\', "\\\\").replace('\'', "\\'");
        let spell = |letter: char| {
            if changes_the_line(letter) {
                format!("\\U{:08x}", u32::from(letter))
            } else {
                letter.to_string()
            }
        };
        format!("$'{}'", escaped.chars().map(spell).collect::<String>())
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("md.tpr", "md.tpr")]
    #[case("", "''")]
    #[case("two words", "'two words'")]
    #[case("it's", "'it'\\''s'")]
    #[case("$HOME", "'$HOME'")]
    #[case("~", "'~'")]
    #[case("a\u{1b}[2J", "$'a\\U0000001b[2J'")]
    #[case("größe", "größe")]
    fn as_typed(#[case] word: &str, #[case] expected: &str) {
        assert_eq!(typed(word), expected);
    }
}
