//! How fast a program comes forward, by what it has said itself.

use std::time::Duration;

use serde::Serialize;

use super::super::words::{amount, span};

/// Parts into which the time is cut to see how much the rate varies.
const PARTS: u32 = 8;

/// How much of the work is done in a second of computing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// In the middle.
    pub per_second: f64,
    /// At its slowest; `None` where it was measured too seldom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<f64>,
    /// At its fastest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<f64>,
    /// Over so many seconds of computing it was measured.
    pub over_seconds: u64,
}

impl Rate {
    /// From what was done after so much time of computing, in order of time.
    pub(in crate::report) fn of(points: &[(Duration, f64)]) -> Option<Self> {
        let (first, last) = (points.first()?, points.last()?);
        let over = last.0.saturating_sub(first.0);
        let average = between(*first, *last)?;
        let mut parts: Vec<f64> = Vec::new();
        let step = over / PARTS;
        let mut from = *first;
        for point in points.iter().skip(1) {
            let enough = point.0.saturating_sub(from.0) >= step && !step.is_zero();
            if enough && let Some(rate) = between(from, *point) {
                parts.push(rate);
                from = *point;
            }
        }
        parts.sort_unstable_by(f64::total_cmp);
        let many = parts.len() >= 3;
        let slowest = parts.first().copied().filter(|_| many).map(|slowest| slowest.min(average));
        let fastest = parts.last().copied().filter(|_| many).map(|fastest| fastest.max(average));
        Some(Self { per_second: average, least: slowest, most: fastest, over_seconds: over.as_secs() })
    }

    /// In words, by the unit of time that makes the number handy.
    pub(super) fn words(&self) -> String {
        let (factor, unit) = self.unit();
        let over = span(Duration::from_secs(self.over_seconds));
        let middle = amount(self.per_second * factor);
        match (self.least, self.most) {
            (Some(least), Some(most)) => format!(
                "{middle} {unit} over {over} of computing ({} to {})",
                amount(least * factor),
                amount(most * factor)
            ),
            _ => format!("{middle} {unit} over {over} of computing, measured too seldom for a range"),
        }
    }

    /// Short: `12.5/s`.
    pub fn short(&self) -> String {
        let (factor, unit) = self.unit();
        let unit = match unit {
            "a second" => "/s",
            "a minute" => "/min",
            "an hour" => "/h",
            _ => "/d",
        };
        format!("{}{unit}", amount(self.per_second * factor))
    }

    fn unit(&self) -> (f64, &'static str) {
        let units = [(1.0, "a second"), (60.0, "a minute"), (3600.0, "an hour")];
        units.into_iter().find(|(factor, _)| self.per_second * factor >= 1.0).unwrap_or((86_400.0, "a day"))
    }
}

/// The rate between two points; `None` where it did not come forward.
fn between(one: (Duration, f64), other: (Duration, f64)) -> Option<f64> {
    let (time, done) = (other.0.saturating_sub(one.0).as_secs_f64(), other.1 - one.1);
    let rate = done / time;
    (time > 0.0 && done > 0.0 && rate.is_normal()).then_some(rate)
}
