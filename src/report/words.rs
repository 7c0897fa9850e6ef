//! Numbers and reasons as people read them.
//!
//! Knows no layout. Text that came from elsewhere is made harmless here, so that a job's name or a scheduler's answer
//! cannot write over the terminal.

use std::time::Duration;

use crate::journal::{Cause, SegmentSummary, StopReason};
use crate::model::{ChildExit, Timestamp};

/// A time span in its two largest units: `45s`, `12m30s`, `3h05m`, `2d04h`.
pub(super) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
        (0, _, _) => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d{:02}h", hours % 24),
    }
}

/// A moment to the minute, in UTC: `2025-11-22 00:01`.
pub(super) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

/// Bytes with a binary unit: `512 B`, `1.5 GiB`, `120 GiB`.
pub(super) fn bytes(bytes: u64) -> String {
    let mut unit = 1_u64;
    let mut name = "B";
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        if bytes / unit < 1024 {
            break;
        }
        unit = unit.saturating_mul(1024);
        name = next;
    }
    if unit == 1 {
        return format!("{bytes} B");
    }
    let tenths = u128::from(bytes) * 10 / u128::from(unit);
    if tenths >= 1000 {
        return format!("{} {name}", tenths / 10);
    }
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// A number with three digits that count: `12.5`, `0.034`, `1234`.
pub(super) fn amount(number: f64) -> String {
    let size = number.abs();
    if size >= 1e9 || (size > 0.0 && size < 1e-3) {
        return format!("{number:.2e}");
    }
    let decimals = match size {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        _ => 4,
    };
    format!("{number:.decimals$}")
}

/// Text of several lines in one, with every other control character spelled out.
pub(super) fn harmless(text: &str) -> String {
    crate::model::harmless(&text.trim().replace(['\n', '\t'], " "))
}

/// Why a segment ended.
pub(super) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Completed => "completed",
        Cause::Deadline => "deadline",
        Cause::TimeLimit => "time limit",
        Cause::Preempted => "preempted",
        Cause::Cancelled => "cancelled",
        Cause::RequeuedByOther => "requeued",
        Cause::Asked => "asked to",
        Cause::Crashed => "crashed",
        Cause::Unknown => "unknown",
    }
}

/// How a segment came to its end. `followed`: whether another one has begun since.
pub(super) fn end(segment: &SegmentSummary, followed: bool) -> String {
    match segment.end {
        Some(end) => match end.exit {
            ChildExit::Signal(signal) if end.cause == Cause::Crashed => signal.to_string(),
            ChildExit::Code(code) if end.cause == Cause::Crashed => format!("exit code {code}"),
            _ => cause(end.cause).to_owned(),
        },
        None if segment.internal_error.is_some() => "ckwrap failed".to_owned(),
        None if followed => "killed".to_owned(),
        None => "-".to_owned(),
    }
}

/// Why a chain ended before it was complete.
pub(super) fn stop_reason(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Failed => "the program failed",
        StopReason::MaxSegments => "it has had as many segments as continue.max_segments allows",
        StopReason::MaxFailures => "it failed as often in a row as continue.max_failures allows",
        StopReason::MaxStalls => "too many segments in a row left no newer checkpoint (continue.max_stalls)",
        StopReason::MaxWalltime => "it has run as long as continue.max_walltime allows",
        StopReason::Cancelled => "its job was cancelled",
        StopReason::NoContinuation => "no way to continue it was left",
        StopReason::ByUser => "it was told to stop",
        StopReason::Other => "a newer version of ckwrap stopped it",
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0s")]
    #[case(59, "59s")]
    #[case(61, "1m01s")]
    #[case(3600, "1h00m")]
    #[case(90_061, "1d01h")]
    fn spans(#[case] seconds: u64, #[case] text: &str) {
        assert_eq!(span(Duration::from_secs(seconds)), text);
    }

    #[rstest]
    #[case(0, "0 B")]
    #[case(1023, "1023 B")]
    #[case(1536, "1.5 KiB")]
    #[case(102_399, "99.9 KiB")]
    #[case(102_400, "100 KiB")]
    #[case(u64::MAX, "15.9 EiB")]
    fn sizes(#[case] size: u64, #[case] text: &str) {
        assert_eq!(bytes(size), text);
    }

    #[rstest]
    #[case(0.0, "0.0000")]
    #[case(0.0344, "0.0344")]
    #[case(12.512, "12.5")]
    #[case(1234.4, "1234")]
    #[case(3.2e12, "3.20e12")]
    #[case(4e-9, "4.00e-9")]
    fn amounts(#[case] number: f64, #[case] text: &str) {
        assert_eq!(amount(number), text);
    }

    #[test]
    fn foreign_text_cannot_move_the_cursor() {
        assert_eq!(harmless(" a\u{1b}[2Jb\nc\r "), "a\\u{1b}[2Jb c");
    }
}
