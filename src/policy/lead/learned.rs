//! What a chain has shown so far, and how that is told.

use std::fmt;
use std::time::Duration;

use super::forecast::Forecast;
use super::saves::Saves;
use crate::policy::notice::rounded;

/// From so many checkpoints on it is told how long one in a thousand takes; fewer say nothing of that.
const TELLING: usize = 3;

/// What a chain has shown so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learned {
    /// How long its checkpoints took.
    pub saves: Saves,
    /// How long it took from the program's end until the chain went on, oldest first.
    pub continuations: Vec<Duration>,
}

impl Learned {
    /// From durations, oldest first; of each checkpoint also whether it was complete in the end.
    pub fn new(saves: impl IntoIterator<Item = (Duration, bool)>, continuations: Vec<Duration>) -> Self {
        let mut learned = Self { saves: Saves::new(), continuations };
        for (took, complete) in saves {
            if complete {
                learned.saves.note(took);
            } else {
                learned.saves.note_unfinished(took);
            }
        }
        learned
    }
}

/// What a lead rests on, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// So many checkpoints.
    pub checkpoints: usize,
    /// The one in the middle took so long.
    pub median: Duration,
    /// All but one in a thousand take at most so long, by the forecast; `None` for too few.
    pub late: Option<Duration>,
}

impl Basis {
    /// What these are worth; `None` if there are none.
    pub fn of(saves: &Saves) -> Option<Self> {
        let late = Forecast::of(saves).filter(|_| saves.count() >= TELLING);
        Some(Self {
            checkpoints: saves.count(),
            median: saves.median()?,
            late: late.map(|forecast| forecast.quantile(0.999)),
        })
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.checkpoints == 1 { "" } else { "s" };
        write!(f, "{} checkpoint{plural}, median {}", self.checkpoints, rounded(self.median))?;
        match self.late {
            Some(late) => write!(f, ", 99.9% {}", rounded(late)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_was_not_complete_is_told_apart() {
        let learned = Learned::new([(SECOND * 3, true), (SECOND * 5, false)], vec![SECOND]);
        let mut saves: Saves = [SECOND * 3].into_iter().collect();
        saves.note_unfinished(SECOND * 5);
        assert_eq!(learned, Learned { saves, continuations: vec![SECOND] });
    }

    #[rstest]
    #[case::none(&[], None)]
    #[case::one(&[12], Some("1 checkpoint, median 12s"))]
    #[case::two(&[12, 14], Some("2 checkpoints, median 12s"))]
    #[case::three(&[12, 12, 12], Some("3 checkpoints, median 12s, 99.9% 2m 47s"))]
    #[case::many(&[12; 20], Some("20 checkpoints, median 12s, 99.9% 23s"))]
    fn words(#[case] list: &[u64], #[case] expected: Option<&str>) {
        let saves = list.iter().copied().map(Duration::from_secs).collect();
        assert_eq!(Basis::of(&saves).map(|basis| basis.to_string()).as_deref(), expected);
    }
}
