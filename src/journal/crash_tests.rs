//! What a crash leaves of a journal: the real reader and the real writer after writes that were dropped, torn or reordered.
//!
//! As `SQLite` tries its own files: every write since the last sync is kept, lost, kept in part, or replaced by zeros, each for
//! itself. What was synced must be read back whole and in order; of the rest, any part, but never anything that was not
//! written; and the next writer must be able to go on.

use std::fs;
use std::io::Cursor;

use super::record::{Intent, Record, Told};
use super::store::{JOURNAL, ROOT};
use super::{Durability, Store, codec};
use crate::model::{ChainId, ContinuationMode, SegmentNumber, Timestamp};

/// A small generator of its own, so that a number means the same for ever.
struct Rng(u64);

impl Rng {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let most = u64::try_from(most.max(1)).unwrap();
        usize::try_from((self.0 >> 33) % most).unwrap()
    }
}

fn chain() -> ChainId {
    "c".parse().unwrap()
}

/// The `n`-th record: of any length, and no two alike.
fn record(n: usize, rng: &mut Rng) -> Record {
    let t = Timestamp::from_seconds(i64::try_from(n).unwrap());
    let segment = SegmentNumber(u32::try_from(n).unwrap());
    let event = if rng.below(2) == 0 {
        let status = Some("x\n\"}{".repeat(rng.below(200)));
        Told { segment, progress: None, status }.into()
    } else {
        Intent { segment, mode: ContinuationMode::Requeue, token: None, job: None }.into()
    };
    Record { t, event }
}

/// The file as the writes since the last sync left it.
fn crashed(durable: &[u8], since: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut file = durable.to_vec();
    let mut place = file.len();
    for write in since {
        let end = place + write.len();
        let kept = match rng.below(5) {
            0 => write.clone(),
            1 => write[..rng.below(write.len())].to_vec(),
            2 => vec![0; write.len()],
            // A page of it is of something else.
            3 => {
                let mut bytes = write.clone();
                let at = rng.below(bytes.len());
                bytes[at] ^= 1 << rng.below(8);
                bytes
            }
            _ => Vec::new(),
        };
        if !kept.is_empty() {
            file.resize(file.len().max(place), 0);
            file.truncate(place);
            file.extend_from_slice(&kept);
        }
        place = end;
    }
    file
}

fn read(bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    codec::read(Cursor::new(bytes), |record| records.push(record.clone())).unwrap();
    records
}

/// One crash of a journal with `seed`.
fn crash(seed: u64) {
    let mut rng = Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let (mut durable, mut since): (Vec<u8>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
    let (mut safe, mut written) = (Vec::new(), Vec::new());
    for n in 1..2 + rng.below(12) {
        let record = record(n, &mut rng);
        since.push(codec::encode(&record).unwrap());
        written.push(record);
        if rng.below(3) == 0 {
            durable.extend(since.drain(..).flatten());
            safe.clone_from(&written);
        }
    }
    let file = crashed(&durable, &since, &mut rng);
    let found = read(&file);
    assert_eq!(found.get(..safe.len()), Some(safe.as_slice()), "seed {seed}: what was synced is lost");
    let mut rest = written.iter();
    for record in &found {
        assert!(rest.any(|other| other == record), "seed {seed}: never written, or out of order: {record:?}");
    }
    goes_on_after(seed, &file, &found, &mut rng);
}

/// The next segment appends to what is left, through the real store, and reads it all back.
fn goes_on_after(seed: u64, file: &[u8], found: &[Record], rng: &mut Rng) {
    // Few are enough to try the files themselves, each of which is synced.
    if !seed.is_multiple_of(100) {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::create(root.path(), &chain()).unwrap();
    let next = record(1000, rng);
    store.append(&next, Durability::Lazy).unwrap();
    let path = root.path().join(ROOT).join("c").join(JOURNAL);
    fs::write(&path, file).unwrap();
    let mut again = Store::open(root.path(), &chain()).unwrap().unwrap();
    again.append(&next, Durability::Synced).unwrap();
    let expected: Vec<Record> = found.iter().chain([&next]).cloned().collect();
    assert_eq!(read(&fs::read(&path).unwrap()), expected, "seed {seed}: the record after the crash is lost");
}

#[test]
fn what_was_synced_survives_and_nothing_else_is_made_up() {
    let seeds = std::env::var("CKWRAP_SIM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3000);
    for seed in 0..seeds {
        crash(seed);
    }
}
