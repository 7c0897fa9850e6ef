//! Round places on an axis, few enough that their names have room on a telephone.

use std::time::Duration;

use super::super::words::{moment, span};
use super::markup::Markup;
use crate::model::Timestamp;

/// Steps in seconds that people count in.
const STEPS: [u64; 26] = [
    1,
    2,
    5,
    10,
    20,
    30,
    60,
    120,
    300,
    600,
    1200,
    1800,
    3600,
    7200,
    10_800,
    21_600,
    43_200,
    86_400,
    172_800,
    432_000,
    864_000,
    1_728_000,
    4_320_000,
    8_640_000,
    31_536_000,
    157_680_000,
];

/// A place, as a part of the axis' length, and what stands there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) name: String,
}

/// Percent of a length, short.
pub(super) fn percent(part: f64) -> String {
    format!("{:.3}%", part.clamp(0.0, 1.0) * 100.0)
}

/// A part of a whole; nothing of nothing is nothing.
pub(super) fn part(some: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { (some.as_secs_f64() / whole.as_secs_f64()).clamp(0.0, 1.0) }
}

/// Round spans of time from zero to `longest`, at most four.
pub(super) fn spans(longest: Duration) -> Vec<Tick> {
    let step = step(longest.as_secs());
    let name = |at: u64| span(Duration::from_secs(at));
    let places = (0..=3).map(|number| number * step).filter(|at| *at <= longest.as_secs());
    places.map(|at| Tick { at: part(Duration::from_secs(at), longest), name: name(at) }).collect()
}

/// Round moments between two, at most four.
pub(super) fn moments(from: Timestamp, to: Timestamp) -> Vec<Tick> {
    let whole = to - from;
    let step = i64::try_from(step(whole.as_secs())).unwrap_or(i64::MAX);
    let first = from.seconds().div_euclid(step).saturating_mul(step);
    let places =
        (0..=4).map(|number| Timestamp::from_seconds(first.saturating_add(step.saturating_mul(number))));
    let inside = places.filter(|at| *at >= from && *at <= to);
    inside.map(|at| Tick { at: part(at - from, whole), name: moment(at) }).collect()
}

fn step(longest: u64) -> u64 {
    STEPS
        .into_iter()
        .find(|step| longest / step < 4 && (longest / step < 3 || longest % step == 0))
        .unwrap_or_else(|| (longest / 3).max(1))
}

/// The names under an axis, in an image of its own that is as wide.
pub(super) fn below(html: &mut Markup, ticks: &[Tick]) {
    html.raw("<svg class=\"axis\" width=\"100%\" height=\"20\" aria-hidden=\"true\">");
    for tick in ticks {
        let anchor = match tick.at {
            at if at < 0.15 => "start",
            at if at > 0.85 => "end",
            _ => "middle",
        };
        let x = percent(tick.at);
        html.put(format_args!("<line x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"4\"/>"));
        html.put(format_args!("<text x=\"{x}\" y=\"16\" text-anchor=\"{anchor}\">{}</text>", tick.name));
    }
    html.raw("</svg>");
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0)]
    #[case(1)]
    #[case(59)]
    #[case(3600)]
    #[case(86_399)]
    #[case(40_000_000)]
    #[case(4_000_000_000)]
    fn few_places_in_order(#[case] seconds: u64) {
        let longest = Duration::from_secs(seconds);
        let from = Timestamp::from_seconds(1_760_000_123);
        let until = Timestamp::from_seconds(1_760_000_123 + i64::try_from(seconds).unwrap());
        for ticks in [spans(longest), moments(from, until)] {
            assert!(ticks.len() <= 4, "{ticks:?}");
            assert!(ticks.windows(2).all(|two| two[1].at - two[0].at > 0.24), "{ticks:?}");
        }
    }
}
