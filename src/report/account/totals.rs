//! The accounts of all segments added up.

use std::time::Duration;

use super::{Account, Kind, Reach};

/// Where the time of a whole chain went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::report) struct Totals {
    pub(in crate::report) queued: Duration,
    pub(in crate::report) gaps: Duration,
    pub(in crate::report) computing: Duration,
    pub(in crate::report) checkpointing: Duration,
    /// As far as known.
    pub(in crate::report) lost: Duration,
    /// Segments of which cannot be told how much they lost.
    pub(in crate::report) lost_unknown: usize,
    /// Segments whose end is not on record: they may have run, and lost, more than is counted.
    pub(in crate::report) end_unknown: usize,
}

impl Totals {
    /// Of these segments.
    pub(in crate::report) fn of(accounts: &[Account<'_>]) -> Self {
        let mut totals = Self::default();
        for account in accounts {
            totals.add(account);
        }
        totals
    }

    /// One more segment.
    pub(super) fn add(&mut self, account: &Account<'_>) {
        for stretch in &account.stretches {
            let sum = self.of_kind(stretch.kind);
            *sum = sum.saturating_add(stretch.length());
        }
        self.lost_unknown += usize::from(account.lost().is_none());
        self.end_unknown += usize::from(account.reach == Reach::LastHeard);
    }

    fn of_kind(&mut self, kind: Kind) -> &mut Duration {
        match kind {
            Kind::Queued => &mut self.queued,
            Kind::Gap => &mut self.gaps,
            Kind::Computing => &mut self.computing,
            Kind::Checkpointing => &mut self.checkpointing,
            Kind::Lost => &mut self.lost,
        }
    }

    /// Time spent on something.
    pub(in crate::report) fn get(mut self, kind: Kind) -> Duration {
        *self.of_kind(kind)
    }

    /// Whether more than what is counted may have been lost.
    pub(in crate::report) fn is_least(&self) -> bool {
        self.lost_unknown > 0 || self.end_unknown > 0
    }
}
