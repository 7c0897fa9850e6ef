//! The policy's entries as records of the journal, with the job, the host and the time they leave out.

use std::time::Duration;

use super::chain::Chain;
use crate::journal::record::{
    Cause as RecordedCause, ChainFinished, ChainStarted, ChainStopped, Checkpoint, ContinuationFailed,
    Continued, Deadline, Intent, Kept, Lead, Quarantined, Record, SegmentEnded, SegmentStarted,
    StopReason as RecordedReason, Told, Triggered, Verdict as RecordedVerdict,
};
use crate::journal::{Durability, Event};
use crate::model::{ChildExit, ContinuationMode, Now};
use crate::policy::{Cause, Ended, Entry, Planned, StopReason, Verdict};

/// The records of an entry, in order, and whether they must reach the disk.
pub(super) fn records(chain: &Chain, now: Now, entry: &Entry) -> (Vec<Record>, Durability) {
    let durability = match entry {
        Entry::Deadline(_) | Entry::Triggered { .. } | Entry::Kept(_) | Entry::Told { .. } => {
            Durability::Lazy
        }
        _ => Durability::Synced,
    };
    let records = events(chain, now, entry).into_iter().map(|event| Record { t: now.wall, event }).collect();
    (records, durability)
}

fn events(chain: &Chain, now: Now, entry: &Entry) -> Vec<Event> {
    let segment = chain.segment;
    match entry {
        Entry::SegmentStarted => started(chain),
        Entry::Deadline(planned) => {
            let at = Some(now.wall_of(planned.at));
            let lead = Some(lead(planned));
            vec![Deadline { segment, at, source: chain.engine.to_string(), lead }.into()]
        }
        Entry::Triggered { what, why } => {
            vec![Triggered { segment, trigger: what.clone(), why: why.clone() }.into()]
        }
        Entry::Checkpoint { id, took, asked } => {
            let took_ms = took.map(millis);
            vec![Checkpoint { segment, id: id.clone(), took_ms, asked: *asked }.into()]
        }
        Entry::Kept(id) => vec![Kept { segment, checkpoint: id.clone() }.into()],
        Entry::Quarantined(id, why) => {
            vec![Quarantined { checkpoint: id.clone(), why: why.clone() }.into()]
        }
        Entry::Told { progress, status } => {
            vec![Told { segment, progress: *progress, status: status.clone() }.into()]
        }
        Entry::SegmentEnded(ended) => vec![segment_ended(chain, ended).into()],
        Entry::Intent(mode) => {
            let job = chain.job().filter(|_| *mode != ContinuationMode::Successor);
            vec![Intent { segment, mode: *mode, token: chain.token.clone(), job }.into()]
        }
        Entry::Continued { mode, job } => {
            let own = chain.job().filter(|_| *mode != ContinuationMode::Array);
            vec![Continued { segment, mode: *mode, token: chain.token.clone(), job: job.or(own) }.into()]
        }
        Entry::ContinuationFailed { mode, unknown, text } => {
            vec![ContinuationFailed { segment, mode: *mode, unknown: *unknown, text: text.clone() }.into()]
        }
        Entry::ChainFinished => vec![ChainFinished { segment }.into()],
        Entry::ChainStopped(reason, text) => {
            vec![ChainStopped { segment, reason: recorded_reason(*reason), text: text.clone() }.into()]
        }
    }
}

fn lead(planned: &Planned) -> Lead {
    let basis = planned.basis;
    Lead {
        ms: millis(planned.lead),
        checkpoints: basis.map_or(0, |basis| u32::try_from(basis.checkpoints).unwrap_or(u32::MAX)),
        median_ms: basis.map(|basis| millis(basis.median)),
        late_ms: basis.and_then(|basis| basis.late).map(millis),
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn started(chain: &Chain) -> Vec<Event> {
    let words = |words: &[std::ffi::OsString]| -> Vec<String> {
        words.iter().map(|word| word.to_string_lossy().into_owned()).collect()
    };
    let mut events: Vec<Event> = Vec::with_capacity(2);
    if chain.is_new {
        events.push(ChainStarted { chain: chain.id.clone(), command: words(&chain.plan.command) }.into());
    }
    events.push(
        SegmentStarted {
            segment: chain.segment,
            job: chain.job(),
            restart: chain.restart(),
            host: chain.host.clone(),
            pid: u32::try_from(crate::sys::own_pid()).unwrap_or(0),
            command: words(&chain.command),
            checkpoint: chain.checkpoint.clone(),
            engine: chain.engine.to_string(),
        }
        .into(),
    );
    events
}

fn segment_ended(chain: &Chain, ended: &Ended) -> SegmentEnded {
    SegmentEnded {
        segment: chain.segment,
        exit: ended.exit,
        verdict: match ended.verdict {
            Verdict::Finished => RecordedVerdict::Finished,
            Verdict::Unfinished => RecordedVerdict::Unfinished,
            Verdict::Failed => RecordedVerdict::Failed,
        },
        cause: recorded_cause(ended.cause, ended.verdict, ended.exit),
        checkpoint: ended.checkpoint.clone(),
        fresh: ended.fresh,
        ran_ms: millis(ended.ran),
    }
}

fn recorded_cause(cause: Cause, verdict: Verdict, _exit: ChildExit) -> RecordedCause {
    match cause {
        Cause::Completed if verdict == Verdict::Failed => RecordedCause::Crashed,
        Cause::Completed => RecordedCause::Completed,
        Cause::Deadline => RecordedCause::Deadline,
        Cause::TimeLimit => RecordedCause::TimeLimit,
        Cause::PreemptedRequeued | Cause::Preempted => RecordedCause::Preempted,
        Cause::RequeuedByOther => RecordedCause::RequeuedByOther,
        Cause::Cancelled => RecordedCause::Cancelled,
        Cause::Asked => RecordedCause::Asked,
        Cause::Unknown => RecordedCause::Unknown,
    }
}

fn recorded_reason(reason: StopReason) -> RecordedReason {
    match reason {
        StopReason::Failed => RecordedReason::Failed,
        StopReason::MaxSegments => RecordedReason::MaxSegments,
        StopReason::MaxFailures => RecordedReason::MaxFailures,
        StopReason::MaxStalls => RecordedReason::MaxStalls,
        StopReason::MaxWalltime => RecordedReason::MaxWalltime,
        StopReason::Cancelled => RecordedReason::Cancelled,
        StopReason::NoContinuation => RecordedReason::NoContinuation,
    }
}
