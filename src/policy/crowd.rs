//! Turns for the many tasks of one array, so that they do not knock on the scheduler all at once.
//!
//! Tasks that began together end together. Each knows its place, so none needs to ask whose turn it is: the one with place
//! zero stays where it was, the last one moves furthest ahead. Knows numbers alone, not what is done in a turn.

use std::time::Duration;

use crate::model::ContinuationMode;

use super::settings::Settings;
use super::situation::Situation;

/// So many tasks end in a second. Each makes up to four calls to the scheduler about its end, which gives 20 a second, and 50
/// at the most as their checkpoints take longer and shorter (`scripts/bench scale`).
const ENDS: u32 = 5;
/// So many tasks ask one question in a second at the start.
const QUESTIONS: u32 = 40;
/// So many ask again and again in a second.
const POLLS: u32 = 25;
/// An allocation is not given up earlier than by this part of it.
const PART: u32 = 40;

/// The place of a task among all of its array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowd {
    place: u32,
    size: u32,
}

impl Crowd {
    /// The task with index `task` of `size` between `min` and `max`, which need not follow each other without a gap. `None` for a
    /// task that is alone or not among them.
    pub fn new(task: u32, (min, max): (u32, u32), size: u32) -> Option<Self> {
        let among = size > 1 && (min..=max).contains(&task);
        let whole = u64::from(max.saturating_sub(min)) + 1;
        let place = u64::from(task.saturating_sub(min)) * u64::from(size) / whole;
        Some(Self { place: u32::try_from(place).ok()?, size }).filter(|_| among)
    }

    /// How far ahead of the others its turn is, if there are so many turns in a second, within `most`.
    fn turn(self, each_second: u32, most: Duration) -> Duration {
        let span = self.span(each_second).min(most);
        span.mul_f64(f64::from(self.place) / f64::from(self.size))
    }

    fn span(self, each_second: u32) -> Duration {
        Duration::from_secs(u64::from(self.size)) / each_second
    }
}

/// Those that are there at the same time: in a chain by array the tasks follow each other.
fn crowd(settings: &Settings, situation: &Situation) -> Option<Crowd> {
    situation.crowd.filter(|_| settings.mode != ContinuationMode::Array)
}

/// How much earlier than it must this one is asked for its checkpoint, in an allocation of this length.
pub(super) fn ahead(settings: &Settings, situation: &Situation, whole: Duration) -> Duration {
    crowd(settings, situation).map_or(Duration::ZERO, |crowd| crowd.turn(ENDS, whole / PART))
}

/// How much later than it could this one asks its first question.
pub(super) fn after_start(settings: &Settings, situation: &Situation) -> Duration {
    crowd(settings, situation).map_or(Duration::ZERO, |crowd| crowd.turn(QUESTIONS, Duration::MAX))
}

/// The least time between two questions of this one.
pub(super) fn between_polls(settings: &Settings, situation: &Situation) -> Duration {
    crowd(settings, situation).map_or(Duration::ZERO, |crowd| crowd.span(POLLS))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::tests::bench::situation;
    use super::super::tests::settings;
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[rstest]
    #[case::first(0, (0, 9999), 10_000, Some(0))]
    #[case::last(9999, (0, 9999), 10_000, Some(9999))]
    #[case::from_one(1, (1, 4), 4, Some(0))]
    #[case::with_a_step(30, (10, 40), 4, Some(2))]
    #[case::with_gaps(1_000_000, (1, 1_000_000), 3, Some(2))]
    #[case::the_largest(u32::MAX, (0, u32::MAX), u32::MAX, Some(u32::MAX - 1))]
    #[case::alone(3, (3, 3), 1, None)]
    #[case::none(3, (3, 3), 0, None)]
    #[case::below(2, (3, 9), 7, None)]
    #[case::above(10, (3, 9), 7, None)]
    #[case::turned_round(5, (9, 3), 7, None)]
    fn places(#[case] task: u32, #[case] ends: (u32, u32), #[case] size: u32, #[case] place: Option<u32>) {
        assert_eq!(Crowd::new(task, ends, size), place.map(|place| Crowd { place, size }));
    }

    fn of(place: u32, size: u32) -> Situation {
        Situation { crowd: Some(Crowd { place, size }), ..situation() }
    }

    #[rstest]
    #[case::first(0, 10_000, DAY, 0)]
    #[case::second(1, 10_000, DAY, 200)]
    #[case::last(9999, 10_000, DAY, 1_999_800)]
    #[case::never_more_than_a_part(5000, 10_000, DAY / 24, 45_000)]
    #[case::few(3, 4, DAY, 600)]
    fn turns_at_the_end(
        #[case] place: u32,
        #[case] size: u32,
        #[case] whole: Duration,
        #[case] millis: u128,
    ) {
        assert_eq!(ahead(&settings(), &of(place, size), whole).as_millis(), millis);
    }

    #[test]
    fn turns_at_the_start_and_between() {
        assert_eq!(after_start(&settings(), &of(4000, 10_000)), Duration::from_secs(100));
        assert_eq!(between_polls(&settings(), &of(4000, 10_000)), Duration::from_secs(400));
    }

    #[test]
    fn who_is_alone_or_follows_another_waits_for_nobody() {
        let chain = Settings { mode: ContinuationMode::Array, ..settings() };
        for (settings, situation) in [(settings(), situation()), (chain, of(3, 10_000))] {
            assert_eq!(ahead(&settings, &situation, DAY), Duration::ZERO);
            assert_eq!(after_start(&settings, &situation), Duration::ZERO);
            assert_eq!(between_polls(&settings, &situation), Duration::ZERO);
        }
    }
}
