//! HTML put together so that no text can become more than text.

use std::fmt::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::super::words::harmless;

/// HTML under construction.
#[derive(Debug, Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Adds what `format_args!` made; texts from elsewhere go through [`text`] first.
    pub(super) fn put(&mut self, words: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(words);
    }

    /// Adds HTML that is known to be sound.
    pub(super) fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Text from elsewhere, for the inside of elements and of attributes in double quotes.
pub(super) fn text(from: &str) -> String {
    let mut html = String::with_capacity(from.len());
    for letter in harmless(from).chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            // Halves of no character at all, which some readers refuse.
            '\u{fffe}' | '\u{ffff}' => html.push('\u{fffd}'),
            letter => html.push(letter),
        }
    }
    html
}

/// A path as the target of a link: never a scheme of its own, whatever its name.
pub(super) fn link(path: &Path) -> String {
    let mut link = String::from(if path.is_absolute() { "file://" } else { "./" });
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                link.push(char::from(*byte));
            }
            other => {
                let _ = write!(link, "%{other:02X}");
            }
        }
    }
    link
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;")]
    #[case("a \"b\" & c", "a &quot;b&quot; &amp; c")]
    #[case("\u{1b}[2J\u{202e}x\0", "\\u{1b}[2J\\u{202e}x\\u{0}")]
    #[case("]]>--><!--", "]]&gt;--&gt;&lt;!--")]
    fn texts(#[case] from: &str, #[case] html: &str) {
        assert_eq!(text(from), html);
    }

    #[rstest]
    #[case(b"slurm-1.out", "./slurm-1.out")]
    #[case(b"javascript:alert(1)", "./javascript%3Aalert%281%29")]
    #[case(b"/home/a b/\"x\xff", "file:///home/a%20b/%22x%FF")]
    fn links(#[case] path: &[u8], #[case] expected: &str) {
        assert_eq!(link(Path::new(OsStr::from_bytes(path))), expected);
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_place(from in ".{0,200}") {
            let html = text(&from);
            prop_assert!(!html.contains(['<', '>', '"', '\'']));
            prop_assert!(!html.chars().any(char::is_control));
        }
    }
}
