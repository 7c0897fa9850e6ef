//! How long the next checkpoint takes, as a distribution.
//!
//! The logarithms of durations are taken for normal with a spread that is not known: what follows for the next one is a
//! Student t distribution. Before anything is measured the spread is 0.5, and that counts as much as three measurements.
//! Knows durations alone, not what is made of the forecast.

use std::time::Duration;

use super::saves::Saves;
use super::student;

/// Spread of the logarithms that is assumed at first: one in six takes 1.6 times as long as usual.
const SPREAD: f64 = 0.5;
/// So many measurements' worth that counts.
const WORTH: u32 = 3;
/// The longest that is told of: what is beyond it is as good as for ever.
const LONGEST: f64 = 366.0 * 86_400.0;

/// A distribution of durations.
pub trait Law {
    /// The probability that the next one takes so many seconds at most: from 0 to 1, and never less for more seconds.
    fn within(&self, seconds: f64) -> f64;

    /// Half of them take at most so many seconds; above zero.
    fn median(&self) -> f64;
}

/// What the durations so far say of the next one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Of the logarithms.
    mean: f64,
    /// Of the logarithms; above zero.
    scale: f64,
    degrees: u32,
}

impl Forecast {
    /// What follows from these; `None` if there are none.
    pub fn of(saves: &Saves) -> Option<Self> {
        let count = u32::try_from(saves.count()).ok().filter(|count| *count > 0)?;
        let many = f64::from(count);
        let logarithm = |took: Duration| took.as_secs_f64().ln();
        let mean = saves.iter().map(logarithm).sum::<f64>() / many;
        let squares: f64 = saves.iter().map(|took| (logarithm(took) - mean).powi(2)).sum();
        let degrees = WORTH + count - 1;
        let variance = (f64::from(WORTH) * SPREAD * SPREAD + squares) / f64::from(degrees);
        Some(Self { mean, scale: (variance * (1.0 + 1.0 / many)).sqrt(), degrees })
    }

    /// The time within which the next one is complete with this probability; a year at the most.
    pub fn quantile(&self, probability: f64) -> Duration {
        let (mut low, mut high) = (0.0, LONGEST);
        for _ in 0..64 {
            let middle = f64::midpoint(low, high);
            if self.within(middle) < probability {
                low = middle;
            } else {
                high = middle;
            }
        }
        Duration::from_secs_f64(high)
    }
}

impl Law for Forecast {
    fn within(&self, seconds: f64) -> f64 {
        if seconds > 0.0 { student::cdf((seconds.ln() - self.mean) / self.scale, self.degrees) } else { 0.0 }
    }

    fn median(&self) -> f64 {
        self.mean.exp()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn forecast(millis: &[u64]) -> Forecast {
        Forecast::of(&millis.iter().copied().map(Duration::from_millis).collect()).unwrap()
    }

    #[test]
    fn of_nothing_nothing_follows() {
        assert_eq!(Forecast::of(&Saves::new()), None);
    }

    /// By hand: one of 10 s: scale 0.5 √2 with 3 degrees, of which the 95th percentile is 2.353. Three: the logarithms lie
    /// ln 2 apart, their squares sum to 2 ln² 2, the scale is √((0.75 + 0.9609) / 5 · 4/3) = 0.67546, with 5 degrees, 2.015.
    #[rstest]
    #[case::one(&[10_000], 0.5, 10.0)]
    #[case::one_late(&[10_000], 0.95, 10.0 * (0.5_f64 * 2.0_f64.sqrt() * 2.353_363_434_801_823).exp())]
    #[case::days(&[200_000_000], 0.5, 200_000.0)]
    #[case::three(&[10_000, 20_000, 40_000], 0.5, 20.0)]
    #[case::three_late(&[10_000, 20_000, 40_000], 0.95, 20.0 * (0.675_456_f64 * 2.015_048_372_669_157).exp())]
    fn as_by_hand(#[case] millis: &[u64], #[case] probability: f64, #[case] expected: f64) {
        let found = forecast(millis).quantile(probability).as_secs_f64();
        assert!((found / expected - 1.0).abs() < 1e-5, "{found} for {expected}");
        assert!((forecast(millis).within(expected) - probability).abs() < 1e-5);
    }

    #[rstest]
    #[case::more(&[10_000], &[10_000; 6])]
    #[case::more_alike(&[5_000, 10_000, 20_000], &[9_000, 10_000, 11_000])]
    fn what_is_known_better_is_narrower(#[case] wide: &[u64], #[case] narrow: &[u64]) {
        assert!(forecast(wide).quantile(0.99) > forecast(narrow).quantile(0.99));
        assert!(forecast(wide).quantile(0.01) < forecast(narrow).quantile(0.01));
    }

    #[rstest]
    #[case::nothing(&[0])]
    #[case::nothing_again(&[0; 50])]
    #[case::ages(&[u64::MAX])]
    #[case::both(&[0, u64::MAX, 0, u64::MAX])]
    #[case::one_absurd(&[1000, 1000, 1000, u64::MAX])]
    fn absurd_measurements_give_a_distribution_all_the_same(#[case] millis: &[u64]) {
        let forecast = forecast(millis);
        assert!(forecast.median() > 0.0 && forecast.median().is_finite());
        let at = [-1.0, 0.0, 1e-300, 0.1, 1.0, 100.0, 1e9, 1e300, f64::INFINITY];
        let found = at.map(|seconds| forecast.within(seconds));
        assert!(found.iter().all(|p| (0.0..=1.0).contains(p)), "{found:?}");
        assert!(found.is_sorted_by(|a, b| *a <= b + 1e-15), "{found:?}");
        assert!(forecast.quantile(0.5) <= forecast.quantile(0.999));
    }

    #[test]
    fn nothing_takes_less_than_no_time() {
        assert!(forecast(&[0; 50]).within(0.0) <= 0.0);
        assert!(forecast(&[0; 50]).within(f64::NAN) <= 0.0);
    }
}
