//! Two copies of one job: when Slurm gives a node up that lives on, it starts the job a second time elsewhere.
//!
//! The old copy gets no signal, so it looks from time to time who owns the chain; and the new one waits for so long before it
//! starts its program. Neither needs the other's clock.

use std::time::Duration;

use super::action::Action;
use super::machine::Machine;
use super::timer::Timer;

/// How often a copy of the job looks whether it is still the one that counts: seldom, as it wakes up for that.
const GUARD: Duration = Duration::from_secs(300);
/// How long a node may take names in a directory for granted (acdirmax in nfs(5)).
const LATE_NAMES: Duration = Duration::from_secs(60);
/// Time for the old copy to look and to kill its program.
const DYING: Duration = Duration::from_secs(15);

/// How long after its claim a segment must not start its program, because a copy of the job may still be alive on a node that
/// Slurm has given up: that one looks every five minutes who owns the chain, and where directories are
/// cached by a minute later. `left`: what there is of the allocation; half of it is computed with in any case.
pub fn wait_for_old_copy(may_live: bool, left: Option<Duration>) -> Duration {
    if !may_live {
        return Duration::ZERO;
    }
    let span = GUARD + LATE_NAMES + DYING;
    left.map_or(span, |left| span.min(left / 2))
}

impl Machine {
    /// Looks who owns the chain, and again later.
    pub(super) fn guard(&mut self) {
        self.act(Action::CheckOwner);
        self.guard_later();
    }

    pub(super) fn guard_later(&mut self) {
        self.timers.set(Timer::Guard, self.now.instant + GUARD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_copy_waits_until_an_old_one_must_have_looked() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        assert_eq!(wait_for_old_copy(false, Some(minutes(600))), Duration::ZERO);
        assert!(wait_for_old_copy(true, None) > GUARD + LATE_NAMES);
        assert!(wait_for_old_copy(true, Some(minutes(600))) > GUARD + LATE_NAMES);
        assert_eq!(wait_for_old_copy(true, Some(minutes(4))), minutes(2));
    }
}
