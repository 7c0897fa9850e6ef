//! One record a line, with a checksum: writing and reading, whatever the bytes are.
//!
//! A line is a JSON object whose last member is `"crc":"xxxxxxxx"`, the CRC-32 (IEEE) of the object's text without that
//! member. Pure: knows readers, not files; it never fails on content, it tells what it skipped.

use std::borrow::Cow;
use std::io::{self, BufRead};

use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::{Deserialize, Serialize};

use super::record::{Event, Record};
use crate::model::Timestamp;

/// Bytes of the longest line, its newline included.
pub const MAX_LINE: usize = 64 * 1024;
/// Version of the records written here; a line of a later version is skipped as unknown.
const VERSION: u32 = 1;
/// `,"crc":"` before and `"}` behind eight digits.
const CRC_HEAD: &[u8] = b",\"crc\":\"";
const CRC_TAIL: &[u8] = b"\"}";
/// What stands before and behind the time in a line of this version.
const USUAL_BEGIN: &str = "{\"v\":1,\"t\":\"";
const USUAL_TYPE: &str = ",\"type\":\"";
/// Problems that are kept with their place; beyond that they are only counted.
const MAX_PROBLEMS: usize = 20;

/// Why a record cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// A value has no JSON form.
    #[error("a `{kind}` record has no JSON form: {source}")]
    Json {
        /// The record's name.
        kind: &'static str,
        /// What serde said.
        source: serde_json::Error,
    },
    /// It would not be read back.
    #[error("a `{kind}` record has {bytes} bytes, more than {MAX_LINE}; shorten the paths of the checkpoint")]
    TooLong {
        /// The record's name.
        kind: &'static str,
        /// Its length.
        bytes: usize,
    },
}

/// Why a line was skipped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// It is no record with a checksum: cut off, or overwritten.
    #[error("is cut off or overwritten")]
    Torn,
    /// The checksum is that of another text.
    #[error("does not match its checksum")]
    Checksum,
    /// It is longer than any record.
    #[error("is longer than any record")]
    TooLong,
    /// Whole, of a known kind, and yet not understood.
    #[error("is not understood: {0}")]
    NotUnderstood(String),
}

/// A line that was skipped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} {damage}")]
pub struct Problem {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong.
    pub damage: Damage,
}

/// What a whole journal held beside its records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// Records that were understood.
    pub records: u64,
    /// Lines that were skipped although they are not the last: the first twenty.
    pub problems: Vec<Problem>,
    /// How many of those there are in all.
    pub damaged: u64,
    /// Whole records of a kind or version that is not known here.
    pub unknown: u64,
    /// Whether the last line was torn and dropped: a write that did not come to its end, or is still under way.
    pub torn_tail: bool,
}

/// What one line holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A record.
    Record(Box<Record>),
    /// A whole record of a kind or version that is not known here.
    Unknown,
    /// Nothing that can be trusted.
    Damaged(Damage),
}

#[derive(Serialize)]
struct Written<'a> {
    v: u32,
    t: Timestamp,
    #[serde(flatten)]
    event: &'a Event,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(default)]
    v: u32,
    t: Timestamp,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

/// The line of a record, newline included.
pub fn encode(record: &Record) -> Result<Vec<u8>, EncodeError> {
    let kind = record.event.name();
    let object = serde_json::to_vec(&Written { v: VERSION, t: record.t, event: &record.event })
        .map_err(|source| EncodeError::Json { kind, source })?;
    let sum = crc32fast::hash(&object);
    let mut line = object;
    line.pop();
    line.extend_from_slice(CRC_HEAD);
    line.extend_from_slice(format!("{sum:08x}").as_bytes());
    line.extend_from_slice(CRC_TAIL);
    line.push(b'\n');
    if line.len() > MAX_LINE {
        return Err(EncodeError::TooLong { kind, bytes: line.len() });
    }
    Ok(line)
}

/// What a line (without its newline) holds.
pub fn decode(line: &[u8]) -> Line {
    let Some((open, sum)) = take_checksum(line) else {
        return Line::Damaged(Damage::Torn);
    };
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(open);
    hasher.update(b"}");
    if hasher.finalize() != sum {
        return Line::Damaged(Damage::Checksum);
    }
    // No record has a member `crc`, so the whole line reads as the object without it.
    match understand(line) {
        Ok(Some(record)) => Line::Record(Box::new(record)),
        Ok(None) => Line::Unknown,
        Err(why) => Line::Damaged(Damage::NotUnderstood(why)),
    }
}

/// The object up to where its checksum begins, and the checksum.
fn take_checksum(line: &[u8]) -> Option<(&[u8], u32)> {
    let line = line.strip_suffix(CRC_TAIL)?;
    let (rest, digits) = line.split_at_checked(line.len().checked_sub(8)?)?;
    let plain = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let digits = std::str::from_utf8(digits).ok().filter(|text| text.as_bytes().iter().all(plain))?;
    let sum = u32::from_str_radix(digits, 16).ok()?;
    Some((rest.strip_suffix(CRC_HEAD)?, sum))
}

fn understand(object: &[u8]) -> Result<Option<Record>, String> {
    let text = std::str::from_utf8(object).map_err(|e| e.to_string())?;
    let head = match usual_head(text) {
        Some(head) => head,
        None => serde_json::from_str(text).map_err(|e| e.to_string())?,
    };
    if head.v > VERSION {
        return Ok(None);
    }
    match Event::parse(&head.kind, text) {
        None => Ok(None),
        Some(Ok(event)) => Ok(Some(Record { t: head.t, event })),
        Some(Err(why)) => Err(why.to_string()),
    }
}

/// The head of a line as [`encode`] spells it, without a look at the rest; `None` for every other spelling.
// Each line of a long journal is then parsed once, not twice.
fn usual_head(text: &str) -> Option<Head<'_>> {
    let (time, rest) = text.strip_prefix(USUAL_BEGIN)?.split_once('"')?;
    let (kind, _) = rest.strip_prefix(USUAL_TYPE)?.split_once('"')?;
    let is_plain = |text: &str| !text.contains('\\');
    if !is_plain(time) || !is_plain(kind) {
        return None;
    }
    let t = Timestamp::deserialize(StrDeserializer::<ValueError>::new(time)).ok()?;
    Some(Head { v: VERSION, t, kind: Cow::Borrowed(kind) })
}

/// Reads a journal to its end and hands each record to `each`, in order; memory does not grow with the journal.
///
/// A last line without a newline counts if it is whole: the next writer will end it.
pub fn read(mut from: impl BufRead, mut each: impl FnMut(&Record)) -> io::Result<Reading> {
    let mut reading = Reading::default();
    let mut line = Vec::new();
    let mut number = 0_u64;
    loop {
        let end = next_line(&mut from, &mut line)?;
        if end == End::Nothing {
            return Ok(reading);
        }
        number = number.saturating_add(1);
        let damage = match (line.len() >= MAX_LINE, line.is_empty()) {
            (true, _) => Damage::TooLong,
            // Two writers that both ended a torn line leave an empty one.
            (false, true) => continue,
            (false, false) => match decode(&line) {
                Line::Record(record) => {
                    reading.records = reading.records.saturating_add(1);
                    each(&record);
                    continue;
                }
                Line::Unknown => {
                    reading.unknown = reading.unknown.saturating_add(1);
                    continue;
                }
                Line::Damaged(damage) => damage,
            },
        };
        if end == End::Torn && !matches!(damage, Damage::NotUnderstood(_)) {
            reading.torn_tail = true;
            continue;
        }
        reading.damaged = reading.damaged.saturating_add(1);
        if reading.problems.len() < MAX_PROBLEMS {
            reading.problems.push(Problem { line: number, damage });
        }
    }
}

/// How a line came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With a newline.
    Newline,
    /// With the file.
    Torn,
    /// There was none.
    Nothing,
}

/// Puts the next line, without its newline, into `line`; of one that is too long only the beginning.
fn next_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<End> {
    line.clear();
    let mut any = false;
    loop {
        let chunk = match from.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            return Ok(if any { End::Torn } else { End::Nothing });
        }
        any = true;
        // `contains` is many times faster, which a line of a gigabyte needs.
        let there = chunk.contains(&b'\n');
        let newline = if there { chunk.iter().position(|byte| *byte == b'\n') } else { None };
        let part = chunk.get(..newline.unwrap_or(chunk.len())).unwrap_or_default();
        let room = MAX_LINE.saturating_sub(line.len());
        line.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
        let used = part.len() + usize::from(newline.is_some());
        from.consume(used);
        if newline.is_some() {
            return Ok(End::Newline);
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
