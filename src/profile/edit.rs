//! Edited copies of input files: the changes, and the copies' places on the command line. Pure.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use regex_lite::{Captures, Regex, RegexBuilder};

use super::restart::filled;
use super::rules::EditRule;

/// A file that cannot be edited by its rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// A rule matches nothing.
    #[error("nothing in {file} matches `{regex}`, so it cannot be made to start from a checkpoint")]
    NoMatch {
        /// The file.
        file: String,
        /// The rule's pattern.
        regex: String,
    },
    /// A rule is no regular expression.
    #[error("`{regex}` is no regular expression: {reason}")]
    Regex {
        /// The pattern.
        regex: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Bytes of a compiled pattern.
const REGEX_SIZE: usize = 256 << 10;

/// The pattern of a rule: `^` and `$` match at each line.
pub fn pattern(text: &str) -> Result<Regex, EditError> {
    RegexBuilder::new(text)
        .multi_line(true)
        .size_limit(REGEX_SIZE)
        .build()
        .map_err(|error| EditError::Regex { regex: text.to_owned(), reason: error.to_string() })
}

/// The content of `file` after its rules, one after the other. A content that is not UTF-8 is edited byte by byte.
pub fn edited(
    content: &[u8],
    file: &str,
    rules: &[EditRule],
    checkpoint: &Path,
) -> Result<Vec<u8>, EditError> {
    let utf8 = std::str::from_utf8(content).ok();
    let mut text = utf8.map_or_else(|| one_letter_a_byte(content), str::to_owned);
    for rule in rules.iter().filter(|rule| rule.file == file) {
        let to = filled(&rule.to, Some(checkpoint)).unwrap_or_default();
        let to = match utf8 {
            Some(_) => to.to_string_lossy().into_owned(),
            None => one_letter_a_byte(to.as_bytes()),
        };
        let regex = pattern(&rule.regex)?;
        if regex.is_match(&text) {
            text = regex.replace_all(&text, |found: &Captures<'_>| with_groups(&to, found)).into_owned();
        } else if !rule.optional {
            return Err(EditError::NoMatch { file: file.to_owned(), regex: rule.regex.clone() });
        }
    }
    Ok(if utf8.is_some() {
        text.into_bytes()
    } else {
        text.chars().filter_map(|letter| u8::try_from(u32::from(letter)).ok()).collect()
    })
}

fn one_letter_a_byte(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// `$1` to `$9` are groups, `$0` the whole match, `$$` a dollar sign.
fn with_groups(to: &str, found: &Captures<'_>) -> String {
    let mut out = String::with_capacity(to.len());
    let mut rest = to.chars().peekable();
    while let Some(letter) = rest.next() {
        let digit =
            rest.peek().and_then(|next| next.to_digit(10)).and_then(|digit| usize::try_from(digit).ok());
        match (letter, digit) {
            ('$', Some(group)) => {
                rest.next();
                out.push_str(found.get(group).map_or("", |group| group.as_str()));
            }
            ('$', None) => {
                rest.next_if_eq(&'$');
                out.push('$');
            }
            _ => out.push(letter),
        }
    }
    out
}

/// The files that rules name, each once.
pub fn files(rules: &[EditRule]) -> Vec<&str> {
    let mut files: Vec<&str> = Vec::new();
    for rule in rules {
        if !files.contains(&rule.file.as_str()) {
            files.push(&rule.file);
        }
    }
    files
}

/// Each file that rules name and its copy in `dir`, under the same name.
pub fn copies(rules: &[EditRule], dir: &Path) -> Vec<(String, PathBuf)> {
    let mut copies: Vec<(String, PathBuf)> = Vec::new();
    for file in files(rules) {
        let base = Path::new(file).file_name().unwrap_or(OsStr::new("input")).to_string_lossy();
        let mut copy = dir.join(&*base);
        let mut number = 1;
        while copies.iter().any(|(_, other)| *other == copy) {
            number += 1;
            copy = dir.join(format!("{number}-{base}"));
        }
        copies.push((file.to_owned(), copy));
    }
    copies
}

/// Whether a file stands among a program's arguments, and where the copy's name would: as a word, or after an
/// option's `=`.
pub fn stands(arguments: &[OsString], file: &str) -> bool {
    arguments.iter().any(|word| place(word, file).is_some())
}

/// The command with the copies in the files' places; `program` is the place of the program's word.
pub fn substituted(command: &[OsString], program: usize, copies: &[(String, PathBuf)]) -> Vec<OsString> {
    let word = |(index, word): (usize, &OsString)| {
        let found = copies.iter().find_map(|(file, copy)| Some((place(word, file)?, copy)));
        match found {
            Some((start, copy)) if index > program => {
                let mut bytes = word.as_bytes().get(..start).unwrap_or_default().to_vec();
                bytes.extend_from_slice(copy.as_os_str().as_bytes());
                OsString::from_vec(bytes)
            }
            _ => word.clone(),
        }
    };
    command.iter().enumerate().map(word).collect()
}

/// Where in a word a file's name begins.
fn place(word: &OsStr, file: &str) -> Option<usize> {
    let before = word.as_bytes().strip_suffix(file.as_bytes())?;
    let is_option =
        |name: &[u8]| name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte));
    match before.split_last() {
        None => Some(0),
        Some((b'=', name)) if !name.is_empty() && is_option(name) => Some(before.len()),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn rule(regex: &str, to: &str) -> EditRule {
        EditRule { file: "in".into(), regex: regex.into(), to: to.into(), optional: false }
    }

    #[rstest]
    #[case("restart = .false.\nx\n", r"^(\s*restart *= *)\S+$", "$1.true.", "restart = .true.\nx\n")]
    #[case("a\na\n", "^a$", "b", "b\nb\n")]
    #[case("n=0", "n=.*", "n={checkpoint:number} $$0 '{checkpoint}'", "n=12 $0 'ck_0012'")]
    #[case(
        "&control\n/",
        "(?i)^&control",
        "$0 restart_mode='restart',",
        "&control restart_mode='restart',\n/"
    )]
    fn edits(#[case] text: &str, #[case] regex: &str, #[case] to: &str, #[case] expected: &str) {
        let made = edited(text.as_bytes(), "in", &[rule(regex, to)], Path::new("ck_0012")).unwrap();
        assert_eq!(String::from_utf8(made).unwrap(), expected);
    }

    #[test]
    fn other_bytes_stay_as_they_are() {
        let made = edited(b"! \xe9\nn=0\n", "in", &[rule("n=0", "n=\u{e9}")], Path::new("x")).unwrap();
        assert_eq!(made, b"! \xe9\nn=\xc3\xa9\n");
    }

    #[test]
    fn what_matches_nothing_is_told_unless_it_may() {
        let missing = rule("^restart", "x");
        let error = edited(b"a", "in", std::slice::from_ref(&missing), Path::new("x")).unwrap_err();
        assert_eq!(error, EditError::NoMatch { file: "in".into(), regex: "^restart".into() });
        let optional = EditRule { optional: true, ..missing };
        assert_eq!(edited(b"a", "in", &[optional], Path::new("x")).unwrap(), b"a");
        assert!(matches!(
            edited(b"a", "in", &[rule("(", "x")], Path::new("x")),
            Err(EditError::Regex { .. })
        ));
    }

    #[test]
    fn copies_of_one_name_are_told_apart() {
        let rules = ["a/x", "b/x", "a/x"].map(|file| EditRule { file: file.into(), ..rule("a", "b") });
        let expected = [("a/x".to_owned(), PathBuf::from("C/x")), ("b/x".to_owned(), PathBuf::from("C/2-x"))];
        assert_eq!(copies(&rules, Path::new("C")), expected);
    }

    #[rstest]
    #[case("pw.x -in a.in", "pw.x -in C/a.in")]
    #[case("pw.x -input=a.in", "pw.x -input=C/a.in")]
    #[case("dyna i=a.in o=x", "dyna i=C/a.in o=x")]
    #[case("sim dir/a.in", "sim dir/a.in")]
    #[case("sim ba.in", "sim ba.in")]
    #[case("srun -i a.in sim a.in", "srun -i a.in sim C/a.in")]
    fn places(#[case] line: &str, #[case] expected: &str) {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let program = if line.starts_with("srun") { 3 } else { 0 };
        let copies = [("a.in".to_owned(), PathBuf::from("C/a.in"))];
        let made = substituted(&words, program, &copies);
        assert_eq!(made, expected.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(stands(&words, "a.in"), line != expected);
    }
}
