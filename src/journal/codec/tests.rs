//! Whatever happens to the bytes: what is accepted was written, and what lies before the damage is kept.

use proptest::prelude::*;
use rstest::rstest;

use super::super::record::{
    Cause, ChainFinished, ChainStarted, Checkpoint, Intent, SegmentEnded, SegmentStarted, Verdict,
};
use super::*;
use crate::model::{CheckpointId, ChildExit, ContinuationMode, JobId, SegmentNumber};

const FIXTURE: &[u8] = include_bytes!("../../../tests/fixtures/journal-v1.jsonl");

fn records(bytes: &[u8]) -> (Vec<Record>, Reading) {
    let mut all = Vec::new();
    let reading = read(bytes, |record| all.push(record.clone())).unwrap();
    (all, reading)
}

fn at(seconds: i64, event: impl Into<Event>) -> Record {
    Record { t: Timestamp::from_seconds(seconds), event: event.into() }
}

fn sample() -> Vec<Record> {
    let id = CheckpointId {
        path: "state.h5".into(),
        size: 1 << 40,
        modified_ns: 1_763_800_000_123_456_789,
        inode: u64::MAX,
    };
    vec![
        at(
            1,
            ChainStarted { chain: "c".parse().unwrap(), command: vec!["./sim".into(), "\u{1b}[0m\n".into()] },
        ),
        at(
            2,
            SegmentStarted {
                segment: SegmentNumber::FIRST,
                job: Some(JobId::Task { array: 12, task: 0 }),
                restart: 1,
                host: "n1".into(),
                pid: 7,
                command: vec![],
                checkpoint: Some(id.clone()),
                engine: "slurm".into(),
            },
        ),
        at(3, Checkpoint { segment: SegmentNumber::FIRST, id: id.clone(), took_ms: None, asked: false }),
        at(
            4,
            SegmentEnded {
                segment: SegmentNumber::FIRST,
                exit: ChildExit::Code(85),
                verdict: Verdict::Unfinished,
                cause: Cause::Deadline,
                checkpoint: Some(id),
                fresh: Some(true),
                ran_ms: 12,
            },
        ),
        at(
            5,
            Intent {
                segment: SegmentNumber::FIRST,
                mode: ContinuationMode::ExitCode,
                token: None,
                job: None,
            },
        ),
        at(6, ChainFinished { segment: SegmentNumber::FIRST }),
    ]
}

fn lines(records: &[Record]) -> Vec<u8> {
    records.iter().flat_map(|record| encode(record).unwrap()).collect()
}

#[test]
fn what_was_written_is_read() {
    let (read, reading) = records(&lines(&sample()));
    assert_eq!(read, sample());
    assert_eq!(reading, Reading { records: 6, ..Reading::default() });
}

#[test]
fn the_first_version_loads_for_ever() {
    let (read, reading) = records(FIXTURE);
    assert_eq!(reading, Reading { records: 22, unknown: 1, ..Reading::default() });
    let names: Vec<&str> = read.iter().map(|record| record.event.name()).collect();
    for kind in [
        "chain_started",
        "segment_started",
        "deadline",
        "triggered",
        "checkpoint",
        "kept",
        "restored",
        "segment_ended",
        "intent",
        "continued",
        "continuation_failed",
        "quarantined",
        "chain_finished",
        "chain_stopped",
        "resumed",
        "told",
    ] {
        assert!(names.contains(&kind), "{kind}");
    }
    assert_eq!(read[0].t.to_string(), "2025-11-22T00:00:00.000Z");
    let Event::SegmentEnded(ended) = &read[11].event else { panic!("{:?}", read[11]) };
    assert_eq!(ended.cause, Cause::Unknown, "a cause of a later version");
    let odd = ended.checkpoint.as_ref().unwrap();
    assert_eq!((odd.path.as_os_str().as_encoded_bytes(), odd.modified_ns), (&b"st\xff"[..], -5));
    assert_eq!(records(&lines(&read)).0, read);
}

#[test]
fn a_cut_at_any_byte_leaves_the_records_before_it() {
    let (all, _) = records(FIXTURE);
    for cut in 0..FIXTURE.len() {
        let part = &FIXTURE[..cut];
        let (read, reading) = records(part);
        assert_eq!(read, all[..read.len()], "cut at {cut}");
        let whole = part.split(|byte| *byte == b'\n').count() as u64 - 1;
        assert!(reading.records + reading.unknown >= whole, "cut at {cut}");
        assert_eq!(reading.damaged, 0, "cut at {cut}");
    }
}

#[test]
fn a_flipped_bit_anywhere_loses_at_most_its_own_line_and_the_next() {
    let all = sample();
    let mut bytes = lines(&all);
    for place in 0..bytes.len() {
        for bit in 0..8 {
            bytes[place] ^= 1 << bit;
            let (read, reading) = records(&bytes);
            bytes[place] ^= 1 << bit;
            assert!(read.iter().all(|record| all.contains(record)), "byte {place} bit {bit}");
            assert!(reading.records + 2 >= all.len() as u64, "byte {place} bit {bit}");
            let last = place + 1 == bytes.len();
            assert!(reading.damaged > 0 || reading.torn_tail || last, "byte {place} bit {bit}");
        }
    }
}

#[rstest]
#[case::nothing(b"", 0, false)]
#[case::newlines(b"\n\n\n", 0, false)]
#[case::no_checksum(b"{\"type\":\"deadline\"}\n", 1, false)]
#[case::bare_checksum(b",\"crc\":\"00000000\"}\n", 1, false)]
#[case::short(b"\"}\n", 1, false)]
#[case::upper_case(b"{\"crc\":\"ABCDEF01\"}\n", 1, false)]
#[case::torn(b"{\"t\":\"2025", 0, true)]
fn odd_lines(#[case] bytes: &[u8], #[case] damaged: u64, #[case] torn_tail: bool) {
    let (read, reading) = records(bytes);
    assert!(read.is_empty());
    assert_eq!((reading.damaged, reading.torn_tail), (damaged, torn_tail));
}

fn sealed(object: &str) -> Vec<u8> {
    let sum = crc32fast::hash(object.as_bytes());
    format!("{},\"crc\":\"{sum:08x}\"}}\n", object.strip_suffix('}').unwrap()).into_bytes()
}

#[rstest]
#[case::later_version(r#"{"v":2,"t":"2025-01-01T00:00:00Z","type":"chain_finished","segment":1}"#, 1, 0)]
#[case::missing_field(r#"{"v":1,"t":"2025-01-01T00:00:00Z","type":"chain_finished"}"#, 0, 1)]
#[case::not_a_job(
    r#"{"v":1,"t":"2025-01-01T00:00:00Z","type":"segment_started","segment":1,"job":"x"}"#,
    0,
    1
)]
#[case::no_time(r#"{"v":1,"type":"chain_finished","segment":1}"#, 0, 1)]
fn whole_lines_that_say_nothing_here(#[case] object: &str, #[case] unknown: u64, #[case] damaged: u64) {
    let (read, reading) = records(&sealed(object));
    assert!(read.is_empty());
    assert_eq!((reading.unknown, reading.damaged), (unknown, damaged));
}

#[test]
fn what_is_written_here_is_read_by_the_short_way_and_means_the_same() {
    for line in lines(&sample()).split_inclusive(|byte| *byte == b'\n') {
        let text = std::str::from_utf8(line).unwrap();
        let (short, whole) = (usual_head(text).unwrap(), serde_json::from_str::<Head<'_>>(text).unwrap());
        assert_eq!((short.v, short.t, short.kind), (whole.v, whole.t, whole.kind), "{text}");
    }
}

#[rstest]
#[case::space(r#"{ "v":1,"t":"2025-01-01T00:00:00Z","type":"chain_finished","segment":1}"#)]
#[case::order(r#"{"type":"chain_finished","t":"2025-01-01T00:00:00Z","v":1,"segment":1}"#)]
#[case::no_version(r#"{"t":"2025-01-01T00:00:00Z","type":"chain_finished","segment":1}"#)]
#[case::escaped(r#"{"v":1,"t":"2025-01-01T00:00:00Z","type":"chain\u005ffinished","segment":1}"#)]
fn other_spellings_are_read_too(#[case] object: &str) {
    let (read, reading) = records(&sealed(object));
    assert_eq!((read.len(), reading.damaged), (1, 0));
}

#[test]
fn an_endless_line_takes_no_memory_and_spoils_no_other() {
    let good = lines(&sample());
    let mut bytes = good.clone();
    bytes.extend(vec![b'x'; 3 * MAX_LINE]);
    bytes.push(b'\n');
    bytes.extend(&good);
    let (read, reading) = records(&bytes);
    assert_eq!(read.len(), 12);
    assert_eq!(reading.problems, [Problem { line: 7, damage: Damage::TooLong }]);
}

#[test]
fn long_texts_and_command_lines_are_cut_so_that_the_record_can_be_written() {
    let long = at(
        1,
        ChainStarted {
            chain: "c".parse().unwrap(),
            command: vec!["\u{1}".repeat(3000), "x".repeat(1 << 21)],
        },
    );
    let line = encode(&long).unwrap();
    assert!(line.len() < MAX_LINE);
    assert_eq!(records(&line).1.records, 1);
    let wordy = at(1, super::super::record::Resumed { segment: SegmentNumber(1), by: "é".repeat(1 << 20) });
    assert!(encode(&wordy).unwrap().len() < MAX_LINE);
}

#[test]
fn a_record_that_would_not_be_read_back_is_refused() {
    let path = "d/".repeat(MAX_LINE).into();
    let id = CheckpointId { path, size: 0, modified_ns: 0, inode: 0 };
    let record = at(1, Checkpoint { segment: SegmentNumber(1), id, took_ms: None, asked: false });
    assert!(matches!(encode(&record), Err(EncodeError::TooLong { kind: "checkpoint", .. })));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert_eq!(records(&bytes).1.records, 0);
    }

    #[test]
    fn rubbish_between_lines_spoils_only_its_own(
        rubbish in "[ -~]{1,200}", place in 0_usize..6,
    ) {
        let mut bytes = lines(&sample()[..place]);
        bytes.extend(rubbish.as_bytes());
        bytes.push(b'\n');
        bytes.extend(lines(&sample()[place..]));
        let (read, reading) = records(&bytes);
        prop_assert_eq!(read, sample());
        prop_assert_eq!(reading.damaged, 1);
    }

    #[test]
    fn any_path_time_and_text_come_back(
        path in proptest::collection::vec(1_u8..=255, 1..300), modified_ns in any::<i128>(), size in any::<u64>(),
        command in proptest::collection::vec(".{0,40}", 0..10),
    ) {
        use std::os::unix::ffi::OsStringExt;
        let path = std::ffi::OsString::from_vec(path).into();
        let id = CheckpointId { path, size, modified_ns, inode: size };
        let all = [
            at(9, Checkpoint { segment: SegmentNumber(9), id, took_ms: Some(size), asked: true }),
            at(10, ChainStarted { chain: "c".parse().unwrap(), command }),
        ];
        prop_assert_eq!(records(&lines(&all)).0, all);
    }
}

#[test]
fn a_record_as_long_as_a_line_may_be_comes_back_and_no_longer_one_is_written() {
    let with = |length: usize| {
        let id = CheckpointId { path: "x".repeat(length).into(), size: 1, modified_ns: 1, inode: 1 };
        at(1, Checkpoint { segment: SegmentNumber::FIRST, id, took_ms: None, asked: false })
    };
    let frame = encode(&with(1)).unwrap().len() - 1;
    let longest = with(MAX_LINE - frame);
    let line = encode(&longest).unwrap();
    assert_eq!(line.len(), MAX_LINE);
    assert_eq!(records(&line).0, [longest]);
    assert!(matches!(encode(&with(MAX_LINE - frame + 1)), Err(EncodeError::TooLong { .. })));
}

#[test]
fn of_many_problems_the_first_are_named_and_all_counted() {
    let (_, reading) = records("rubbish\n".repeat(MAX_PROBLEMS + 5).as_bytes());
    assert_eq!((reading.problems.len(), reading.damaged), (MAX_PROBLEMS, MAX_PROBLEMS as u64 + 5));
}

/// Answers `trouble` before each byte, and one byte at a time.
struct Troubled<'a>(&'a [u8], Option<io::ErrorKind>, bool);

impl io::Read for Troubled<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.2 = !self.2;
        match self.1.filter(|_| self.2) {
            Some(kind) => Err(kind.into()),
            None => io::Read::read(&mut self.0, buffer.get_mut(..1).unwrap_or_default()),
        }
    }
}

#[test]
fn an_interrupted_read_goes_on_and_any_other_trouble_is_told() {
    let bytes = lines(&sample());
    let through = |kind| {
        let mut all = Vec::new();
        let from = io::BufReader::with_capacity(1, Troubled(&bytes, kind, false));
        read(from, |record| all.push(record.clone())).map(|_| all)
    };
    assert_eq!(through(Some(io::ErrorKind::Interrupted)).unwrap(), sample());
    assert!(through(Some(io::ErrorKind::Other)).is_err());
}

#[rstest]
#[case::told(r#""300/1000""#, Some("300/1000"))]
#[case::of_a_later_spelling(r#""all of it""#, None)]
#[case::none("null", None)]
fn progress_comes_back(#[case] spelled: &str, #[case] progress: Option<&str>) {
    let object = r#"{"v":1,"t":"2025-01-01T00:00:00Z","type":"told","segment":1,"progress":PROGRESS}"#;
    let (read, _) = records(&sealed(&object.replace("PROGRESS", spelled)));
    let Event::Told(told) = &read[0].event else { panic!("{read:?}") };
    assert_eq!(told.progress, progress.map(|text| text.parse().unwrap()));
    assert_eq!(records(&lines(&read)).0, read);
}
