//! Journals as the product itself writes them, of any length.

use std::error::Error;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use ckwrap::journal::record::{
    ChainStarted, Checkpoint, Continued, Deadline, Intent, SegmentEnded, SegmentStarted, Triggered,
};
use ckwrap::journal::{Cause, Event, Record, Verdict, codec};
use ckwrap::model::{CheckpointId, ChildExit, ContinuationMode, JobId, SegmentNumber, Timestamp};

/// Seconds of one segment.
const SEGMENT: i64 = 3600;

/// Writes a chain of so many segments, seven records each.
pub(crate) fn one(dir: &Path, chain: &str, segments: u32) -> Result<(), Box<dyn Error>> {
    let place = dir.join(".ckwrap").join(chain);
    fs::create_dir_all(dir)?;
    DirBuilder::new().recursive(true).mode(0o700).create(&place)?;
    let file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(place.join("journal.jsonl"))?;
    let mut out = BufWriter::new(file);
    let mut put = |seconds: i64, event: Event| -> Result<(), Box<dyn Error>> {
        let t = Timestamp::from_seconds(1_700_000_000 + seconds);
        Ok(out.write_all(&codec::encode(&Record { t, event })?)?)
    };
    let command = ["gmx", "mdrun", "-deffnm", "md"].map(String::from).to_vec();
    put(0, ChainStarted { chain: chain.parse()?, command: command.clone() }.into())?;
    for number in 1..=segments {
        segment(SegmentNumber(number), &command, &mut put)?;
    }
    Ok(out.flush()?)
}

/// Writes so many chains of three segments in one directory.
pub(crate) fn many(dir: &Path, chains: u32) -> Result<(), Box<dyn Error>> {
    (0..chains).try_for_each(|chain| one(dir, &format!("slurm-{}", 100_000 + chain), 3))
}

fn checkpoint(number: u32) -> CheckpointId {
    let modified_ns = i128::from(number) * i128::from(SEGMENT) * 1_000_000_000 + 123_456_789;
    CheckpointId { path: "md.cpt".into(), size: 123_456_789, modified_ns, inode: u64::from(number) + 1000 }
}

fn segment(
    segment: SegmentNumber,
    command: &[String],
    put: &mut impl FnMut(i64, Event) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let begin = i64::from(segment.0) * SEGMENT;
    let job = Some(JobId::Single(4711));
    let started = SegmentStarted {
        segment,
        job,
        restart: segment.0 - 1,
        host: "node0123".into(),
        pid: 12345,
        command: command.to_vec(),
        checkpoint: (segment.0 > 1).then(|| checkpoint(segment.0 - 1)),
        engine: "slurm".into(),
    };
    put(begin, started.into())?;
    let end = Some(Timestamp::from_seconds(1_700_000_000 + begin + SEGMENT));
    put(begin, Deadline { segment, at: end, source: "scheduler".into(), lead: None }.into())?;
    let why = "60 s before the deadline".into();
    put(begin + 3500, Triggered { segment, trigger: "SIGTERM to rank".into(), why }.into())?;
    let id = checkpoint(segment.0);
    put(begin + 3512, Checkpoint { segment, id: id.clone(), took_ms: Some(12_000), asked: true }.into())?;
    let ended = SegmentEnded {
        segment,
        exit: ChildExit::Code(1),
        verdict: Verdict::Unfinished,
        cause: Cause::Deadline,
        checkpoint: Some(id),
        fresh: Some(true),
        ran_ms: 3_512_000,
    };
    put(begin + 3513, ended.into())?;
    let mode = ContinuationMode::Requeue;
    put(begin + 3513, Intent { segment, mode, token: None, job }.into())?;
    put(begin + 3513, Continued { segment, mode, token: None, job }.into())
}
