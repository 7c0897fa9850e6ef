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
    /// Whether there is room for it on a telephone.
    pub(super) always: bool,
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
    let step = step(longest.as_secs(), 3);
    let places =
        (0..=3).map(|number| Duration::from_secs(step.saturating_mul(number))).filter(|at| *at <= longest);
    places.map(|at| Tick { at: part(at, longest), name: span(at), always: true }).collect()
}

/// Both ends, and round moments between them where names have room.
pub(super) fn moments(from: Timestamp, to: Timestamp) -> Vec<Tick> {
    let whole = to - from;
    let step = i64::try_from(step(whole.as_secs(), 5)).unwrap_or(i64::MAX);
    // With the day alone where all are at midnight, else without the year, which the ends tell.
    let whole_days = step % 86_400 == 0;
    let short = |at: Timestamp| {
        let name = moment(at);
        let name = if whole_days { name.get(..10) } else { name.get(5..) };
        name.unwrap_or_default().to_owned()
    };
    let first = from.seconds().div_euclid(step).saturating_mul(step);
    let places =
        (0..=6).map(|number| Timestamp::from_seconds(first.saturating_add(step.saturating_mul(number))));
    let inside = places.map(|at| (part(at - from, whole), at)).filter(|(at, _)| (0.2..=0.8).contains(at));
    let mut ticks: Vec<Tick> = inside
        .map(|(at, moment)| Tick { at, name: short(moment), always: (0.42..=0.58).contains(&at) })
        .collect();
    // The middle has room for one.
    let mut taken = false;
    for tick in &mut ticks {
        tick.always &= !taken;
        taken |= tick.always;
    }
    ticks.insert(0, Tick { at: 0.0, name: short(from), always: true });
    ticks.push(Tick { at: 1.0, name: short(to), always: true });
    ticks
}

/// A round step of which at most so many are as long as the whole.
fn step(longest: u64, most: u64) -> u64 {
    let fits = |step: &u64| longest <= step.saturating_mul(most);
    STEPS.into_iter().find(fits).unwrap_or_else(|| (longest / most / 86_400 + 1) * 86_400)
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
        html.raw(if tick.always { "<g>" } else { "<g class=\"roomy\">" });
        html.put(format_args!("<line x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"4\"/>"));
        html.put(format_args!("<text x=\"{x}\" y=\"16\" text-anchor=\"{anchor}\">{}</text></g>", tick.name));
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
    #[case(333_333)]
    fn few_places_in_order(#[case] seconds: u64) {
        let longest = Duration::from_secs(seconds);
        let from = Timestamp::from_seconds(1_760_000_123);
        let until = Timestamp::from_seconds(1_760_000_123 + i64::try_from(seconds).unwrap());
        let few = spans(longest);
        assert!(few.len() <= 4 && few.windows(2).all(|two| two[1].at - two[0].at > 0.3), "{few:?}");
        let all = moments(from, until);
        assert!(all.windows(2).all(|two| two[1].at - two[0].at > 0.19), "{all:?}");
        let always: Vec<&Tick> = all.iter().filter(|tick| tick.always).collect();
        assert!(always.len() <= 3 && always.windows(2).all(|two| two[1].at - two[0].at > 0.4), "{all:?}");
    }
}
