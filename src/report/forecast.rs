//! When a chain will be finished, with a range, and what that rests on.
//!
//! Only where the program has said how much there is to do, and at least twice how far it was. Pure.

use std::time::Duration;

use serde::Serialize;

use super::account::{Account, Kind};
use super::trace::{Sample, Trace};
use super::words::{moment, span};
use crate::journal::record::Cause;
use crate::model::{Progress, Timestamp};

mod rate;

pub use rate::Rate;
use rate::quantile;

/// Only so many of the latest segments are looked at for what is usual.
const LATEST: usize = 100;
/// No estimate goes further: a rate near zero says nothing.
const FURTHEST: Duration = Duration::from_secs(20 * 365 * 86_400);

/// When it will be finished.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// The estimate. With `is_least` it will not be earlier.
    pub finish: Timestamp,
    /// If all goes as well as it did at its best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early: Option<Timestamp>,
    /// If all goes as slowly as it did at its worst.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<Timestamp>,
    /// Whether something is not counted, as nothing is known of it.
    pub is_least: bool,
    /// What it rests on, in words.
    pub basis: String,
}

impl Forecast {
    /// In words, with what it rests on.
    pub(super) fn words(&self, now: Timestamp) -> String {
        let what = if self.is_least { "not before" } else { "estimated" };
        let range = match (self.early, self.late) {
            (Some(early), Some(late)) => format!(", between {} and {}", moment(early), moment(late)),
            _ => String::new(),
        };
        let left = span(self.finish - now);
        format!("{what} {} UTC (in {left}){range}; {}", moment(self.finish), self.basis)
    }
}

/// What is known of the moment from which the forecast looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    /// A segment runs.
    Running,
    /// The next one waits, and starts then, as far as the scheduler says.
    Waiting(Option<Timestamp>),
    /// Nothing goes on by itself.
    Over,
}

/// How fast it goes, as far as the program has said.
pub(super) fn rate(accounts: &[Account<'_>], trace: &Trace) -> Option<Rate> {
    Rate::of(&points(accounts, &trace.progress()))
}

/// The forecast, if there is one.
pub(super) fn forecast(
    accounts: &[Account<'_>],
    trace: &Trace,
    outlook: Outlook,
    now: Timestamp,
) -> Option<Forecast> {
    let samples = trace.progress();
    let last = *samples.last()?;
    let rate = Rate::of(&points(accounts, &samples))?;
    let usual = Usual::of(accounts);
    let since = since(accounts, last, outlook, now)?;
    let finish = |per_second: f64, gap: Quantile| -> Option<(Timestamp, u32)> {
        let left = remaining(last.progress, per_second)?.saturating_sub(since);
        let (segments, waits) = usual.waits(accounts, outlook, now, left, gap);
        let whole = left.saturating_add(waits).min(FURTHEST);
        let millis = i64::try_from(whole.as_millis()).ok()?;
        Some((Timestamp(now.0.saturating_add(millis)), segments))
    };
    let (expected, segments) = finish(rate.per_second, Quantile::Half)?;
    let is_least = segments > 0 && usual.gaps.is_empty();
    let early = rate.most.filter(|_| !is_least).and_then(|most| finish(most, Quantile::Tenth));
    let late = rate.least.filter(|_| !is_least).and_then(|least| finish(least, Quantile::NineTenths));
    let basis = usual.basis(&rate, segments);
    let (early, late) = (early.map(|it| it.0.min(expected)), late.map(|it| it.0.max(expected)));
    Some(Forecast { finish: expected, early, late, is_least, basis })
}

/// Time of computing until each word of progress, and what was done then.
fn points(accounts: &[Account<'_>], samples: &[Sample]) -> Vec<(Duration, f64)> {
    let Some(total) = samples.last().map(|last| last.progress.total()) else { return Vec::new() };
    let mut before = Vec::with_capacity(accounts.len());
    let mut sum = Duration::ZERO;
    for account in accounts {
        before.push(sum);
        sum = sum.saturating_add(account.until - account.segment.started);
    }
    let same = |sample: &&Sample| (sample.progress.total() - total).abs() <= total * 1e-9;
    let point = |sample: &Sample| {
        let started = accounts.get(sample.segment)?.segment.started;
        Some((before.get(sample.segment)?.saturating_add(sample.at - started), sample.progress.done()))
    };
    samples.iter().filter(same).filter_map(point).collect()
}

/// How long has been computed since the program last said how far it is; `None` where nothing goes on.
fn since(accounts: &[Account<'_>], last: Sample, outlook: Outlook, now: Timestamp) -> Option<Duration> {
    match outlook {
        Outlook::Over => None,
        Outlook::Running if last.segment + 1 == accounts.len() => Some(now - last.at),
        // What came after it may have been lost; what the running one has done it has not said yet.
        Outlook::Running | Outlook::Waiting(_) => Some(Duration::ZERO),
    }
}

fn remaining(progress: Progress, per_second: f64) -> Option<Duration> {
    let left = (progress.total() - progress.done()).max(0.0) / per_second;
    Duration::try_from_secs_f64(left).ok().map(|left| left.min(FURTHEST))
}

/// Which part of what was measured is at most so much.
#[derive(Debug, Clone, Copy)]
enum Quantile {
    Tenth,
    Half,
    NineTenths,
}

impl Quantile {
    fn of(self, sorted: &[Duration]) -> Option<Duration> {
        quantile(
            sorted,
            match self {
                Self::Tenth => 0.1,
                Self::Half => 0.5,
                Self::NineTenths => 0.9,
            },
        )
    }
}

/// What is usual in a chain.
struct Usual {
    /// From the end of one segment to the start of the next; sorted.
    gaps: Vec<Duration>,
    /// How long a segment runs that is ended by its allocation's end.
    length: Option<Duration>,
}

impl Usual {
    fn of(accounts: &[Account<'_>]) -> Self {
        let latest = accounts.get(accounts.len().saturating_sub(LATEST)..).unwrap_or_default();
        let gap =
            |account: &Account<'_>| account.spent(Kind::Queued).saturating_add(account.spent(Kind::Gap));
        let mut gaps: Vec<Duration> = latest.iter().skip(1).map(gap).collect();
        gaps.sort_unstable();
        let whole = |account: &&Account<'_>| {
            account.segment.end.is_some_and(|end| matches!(end.cause, Cause::Deadline | Cause::TimeLimit))
        };
        let mut lengths: Vec<Duration> =
            latest.iter().filter(whole).map(|account| account.until - account.segment.started).collect();
        lengths.sort_unstable();
        let planned = || {
            let last = accounts.last()?.segment;
            last.deadline.map(|deadline| deadline - last.started)
        };
        let length = quantile(&lengths, 0.5).or_else(planned).filter(|length| !length.is_zero());
        Self { gaps, length }
    }

    /// How many more times there will be a wait, and how long all that takes.
    fn waits(
        &self,
        accounts: &[Account<'_>],
        outlook: Outlook,
        now: Timestamp,
        left: Duration,
        gap: Quantile,
    ) -> (u32, Duration) {
        let gap = gap.of(&self.gaps);
        let last = accounts.last();
        let (free, first) = match outlook {
            Outlook::Running => {
                let deadline = last.and_then(|last| last.segment.deadline);
                (deadline.map_or(left, |deadline| deadline - now), Duration::ZERO)
            }
            Outlook::Waiting(Some(start)) => (self.length.unwrap_or(left), start - now),
            Outlook::Waiting(None) | Outlook::Over => {
                let waited = last.map_or(Duration::ZERO, |last| now - last.until);
                (self.length.unwrap_or(left), gap.unwrap_or_default().saturating_sub(waited))
            }
        };
        let more = match self.length {
            Some(length) if left > free => (left - free).as_secs_f64() / length.as_secs_f64(),
            _ => 0.0,
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is not negative; the cast saturates"
        )]
        let more = more.ceil() as u32;
        (more, first.saturating_add(gap.unwrap_or_default().saturating_mul(more)))
    }

    fn basis(&self, rate: &Rate, segments: u32) -> String {
        let mut text = format!("rests on {}", rate.words());
        if segments == 0 {
            return text + ", and on no further wait in the queue";
        }
        let plural = if segments == 1 { "" } else { "s" };
        match (
            Quantile::Half.of(&self.gaps),
            Quantile::Tenth.of(&self.gaps),
            Quantile::NineTenths.of(&self.gaps),
        ) {
            (Some(half), Some(least), Some(most)) => text.push_str(&format!(
                ", and on {segments} more wait{plural} of {} each ({} to {} so far)",
                span(half),
                span(least),
                span(most)
            )),
            _ => text.push_str(&format!(
                "; {segments} more wait{plural} in the queue not counted, as none has been measured yet"
            )),
        }
        text
    }
}

#[cfg(test)]
mod tests;
