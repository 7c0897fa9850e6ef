//! How long a chain's checkpoints took, as far as that counts for the next one.
//!
//! Knows no journal: durations come in, the latest are kept.

use std::time::Duration;

/// Only so many count: a computation grows, and so do its checkpoints.
const KEPT: usize = 50;
/// What is written in no time at all was not measured finely enough.
const LEAST: Duration = Duration::from_millis(200);
/// One that was not complete when its time was up would have taken at least so many times as long, for all we know.
const UNFINISHED: u32 = 2;

/// The durations that count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saves {
    /// Oldest first.
    spans: Vec<Duration>,
    /// Whether the last one was not complete.
    cut_off: bool,
}

impl Saves {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A checkpoint was complete this long after it was asked for.
    pub fn note(&mut self, took: Duration) {
        if self.spans.len() >= KEPT {
            self.spans.remove(0);
        }
        self.spans.push(took.max(LEAST));
        self.cut_off = false;
    }

    /// A checkpoint was waited for so long, and then the program had to go.
    pub fn note_unfinished(&mut self, waited: Duration) {
        self.note(waited.saturating_mul(UNFINISHED));
        self.cut_off = true;
    }

    /// The least that the next one must be given: twice what was too little for the last one. Programs keep two checkpoints
    /// or write over their only one, and stand there without any if they are cut off again and again.
    pub fn owed(&self) -> Duration {
        self.spans.last().copied().filter(|_| self.cut_off).unwrap_or_default()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The shortest.
    pub fn shortest(&self) -> Option<Duration> {
        self.spans.iter().min().copied()
    }

    /// The longest.
    pub fn longest(&self) -> Option<Duration> {
        self.spans.iter().max().copied()
    }

    /// The one in the middle; of an even number the shorter of the two.
    pub fn median(&self) -> Option<Duration> {
        let mut sorted = self.spans.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len().saturating_sub(1) / 2).copied()
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = Duration> {
        self.spans.iter().copied()
    }
}

impl FromIterator<Duration> for Saves {
    fn from_iter<I: IntoIterator<Item = Duration>>(durations: I) -> Self {
        let mut saves = Self::new();
        durations.into_iter().for_each(|took| saves.note(took));
        saves
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn seconds(list: &[u64]) -> Saves {
        list.iter().copied().map(Duration::from_secs).collect()
    }

    #[rstest]
    #[case(&[], None)]
    #[case(&[7], Some([7, 7, 7]))]
    #[case(&[9, 3], Some([3, 3, 9]))]
    #[case(&[9, 3, 5], Some([3, 5, 9]))]
    #[case(&[9, 3, 5, 7], Some([3, 5, 9]))]
    fn ends_and_middle(#[case] list: &[u64], #[case] expected: Option<[u64; 3]>) {
        let saves = seconds(list);
        let found = [saves.shortest(), saves.median(), saves.longest()];
        let at = |index: usize| expected.map(|expected| Duration::from_secs(expected[index]));
        assert_eq!(found, [at(0), at(1), at(2)]);
        assert_eq!((saves.count(), saves.is_empty()), (list.len(), list.is_empty()));
    }

    #[test]
    fn only_the_latest_count() {
        let saves: Saves = (1..=60).map(Duration::from_secs).collect();
        assert_eq!((saves.count(), saves.shortest()), (50, Some(Duration::from_secs(11))));
        assert_eq!(saves.iter().last(), Some(Duration::from_secs(60)));
    }

    #[test]
    fn no_time_at_all_is_not_believed() {
        let saves: Saves = [Duration::ZERO].into_iter().collect();
        assert_eq!(saves.median(), Some(LEAST));
    }

    #[test]
    fn what_was_not_complete_counts_twice_over() {
        let mut saves = Saves::new();
        saves.note_unfinished(Duration::from_secs(30));
        saves.note_unfinished(Duration::MAX);
        assert_eq!(saves.iter().collect::<Vec<_>>(), [Duration::from_secs(60), Duration::MAX]);
    }

    #[test]
    fn the_next_is_owed_twice_what_was_too_little_for_the_last() {
        let mut saves = seconds(&[90]);
        assert_eq!(saves.owed(), Duration::ZERO);
        saves.note_unfinished(Duration::from_secs(30));
        assert_eq!(saves.owed(), Duration::from_secs(60));
        saves.note(Duration::from_secs(40));
        assert_eq!(saves.owed(), Duration::ZERO);
    }
}
