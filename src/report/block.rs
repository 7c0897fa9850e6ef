//! One chain in a few lines: what the table has no room for.
//!
//! Plain text in a given width, each line with its name first, so that it can be read by ear.

use std::time::Duration;

use super::standing::Standing;
use super::status::{ChainStatus, State};
use super::words::{bytes, moment, span};
use crate::model::Timestamp;

/// Characters of the names.
const NAMES: usize = 12;
/// Indentation of all lines but the first.
const INDENT: &str = "  ";
/// Narrower is not tried.
const NARROWEST: usize = 40;

/// The lines of a chain, within so many columns.
pub fn block(status: &ChainStatus, standing: &Standing, now: Timestamp, width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut text = head(status);
    text.push('\n');
    let mut line = |name: &str, value: &str| {
        let room = width - INDENT.len() - NAMES - 1;
        for (place, part) in wrap(value, room).iter().enumerate() {
            let name = if place == 0 { name } else { "" };
            text.push_str(format!("{INDENT}{name:<NAMES$} {part}").trim_end());
            text.push('\n');
        }
    };
    if let Some(words) = standing.slurm.words(now) {
        line("in Slurm", &words);
    }
    if let Some(words) = progress(status, standing, width) {
        line("progress", &words);
    }
    line("checkpoint", &checkpoint(status));
    if let Some(words) = deadline(status, standing, now) {
        line("deadline", &words);
    }
    if let Some(estimate) = &standing.estimate {
        line("finish", &estimate.words(now));
    }
    line("lost work", &standing.waste.words());
    text
}

fn head(status: &ChainStatus) -> String {
    let segment = match (status.segments, status.state) {
        (0, _) => "no segment yet".to_owned(),
        (number, State::Running) => format!("segment {number} runs"),
        (number, State::Waiting) => format!("segment {} waits", number + 1),
        (number, state) => format!("{} after segment {number}", state.word()),
    };
    format!("{}: {segment}", status.chain)
}

/// Nothing of a chain that is over and has never said.
fn progress(status: &ChainStatus, standing: &Standing, width: usize) -> Option<String> {
    let told = status.told.as_ref().and_then(|told| told.progress);
    let Some(progress) = told.or(standing.counted) else {
        let over = matches!(status.state, State::Finished | State::Stopped);
        let hint = "not known: the program has not said (ckwrap notify --progress DONE/TOTAL)";
        return (!over).then(|| hint.to_owned());
    };
    let source = if told.is_none() { ", by its own files" } else { "" };
    let rate = standing.rate.map(|rate| format!(", {}", rate.short())).unwrap_or_default();
    let bar = bar(progress.percent, (width / 4).clamp(10, 60));
    Some(format!("{}% {bar} {}{source}{rate}", progress.percent, progress.spelled))
}

fn bar(percent: u8, width: usize) -> String {
    let full = width * usize::from(percent.min(100)) / 100;
    format!("[{}{}]", "#".repeat(full), ".".repeat(width - full))
}

fn checkpoint(status: &ChainStatus) -> String {
    status.checkpoint.as_ref().map_or_else(
        || "none".to_owned(),
        |seen| {
            let age = span(Duration::from_secs(seen.age_seconds));
            format!("{age} ago, {}, {}", bytes(seen.size), super::words::harmless(&seen.path))
        },
    )
}

fn deadline(status: &ChainStatus, standing: &Standing, now: Timestamp) -> Option<String> {
    let deadline = status.deadline?;
    let when = if deadline > now { format!("in {}", span(deadline - now)) } else { "over".to_owned() };
    let lead = standing.last_lead_seconds.map(Duration::from_secs);
    let lead = lead.map(|lead| format!("; a checkpoint was last asked for {} before one", span(lead)));
    Some(format!("{} UTC, {when}{}", moment(deadline), lead.unwrap_or_default()))
}

/// Lines of at most so many characters, broken at blanks; a longer word is broken where the line ends.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(room.max(1)) {
            if !line.is_empty() && line.chars().count() + 1 + piece.len() > room {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(piece);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests;
