//! Where a chain stands beyond its journal: with the scheduler's word, its progress, its waste and its finish.
//!
//! Knows the answers, not who gave them.

use std::time::Duration;

use serde::Serialize;

use super::account::Course;
use super::forecast::{Forecast, Outlook, Rate, forecast};
use super::slurm::InSlurm;
use super::status::{ChainStatus, ProgressStatus, State};
use super::trace::Trace;
use super::words::span;
use crate::journal::{History, Life};
use crate::model::Timestamp;

/// What `status` adds to the state of a chain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    /// The state of its job in Slurm.
    pub slurm: InSlurm,
    /// How far it is by the counters in its own files, where it does not say so itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<ProgressStatus>,
    /// How fast it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// When it will be finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Forecast>,
    /// Work that was lost so far.
    pub waste: Waste,
    /// Seconds before a deadline at which a checkpoint was last asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_lead_seconds: Option<u64>,
}

/// Work that was computed and not saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Waste {
    /// Seconds, as far as known.
    pub lost_seconds: u64,
    /// Whether it may be more: of some segments it is not known.
    pub is_least: bool,
}

impl Waste {
    /// In words.
    pub(super) fn words(self) -> String {
        let lost = span(Duration::from_secs(self.lost_seconds));
        match (self.lost_seconds, self.is_least) {
            (0, true) => "not known".to_owned(),
            (_, true) => format!("at least {lost}"),
            (_, false) => lost,
        }
    }
}

impl Standing {
    /// Of this chain. The thing to do, where the scheduler knows better than the journal, goes into `status`.
    pub fn of(
        history: &History,
        trace: &Trace,
        status: &mut ChainStatus,
        owner: Life,
        slurm: InSlurm,
        now: Timestamp,
    ) -> Self {
        let runs = runs(status, owner, &slurm, now);
        let course = Course::of(history, trace, runs, now);
        advise(history, status, &slurm, runs);
        let outlook = outlook(status.state, &slurm, runs);
        Self {
            counted: None,
            rate: Rate::of(&course.points).filter(|_| outlook != Outlook::Over),
            estimate: forecast(&course, outlook, now),
            waste: Waste { lost_seconds: course.totals.lost.as_secs(), is_least: course.totals.is_least() },
            last_lead_seconds: course.lead.map(|lead| lead.as_secs()),
            slurm,
        }
    }
}

/// Beyond the deadline by less, a segment may still be on its way out.
const ON_ITS_WAY: Duration = Duration::from_mins(15);

/// Whether a segment may be believed to run: the journal says so, and nothing else speaks against it.
pub(super) fn runs(status: &ChainStatus, owner: Life, slurm: &InSlurm, now: Timestamp) -> bool {
    let late = status.deadline.is_some_and(|deadline| now - deadline > ON_ITS_WAY);
    let sure = owner == Life::Alive || matches!(slurm, InSlurm::Known { waits: false, over: false, .. });
    status.state == State::Running && !slurm.is_over() && (sure || !late)
}

/// What there is to expect by the journal and the scheduler.
fn outlook(state: State, slurm: &InSlurm, runs: bool) -> Outlook {
    match state {
        State::Running if runs => Outlook::Running,
        State::Waiting if !slurm.is_over() => Outlook::Waiting(slurm.start()),
        State::Running | State::Killed | State::Unclear if slurm.waits() => Outlook::Waiting(slurm.start()),
        _ => Outlook::Over,
    }
}

/// A job that is gone goes on with nothing, whatever the journal expects of it.
fn advise(history: &History, status: &mut ChainStatus, slurm: &InSlurm, runs: bool) {
    if status.state == State::Running && !runs && !slurm.is_over() {
        let job = status.job.map(|job| format!(": squeue -j {job} or sacct -j {job}")).unwrap_or_default();
        status.reason = Some("its allocation should be over, and its end is not on record".to_owned());
        status.todo = Some(format!("see what has become of its job{job}"));
        return;
    }
    let expects = matches!(status.state, State::Running | State::Waiting | State::Killed);
    if !expects || !slurm.is_over() {
        return;
    }
    let what = match status.state {
        State::Waiting => "the job that is to go on has left the queue, or was cancelled",
        _ => "its job has ended without a last word in the journal",
    };
    status.reason = Some(what.to_owned());
    status.todo = Some(format!(
        "if no other job of this chain waits (squeue): submit the same script again with --chain {}",
        history.chain
    ));
}

#[cfg(test)]
mod tests;
