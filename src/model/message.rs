//! What a program tells about itself, in datagrams of `sd_notify`: lines of `KEY=VALUE`.
//!
//! Foreign bytes in, plain values out: nothing that is received can make this fail, and all of it is bounded.
//! The keys without `X_CKWRAP_` are those of `sd_notify(3)`; keys that mean nothing here are passed over.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::str::FromStr;

/// Bytes a datagram may have; a longer one is ignored as a whole.
pub const LONGEST_DATAGRAM: usize = 4096;
/// Lines of a datagram that are read.
const MOST_LINES: usize = 64;
/// Characters of a status text that are kept.
const STATUS_LENGTH: usize = 200;
/// Numbers beyond this are not printed in a way that a person reads.
const GREATEST: f64 = 1e15;

/// One thing that a program says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// It has set up its signal handlers.
    Ready,
    /// It is ending by itself.
    Stopping,
    /// What it is doing, for people: one line without control characters.
    Status(String),
    /// A checkpoint is complete: a path, relative to the run directory unless it is absolute.
    Checkpoint(PathBuf),
    /// How much of the work is done.
    Progress(Progress),
    /// The work is done.
    Finished,
}

/// What was in a datagram.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The messages, in order.
    pub messages: Vec<Message>,
    /// Keys for ckwrap that it does not know, or whose value says nothing; a few of them.
    pub not_understood: Vec<String>,
}

impl Message {
    /// Its spelling in a datagram; a path may be any bytes.
    pub fn line(&self) -> Vec<u8> {
        match self {
            Self::Ready => b"READY=1".to_vec(),
            Self::Stopping => b"STOPPING=1".to_vec(),
            Self::Status(text) => format!("STATUS={text}").into_bytes(),
            Self::Checkpoint(path) => {
                let mut line = b"X_CKWRAP_CHECKPOINT=".to_vec();
                line.extend(path.clone().into_os_string().into_vec());
                line
            }
            Self::Progress(progress) => format!("X_CKWRAP_PROGRESS={progress}").into_bytes(),
            Self::Finished => b"X_CKWRAP_FINISHED=1".to_vec(),
        }
    }

    /// Reads a datagram.
    pub fn parse(datagram: &[u8]) -> Parsed {
        let mut parsed = Parsed::default();
        for line in datagram.split(|byte| *byte == b'\n').take(MOST_LINES) {
            let Some(equals) = line.iter().position(|byte| *byte == b'=') else { continue };
            let (key, value) = (line.get(..equals), line.get(equals + 1..));
            let (key, value) = (key.unwrap_or_default(), value.unwrap_or_default());
            match Self::of(key, value) {
                Some(message) => parsed.messages.push(message),
                None if key.starts_with(b"X_CKWRAP_") && parsed.not_understood.len() < 3 => {
                    parsed.not_understood.push(plain(&String::from_utf8_lossy(line)));
                }
                None => {}
            }
        }
        parsed
    }

    fn of(key: &[u8], value: &[u8]) -> Option<Self> {
        match key {
            b"READY" => (value == b"1").then_some(Self::Ready),
            b"STOPPING" => (value == b"1").then_some(Self::Stopping),
            b"STATUS" => Some(Self::Status(plain(&String::from_utf8_lossy(value)))),
            b"X_CKWRAP_CHECKPOINT" => {
                let is_path = !value.is_empty() && !value.contains(&0);
                is_path.then(|| Self::Checkpoint(OsString::from_vec(value.to_vec()).into()))
            }
            b"X_CKWRAP_PROGRESS" => std::str::from_utf8(value).ok()?.parse().ok().map(Self::Progress),
            b"X_CKWRAP_FINISHED" => (value == b"1").then_some(Self::Finished),
            _ => None,
        }
    }
}

/// One line of text without control characters, terminal escapes and marks that turn the direction of writing, cut
/// at a length that fits a screen.
pub fn plain(text: &str) -> String {
    let mut shown = String::new();
    let mut letters = text.chars().take(LONGEST_DATAGRAM).peekable();
    while let Some(letter) = letters.next() {
        match letter {
            // ESC [ parameters and one last letter (ECMA-48): colours, movements of the cursor.
            '\u{1b}' if letters.peek() == Some(&'[') => {
                letters.next();
                while letters.next().is_some_and(|inside| !('@'..='~').contains(&inside)) {}
            }
            '\t' | '\r' | '\n' => shown.push(' '),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            letter if letter.is_control() => {}
            letter => shown.push(letter),
        }
    }
    let shown = shown.trim();
    match shown.char_indices().nth(STATUS_LENGTH) {
        None => shown.to_owned(),
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
    }
}

/// How much of the work is done, in units of the program's own: steps, nanoseconds, generations.
///
/// Both numbers are finite and not negative, and the total is more than zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    done: f64,
    total: f64,
}

// No NaN can be in it.
impl Eq for Progress {}

/// Why a text is no [`Progress`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no progress; write DONE/TOTAL, such as 300/1000 or 2.5/10, with a total above zero")]
pub struct ProgressError(pub String);

impl Progress {
    /// So much of so much; `None` for numbers that make no sense.
    pub fn new(done: f64, total: f64) -> Option<Self> {
        let fits = |number: f64| (0.0..=GREATEST).contains(&number);
        // A negative zero passes, and would be printed as one.
        (fits(done) && fits(total) && total > 0.0).then_some(Self { done: done.abs(), total })
    }

    /// What is done.
    pub fn done(self) -> f64 {
        self.done
    }

    /// What there is to do.
    pub fn total(self) -> f64 {
        self.total
    }

    /// Whole percent, rounded down so that 100 means all; never more than 100.
    pub fn percent(self) -> u8 {
        let percent = (self.done / self.total * 100.0).floor().min(100.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 0 to 100")]
        let percent = percent as u8;
        percent
    }
}

impl FromStr for Progress {
    type Err = ProgressError;

    fn from_str(text: &str) -> Result<Self, ProgressError> {
        // R and others print 100000 as 1e+05, which Rust's parser reads.
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let numbers = text.split_once('/').and_then(|(done, total)| Some((number(done)?, number(total)?)));
        numbers.and_then(|(done, total)| Self::new(done, total)).ok_or_else(|| ProgressError(plain(text)))
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mark) in [(self.done, ""), (self.total, "/")] {
            f.write_str(mark)?;
            if number != 0.0 && number < 1e-3 { write!(f, "{number:e}")? } else { write!(f, "{number}")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn messages(datagram: &[u8]) -> Vec<Message> {
        Message::parse(datagram).messages
    }

    #[rstest]
    #[case(b"READY=1", &[Message::Ready])]
    #[case(b"READY=0", &[])]
    #[case(b"READY=1\nSTATUS=on it\n\n", &[Message::Ready, Message::Status("on it".into())])]
    #[case(b"STOPPING=1\nX_CKWRAP_FINISHED=1", &[Message::Stopping, Message::Finished])]
    #[case(b"X_CKWRAP_CHECKPOINT=a=b\xff", &[Message::Checkpoint(OsString::from_vec(b"a=b\xff".to_vec()).into())])]
    #[case(b"X_CKWRAP_CHECKPOINT=", &[])]
    #[case(b"X_CKWRAP_CHECKPOINT=a\0b", &[])]
    #[case(b"WATCHDOG=1\nMAINPID=1\nFDSTORE=1\nBARRIER=1\nMONOTONIC_USEC=1\nRELOADING=1", &[])]
    #[case(b"=\n==\nREADY\nready=1\n\xff\xfe=1", &[])]
    fn datagrams(#[case] datagram: &[u8], #[case] expected: &[Message]) {
        assert_eq!(messages(datagram), expected);
        assert!(
            Message::parse(datagram)
                .messages
                .iter()
                .all(|message| messages(&message.line()) == [message.clone()])
        );
    }

    #[rstest]
    #[case("3/10", Some(("3/10", 30)))]
    #[case("0/1", Some(("0/1", 0)))]
    #[case("999/1000", Some(("999/1000", 99)))]
    #[case("12/10", Some(("12/10", 100)))]
    #[case("1e+05/2e+05", Some(("100000/200000", 50)))]
    #[case(" 2.5 / 10 ", Some(("2.5/10", 25)))]
    #[case("3e-9/1e-8", Some(("3e-9/1e-8", 30)))]
    #[case("-0/1", Some(("0/1", 0)))]
    #[case("1/0", None)]
    #[case("-1/2", None)]
    #[case("NaN/2", None)]
    #[case("1/inf", None)]
    #[case("1/1e300", None)]
    #[case("NA/10", None)]
    #[case("3", None)]
    #[case("", None)]
    #[case("1/2/3", None)]
    fn progress(#[case] text: &str, #[case] expected: Option<(&str, u8)>) {
        let read = text.parse::<Progress>().ok();
        assert_eq!(
            read.map(|it| (it.to_string(), it.percent())),
            expected.map(|(text, n)| (text.to_owned(), n))
        );
    }

    #[rstest]
    #[case("plain", "plain")]
    #[case(" \x1b[31mred\x1b[0m\x07 \x1b]0;title\x07", "red ]0;title")]
    #[case("a\tb\r\nc", "a b  c")]
    #[case("a\u{202e}b\u{85}c", "abc")]
    #[case("\x1b[", "")]
    fn status_texts_are_made_plain(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(plain(text), shown);
    }

    #[test]
    fn unknown_keys_of_ours_are_told_of_but_not_all_of_a_thousand() {
        let parsed = Message::parse("X_CKWRAP_NEW=1\n".repeat(1000).as_bytes());
        assert_eq!(parsed.not_understood, ["X_CKWRAP_NEW=1"; 3]);
    }

    proptest! {
        #[test]
        fn no_bytes_confuse_and_all_is_bounded(bytes in prop::collection::vec(any::<u8>(), 0..5000)) {
            let parsed = Message::parse(&bytes);
            prop_assert!(parsed.messages.len() <= MOST_LINES && parsed.not_understood.len() <= 3);
        }

        #[test]
        fn nor_do_lines_that_look_like_ours(
            lines in prop::collection::vec(("(READY|STATUS|STOPPING|X_CKWRAP_(PROGRESS|CHECKPOINT|FINISHED|X)|=)", ".{0,300}"), 0..80)
        ) {
            let text = lines.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("\n");
            let parsed = Message::parse(text.as_bytes());
            prop_assert!(parsed.messages.len() <= MOST_LINES);
            for message in &parsed.messages {
                if let Message::Status(text) = message {
                    prop_assert!(text.chars().count() <= STATUS_LENGTH + 1 && !text.contains(char::is_control));
                }
                let again = Message::parse(&message.line());
                prop_assert_eq!(again.messages, std::slice::from_ref(message));
            }
        }
    }
}
