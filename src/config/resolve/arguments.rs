//! Values on a command line.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::config::wire::Arg;

/// The value at this place of a command line, whose first word is the program.
pub(super) fn argument(words: &[OsString], place: &Arg) -> Option<OsString> {
    let words = words.get(1..)?;
    match place {
        Arg::Option(option) => option_value(words, option),
        Arg::Place(number) => {
            let is_option = |word: &OsString| matches!(word.as_bytes().first(), Some(b'-' | b'+'));
            let index = usize::try_from(number.checked_sub(1)?).ok()?;
            words.iter().filter(|word| !is_option(word)).nth(index).cloned()
        }
    }
}

/// The value of the last `option`: the next word, or what follows its `=`.
fn option_value(words: &[OsString], option: &str) -> Option<OsString> {
    let mut value = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == option {
            value = words.next().cloned().or(value);
        } else if let Some(rest) = joined(word, option) {
            value = Some(rest.to_owned());
        }
    }
    value
}

/// What follows the `=` in `option=value`; only what begins with a dash, or ends with `=` itself, is taken for one.
fn joined<'a>(word: &'a OsStr, option: &str) -> Option<&'a OsStr> {
    let rest = word.as_bytes().strip_prefix(option.as_bytes())?;
    if option.ends_with('=') {
        return Some(OsStr::from_bytes(rest));
    }
    rest.strip_prefix(b"=").filter(|_| option.starts_with('-')).map(OsStr::from_bytes)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("pw.x -in a.in -nk 2", Arg::Option("-in".into()), Some("a.in"))]
    #[case("pw.x -in a -in b", Arg::Option("-in".into()), Some("b"))]
    #[case("sim --input=a", Arg::Option("--input".into()), Some("a"))]
    #[case("sim -in=a", Arg::Option("-in".into()), Some("a"))]
    #[case("sim -input=a", Arg::Option("-in".into()), None)]
    #[case("dyna memory=2 i=in.k", Arg::Option("i=".into()), Some("in.k"))]
    #[case("dyna in=x", Arg::Option("i=".into()), None)]
    #[case("sim -in", Arg::Option("-in".into()), None)]
    #[case("gadget param.txt 1", Arg::Place(1), Some("param.txt"))]
    #[case("namd2 +p4 x.conf", Arg::Place(1), Some("x.conf"))]
    #[case("sim -v a b", Arg::Place(2), Some("b"))]
    #[case("sim -v", Arg::Place(1), None)]
    #[case("", Arg::Place(1), None)]
    fn values(#[case] line: &str, #[case] place: Arg, #[case] value: Option<&str>) {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        assert_eq!(argument(&words, &place).as_deref(), value.map(OsStr::new));
    }
}
