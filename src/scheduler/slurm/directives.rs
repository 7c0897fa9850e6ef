//! The `#SBATCH` lines of a batch script, as far as a successor must know them.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

/// Options given in the script, the long name and the value; the last of a kind counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Directives(Vec<(&'static str, Option<OsString>)>);

/// Long and short names of the options that are looked at; each takes a value.
const OPTIONS: [(&str, u8); 6] = [
    ("output", b'o'),
    ("error", b'e'),
    ("input", b'i'),
    ("dependency", b'd'),
    ("partition", b'p'),
    ("time", b't'),
];

impl Directives {
    /// Reads up to the first line that is neither empty nor a comment, as sbatch(1) does.
    pub(super) fn of(script: &[u8]) -> Self {
        let mut found = Self::default();
        for line in script.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end) {
            if let Some(options) = line.strip_prefix(b"#SBATCH") {
                found.read(&split(options));
            } else if !line.is_empty() && !line.starts_with(b"#") {
                break;
            }
        }
        found
    }

    /// The value of an option by its long name.
    pub(super) fn value(&self, name: &str) -> Option<&OsString> {
        self.0.iter().rev().find(|(other, _)| *other == name)?.1.as_ref()
    }

    fn read(&mut self, words: &[Vec<u8>]) {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            for (long, short) in OPTIONS {
                let value = match place_of_value(word, long, short) {
                    Place::Elsewhere => continue,
                    Place::Here(value) => Some(value),
                    Place::NextWord => words.next().cloned(),
                };
                self.0.push((long, value.map(OsString::from_vec)));
                break;
            }
        }
    }
}

/// Where an option's value is.
enum Place {
    /// In the same word: `--output=X`, `-oX`.
    Here(Vec<u8>),
    /// In the next word: `--output X`, `-o X`.
    NextWord,
    /// The word is another option.
    Elsewhere,
}

fn place_of_value(word: &[u8], long: &str, short: u8) -> Place {
    if let Some(name) = word.strip_prefix(b"--") {
        return match name.strip_prefix(long.as_bytes()) {
            Some([]) => Place::NextWord,
            Some([b'=', value @ ..]) => Place::Here(value.to_vec()),
            _ => Place::Elsewhere,
        };
    }
    match word {
        [b'-', letter] if *letter == short => Place::NextWord,
        [b'-', letter, value @ ..] if *letter == short => Place::Here(value.to_vec()),
        _ => Place::Elsewhere,
    }
}

/// Words as sbatch splits them: at spaces, with quotes and backslashes, up to a `#` of its own.
fn split(line: &[u8]) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote: Option<u8> = None;
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(open), close) if open == close => quote = None,
            (None, b'\'' | b'"') => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (None, b'\\') => word.get_or_insert_default().extend(bytes.next()),
            (None, b'#') if word.is_none() => break,
            (None, byte) if byte.is_ascii_whitespace() => words.extend(word.take()),
            (Some(_) | None, _) => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("#!/bin/sh\n#SBATCH -o log-%j -t 5\n", "output", Some("log-%j"))]
    #[case("#!/bin/sh\n#SBATCH -olog\n", "output", Some("log"))]
    #[case("#!/bin/sh\n\n# text\n#SBATCH --output=\"a b\" # why\n", "output", Some("a b"))]
    #[case("#!/bin/sh\n#SBATCH --output a\n#SBATCH --output b\n", "output", Some("b"))]
    #[case("#!/bin/sh\necho\n#SBATCH -o late\n", "output", None)]
    #[case("#!/bin/sh\n##SBATCH -o off\n", "output", None)]
    #[case("#!/bin/sh\n#SBATCH --output-x=1 --out\n", "output", None)]
    #[case("#!/bin/sh\n#SBATCH -d singleton\r\n", "dependency", Some("singleton"))]
    #[case("#!/bin/sh\n#SBATCH --open-mode=append --requeue -o log-%j\n", "output", Some("log-%j"))]
    fn options(#[case] script: &str, #[case] name: &str, #[case] value: Option<&str>) {
        assert_eq!(Directives::of(script.as_bytes()).value(name), value.map(OsString::from).as_ref());
    }

    proptest! {
        #[test]
        fn no_script_makes_it_panic(script in proptest::collection::vec(any::<u8>(), 0..300)) {
            drop(Directives::of(&[b"#!/bin/sh\n#SBATCH ".as_slice(), &script].concat()));
        }
    }
}
