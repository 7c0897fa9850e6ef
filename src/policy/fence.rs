//! Two copies of one job: where a node falls silent and lives on, Slurm starts the job elsewhere, and nobody ends the old copy.
//!
//! The later copy puts itself on record as the owner and then waits; a running copy looks once in a while whether it still is
//! the owner, and ends at once where it is not. So one is gone before the other's program writes.

use std::time::Duration;

use super::action::Action;
use super::machine::{Machine, State};
use super::timer::Timer;

/// How often a running copy looks whether a later one owns the chain: one look at a directory.
const LOOK: Duration = Duration::from_secs(60);
/// How long a later copy waits for an earlier one that may live: a look of its, and the time to end a program.
const GIVE_WAY: Duration = Duration::from_secs(75);

/// The copy of the job that owned the chain before, and has not ended it in good order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierCopy {
    /// It is certainly gone.
    Gone,
    /// It certainly lives.
    Alive,
    /// It was on another node: it may live.
    Unknown,
}

/// What the later copy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fence {
    /// It starts its program.
    Start,
    /// It waits, and looks again.
    Wait,
    /// It starts nothing.
    Refuse,
}

impl Fence {
    /// After having waited for so long.
    pub fn against(earlier: EarlierCopy, waited: Duration) -> Self {
        match earlier {
            EarlierCopy::Gone => Self::Start,
            EarlierCopy::Alive | EarlierCopy::Unknown if waited < GIVE_WAY => Self::Wait,
            // It has had its time to look.
            EarlierCopy::Unknown => Self::Start,
            EarlierCopy::Alive => Self::Refuse,
        }
    }
}

impl Machine {
    /// Begins to look whether this copy is still the owner of the chain, if there can be another.
    pub(super) fn watch_owner(&mut self) {
        if self.situation.journal {
            self.timers.set(Timer::Fence, self.now.instant + LOOK);
        }
    }

    /// From the end of the child on, each record is preceded by the same look.
    pub(super) fn check_owner(&mut self) {
        if matches!(self.state, State::Running | State::Asking(_) | State::Ending) {
            self.act(Action::CheckOwner);
            self.watch_owner();
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::ended(EarlierCopy::Gone, 0, Fence::Start)]
    #[case::alive(EarlierCopy::Alive, 74, Fence::Wait)]
    #[case::hangs(EarlierCopy::Alive, 75, Fence::Refuse)]
    #[case::elsewhere(EarlierCopy::Unknown, 0, Fence::Wait)]
    #[case::elsewhere_long_enough(EarlierCopy::Unknown, 75, Fence::Start)]
    fn a_later_copy(#[case] earlier: EarlierCopy, #[case] waited: u64, #[case] fence: Fence) {
        assert_eq!(Fence::against(earlier, Duration::from_secs(waited)), fence);
    }

    #[test]
    fn one_who_looks_is_gone_before_the_other_starts() {
        assert!(GIVE_WAY >= LOOK + Duration::from_secs(10));
    }
}
