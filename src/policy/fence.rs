//! Two copies of one job: where a node falls silent and lives on, Slurm starts the job elsewhere, and nobody ends the old copy.
//!
//! The later copy puts itself on record as the owner and then waits; a running copy looks once in a while whether it still is
//! the owner, and ends at once where it is not. So one is gone before the other's program writes.

use std::time::Duration;

use super::action::Action;
use super::machine::{Machine, State};
use super::timer::Timer;

/// How often a running copy looks whether a later one owns the chain: seldom, as it wakes up for that.
const LOOK: Duration = Duration::from_secs(90);
/// How long a node may take names in a directory for granted (acdirmax in nfs(5)).
const LATE_NAMES: Duration = Duration::from_secs(60);
/// Time for a copy that has looked to end its program.
const DYING: Duration = Duration::from_secs(15);

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

impl EarlierCopy {
    /// `owner`: what is known of the owner before, if it has not ended in good order; `hides_another`: that one never began,
    /// and the segment before it has no end on record, so its life may be what was being waited for.
    pub fn behind(owner: Option<Self>, hides_another: bool) -> Self {
        match owner {
            None | Some(Self::Gone) if hides_another => Self::Unknown,
            None => Self::Gone,
            Some(seen) => seen,
        }
    }
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
    /// After having waited for so long, of an allocation in which so much was left, as far as known.
    pub fn against(earlier: EarlierCopy, waited: Duration, left: Option<Duration>) -> Self {
        match earlier {
            EarlierCopy::Gone => Self::Start,
            EarlierCopy::Alive if waited < LOOK + DYING => Self::Wait,
            EarlierCopy::Alive => Self::Refuse,
            EarlierCopy::Unknown if waited < Self::patience(left) => Self::Wait,
            // It has had its time to look.
            EarlierCopy::Unknown => Self::Start,
        }
    }

    /// How long an earlier copy on another node has to look and to end, where directories are cached too. Half of what is
    /// left of the allocation is computed with in any case.
    pub fn patience(left: Option<Duration>) -> Duration {
        let span = LOOK + LATE_NAMES + DYING;
        left.map_or(span, |left| span.min(left / 2))
    }
}

/// How long a start waits for a living owner of the chain. One whose turn it is may meet a job that claims the chain only to
/// find that it has nothing to do; the task of an array before this one may be saving still (KillWait, 30 s by default).
pub fn patience_with_owner(is_sibling: bool, has_the_turn: bool) -> Duration {
    match (is_sibling, has_the_turn) {
        (true, _) => Duration::from_secs(60),
        (false, true) => Duration::from_secs(10),
        (false, false) => Duration::ZERO,
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
    #[case::alive(EarlierCopy::Alive, 104, Fence::Wait)]
    #[case::hangs(EarlierCopy::Alive, 105, Fence::Refuse)]
    #[case::elsewhere(EarlierCopy::Unknown, 164, Fence::Wait)]
    #[case::elsewhere_long_enough(EarlierCopy::Unknown, 165, Fence::Start)]
    fn a_later_copy(#[case] earlier: EarlierCopy, #[case] waited: u64, #[case] fence: Fence) {
        assert_eq!(Fence::against(earlier, Duration::from_secs(waited), None), fence);
    }

    #[rstest]
    #[case::none(None, false, EarlierCopy::Gone)]
    #[case::released_while_it_waited(None, true, EarlierCopy::Unknown)]
    #[case::died_while_it_waited(Some(EarlierCopy::Gone), true, EarlierCopy::Unknown)]
    #[case::waits_still(Some(EarlierCopy::Alive), true, EarlierCopy::Alive)]
    #[case::died_while_it_ran(Some(EarlierCopy::Gone), false, EarlierCopy::Gone)]
    fn who_only_waited_hides_another(
        #[case] owner: Option<EarlierCopy>,
        #[case] hides_another: bool,
        #[case] seen: EarlierCopy,
    ) {
        assert_eq!(EarlierCopy::behind(owner, hides_another), seen);
    }

    #[test]
    fn in_a_short_allocation_half_of_it_is_computed_with() {
        let minutes = |minutes: u64| Some(Duration::from_secs(60 * minutes));
        assert_eq!(Fence::patience(minutes(4)), Duration::from_secs(120));
        assert_eq!(Fence::patience(minutes(600)), Fence::patience(None));
    }

    #[rstest]
    #[case::the_task_before_may_be_saving(true, false, 60)]
    #[case::one_without_a_turn_may_be_looking(false, true, 10)]
    #[case::without_a_turn_itself(false, false, 0)]
    fn a_living_owner_is_waited_for(#[case] sibling: bool, #[case] turn: bool, #[case] seconds: u64) {
        assert_eq!(patience_with_owner(sibling, turn), Duration::from_secs(seconds));
    }
}
