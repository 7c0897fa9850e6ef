//! When to ask for the checkpoint, and when the child must be gone.

use std::time::Duration;

use crate::model::{Effect, Instant, Now, Trigger};

use super::crowd;
use super::lead::{self, Basis, Forecast, Law as _, Learned, Request};
use super::settings::{Lead, Settings};
use super::situation::{Host, Situation};

/// Least time kept free for the continuation under Slurm.
pub(super) const LEAST_MARGIN: Duration = Duration::from_secs(5);
/// Time kept free until the chain has learned better.
const USUAL_MARGIN: Duration = Duration::from_secs(15);
/// Time kept free where the next segment is started by this process.
const LOCAL_MARGIN: Duration = Duration::from_secs(1);
/// Least time that a learned lead leaves for the checkpoint itself.
const LEAST_LEAD: Duration = Duration::from_secs(1);
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
    /// How much earlier than by the lead the checkpoint is asked for, as others end at the same time.
    pub turn: Duration,
    /// Whether the lead had to be cut to fit, by more than the moment that a start takes.
    pub cut: bool,
    /// What the lead was learned from.
    pub basis: Option<Basis>,
    /// How long a checkpoint usually takes, where that is longer than there is time for one.
    pub too_slow: Option<Duration>,
}

/// What the moments follow from, other than the deadline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grounds<'a> {
    pub settings: &'a Settings,
    pub situation: &'a Situation,
    pub learned: &'a Learned,
}

impl Schedule {
    /// The moments for `deadline`.
    pub(super) fn new(deadline: Instant, grounds: Grounds<'_>) -> Self {
        match grounds.settings.lead {
            Lead::Fixed(lead) => Self::guessed(deadline, grounds, lead, 2),
            Lead::Initial(initial) if grounds.learned.saves.is_empty() => {
                let request = Request { delay: Duration::ZERO, ..grounds.request(Duration::ZERO, initial) };
                let lead = if grounds.settings.asks_again() { request.first() } else { request.only() };
                Self::guessed(deadline, grounds, lead, 4)
            }
            Lead::Initial(initial) if grounds.settings.stakes_all() => {
                Self::cautious(deadline, grounds, initial)
            }
            Lead::Initial(initial) => {
                let margin = grounds.margin();
                let whole = deadline.since(grounds.situation.began.instant);
                let request = grounds.request(whole.saturating_sub(margin), initial);
                let lead = if grounds.settings.asks_again() { request.first() } else { request.only() };
                Self::learned(deadline, grounds, (lead.max(LEAST_LEAD), whole / 2))
            }
        }
    }

    /// The moments for one more checkpoint, everything up to `safe` being saved; `None` where it is not worth it.
    pub(super) fn again(deadline: Instant, safe: Instant, grounds: Grounds<'_>) -> Option<Self> {
        let Lead::Initial(initial) = grounds.settings.lead else { return None };
        let taken = grounds.margin().saturating_add(grounds.turn(deadline));
        let left = deadline.before(taken).since(safe);
        let lead = grounds.request(left, initial).later()?.max(LEAST_LEAD);
        (lead < left).then(|| Self::learned(deadline, grounds, (lead, Duration::MAX)))
    }

    /// Where a checkpoint that is cut off loses everything, no work is worth that: the lead is never shortened below the
    /// initial one, and gives the slowest checkpoint so far three times its time.
    fn cautious(deadline: Instant, grounds: Grounds<'_>, initial: Duration) -> Self {
        let saves = &grounds.learned.saves;
        let whole = deadline.since(grounds.situation.began.instant);
        let enough = saves.longest().unwrap_or_default().saturating_mul(3).saturating_add(grounds.margin());
        let share = if enough > whole / 4 { 2 } else { 4 };
        Self { basis: Basis::of(saves), ..Self::guessed(deadline, grounds, initial.max(enough), share) }
    }

    /// With a lead that knows nothing of this chain.
    ///
    /// One longer than its share of what the allocation had at first (half of it where a user has set it) is cut to that:
    /// a segment that asks for a checkpoint as soon as it has started computes nothing. For the same reason a quarter of it
    /// is left free of a long `poll` too.
    fn guessed(deadline: Instant, grounds: Grounds<'_>, wanted: Duration, share: u32) -> Self {
        let Grounds { settings, situation, .. } = grounds;
        let whole = deadline.since(situation.began.instant);
        let lead = wanted.min(whole / share);
        let margin = match (settings.margin, situation.host) {
            (Some(margin), _) => margin.min(lead),
            (None, Host::Slurm) => grounds.margin().min(lead / 2),
            (None, Host::Local | Host::Nobody) => grounds.margin().min(lead / 4),
        };
        // What was fitted to a longer lead must not leave the program without time to write.
        let margin = if lead < wanted { margin.min(lead / 2) } else { margin };
        let ahead = lead.saturating_add(settings.poll).min(whole / 4 * 3);
        let cut = wanted.saturating_sub(lead) >= Duration::from_secs(1);
        Self { cut, ..Self::with(deadline, grounds, (lead, ahead, margin)) }
    }

    /// With a lead that leaves so much time for the checkpoint, and the margin after it, up to the most there is.
    fn learned(deadline: Instant, grounds: Grounds<'_>, (writing, most): (Duration, Duration)) -> Self {
        let margin = grounds.margin();
        let wanted = writing.saturating_add(margin);
        let lead = wanted.min(most);
        let margin = if lead < wanted { margin.min(lead / 2) } else { margin };
        let basis = Basis::of(&grounds.learned.saves);
        Self { basis, ..Self::with(deadline, grounds, (lead, lead, margin)) }
    }

    fn with(
        deadline: Instant,
        grounds: Grounds<'_>,
        (lead, ahead, margin): (Duration, Duration, Duration),
    ) -> Self {
        let turn = grounds.turn(deadline);
        let trigger = deadline.before(ahead.saturating_add(turn));
        let least = margin.min(LEAST_MARGIN);
        let room = ahead.saturating_sub(least).as_secs_f64();
        let usual = Forecast::of(&grounds.learned.saves).map(|forecast| forecast.median());
        Self {
            deadline,
            reread: trigger.before(REREAD_AHEAD),
            trigger,
            stop: deadline.before(margin),
            last: if grounds.settings.kill_safe { deadline.before(least) } else { deadline },
            lead,
            turn,
            cut: false,
            basis: None,
            too_slow: usual.filter(|usual| *usual > room).map(Duration::from_secs_f64),
        }
    }
}

impl<'a> Grounds<'a> {
    fn request(&self, at_risk: Duration, initial: Duration) -> Request<'a> {
        Request { at_risk, saves: &self.learned.saves, initial, delay: self.settings.poll }
    }

    fn turn(&self, deadline: Instant) -> Duration {
        crowd::ahead(self.settings, self.situation, deadline.since(self.situation.began.instant))
    }

    /// The time kept free for the continuation.
    fn margin(&self) -> Duration {
        match (self.settings.margin, self.situation.host) {
            (Some(margin), _) => margin,
            (None, Host::Slurm) => {
                lead::margin(&self.learned.continuations, LEAST_MARGIN).unwrap_or(USUAL_MARGIN)
            }
            (None, Host::Local) => LOCAL_MARGIN,
            (None, Host::Nobody) => Duration::ZERO,
        }
    }
}

impl Settings {
    /// Whether a checkpoint that is cut off may take the one before with it, of which there is no copy.
    fn stakes_all(&self) -> bool {
        !self.kill_safe && !self.keeps
    }

    /// Whether the program is asked for more than one checkpoint ahead of a deadline: it goes on after one, another that is
    /// not complete in time does no harm to it or to the one before, and the user has set no moment.
    pub(super) fn asks_again(&self) -> bool {
        let asks = |trigger: &Trigger| !matches!(trigger, Trigger::Limit(_) | Trigger::Wait);
        self.effect == Effect::Continue
            && self.kill_safe
            && !self.keeps
            && matches!(self.lead, Lead::Initial(_))
            && self.triggers.iter().any(asks)
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
mod tests;
