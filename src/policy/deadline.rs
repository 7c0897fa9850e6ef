//! When to ask for the checkpoint, and when the child must be gone.

use std::time::Duration;

use crate::model::{Instant, Now};

use super::settings::{Lead, Settings};
use super::situation::{Host, Situation};

/// Least time kept free for the continuation under Slurm.
pub(super) const LEAST_MARGIN: Duration = Duration::from_secs(5);
/// Time kept free until the chain has learned better.
const USUAL_MARGIN: Duration = Duration::from_secs(15);
/// How long before the planned checkpoint the scheduler is asked once more.
const REREAD_AHEAD: Duration = Duration::from_secs(3);

/// The moments that follow from a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schedule {
    /// When the allocation ends.
    pub deadline: Instant,
    /// When the scheduler is asked once more.
    pub reread: Instant,
    /// When the checkpoint is asked for.
    pub trigger: Instant,
    /// When the child must be gone at the latest, if nothing is being written.
    pub stop: Instant,
    /// When it must be gone even in the middle of a write.
    pub last: Instant,
    /// The lead that was used.
    pub lead: Duration,
    /// Whether the lead had to be cut to fit, by more than the moment that a start takes.
    pub cut: bool,
}

impl Schedule {
    /// The moments for `deadline`.
    ///
    /// A lead longer than half of what the allocation had at first is cut to half: a segment that asks for a
    /// checkpoint as soon as it has started computes nothing. For the same reason a quarter of it is left free
    /// of a long `poll` too.
    pub(super) fn new(deadline: Instant, settings: &Settings, situation: &Situation) -> Self {
        let whole = deadline.since(situation.began.instant);
        let (wanted, most) = match settings.lead {
            Lead::Fixed(lead) => (lead, whole / 2),
            Lead::Initial(lead) => (lead, whole / 4),
        };
        let lead = wanted.min(most);
        let margin = match margin(settings, situation.host, lead) {
            // What was fitted to a longer lead must not leave the program without time to write.
            margin if lead < wanted => margin.min(lead / 2),
            margin => margin,
        };
        let ahead = lead.saturating_add(settings.poll).min(whole / 4 * 3);
        let trigger = deadline.before(ahead);
        Self {
            deadline,
            reread: trigger.before(REREAD_AHEAD),
            trigger,
            stop: deadline.before(margin),
            last: if settings.kill_safe { deadline.before(margin.min(LEAST_MARGIN)) } else { deadline },
            lead,
            cut: wanted.saturating_sub(lead) >= Duration::from_secs(1),
        }
    }
}

fn margin(settings: &Settings, host: Host, lead: Duration) -> Duration {
    match (settings.margin, host) {
        (Some(margin), _) => margin.min(lead),
        (None, Host::Slurm) => USUAL_MARGIN.min(lead / 2),
        (None, Host::Local) => Duration::from_secs(1).min(lead / 4),
        (None, Host::Nobody) => Duration::ZERO,
    }
}

/// The deadline as far as known: the scheduler's, never later than the user's own limit.
pub(super) fn effective(scheduler: Option<Instant>, own: Option<Instant>) -> Option<Instant> {
    match (scheduler, own) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// When an answer that did not come is asked for again: 15 s, doubled each time up to 10 minutes.
pub(super) fn retry_at(now: Now, tries: u32) -> Instant {
    let seconds = 15_u64.saturating_mul(1 << tries.min(6)).min(600);
    now.instant + spread(now, Duration::from_secs(seconds))
}

/// A wait made longer by up to a quarter: the tasks of an array whose questions failed at one moment must not all ask
/// again at one moment. What the clock shows below a millisecond is chance enough, and no other source is needed here.
pub(super) fn spread(now: Now, span: Duration) -> Duration {
    let chance = now.instant.0.subsec_micros() % 1000;
    span.saturating_add(span.saturating_mul(chance) / 4000)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::model::Timestamp;

    #[rstest]
    #[case::on_the_millisecond(5_000, 10_000)]
    #[case::between(5_400, 11_000)]
    #[case::at_the_most(5_999, 12_497)]
    fn waits_that_begin_together_do_not_end_together(#[case] micros: u64, #[case] milliseconds: u128) {
        let now = Now { instant: Instant(Duration::from_micros(micros)), wall: Timestamp(0) };
        assert_eq!(spread(now, Duration::from_secs(10)).as_millis(), milliseconds);
    }
}
