//! How long so many waits in the queue will take together, by those that have been.
//!
//! Of one wait the usual is its median, as one long one says little; many come close to so many times their mean.

use std::time::Duration;

use super::super::words::span;

/// Which part of what may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All but a tenth is more.
    Least,
    /// In the middle.
    Middle,
    /// All but a tenth is less.
    Most,
}

/// Waits that have been.
#[derive(Debug, Clone, Default)]
pub(super) struct Waits(Vec<Duration>);

/// Nine tenths of a normal distribution lie below its mean and so many times its spread.
const NINE_TENTHS: f64 = 1.2816;

impl Waits {
    pub(super) fn of(mut waits: Vec<Duration>) -> Self {
        waits.sort_unstable();
        Self(waits)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How long so many take one after the other.
    pub(super) fn together(&self, count: u32, part: Part) -> Duration {
        let (Some(least), Some(most)) = (self.0.first(), self.0.last()) else { return Duration::ZERO };
        match count {
            0 => Duration::ZERO,
            1 => self.one(part),
            _ => {
                let (mean, spread) = self.mean_and_spread();
                let around = NINE_TENTHS * spread * f64::from(count).sqrt();
                let sum = mean * f64::from(count)
                    + match part {
                        Part::Least => -around,
                        Part::Middle => 0.0,
                        Part::Most => around,
                    };
                let sum = Duration::try_from_secs_f64(sum.max(0.0)).unwrap_or(Duration::MAX);
                sum.clamp(least.saturating_mul(count), most.saturating_mul(count))
            }
        }
    }

    fn one(&self, part: Part) -> Duration {
        let part = match part {
            Part::Least => 0.1,
            Part::Middle => 0.5,
            Part::Most => 0.9,
        };
        quantile(&self.0, part).unwrap_or_default()
    }

    fn mean_and_spread(&self) -> (f64, f64) {
        #[expect(clippy::cast_precision_loss, reason = "lists are short")]
        let count = self.0.len() as f64;
        let seconds = || self.0.iter().map(Duration::as_secs_f64);
        let mean = seconds().sum::<f64>() / count;
        let square = seconds().map(|one| (one - mean).powi(2)).sum::<f64>() / count;
        (mean, square.sqrt())
    }

    /// What so many of them will be like; `None` where none has been.
    pub(super) fn words(&self, count: u32) -> Option<String> {
        let (least, most) = self.0.first().zip(self.0.last())?;
        let middle = if count > 1 {
            let mean = Duration::try_from_secs_f64(self.mean_and_spread().0).unwrap_or(Duration::MAX);
            format!("{} on average", span(mean))
        } else {
            span(self.one(Part::Middle))
        };
        Some(format!("{middle} ({} to {} so far)", span(*least), span(*most)))
    }
}

/// The value below which this part of a sorted list lies; `None` of nothing.
pub(super) fn quantile(sorted: &[Duration], part: f64) -> Option<Duration> {
    #[expect(clippy::cast_precision_loss, reason = "lists are short")]
    let place = (sorted.len().saturating_sub(1) as f64 * part).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a place in the list")]
    let place = place as usize;
    sorted.get(place).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn waits(seconds: &[u64]) -> Waits {
        Waits::of(seconds.iter().copied().map(Duration::from_secs).collect())
    }

    #[test]
    fn one_is_as_the_middle_one_and_many_are_as_their_mean() {
        let waits = waits(&[60, 60, 120, 60, 10_000]);
        assert_eq!(waits.together(1, Part::Middle).as_secs(), 60);
        assert_eq!(waits.together(100, Part::Middle).as_secs(), 206_000);
        assert_eq!(waits.together(0, Part::Most), Duration::ZERO);
        assert_eq!(waits.words(1).unwrap(), "1m00s (1m00s to 2h46m so far)");
        assert_eq!(waits.words(2).unwrap(), "34m20s on average (1m00s to 2h46m so far)");
        assert_eq!(Waits::default().words(1), None);
    }

    proptest! {
        #[test]
        fn the_parts_are_in_order(seconds in prop::collection::vec(any::<u64>(), 0..50), count: u32) {
            let waits = waits(&seconds);
            let [least, middle, most] = [Part::Least, Part::Middle, Part::Most].map(|part| waits.together(count, part));
            prop_assert!(least <= middle && middle <= most);
        }
    }
}
