//! Numbers in names and texts.

use std::path::Path;

use crate::model::number_in_name;

/// The number by which a file is ordered among its like (see [`number_in_name`]). Negative infinity without any.
pub(super) fn last_number(path: &Path) -> f64 {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    number_in_name(&name).and_then(|number| number.parse().ok()).unwrap_or(f64::NEG_INFINITY)
}

/// The same as a number that can be compared with one from a text.
pub(super) fn number_of(path: &Path) -> Option<Number> {
    let name = path.file_name()?.to_string_lossy();
    number_in_name(&name).and_then(Number::parse)
}

/// A number as a program printed it: exact where it is whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Whole(i128),
    Real {
        value: f64,
        /// Half of the last digit's worth: programs print rounded.
        slack: f64,
    },
}

impl Number {
    /// Reads `42`, `0.5`, `1e6` and Fortran's `1.0D+06`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(whole) = text.parse::<i64>() {
            return Some(Self::Whole(i128::from(whole)));
        }
        let real = text.replace(['d', 'D'], "e").parse::<f64>().ok();
        real.filter(|real| real.is_finite()).map(|value| Self::Real { value, slack: slack(value, text) })
    }

    pub(super) fn is_negative(self) -> bool {
        match self {
            Self::Whole(whole) => whole < 0,
            Self::Real { value, .. } => value < 0.0,
        }
    }

    /// Whether this is at least the other. Real numbers are compared as exactly as this one is printed: the name of
    /// `OpenFOAM`'s last time directory is `0.333333` where the end is 0.33333333.
    pub(super) fn reaches(self, target: Self) -> bool {
        match (self, target) {
            (Self::Whole(have), Self::Whole(want)) => have >= want,
            (Self::Real { value, slack }, Self::Real { value: want, .. }) => value + slack >= want,
            (have, want) => have.real() >= want.real(),
        }
    }

    /// The larger of two.
    pub(super) fn larger(self, other: Self) -> Self {
        let less = match (self, other) {
            (Self::Whole(one), Self::Whole(two)) => one < two,
            (one, two) => one.real() < two.real(),
        };
        if less { other } else { self }
    }

    /// The sum; whole numbers stay exact.
    pub(super) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Self::Whole(a.saturating_add(b)),
            (a, b) => Self::Real { value: a.real() + b.real(), slack: 0.0 },
        }
    }

    pub(super) fn real(self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "compared with a number that is no more precise")]
            Self::Whole(whole) => whole as f64,
            Self::Real { value, .. } => value,
        }
    }
}

/// Half a unit of the last digit that `text` shows, or of the sixth where it shows fewer: programs that print six
/// digits leave zeros at the end out.
fn slack(value: f64, text: &str) -> f64 {
    const USUAL: i32 = 6;
    if value == 0.0 {
        return 0.0;
    }
    let mantissa = text.split(['e', 'E', 'd', 'D']).next().unwrap_or_default();
    let digits = mantissa.chars().filter(char::is_ascii_digit).skip_while(|digit| *digit == '0').count();
    let shown = i32::try_from(digits).unwrap_or(i32::MAX).max(USUAL);
    #[expect(clippy::cast_possible_truncation, reason = "the exponent of a finite number has three digits")]
    let magnitude = value.abs().log10().floor() as i32;
    0.5 * 10_f64.powi(magnitude.saturating_sub(shown).saturating_add(1))
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
    #[case("1.5D+02", "150.0", true)]
    #[case("0.333333", "0.33333333", true)]
    #[case("0.333333", "0.333334", false)]
    #[case("0.5", "0.54", false)]
    #[case("1e-05", "1.4e-05", false)]
    #[case("1.4e-05", "1e-05", true)]
    #[case("0.999996", "1.0", false)]
    #[case("0.99999951", "1.0", false)]
    #[case("999999", "1e6", false)]
    #[case("-1.0", "0.5", false)]
    fn compares(#[case] have: &str, #[case] want: &str, #[case] reached: bool) {
        assert_eq!(Number::parse(have).unwrap().reaches(Number::parse(want).unwrap()), reached);
    }
}
