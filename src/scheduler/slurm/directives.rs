//! The `#SBATCH` lines of a batch script: which options are given, with which values, and where they stand.

use std::ffi::OsString;
use std::ops::Range;
use std::os::unix::ffi::OsStringExt as _;

/// One option of an `#SBATCH` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SbatchOption {
    /// Its long name, also where the short one was written: `time`, `requeue`; as it stands where it is not known.
    pub name: String,
    /// Its value.
    pub value: Option<OsString>,
    /// Where it stands in the script with its value, in bytes.
    pub at: Range<usize>,
}

/// Options given in the script; the last of a kind counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Directives(Vec<SbatchOption>);

/// Options that are often written short: long name, letter, whether they take a value (sbatch(1)).
const SHORT: [(&str, u8, bool); 32] = [
    ("account", b'A', true),
    ("array", b'a', true),
    ("begin", b'b', true),
    ("constraint", b'C', true),
    ("cpus-per-task", b'c', true),
    ("chdir", b'D', true),
    ("dependency", b'd', true),
    ("error", b'e', true),
    ("nodefile", b'F', true),
    ("gpus", b'G', true),
    ("input", b'i', true),
    ("job-name", b'J', true),
    ("licenses", b'L', true),
    ("clusters", b'M', true),
    ("distribution", b'm', true),
    ("nodes", b'N', true),
    ("ntasks", b'n', true),
    ("output", b'o', true),
    ("partition", b'p', true),
    ("qos", b'q', true),
    ("core-spec", b'S', true),
    ("time", b't', true),
    ("nodelist", b'w', true),
    ("exclude", b'x', true),
    ("extra-node-info", b'B', true),
    ("hold", b'H', false),
    ("overcommit", b'O', false),
    ("quiet", b'Q', false),
    ("oversubscribe", b's', false),
    ("verbose", b'v', false),
    ("wait", b'W', false),
    ("no-kill", b'k', false),
];

/// Stands between the components of a heterogeneous job; the second is its older name.
const BETWEEN_COMPONENTS: [&str; 2] = ["hetjob", "packjob"];

/// The options of all `#SBATCH` lines that count, in their order: those up to the first line that is neither empty nor a
/// comment, as sbatch(1) reads them. A line between the components of a heterogeneous job shows as `hetjob`.
pub fn sbatch_options(script: &[u8]) -> Vec<SbatchOption> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in script.split_inclusive(|byte| *byte == b'\n') {
        if let Some(options) = line.strip_prefix(b"#SBATCH") {
            read(&split(options, start + b"#SBATCH".len()), &mut found);
        } else if !matches!(line.trim_ascii().first(), None | Some(b'#')) {
            break;
        }
        start += line.len();
    }
    found
}

impl Directives {
    /// What [`sbatch_options`] finds.
    pub(super) fn of(script: &[u8]) -> Self {
        Self(sbatch_options(script))
    }

    /// The value of an option by its long name.
    pub(super) fn value(&self, name: &str) -> Option<&OsString> {
        self.0.iter().rev().find(|option| option.name == name)?.value.as_ref()
    }
}

/// A word and where it stands.
type Word = (Vec<u8>, Range<usize>);

fn read(words: &[Word], found: &mut Vec<SbatchOption>) {
    let mut rest = words.iter();
    while let Some((word, at)) = rest.next() {
        let mut option = |name: &str, value: Option<&[u8]>, end: usize| {
            let (name, value) = (name.to_owned(), value.map(|value| OsString::from_vec(value.to_vec())));
            found.push(SbatchOption { name, value, at: at.start..end });
        };
        if let Some(long) = word.strip_prefix(b"--") {
            if let Some(equals) = long.iter().position(|byte| *byte == b'=') {
                let (name, value) = long.split_at(equals);
                option(&String::from_utf8_lossy(name), value.get(1..), at.end);
                continue;
            }
            let name = String::from_utf8_lossy(long);
            let takes = SHORT.iter().any(|(known, _, takes)| *known == name && *takes);
            // No word stands alone on such a line: behind an option without a dash it is that option's value.
            match rest.as_slice().first() {
                Some((value, place)) if takes || !value.starts_with(b"-") => {
                    option(&name, Some(value), place.end);
                    rest.next();
                }
                _ => option(&name, None, at.end),
            }
            continue;
        }
        if BETWEEN_COMPONENTS.iter().any(|name| *word == name.as_bytes()) {
            option("hetjob", None, at.end);
            continue;
        }
        let mut letters = word.strip_prefix(b"-").unwrap_or_default();
        while let Some((letter, behind)) = letters.split_first() {
            let Some((name, _, takes)) = SHORT.iter().find(|(_, short, _)| short == letter) else { break };
            letters = behind;
            if !takes {
                option(name, None, at.end);
            } else if behind.is_empty() {
                let value = rest.next();
                option(
                    name,
                    value.map(|(value, _)| value.as_slice()),
                    value.map_or(at.end, |(_, at)| at.end),
                );
            } else {
                option(name, Some(behind), at.end);
                break;
            }
        }
    }
}

/// Words as sbatch splits them: at spaces, with quotes and backslashes, up to a `#` of its own. `start` is where the line
/// stands.
fn split(line: &[u8], start: usize) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote: Option<u8> = None;
    let mut bytes = line.iter().copied().enumerate();
    while let Some((index, byte)) = bytes.next() {
        let begin = || (Vec::new(), start + index..start + index + 1);
        match (quote, byte) {
            (None, b'#') if word.is_none() => break,
            (None, byte) if byte.is_ascii_whitespace() => {
                words.extend(word.take());
                continue;
            }
            _ => {}
        }
        let (text, at) = word.get_or_insert_with(begin);
        at.end = start + index + 1;
        match (quote, byte) {
            (Some(open), close) if open == close => quote = None,
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'\\') => {
                if let Some((index, byte)) = bytes.next() {
                    text.push(byte);
                    at.end = start + index + 1;
                }
            }
            _ => text.push(byte),
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
    #[case("#!/bin/sh\n  # indented\n#SBATCH -o log\n", "output", Some("log"))]
    #[case("#!/bin/sh\n#SBATCH -HQo log\n", "output", Some("log"))]
    #[case("#!/bin/sh\n#SBATCH --exclusive -o log\n", "output", Some("log"))]
    #[case("#!/bin/sh\n#SBATCH --signal B:USR1@90\n", "signal", Some("B:USR1@90"))]
    #[case("#!/bin/sh\n#SBATCH --open-mode=append --requeue -o log-%j\n", "output", Some("log-%j"))]
    fn options(#[case] script: &str, #[case] name: &str, #[case] value: Option<&str>) {
        assert_eq!(Directives::of(script.as_bytes()).value(name), value.map(OsString::from).as_ref());
    }

    #[test]
    fn places() {
        let script = "#!/bin/sh\n#SBATCH -t '5' --requeue\n#SBATCH hetjob\n#SBATCH --output = x\n";
        let found: Vec<(String, &str)> = sbatch_options(script.as_bytes())
            .into_iter()
            .map(|option| (option.name, &script[option.at]))
            .collect();
        let expected =
            [("time", "-t '5'"), ("requeue", "--requeue"), ("hetjob", "hetjob"), ("output", "--output =")];
        assert_eq!(found, expected.map(|(name, text)| (name.to_owned(), text)));
    }

    proptest! {
        #[test]
        fn no_script_makes_it_panic(script in proptest::collection::vec(any::<u8>(), 0..300)) {
            drop(Directives::of(&[b"#!/bin/sh\n#SBATCH ".as_slice(), &script].concat()));
        }
    }
}
