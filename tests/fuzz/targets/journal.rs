//! A journal, from its bytes to what a person is shown of the chain; and the owner record beside it.

use std::path::PathBuf;

use ckwrap::journal::owner::{Life, Owner, ProcessMark};
use ckwrap::journal::{History, Loaded, codec};
use ckwrap::model::{ChainId, CheckpointId, JobId, Now, SegmentNumber, Timestamp, Token};
use ckwrap::report::html::{Logs, Page};
use ckwrap::report::{ChainStatus, InSlurm, Standing, Trace, block, table, timeline};

/// Late in 2025.
const NOW: Timestamp = Timestamp(1_763_800_000_000);

/// Bytes as they lie in the file.
pub(super) fn journal(data: &[u8]) {
    let (mut history, mut trace) = (History::new(chain()), Trace::default());
    let reading = codec::read(data, |record| {
        trace.apply(record);
        // What was read can be written, and says the same.
        if let Ok(line) = codec::encode(record) {
            let line = line.strip_suffix(b"\n").unwrap();
            assert!(matches!(codec::decode(line), codec::Line::Record(_)));
        }
        history.apply(record);
    });
    let reading = reading.expect("memory can be read");
    assert!(reading.problems.len() <= 20);
    told(&Loaded { history, reading }, &trace);
}

/// Lines of JSON, each with the checksum that it should have: what no fuzzer guesses.
pub(super) fn records(data: &[u8]) {
    let mut sealed = Vec::new();
    for line in data.split(|byte| *byte == b'\n') {
        sealed.extend(seal(line));
        sealed.push(b'\n');
    }
    journal(&sealed);
}

/// A line with the checksum it should have, in the place of one that it has.
fn seal(line: &[u8]) -> Vec<u8> {
    const HEAD: &[u8] = b",\"crc\":\"";
    let at = line.windows(HEAD.len()).rposition(|part| part == HEAD);
    let body = at.map_or_else(|| line.strip_suffix(b"}").unwrap_or(line), |at| &line[..at]);
    let sum = crc32fast::hash(&[body, b"}"].concat());
    [body, HEAD, format!("{sum:08x}\"}}").as_bytes()].concat()
}

/// Everything that is asked of a history.
fn told(loaded: &Loaded, trace: &Trace) {
    let history = &loaded.history;
    let job = JobId::Single(4711);
    let token = Token::new(&chain(), SegmentNumber::FIRST, 1);
    for job in [job, JobId::Task { array: 4711, task: 1 }] {
        let _ = history.expects(job, 1, Some(&token));
        let _ = history.stop_was_mistaken(job, 1);
    }
    let checkpoint = CheckpointId { path: PathBuf::from("md.cpt"), size: 1, modified_ns: 0, inode: 0 };
    let _ = (history.failures_in_row(), history.stalls_in_row(), history.lost_in_row(), history.walltime());
    let _ = (history.failed_starts(&checkpoint), history.is_quarantined(&checkpoint));
    let _ = (history.next_number(), history.open_segment(), history.continuation());
    for life in [Life::Alive, Life::Dead, Life::Unknown] {
        for now in [NOW, Timestamp(i64::MIN), Timestamp(i64::MAX)] {
            let mut status = ChainStatus::of(loaded, life, now);
            let slurm = InSlurm::NoCommand;
            let standing = Standing::of(history, trace, &mut status, life, slurm.clone(), now);
            let _ = serde_json::to_string(&(&status, &standing)).expect("a status has a JSON form");
            let _ = (block(&status, &standing, now, 80), timeline(history, now));
            let _ = table(&[status]);
            let page = Page { loaded, trace, owner: life, slurm, logs: &Logs::default(), now };
            assert!(!page.html().contains("<script"));
        }
    }
}

/// A record of who runs a chain.
pub(super) fn owner(data: &[u8]) {
    let Ok(owner) = serde_json::from_slice::<Owner>(data) else { return };
    let again = serde_json::to_vec(&owner).expect("it was read from JSON");
    assert_eq!(serde_json::from_slice::<Owner>(&again).ok().as_ref(), Some(&owner));
    let _ = owner.process.life(&ProcessMark::current());
    let _ = Now::default().instant_of(owner.claimed_at);
}

fn chain() -> ChainId {
    "slurm-4711".parse().unwrap()
}
