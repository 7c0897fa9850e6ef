//! Time kept free after the checkpoint, as learned from how long it took to carry the chain on.
//!
//! Knows durations alone: from a program's end to the word that the chain goes on.

use std::time::Duration;

/// Only so many of the latest count: what a busy controller took last month says nothing of today.
const LATEST: usize = 20;
/// So many times the longest of them is kept free.
const TIMES: u32 = 2;
/// Never more: a controller that was away for an hour is waited for beyond the deadline, not ahead of it.
const MOST: Duration = Duration::from_secs(60);

/// The margin that follows from these durations, oldest first, and never less than `least`; `None` if there are none.
pub fn margin(continuations: &[Duration], least: Duration) -> Option<Duration> {
    let longest = continuations.iter().rev().take(LATEST).max()?;
    Some(longest.saturating_mul(TIMES).min(MOST).max(least))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::none(&[], None)]
    #[case::quick(&[0, 1, 2], Some(5))]
    #[case::slow(&[1, 9, 2], Some(18))]
    #[case::absurd(&[1, u64::MAX], Some(60))]
    fn twice_the_longest(#[case] seconds: &[u64], #[case] expected: Option<u64>) {
        let spans: Vec<Duration> = seconds.iter().copied().map(Duration::from_secs).collect();
        assert_eq!(margin(&spans, Duration::from_secs(5)), expected.map(Duration::from_secs));
    }

    #[test]
    fn what_was_long_ago_is_forgotten() {
        let mut spans = vec![Duration::from_secs(20)];
        spans.extend([Duration::from_secs(4); 19]);
        assert_eq!(margin(&spans, Duration::ZERO), Some(Duration::from_secs(40)));
        spans.push(Duration::from_secs(4));
        assert_eq!(margin(&spans, Duration::ZERO), Some(Duration::from_secs(8)));
    }

    #[test]
    fn the_least_holds_in_any_case() {
        assert_eq!(margin(&[Duration::ZERO], Duration::from_secs(90)), Some(Duration::from_secs(90)));
    }
}
