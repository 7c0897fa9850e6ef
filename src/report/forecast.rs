//! When a chain will be finished, with a range, and what that rests on.
//!
//! Only where the program has said how much there is to do, and at least twice how far it was. Pure.

use std::time::Duration;

use serde::Serialize;

use super::account::{Account, Course, Kind};
use super::trace::Sample;
use super::words::{moment, span};
use crate::journal::record::Cause;
use crate::model::{Progress, Timestamp};

mod rate;
mod waits;

pub use rate::Rate;
use waits::{Part, Waits, quantile};

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

/// The forecast, if there is one.
pub(super) fn forecast(course: &Course<'_>, outlook: Outlook, now: Timestamp) -> Option<Forecast> {
    let last = course.last?;
    let rate = Rate::of(&course.points)?;
    let usual = Usual::of(course);
    let since = since(course, last, outlook, now)?;
    let finish = |per_second: f64, part: Part| -> Option<(Timestamp, u32)> {
        let left = remaining(last.progress, per_second)?.saturating_sub(since);
        let (segments, waits) = usual.waits(course, outlook, now, left, part);
        let whole = left.saturating_add(waits).min(FURTHEST);
        let millis = i64::try_from(whole.as_millis()).ok()?;
        Some((Timestamp(now.0.saturating_add(millis)), segments))
    };
    let (expected, segments) = finish(rate.per_second, Part::Middle)?;
    let is_least = segments > 0 && usual.gaps.is_empty();
    let early = rate.most.filter(|_| !is_least).and_then(|most| finish(most, Part::Least));
    let late = rate.least.filter(|_| !is_least).and_then(|least| finish(least, Part::Most));
    let basis = usual.basis(&rate, segments);
    let (early, late) = (early.map(|it| it.0.min(expected)), late.map(|it| it.0.max(expected)));
    Some(Forecast { finish: expected, early, late, is_least, basis })
}

/// How long has been computed since the program last said how far it is; `None` where nothing goes on.
fn since(course: &Course<'_>, last: Sample, outlook: Outlook, now: Timestamp) -> Option<Duration> {
    match outlook {
        Outlook::Over => None,
        Outlook::Running if last.segment + 1 == course.segments => Some(now - last.at),
        // What came after it may have been lost; what the running one has done it has not said yet.
        Outlook::Running | Outlook::Waiting(_) => Some(Duration::ZERO),
    }
}

fn remaining(progress: Progress, per_second: f64) -> Option<Duration> {
    let left = (progress.total() - progress.done()).max(0.0) / per_second;
    Duration::try_from_secs_f64(left).ok().map(|left| left.min(FURTHEST))
}

/// What is usual in a chain.
struct Usual {
    /// From the end of one segment to the start of the next.
    gaps: Waits,
    /// How long a segment runs that is ended by its allocation's end.
    length: Option<Duration>,
}

impl Usual {
    fn of(course: &Course<'_>) -> Self {
        let latest = &course.latest;
        let gap =
            |account: &Account<'_>| account.spent(Kind::Queued).saturating_add(account.spent(Kind::Gap));
        let first = usize::from(latest.len() == course.segments);
        let gaps = Waits::of(latest.iter().skip(first).map(gap).collect());
        let whole = |account: &&Account<'_>| {
            account.segment.end.is_some_and(|end| matches!(end.cause, Cause::Deadline | Cause::TimeLimit))
        };
        let mut lengths: Vec<Duration> =
            latest.iter().filter(whole).map(|account| account.until - account.segment.started).collect();
        lengths.sort_unstable();
        let planned = || {
            let last = latest.back()?.segment;
            last.deadline.map(|deadline| deadline - last.started)
        };
        let length = quantile(&lengths, 0.5).or_else(planned).filter(|length| !length.is_zero());
        Self { gaps, length }
    }

    /// How many more times there will be a wait, and how long all that takes.
    fn waits(
        &self,
        course: &Course<'_>,
        outlook: Outlook,
        now: Timestamp,
        left: Duration,
        part: Part,
    ) -> (u32, Duration) {
        let last = course.latest.back();
        let (free, first) = match outlook {
            Outlook::Running => {
                let deadline = last.and_then(|last| last.segment.deadline);
                (deadline.map_or(left, |deadline| deadline - now), Duration::ZERO)
            }
            Outlook::Waiting(Some(start)) => (self.length.unwrap_or(left), start - now),
            Outlook::Waiting(None) | Outlook::Over => {
                let waited = last.map_or(Duration::ZERO, |last| now - last.until);
                (self.length.unwrap_or(left), self.gaps.together(1, part).saturating_sub(waited))
            }
        };
        let more = match self.length {
            Some(length) if left > free => left.saturating_sub(free).as_secs_f64() / length.as_secs_f64(),
            _ => 0.0,
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is not negative; the cast saturates"
        )]
        let more = more.ceil() as u32;
        (more, first.saturating_add(self.gaps.together(more, part)))
    }

    fn basis(&self, rate: &Rate, segments: u32) -> String {
        let text = format!("rests on a rate of {}", rate.words());
        match (segments, self.gaps.words(segments)) {
            (0, _) => text + ", and on no further wait in the queue",
            (1, Some(gaps)) => format!("{text}, and on 1 more wait of {gaps}"),
            (_, Some(gaps)) => format!("{text}, and on {segments} more waits of {gaps}"),
            (1, None) => text + "; 1 more wait in the queue not counted, as none has been measured yet",
            (_, None) => format!(
                "{text}; {segments} more waits in the queue not counted, as none has been measured yet"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
