//! Journals on a real file system.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::super::record::{ChainFinished, ChainStarted, Event, SegmentStarted};
use super::*;
use crate::model::{SegmentNumber, Timestamp};

fn chain() -> ChainId {
    "c".parse().unwrap()
}

fn at(seconds: i64, event: impl Into<Event>) -> Record {
    Record { t: Timestamp::from_seconds(seconds), event: event.into() }
}

fn begin(n: u32, job: &str) -> Record {
    let segment = SegmentStarted {
        segment: SegmentNumber(n),
        job: Some(job.parse().unwrap()),
        restart: 0,
        host: "n".into(),
        pid: 1,
        command: vec![],
        checkpoint: None,
        engine: "slurm".into(),
    };
    at(i64::from(n), segment)
}

#[test]
fn what_was_appended_is_loaded() {
    let root = tempfile::tempdir().unwrap();
    assert!(Store::open(root.path(), &chain()).unwrap().is_none());
    let mut store = Store::create(root.path(), &chain()).unwrap();
    assert_eq!(store.load().unwrap().history, History::new(chain()));
    store.append(&at(0, ChainStarted { chain: chain(), command: vec![] }), Durability::Lazy).unwrap();
    store.append(&begin(1, "7"), Durability::Synced).unwrap();
    let again = Store::open(root.path(), &chain()).unwrap().unwrap();
    assert_eq!(again.load().unwrap().history.segments.len(), 1);
    let mode = |path: &str| fs::metadata(root.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(".ckwrap"), mode(".ckwrap/c"), mode(".ckwrap/c/journal.jsonl")), (0o700, 0o700, 0o600));
}

#[test]
fn a_torn_tail_is_ended_before_the_next_record() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::create(root.path(), &chain()).unwrap();
    store.append(&begin(1, "7"), Durability::Lazy).unwrap();
    let path = root.path().join(".ckwrap/c/journal.jsonl");
    let mut other = fs::OpenOptions::new().append(true).open(&path).unwrap();
    other.write_all(b"{\"v\":1,\"t\":\"20").unwrap();
    assert!(store.load().unwrap().reading.torn_tail);
    store.append(&begin(2, "8"), Durability::Lazy).unwrap();
    let loaded = store.load().unwrap();
    assert_eq!((loaded.history.segments.len(), loaded.reading.problems[0].line), (2, 2));
    assert!(!loaded.reading.torn_tail);
}

#[test]
fn a_full_disk_is_told_and_what_was_there_stays() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::create(root.path(), &chain()).unwrap();
    store.append(&begin(1, "7"), Durability::Lazy).unwrap();
    let journal = store.journal.replace(full);
    let error = store.append(&begin(2, "8"), Durability::Lazy).unwrap_err();
    assert!(error.to_string().contains("No space left"), "{error}");
    store.journal = journal;
    store.append(&begin(3, "9"), Durability::Lazy).unwrap();
    assert_eq!(store.load().unwrap().history.segments.len(), 2);
}

#[test]
fn a_planted_journal_is_refused_and_not_written_through() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::create(root.path(), &chain()).unwrap();
    let victim = root.path().join("victim");
    fs::write(&victim, "").unwrap();
    symlink(&victim, root.path().join(".ckwrap/c/journal.jsonl")).unwrap();
    let error = store.append(&begin(1, "7"), Durability::Lazy).unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    assert!(matches!(store.load(), Err(StoreError::Refused { .. })));
    assert_eq!(fs::read(victim).unwrap(), b"");
}

#[test]
fn a_directory_that_vanishes_is_an_error_and_not_another_directory() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::create(root.path(), &chain()).unwrap();
    fs::remove_dir_all(root.path().join(".ckwrap")).unwrap();
    let error = store.append(&begin(1, "7"), Durability::Synced).unwrap_err();
    assert!(error.is_missing(), "{error}");
}

#[test]
fn a_reader_beside_a_writer_sees_a_prefix() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::create(root.path(), &chain()).unwrap();
    let reader = Store::open(root.path(), &chain()).unwrap().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for n in 1..=300 {
                store.append(&begin(n, "7"), Durability::Lazy).unwrap();
            }
        });
        loop {
            let loaded = reader.load().unwrap();
            assert_eq!(loaded.reading.damaged, 0);
            let numbers: Vec<u32> = loaded.history.segments.iter().map(|s| s.number.0).collect();
            assert!(numbers.iter().copied().eq(1..=u32::try_from(numbers.len()).unwrap()));
            if numbers.len() == 300 {
                break;
            }
        }
    });
}

#[test]
fn two_writers_do_not_mix_their_records() {
    let root = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut store = Store::create(root.path(), &chain()).unwrap();
                for n in 1..=100 {
                    store.append(&begin(n, "7"), Durability::Lazy).unwrap();
                }
            });
        }
    });
    let loaded = Store::open(root.path(), &chain()).unwrap().unwrap().load().unwrap();
    assert_eq!((loaded.history.segments.len(), loaded.reading.damaged), (400, 0));
}

#[test]
fn finds_the_chain_that_knows_a_job() {
    let root = tempfile::tempdir().unwrap();
    assert!(chains(root.path()).unwrap().chains.is_empty());
    for (name, job) in [("b", "7"), ("a", "8"), ("done", "9")] {
        let mut store = Store::create(root.path(), &name.parse().unwrap()).unwrap();
        store.append(&begin(1, job), Durability::Lazy).unwrap();
        if name == "done" {
            let finished = ChainFinished { segment: SegmentNumber::FIRST };
            store.append(&at(9, finished), Durability::Lazy).unwrap();
        }
    }
    Store::create(root.path(), &"empty".parse().unwrap()).unwrap();
    fs::write(root.path().join(".ckwrap/.hidden"), "").unwrap();
    let all = chains(root.path()).unwrap();
    let names: Vec<&str> = all.chains.iter().map(|store| store.chain().as_str()).collect();
    assert_eq!(names, ["a", "b", "done", "empty"]);
    let find = |job: &str, restart| find_expecting(root.path(), job.parse().unwrap(), restart, None).unwrap();
    assert_eq!(find("8", 1).chains[0].loaded.history.chain.as_str(), "a");
    assert!(find("9", 1).chains[0].loaded.history.finished);
    assert!(find("10", 0).chains.is_empty());
    fs::set_permissions(root.path().join(".ckwrap/a"), fs::Permissions::from_mode(0o777)).unwrap();
    let found = find("7", 1);
    assert_eq!((found.chains.len(), found.unreadable.len()), (1, 1));
}

#[test]
fn a_record_in_a_file_that_is_no_longer_there_is_none() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::create(root.path(), &chain()).unwrap();
    store.append(&begin(1, "7"), Durability::Synced).unwrap();
    let journal = store.dir().path().join(JOURNAL);
    fs::rename(&journal, root.path().join("moved")).unwrap();
    let moved = store.append(&begin(2, "7"), Durability::Synced).unwrap_err().to_string();
    assert!(moved.contains("removed or exchanged"), "{moved}");
    fs::write(&journal, "").unwrap();
    store.append(&begin(2, "7"), Durability::Synced).unwrap_err();
    fs::rename(root.path().join("moved"), &journal).unwrap();
    store.append(&begin(2, "7"), Durability::Synced).unwrap();
}
