//! Parts of a path for use in a command line: `:stem`, `:base`, `:dir`, `:number`. Pure.

use std::ffi::OsString;
use std::path::Path;

use crate::model::number_in_name;

/// A part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathPart {
    /// All of it.
    Whole,
    /// Without the last extension.
    Stem,
    /// Its last name.
    Base,
    /// What its last name lies in; `.` where nothing is said.
    Dir,
    /// The number in its last name, without leading zeros; the whole name where it has none.
    Number,
}

impl PathPart {
    /// What follows the name in a placeholder: empty, or a colon and a word.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "" => Self::Whole,
            ":stem" => Self::Stem,
            ":base" => Self::Base,
            ":dir" => Self::Dir,
            ":number" => Self::Number,
            _ => return None,
        })
    }

    /// This part of `path`.
    pub fn of(self, path: &Path) -> OsString {
        let name = || path.file_name().unwrap_or(path.as_os_str()).to_owned();
        match self {
            Self::Whole => path.as_os_str().to_owned(),
            Self::Stem => path.with_extension("").into_os_string(),
            Self::Base => name(),
            Self::Dir => match path.parent() {
                Some(dir) if !dir.as_os_str().is_empty() => dir.as_os_str().to_owned(),
                _ => ".".into(),
            },
            Self::Number => {
                let name = name();
                let number = name.to_str().and_then(number_in_name).map(without_zeros).map(OsString::from);
                number.unwrap_or(name)
            }
        }
    }
}

fn without_zeros(number: &str) -> &str {
    if !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return number;
    }
    match number.trim_start_matches('0') {
        "" => "0",
        number => number,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("out/md.cpt", "out/md", "md.cpt", "out", "md.cpt")]
    #[case("state", "state", "state", ".", "state")]
    #[case("../state", "../state", "state", "..", "state")]
    #[case("chk00120", "chk00120", "chk00120", ".", "120")]
    #[case("run/0.5", "run/0", "0.5", "run", "0.5")]
    #[case("a_0000.h5", "a_0000", "a_0000.h5", ".", "0")]
    fn parts(
        #[case] path: &str,
        #[case] stem: &str,
        #[case] base: &str,
        #[case] dir: &str,
        #[case] number: &str,
    ) {
        let of = |text: &str| PathPart::parse(text).unwrap().of(Path::new(path));
        assert_eq!([of(":stem"), of(":base"), of(":dir"), of(":number")], [stem, base, dir, number]);
        assert_eq!((of("").as_os_str(), PathPart::parse(":sten")), (std::ffi::OsStr::new(path), None));
    }
}
