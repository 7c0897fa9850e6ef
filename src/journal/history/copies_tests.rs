//! Checkpoints that were put back from a copy.

use super::super::record::{Cause, Quarantined, Restored, SegmentEnded, SegmentStarted, Verdict};
use super::*;
use crate::model::ChildExit;

/// One checkpoint, in as many copies.
fn id(inode: u64) -> CheckpointId {
    CheckpointId { path: "ck".into(), size: 1, modified_ns: 1, inode }
}

/// A program that destroys its checkpoint and takes its node down each time: what is put back is no progress.
#[test]
fn a_checkpoint_that_was_put_back_is_not_what_a_lost_segment_left() {
    let mut history = History::new("c".parse().unwrap());
    let mut tell = |event: Event| history.apply(&Record { t: Timestamp::from_seconds(1), event });
    for restart in 0..4 {
        let segment = SegmentNumber(restart + 1);
        tell(Restored { segment, checkpoint: id(0) }.into());
        let started = SegmentStarted {
            segment,
            job: Some(JobId::Single(7)),
            restart,
            checkpoint: Some(id(u64::from(restart))),
            host: "n1".into(),
            pid: 1,
            command: vec![],
            engine: "slurm".into(),
        };
        tell(started.into());
    }
    assert_eq!(history.lost_in_row(), 3);
}

#[test]
fn a_copy_is_as_good_or_bad_as_the_original() {
    let mut history = History::new("c".parse().unwrap());
    let mut tell = |event: Event| history.apply(&Record { t: Timestamp::from_seconds(1), event });
    let segment = SegmentNumber::FIRST;
    let started = SegmentStarted {
        segment,
        job: None,
        restart: 0,
        checkpoint: Some(id(1)),
        host: "n1".into(),
        pid: 1,
        command: vec![],
        engine: "local".into(),
    };
    tell(started.into());
    let ended = SegmentEnded {
        segment,
        exit: ChildExit::Code(1),
        verdict: Verdict::Failed,
        cause: Cause::Crashed,
        checkpoint: None,
        fresh: Some(false),
        ran_ms: 1,
    };
    tell(ended.into());
    tell(Quarantined { checkpoint: id(1), why: "corrupted".into() }.into());
    assert_eq!(history.failed_starts(&id(99)), 1);
    assert!(history.is_quarantined(&id(99)));
}
