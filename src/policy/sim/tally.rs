//! What can be wrong, and how often it was.

use std::fmt;

/// A broken promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Something newer than what a segment goes on from was acknowledged, or is there.
    Lost,
    /// Two segments at once, or two continuations of one.
    Doubled,
    /// The chain neither goes on nor ended with a word.
    Stuck,
    /// A user's word was not obeyed, or something untrue was recorded.
    Disobeyed,
}

/// How many seeds went wrong, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) seeds: u64,
    lost: u64,
    doubled: u64,
    stuck: u64,
    disobeyed: u64,
}

impl Tally {
    pub(super) fn add(&mut self, wrong: Option<Wrong>) {
        self.seeds += 1;
        match wrong {
            None => {}
            Some(Wrong::Lost) => self.lost += 1,
            Some(Wrong::Doubled) => self.doubled += 1,
            Some(Wrong::Stuck) => self.stuck += 1,
            Some(Wrong::Disobeyed) => self.disobeyed += 1,
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.stuck += other.stuck;
        self.disobeyed += other.disobeyed;
    }

    pub(super) fn is_clean(&self) -> bool {
        self.lost + self.doubled + self.stuck + self.disobeyed == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seeds, lost, doubled, stuck, disobeyed } = self;
        write!(f, "{seeds} seeds: {lost} lost, {doubled} doubled, {stuck} stuck")?;
        if *disobeyed > 0 { write!(f, ", {disobeyed} disobeyed") } else { Ok(()) }
    }
}
