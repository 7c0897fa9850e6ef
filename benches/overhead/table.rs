//! What was measured, for people and for programs, and the line that it has to reach.

use serde_json::json;

use super::contenders::{BARE, STATIC, TINI};
use super::lives::Lives;
use super::numbers::Sample;
use super::resting::Resting;

/// All of one contender.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) life: Lives,
    pub(super) calls: usize,
    pub(super) end: Sample,
    pub(super) signal: Sample,
    pub(super) resting: Resting,
}

/// Column heads; each is explained below the table.
const HEADS: [&str; 15] = [
    "", "life", "p99", "ratio", "added", "/tini", "faults", "calls", "sig p50", "sig p99", "end p50", "peak",
    "private", "fds", "wakes",
];

const WORDS: &str = "\
life, p99, added: microseconds from start to end of `true`; ratio: to bare; added: over bare in the same round; /tini: to what tini adds
faults, calls: page faults and system calls, the program's among them; sig: microseconds from a signal to the program; end: from
the program's last words to the end of all; peak, private: kB of memory; fds: open descriptors; wakes: while nothing happened";

fn shown(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

fn row<'a>(rows: &'a [Row], name: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.name == name)
}

/// One figure of this row as a multiple of another's.
fn ratio(rows: &[Row], own: &Row, of: &str, figure: impl Fn(&Row) -> Option<f64>) -> Option<f64> {
    Some(figure(own)? / figure(row(rows, of)?)?)
}

fn added(row: &Row) -> Option<f64> {
    row.life.added.median()
}

/// The table.
pub(super) fn print(rows: &[Row]) {
    print_line(&HEADS.map(str::to_owned));
    for own in rows {
        print_line(&[
            own.name.clone(),
            shown(own.life.time.median(), 0),
            shown(own.life.time.quantile(0.99), 0),
            shown(ratio(rows, own, BARE, |row| row.life.time.median()), 2),
            shown(added(own), 0),
            shown(ratio(rows, own, TINI, added), 2),
            shown(own.life.faults.median(), 0),
            own.calls.to_string(),
            shown(own.signal.median(), 0),
            shown(own.signal.quantile(0.99), 0),
            shown(own.end.median(), 0),
            own.resting.peak.to_string(),
            own.resting.private.to_string(),
            own.resting.descriptors.to_string(),
            own.resting.wake_ups.to_string(),
        ]);
    }
    println!("{WORDS}");
}

fn print_line(cells: &[String; 15]) {
    let [name, rest @ ..] = cells;
    print!("{name:<21}");
    for cell in rest {
        print!("{cell:>8}");
    }
    println!();
}

/// The same for programs.
pub(super) fn json(rows: &[Row], seed: u64) -> String {
    let of = |own: &Row| {
        json!({
            "name": own.name,
            "life_us": {"p50": own.life.time.median(), "p99": own.life.time.quantile(0.99)},
            "life_over_bare": ratio(rows, own, BARE, |row| row.life.time.median()),
            "added_us": added(own),
            "added_over_tini": ratio(rows, own, TINI, added),
            "page_faults": own.life.faults.median(),
            "system_calls": own.calls,
            "signal_us": {"p50": own.signal.median(), "p99": own.signal.quantile(0.99)},
            "signal_over_tini": ratio(rows, own, TINI, |row| row.signal.median()),
            "end_us": {"p50": own.end.median(), "p99": own.end.quantile(0.99)},
            "peak_kb": own.resting.peak,
            "resident_kb": own.resting.resident,
            "private_kb": own.resting.private,
            "descriptors": own.resting.descriptors,
            "threads": own.resting.threads,
            "wake_ups": own.resting.wake_ups,
        })
    };
    json!({"seed": seed, "rows": rows.iter().map(of).collect::<Vec<_>>()}).to_string()
}

/// Each figure of the static build that misses the line, with both.
pub(super) fn shortfalls(rows: &[Row]) -> Vec<String> {
    let Some(own) = row(rows, STATIC) else { return vec![format!("{STATIC} was not measured")] };
    let resting = &own.resting;
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    let figures = [
        ("added time from start to end, as a multiple of tini's", ratio(rows, own, TINI, added), 0.5),
        (
            "median time of a signal, as a multiple of tini's",
            ratio(rows, own, TINI, |row| row.signal.median()),
            1.3,
        ),
        ("wake-ups while nothing happened", Some(resting.wake_ups as f64), 0.0),
        ("most resident memory, kB", Some(resting.peak as f64), 1024.0),
        ("open descriptors", Some(resting.descriptors as f64), 8.0),
    ];
    let short = figures.into_iter().filter(|(_, value, most)| value.is_none_or(|value| value > *most));
    short.map(|(what, value, most)| format!("{STATIC}: {what}: {} > {most}", shown(value, 2))).collect()
}
