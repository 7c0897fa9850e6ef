//! Numbers in names and texts.

use std::cmp::Ordering;
use std::path::Path;

/// Endings of file names whose digit is no number of the checkpoint.
const ENDINGS: [&str; 10] = [".h5", ".hdf5", ".he5", ".nc4", ".jld2", ".bz2", ".lz4", ".npz2", ".mp4", ".v2"];

/// The number by which a file is ordered among its like: the whole name where that is one (`0.05`, `1e-05`: the
/// time directories of `OpenFOAM`), else its last run of digits (`chk00120`, `epoch=3-step=1000.ckpt`,
/// `state_20.h5`). Negative infinity without any.
pub(super) fn last_number(path: &Path) -> f64 {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with(|first: char| first.is_ascii_digit())
        && let Ok(number) = name.parse::<f64>()
    {
        return number;
    }
    let lower = name.to_ascii_lowercase();
    let stem = ENDINGS.iter().find_map(|ending| lower.strip_suffix(ending)).unwrap_or(&lower);
    let last_run = stem.split(|c: char| !c.is_ascii_digit()).rfind(|run| !run.is_empty());
    last_run.and_then(|run| run.parse().ok()).unwrap_or(f64::NEG_INFINITY)
}

/// A number as a program printed it: exact where it is whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Whole(i128),
    Real(f64),
}

impl Number {
    /// Reads `42`, `0.5`, `1e6` and Fortran's `1.0D+06`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(whole) = text.parse::<i64>() {
            return Some(Self::Whole(i128::from(whole)));
        }
        let real = text.replace(['d', 'D'], "e").parse::<f64>().ok();
        real.filter(|real| real.is_finite()).map(Self::Real)
    }

    pub(super) fn is_negative(self) -> bool {
        match self {
            Self::Whole(whole) => whole < 0,
            Self::Real(real) => real < 0.0,
        }
    }

    /// Whether this is at least the other.
    pub(super) fn reaches(self, target: Self) -> bool {
        match (self, target) {
            (Self::Whole(have), Self::Whole(want)) => have >= want,
            (have, want) => have.real().partial_cmp(&want.real()).is_some_and(Ordering::is_ge),
        }
    }

    /// The sum; whole numbers stay exact.
    pub(super) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Self::Whole(a.saturating_add(b)),
            (a, b) => Self::Real(a.real() + b.real()),
        }
    }

    fn real(self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "compared with a number that is no more precise")]
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("chk00120", "chk00099")]
    #[case("d/0.1", "d/0.05")]
    #[case("1e-03", "1e-05")]
    #[case("10", "9")]
    #[case("state_20.h5", "state_3.h5")]
    #[case("base.0.1000", "base.0.900")]
    #[case("epoch=3-step=1000.ckpt", "epoch=4-step=900.ckpt")]
    #[case("run0.f00010", "run0.f00009")]
    #[case("ck1", "ck")]
    fn order(#[case] later: &str, #[case] earlier: &str) {
        assert!(last_number(Path::new(later)) > last_number(Path::new(earlier)));
    }

    #[rstest]
    #[case("42", Some(Number::Whole(42)))]
    #[case(" -1 ", Some(Number::Whole(-1)))]
    #[case("0.5", Some(Number::Real(0.5)))]
    #[case("1.5D+02", Some(Number::Real(150.0)))]
    #[case("inf", None)]
    #[case("NaN", None)]
    #[case("", None)]
    #[case("x", None)]
    fn parses(#[case] text: &str, #[case] number: Option<Number>) {
        assert_eq!(Number::parse(text), number);
    }

    #[rstest]
    #[case("9007199254740993", "9007199254740993", true)]
    #[case("9007199254740992", "9007199254740993", false)]
    #[case("0.5", "0.5", true)]
    #[case("5", "4.9", true)]
    #[case("4", "4.9", false)]
    #[case("-0.0", "0", true)]
    fn compares(#[case] have: &str, #[case] want: &str, #[case] reached: bool) {
        assert_eq!(Number::parse(have).unwrap().reaches(Number::parse(want).unwrap()), reached);
    }
}
