//! Spans of time as people write them: `5m`, `1h30m`, and every form Slurm takes.
//!
//! Knows no clock and no key: what a span is for is decided elsewhere.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A span of time, or no end at all.
///
/// A bare number is minutes, as for `sbatch --time` (sbatch(1)); with a unit it is what it says. A finite
/// span is at most [`TimeSpan::LONGEST`], so that sums of a few cannot overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeSpan(Duration);

/// Why a text is no [`TimeSpan`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TimeSpanError {
    /// It has none of the forms.
    #[error(
        "`{0}` is not a duration; write 5m, 1h30m, 90s, or as for sbatch: 90 (minutes), 12:00:00, 1-06:00, UNLIMITED"
    )]
    Form(String),
    /// It has a good form and is longer than anything that makes sense.
    #[error("`{0}` is longer than 100 years; write `none` where no limit is meant")]
    TooLong(String),
}

impl TimeSpan {
    /// No end.
    pub const UNLIMITED: Self = Self(Duration::MAX);
    /// The longest finite span: 100 years of 365 days.
    pub const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

    /// The span, unless it is [`TimeSpan::UNLIMITED`].
    pub fn finite(self) -> Option<Duration> {
        (self != Self::UNLIMITED).then_some(self.0)
    }
}

impl TryFrom<Duration> for TimeSpan {
    type Error = TimeSpanError;

    fn try_from(span: Duration) -> Result<Self, Self::Error> {
        if span <= Self::LONGEST {
            Ok(Self(span))
        } else {
            Err(TimeSpanError::TooLong(format!("{}s", span.as_secs())))
        }
    }
}

impl FromStr for TimeSpan {
    type Err = TimeSpanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if ["UNLIMITED", "INFINITE"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return Ok(Self::UNLIMITED);
        }
        let too_long = || TimeSpanError::TooLong(text.to_owned());
        let span = match slurm_fields(text) {
            Some(fields) => seconds(&fields).map(Duration::from_secs).ok_or_else(too_long)?,
            None => humantime::parse_duration(text).map_err(|error| match error {
                humantime::DurationError::NumberOverflow => too_long(),
                _ => TimeSpanError::Form(text.to_owned()),
            })?,
        };
        if span <= Self::LONGEST { Ok(Self(span)) } else { Err(too_long()) }
    }
}

/// Numbers of one of Slurm's forms, each with the seconds one of them is worth; `None`: another form.
fn slurm_fields(text: &str) -> Option<Vec<(&str, u64)>> {
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (Some(days), rest),
        None => (None, text),
    };
    let parts: Vec<&str> = rest.split(':').collect();
    let worth: &[u64] = match (days, parts.len()) {
        (None, 1) => &[60],
        (None, 2) => &[60, 1],
        (_, 3) => &[3600, 60, 1],
        (Some(_), 1) => &[3600],
        (Some(_), 2) => &[3600, 60],
        _ => return None,
    };
    let mut fields: Vec<(&str, u64)> = days.map(|days| (days, 86_400)).into_iter().collect();
    fields.extend(parts.into_iter().zip(worth.iter().copied()));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    fields.iter().all(|(part, _)| digits(part)).then_some(fields)
}

/// The fields' sum; `None` where it does not fit.
fn seconds(fields: &[(&str, u64)]) -> Option<u64> {
    fields
        .iter()
        .try_fold(0_u64, |sum, (part, worth)| sum.checked_add(part.parse::<u64>().ok()?.checked_mul(*worth)?))
}

impl fmt::Display for TimeSpan {
    /// Days, hours, minutes, seconds and parts of a second without gaps: `1d6h`, `90ms`, `unlimited`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(span) = self.finite() else { return f.write_str("unlimited") };
        if span.is_zero() {
            return f.write_str("0s");
        }
        let (seconds, nanos) = (span.as_secs(), u64::from(span.subsec_nanos()));
        let parts = [
            (seconds / 86_400, "d"),
            (seconds / 3600 % 24, "h"),
            (seconds / 60 % 60, "m"),
            (seconds % 60, "s"),
            (nanos / 1_000_000, "ms"),
            (nanos / 1000 % 1000, "us"),
            (nanos % 1000, "ns"),
        ];
        parts.iter().filter(|(count, _)| *count > 0).try_for_each(|(count, unit)| write!(f, "{count}{unit}"))
    }
}

impl Serialize for TimeSpan {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(SpanVisitor)
    }
}

struct SpanVisitor;

impl serde::de::Visitor<'_> for SpanVisitor {
    type Value = TimeSpan;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as 5m, 1h30m or 12:00:00")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<TimeSpan, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("5m", 300)]
    #[case("1h30m", 5400)]
    #[case("1h 30m", 5400)]
    #[case("90s", 90)]
    #[case("1d", 86_400)]
    #[case("0", 0)]
    #[case("90", 5400)]
    #[case("90:30", 5430)]
    #[case("12:00:00", 43_200)]
    #[case("1-6", 108_000)]
    #[case("1-06:30", 109_800)]
    #[case("1-06:30:15", 109_815)]
    #[case("0-00:00:00", 0)]
    #[case(" 10 ", 600)]
    fn forms(#[case] text: &str, #[case] seconds: u64) {
        assert_eq!(text.parse::<TimeSpan>().unwrap().finite(), Some(Duration::from_secs(seconds)));
    }

    #[rstest]
    #[case("")]
    #[case("-5")]
    #[case("-5m")]
    #[case("+5")]
    #[case("1.5")]
    #[case("nan")]
    #[case("inf")]
    #[case("1:2:3:4")]
    #[case("1-")]
    #[case("1-2-3")]
    #[case("12:")]
    #[case(":30")]
    #[case("0x10")]
    #[case("5 parsecs")]
    #[case("5m-")]
    fn other_texts(#[case] text: &str) {
        assert!(matches!(text.parse::<TimeSpan>(), Err(TimeSpanError::Form(_))), "{text}");
    }

    #[rstest]
    #[case("99999999999999999999")]
    #[case("18446744073709551615")]
    #[case("18446744073709551615-23:59:59")]
    #[case("99999999999999999999d")]
    #[case("101years")]
    fn too_long(#[case] text: &str) {
        assert!(matches!(text.parse::<TimeSpan>(), Err(TimeSpanError::TooLong(_))), "{text}");
    }

    #[rstest]
    #[case("UNLIMITED")]
    #[case("unlimited")]
    #[case("INFINITE")]
    fn no_end(#[case] text: &str) {
        assert_eq!(text.parse(), Ok(TimeSpan::UNLIMITED));
    }

    proptest! {
        #[test]
        fn prints_what_it_parses_from(nanos in 0..TimeSpan::LONGEST.as_nanos()) {
            let span = TimeSpan(Duration::from_nanos_u128(nanos));
            prop_assert_eq!(span.to_string().parse(), Ok(span));
        }

        #[test]
        fn no_text_panics(text in "[-0-9:.dhms UNLIMITEDx+]{0,30}") {
            if let Ok(span) = text.parse::<TimeSpan>() {
                prop_assert!(span.finite().is_none_or(|span| span <= TimeSpan::LONGEST));
            }
        }
    }
}
