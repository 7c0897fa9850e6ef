//! Where the time of each segment went: waiting, computing, checkpoints, work that was lost.
//!
//! Pure, from a history and a trace. What is not on record is told as not known, never as nothing.

use std::time::Duration;

use super::trace::{SegmentTrace, Trace, written};
use crate::journal::history::Taken;
use crate::journal::record::{Cause, Verdict};
use crate::journal::{History, SegmentSummary};
use crate::model::{CheckpointId, Timestamp};

mod course;
mod totals;

pub(super) use course::Course;
pub(super) use totals::Totals;

/// What a stretch of time was spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// In the scheduler's queue.
    Queued,
    /// Neither running nor known to be queued.
    Gap,
    /// Computing that was kept.
    Computing,
    /// From a request to a complete checkpoint.
    Checkpointing,
    /// Computing that was not saved.
    Lost,
}

impl Kind {
    /// All of them, in the order in which they are told.
    pub(super) const ALL: [Self; 5] =
        [Self::Queued, Self::Gap, Self::Computing, Self::Checkpointing, Self::Lost];

    /// In words.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Queued => "in the queue",
            Self::Gap => "gap",
            Self::Computing => "computing",
            Self::Checkpointing => "checkpointing",
            Self::Lost => "lost work",
        }
    }
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) kind: Kind,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Stretch {
    pub(super) fn length(&self) -> Duration {
        self.to - self.from
    }
}

/// All of them together, however many and long.
pub(super) fn sum(times: impl IntoIterator<Item = Duration>) -> Duration {
    times.into_iter().fold(Duration::ZERO, Duration::saturating_add)
}

/// How far a segment's end is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Its end is on record.
    Ended,
    /// It runs, as far as known.
    Running,
    /// The last that was heard of it; it may have run on.
    LastHeard,
}

/// Where the time of one segment went.
#[derive(Debug, Clone)]
pub(super) struct Account<'a> {
    pub(super) segment: &'a SegmentSummary,
    /// Until when it ran, and how far that is known.
    pub(super) until: Timestamp,
    pub(super) reach: Reach,
    /// How long before its deadline a checkpoint was last asked for, where that is what ended it.
    pub(super) lead: Option<Duration>,
    /// The newest checkpoint that it left.
    pub(super) saved: Option<Timestamp>,
    /// Since when what it computed was not saved; `None`: cannot be told.
    lost_from: Option<Timestamp>,
    /// Everything from the end of the segment before to its own end, in order, without holes.
    pub(super) stretches: Vec<Stretch>,
}

impl Account<'_> {
    /// Time spent on something.
    pub(super) fn spent(&self, kind: Kind) -> Duration {
        sum(self.stretches.iter().filter(|stretch| stretch.kind == kind).map(Stretch::length))
    }

    /// Work that was lost; `None` where that cannot be told.
    pub(super) fn lost(&self) -> Option<Duration> {
        self.lost_from.map(|_| self.spent(Kind::Lost))
    }
}

/// The account of every segment, in order, one at a time. `running`: whether the last one is believed to run `now`.
pub(super) fn accounts<'a>(
    history: &'a History,
    trace: &'a Trace,
    running: bool,
    now: Timestamp,
) -> impl Iterator<Item = Account<'a>> {
    let mut before = None;
    let mut accepted = None;
    history.segments.iter().enumerate().map(move |(place, segment)| {
        let heard = trace.segments.get(place);
        let next = history.segments.get(place + 1);
        let open = running && next.is_none();
        let mut account = one(segment, heard, next, history.had_checkpoint, open.then_some(now));
        let mut stretches = waiting(before, accepted, segment.started);
        stretches.append(&mut account.stretches);
        account.stretches = stretches;
        accepted = heard.and_then(SegmentTrace::accepted);
        before = Some(account.until);
        account
    })
}

/// What was between the end of the segment before and the start of this one.
fn waiting(before: Option<Timestamp>, accepted: Option<Timestamp>, start: Timestamp) -> Vec<Stretch> {
    let Some(before) = before.filter(|before| *before < start) else { return Vec::new() };
    let queued = accepted.map_or(start, |accepted| accepted.clamp(before, start));
    let gap = Stretch { kind: Kind::Gap, from: before, to: queued };
    let queue = Stretch { kind: Kind::Queued, from: queued, to: start };
    [gap, queue].into_iter().filter(|stretch| stretch.from < stretch.to).collect()
}

fn one<'a>(
    segment: &'a SegmentSummary,
    heard: Option<&SegmentTrace>,
    next: Option<&SegmentSummary>,
    has_any: bool,
    open: Option<Timestamp>,
) -> Account<'a> {
    let start = segment.started;
    let found = next.and_then(|next| found_by(segment, next));
    let (until, reach) = match (segment.end, open) {
        (Some(end), _) => (end.at, Reach::Ended),
        (None, Some(now)) => (now, Reach::Running),
        // A checkpoint that the next one found proves that it ran so long.
        (None, None) => {
            (found.map_or(segment.last_record, |at| at.max(segment.last_record)), Reach::LastHeard)
        }
    };
    let until = next.map_or(until, |next| until.min(next.started)).max(start);
    let saved = heard.and_then(SegmentTrace::saved);
    let lost_from = match reach {
        Reach::Running => Some(until),
        _ => unsaved_since(segment, saved, next, has_any).map(|from| from.clamp(start, until)),
    };
    let mut account = Account {
        segment,
        until,
        reach,
        lead: heard.filter(|_| ended_in_time(segment)).and_then(|heard| heard.lead(segment.deadline)),
        saved,
        lost_from,
        stretches: Vec::new(),
    };
    account.stretches = ran(&account, heard.and_then(SegmentTrace::asked));
    account
}

/// Whether it was the end of its allocation that ended it.
fn ended_in_time(segment: &SegmentSummary) -> bool {
    segment.end.is_some_and(|end| matches!(end.cause, Cause::Deadline | Cause::TimeLimit))
}

/// When what the next segment starts from was written, where that is new and was not seen while this one ran.
fn found_by(segment: &SegmentSummary, next: &SegmentSummary) -> Option<Timestamp> {
    let used = next.used.as_ref()?;
    let old = segment.used.as_ref().is_some_and(|old| old.is_copy_of(used));
    (!old).then(|| written(used).clamp(segment.started, next.started.max(segment.started)))
}

/// Since when what a segment computed has come to nothing: what the next one starts from tells, else what it left.
/// `has_any`: whether the chain has ever had a checkpoint.
fn unsaved_since(
    segment: &SegmentSummary,
    saved: Option<Timestamp>,
    next: Option<&SegmentSummary>,
    has_any: bool,
) -> Option<Timestamp> {
    let copy = |one: &Option<CheckpointId>, other: &Option<CheckpointId>| matches!((one, other), (Some(one), Some(other)) if one.is_copy_of(other));
    if segment.end.is_some_and(|end| end.verdict == Verdict::Finished) {
        return Some(Timestamp(i64::MAX));
    }
    // Where no checkpoint can be seen, what the program saves by itself cannot either.
    let left_none = match segment.end {
        Some(end) => end.fresh == Some(false),
        None => has_any && segment.reached.is_none(),
    };
    match next {
        Some(next) if next.used.is_none() => {
            (left_none || segment.reached.is_some()).then_some(segment.started)
        }
        Some(next) if copy(&next.used, &segment.used) => Some(segment.started),
        Some(next) if copy(&next.used, &segment.reached) && saved.is_some() => saved,
        Some(next) => found_by(segment, next),
        None if left_none && segment.end.is_some() => Some(segment.started),
        None => saved,
    }
}

/// The stretches while it ran.
fn ran(account: &Account<'_>, asked: Option<Timestamp>) -> Vec<Stretch> {
    let (start, until) = (account.segment.started, account.until);
    let mut saves: Vec<(Timestamp, Timestamp)> = account.segment.taken.iter().filter_map(save).collect();
    let answered = |asked: Timestamp| account.segment.taken.iter().any(|taken| taken.at >= asked);
    saves.extend(asked.filter(|asked| !answered(*asked)).map(|asked| (asked, until)));
    saves.sort_unstable();
    let mut stretches = Vec::new();
    let mut at = start;
    for (from, to) in saves {
        let (from, to) = (from.clamp(at, until), to.clamp(at, until));
        stretches.push(Stretch { kind: Kind::Computing, from: at, to: from });
        stretches.push(Stretch { kind: Kind::Checkpointing, from, to });
        at = to;
    }
    stretches.push(Stretch { kind: Kind::Computing, from: at, to: until });
    let lost_from = account.lost_from.unwrap_or(until);
    stretches.into_iter().flat_map(|stretch| split(stretch, lost_from)).filter(|it| it.from < it.to).collect()
}

fn save(taken: &Taken) -> Option<(Timestamp, Timestamp)> {
    let took = i64::try_from(taken.took?.as_millis()).unwrap_or(i64::MAX);
    Some((Timestamp(taken.at.0.saturating_sub(took)), taken.at))
}

/// What comes after the last good checkpoint is lost, a request that came to nothing included.
fn split(stretch: Stretch, lost_from: Timestamp) -> [Stretch; 2] {
    let cut = lost_from.clamp(stretch.from, stretch.to);
    [Stretch { to: cut, ..stretch }, Stretch { kind: Kind::Lost, from: cut, ..stretch }]
}

#[cfg(test)]
mod tests;
