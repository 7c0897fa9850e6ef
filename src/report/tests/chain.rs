//! Chains for the tests of what people are shown: one segment after the other, told in seconds since 1970.

use crate::journal::record::{
    Cause, Checkpoint, Continued, Deadline, SegmentEnded, SegmentStarted, Told, Triggered, Verdict,
};
use crate::journal::{Event, History, Record};
use crate::model::{CheckpointId, ChildExit, ContinuationMode, SegmentNumber, Timestamp};
use crate::report::Trace;

/// Records under construction; each step speaks of the segment that began last.
pub(in crate::report) struct Chain {
    records: Vec<Record>,
    number: u32,
    left: Option<CheckpointId>,
    began: i64,
}

/// The word of a program about its progress.
pub(in crate::report) fn told(segment: u32, at: i64, done: f64, total: f64) -> Record {
    let progress = crate::model::Progress::new(done, total);
    record(at, Told { segment: SegmentNumber(segment), progress, status: None })
}

fn record(at: i64, event: impl Into<Event>) -> Record {
    Record { t: Timestamp::from_seconds(at), event: event.into() }
}

pub(in crate::report) fn id(at: i64) -> CheckpointId {
    CheckpointId {
        path: "state.ck".into(),
        size: 1 << 20,
        modified_ns: i128::from(at) * 1_000_000_000,
        inode: 1,
    }
}

impl Chain {
    pub(in crate::report) fn new() -> Self {
        Self { records: Vec::new(), number: 0, left: None, began: 0 }
    }

    /// The next segment begins, from the newest checkpoint.
    pub(in crate::report) fn segment(self, at: i64) -> Self {
        let from = self.left.clone();
        self.segment_from(at, from)
    }

    /// The next segment begins from this checkpoint.
    pub(in crate::report) fn segment_from(mut self, at: i64, checkpoint: Option<CheckpointId>) -> Self {
        self.number += 1;
        self.began = at;
        let job = Some(format!("{}", 4700 + self.number).parse().unwrap());
        let started = SegmentStarted {
            segment: SegmentNumber(self.number),
            job,
            restart: 0,
            host: "n001".into(),
            pid: 1,
            command: Vec::new(),
            checkpoint,
            engine: "slurm".into(),
        };
        self.add(at, started)
    }

    pub(in crate::report) fn deadline(self, at: i64) -> Self {
        let segment = SegmentNumber(self.number);
        let mut deadline: Deadline = serde_json::from_str("{\"segment\":1}").unwrap();
        (deadline.segment, deadline.at) = (segment, Some(Timestamp::from_seconds(at)));
        let began = self.began;
        self.add(began, deadline)
    }

    pub(in crate::report) fn asked(self, at: i64) -> Self {
        let segment = SegmentNumber(self.number);
        self.add(at, Triggered { segment, trigger: "SIGUSR1".into(), why: "the deadline".into() })
    }

    /// A checkpoint is complete, so many seconds after the request.
    pub(in crate::report) fn saved(mut self, at: i64, took: u64) -> Self {
        self.left = Some(id(at));
        let segment = SegmentNumber(self.number);
        self.add(at, Checkpoint { segment, id: id(at), took_ms: Some(took * 1000), asked: true })
    }

    pub(in crate::report) fn told(mut self, at: i64, done: f64, total: f64) -> Self {
        self.records.push(told(self.number, at, done, total));
        self
    }

    /// It ends at its deadline.
    pub(in crate::report) fn ended(self, at: i64) -> Self {
        self.ended_by(at, Cause::Deadline, Verdict::Unfinished)
    }

    pub(in crate::report) fn ended_by(self, at: i64, cause: Cause, verdict: Verdict) -> Self {
        let fresh =
            self.left.as_ref().is_some_and(|left| left.modified_ns > i128::from(self.began) * 1_000_000_000);
        let ended = SegmentEnded {
            segment: SegmentNumber(self.number),
            exit: ChildExit::Code(0),
            verdict,
            cause,
            checkpoint: self.left.clone(),
            fresh: Some(fresh),
            ran_ms: u64::try_from((at - self.began) * 1000).unwrap(),
        };
        self.add(at, ended)
    }

    /// It ends, and nothing is known of checkpoints.
    pub(in crate::report) fn ended_blindly(self, at: i64) -> Self {
        let ended = SegmentEnded {
            segment: SegmentNumber(self.number),
            exit: ChildExit::Code(85),
            verdict: Verdict::Unfinished,
            cause: Cause::Deadline,
            checkpoint: None,
            fresh: None,
            ran_ms: u64::try_from((at - self.began) * 1000).unwrap(),
        };
        self.add(at, ended)
    }

    pub(in crate::report) fn accepted(self, at: i64) -> Self {
        let segment = SegmentNumber(self.number);
        self.add(at, Continued { segment, mode: ContinuationMode::Requeue, token: None, job: None })
    }

    fn add(mut self, at: i64, event: impl Into<Event>) -> Self {
        self.records.push(record(at, event));
        self
    }

    pub(in crate::report) fn history(&self) -> History {
        History::of("slurm-4701".parse().unwrap(), &self.records)
    }

    pub(in crate::report) fn trace(&self) -> Trace {
        let mut trace = Trace::default();
        self.records.iter().for_each(|record| trace.apply(record));
        trace
    }
}

/// So many segments of an hour each, with a quarter of an hour in the queue between them.
pub(in crate::report) fn hours(segments: u32) -> Chain {
    let mut chain = Chain::new();
    for number in 0..segments {
        let start = i64::from(number) * 4500 + 1_760_000_000;
        let done = f64::from(number);
        chain = chain
            .segment(start)
            .deadline(start + 3600)
            .told(start + 60, done * 60.0 + 1.0, 6000.0)
            .told(start + 3000, done * 60.0 + 50.0, 6000.0)
            .asked(start + 3540)
            .saved(start + 3560, 20 + u64::from(number % 7))
            .ended(start + 3590)
            .accepted(start + 3600);
    }
    chain
}
