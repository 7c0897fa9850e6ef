//! The segments of a chain one below the other.
//!
//! Knows one history; the moment of looking comes in.

use super::table::{Column, render};
use super::words;
use crate::journal::{History, SegmentSummary};
use crate::model::Timestamp;

/// A line for each segment: job, start (UTC), run time, why it ended, what checkpoint it left, and the time until the next.
///
/// A `>` before a time says: at least, as the end is not recorded.
pub fn timeline(history: &History, now: Timestamp) -> String {
    let left = |title, most| Column { title, most, right: false };
    let right = |title, most| Column { title, most, right: true };
    let columns = [
        right("SEG", 5),
        left("JOB", 12),
        left("START (UTC)", 14),
        right("RAN", 7),
        left("END", 14),
        right("CHECKPOINT", 10),
        right("GAP", 7),
    ];
    let next = history.segments.iter().skip(1).map(Some).chain([None]);
    let rows: Vec<Vec<String>> =
        history.segments.iter().zip(next).map(|(segment, next)| row(history, segment, next, now)).collect();
    render(&columns, &rows)
}

fn row(
    history: &History,
    segment: &SegmentSummary,
    next: Option<&SegmentSummary>,
    now: Timestamp,
) -> Vec<String> {
    let start = segment.started.to_string();
    let start = start.get(5..19).unwrap_or(&start).replace('T', " ");
    let ran = match (segment.end, next) {
        (Some(end), _) => words::span(end.ran),
        (None, None) if !history.finished && history.stopped.is_none() => words::span(now - segment.started),
        (None, _) => format!(">{}", words::span(segment.ran())),
    };
    let end = words::end(segment, next.is_some());
    let checkpoint = match &segment.reached {
        Some(id) if segment.reached != segment.used => words::bytes(id.size),
        Some(_) => "no newer".to_owned(),
        None => "none".to_owned(),
    };
    let gap = next.map_or_else(String::new, |next| match segment.end {
        Some(end) => words::span(next.started - end.at),
        None => "-".to_owned(),
    });
    let job = segment.job.map_or_else(|| "-".to_owned(), |job| job.to_string());
    vec![segment.number.to_string(), job, start, ran, end, checkpoint, gap]
}
