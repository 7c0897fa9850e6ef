//! Where chains stand, and what there is to do about it: a line each, or JSON.
//!
//! Knows histories and whether an owner lives, both as they were found; looks nothing up.

use std::borrow::Borrow;

use serde::Serialize;

mod lead;

pub use lead::LeadStatus;

use super::table::{Column, paragraph, render};
use super::words;
use crate::journal::history::LastTold;
use crate::journal::owner::Life;
use crate::journal::{History, Loaded, Reading};
use crate::model::{ChainId, ContinuationMode, JobId, Progress, Timestamp, plain};

/// Where one chain stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChainStatus {
    /// Its name.
    pub chain: ChainId,
    /// What it does.
    pub state: State,
    /// Why, in words, where that is not plain from the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the user could do, if there is anything to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
    /// Segments so far.
    pub segments: usize,
    /// The job of the last segment, or the one that is waited for.
    pub job: Option<JobId>,
    /// When the allocation of the running segment ends, as last known.
    pub deadline: Option<Timestamp>,
    /// How long before that a checkpoint is asked for, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadStatus>,
    /// The newest checkpoint.
    pub checkpoint: Option<CheckpointStatus>,
    /// What the program last said of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<ToldStatus>,
    /// Failed segments in a row.
    pub failures_in_row: u32,
    /// Segments in a row without a newer checkpoint.
    pub stalls_in_row: u32,
    /// Segments in a row that were killed together with ckwrap.
    pub lost_in_row: u32,
    /// Run time of all segments, in seconds; of the running one up to its last record.
    pub computed_seconds: u64,
    /// When the chain began.
    pub started: Option<Timestamp>,
    /// When the last record was written.
    pub last_record: Option<Timestamp>,
    /// Lines of the journal that could not be used.
    pub damaged_lines: Vec<String>,
}

/// The newest checkpoint of a chain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckpointStatus {
    /// Its path; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When it was first seen.
    pub seen: Timestamp,
    /// Seconds since then.
    pub age_seconds: u64,
}

/// What the program last said of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToldStatus {
    /// What is done and what there is to do, in the program's own unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressStatus>,
    /// What it is doing, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// When it was recorded.
    pub at: Timestamp,
    /// Seconds since then.
    pub age_seconds: u64,
}

/// How much of the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ProgressStatus {
    /// So much.
    pub done: f64,
    /// Of so much.
    pub total: f64,
    /// Whole percent, rounded down.
    pub percent: u8,
    /// The same as the program spells it.
    #[serde(skip)]
    pub(super) spelled: Progress,
}

/// What a chain does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has not begun.
    New,
    /// A segment runs, as far as the journal knows.
    Running,
    /// A segment was killed together with ckwrap; the scheduler may start it again.
    Killed,
    /// The next segment is in the queue.
    Waiting,
    /// It was tried to put the next segment into the queue, and the answer was lost.
    Unclear,
    /// The next segment could not be put into the queue.
    Stuck,
    /// The last segment has ended, and nothing more is recorded.
    Ended,
    /// The computation is complete.
    Finished,
    /// It ended before that.
    Stopped,
}

impl State {
    /// In a word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Running => "running",
            Self::Killed => "killed",
            Self::Waiting => "waiting",
            Self::Unclear => "unclear",
            Self::Stuck => "stuck",
            Self::Ended => "ended",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
        }
    }
}

/// A state with what explains it.
struct Judged {
    state: State,
    reason: Option<String>,
    todo: Option<String>,
}

impl ChainStatus {
    /// The status of a chain whose owner was found to be alive, dead or beyond what can be seen from here.
    pub fn of(loaded: &Loaded, owner: Life, now: Timestamp) -> Self {
        let history = &loaded.history;
        let judged = judge(history, owner);
        let last = history.segments.last();
        let next_job = history.continuation().and_then(|(_, job)| job);
        let running = judged.state == State::Running;
        Self {
            chain: history.chain.clone(),
            state: judged.state,
            reason: judged.reason.as_deref().map(words::harmless),
            todo: judged.todo.as_deref().map(words::harmless),
            segments: history.segments.len(),
            job: next_job.or_else(|| last.and_then(|segment| segment.job)),
            deadline: last.filter(|_| running).and_then(|segment| segment.deadline),
            lead: last.filter(|_| running).and_then(|segment| segment.lead).map(LeadStatus::from),
            checkpoint: history.last_checkpoint.as_ref().map(|seen| CheckpointStatus {
                path: seen.id.path.to_string_lossy().into_owned(),
                size: seen.id.size,
                seen: seen.at,
                age_seconds: (now - seen.at).as_secs(),
            }),
            told: history.told.as_ref().and_then(|last| told(last, now)),
            failures_in_row: history.failures_in_row(),
            stalls_in_row: history.stalls_in_row(),
            lost_in_row: history.lost_in_row(),
            computed_seconds: history.walltime().as_secs(),
            started: history.started,
            last_record: history.last_record,
            damaged_lines: damaged(&loaded.reading),
        }
    }
}

impl From<Progress> for ProgressStatus {
    fn from(spelled: Progress) -> Self {
        let (done, total, percent) = (spelled.done(), spelled.total(), spelled.percent());
        Self { done, total, percent, spelled }
    }
}

fn told(last: &LastTold, now: Timestamp) -> Option<ToldStatus> {
    let progress = last.progress.map(ProgressStatus::from);
    let status = last.status.as_deref().map(plain).filter(|text| !text.is_empty());
    let any = progress.is_some() || status.is_some();
    any.then(|| ToldStatus { progress, status, at: last.at, age_seconds: (now - last.at).as_secs() })
}

fn judge(history: &History, owner: Life) -> Judged {
    let plain = |state| Judged { state, reason: None, todo: None };
    let resume = || Some(format!("to go on: submit the same script again with --chain {}", history.chain));
    if history.finished {
        return plain(State::Finished);
    }
    if let Some(stopped) = &history.stopped {
        let rule = words::stop_reason(stopped.reason);
        let said = stopped.text.trim();
        let reason = if said.is_empty() { rule.to_owned() } else { format!("{rule}: {said}") };
        return Judged { state: State::Stopped, reason: Some(reason), todo: resume() };
    }
    if history.segments.is_empty() {
        return plain(State::New);
    }
    if let Some(open) = history.open_segment() {
        return match owner {
            Life::Alive | Life::Unknown => plain(State::Running),
            Life::Dead => Judged {
                state: State::Killed,
                reason: Some(format!("segment {} was killed together with ckwrap", open.number)),
                todo: Some(
                    "goes on if the scheduler starts the job again; else submit the script again".into(),
                ),
            },
        };
    }
    if let Some(intent) = &history.open_intent {
        let answer = intent.lost_answer.as_deref().unwrap_or("ckwrap ended before there was an answer");
        return Judged {
            state: State::Unclear,
            reason: Some(format!("{}: {answer}", way(intent.mode))),
            todo: Some(format!(
                "look with squeue whether a job waits; if none does, submit the same script again with --chain {}",
                history.chain
            )),
        };
    }
    if history.continuation().is_some() {
        return plain(State::Waiting);
    }
    match &history.failed_continuation {
        Some(failed) => Judged {
            state: State::Stuck,
            reason: Some(format!("{} did not work: {}", way(failed.mode), failed.text)),
            todo: resume(),
        },
        None if owner == Life::Alive => plain(State::Running),
        None => Judged {
            state: State::Ended,
            reason: Some("the last segment has ended and no continuation is recorded".into()),
            todo: resume(),
        },
    }
}

fn way(mode: ContinuationMode) -> &'static str {
    match mode {
        ContinuationMode::Auto => "continuing",
        ContinuationMode::Requeue => "requeueing the job",
        ContinuationMode::Successor => "submitting a successor",
        ContinuationMode::Array => "leaving it to the next array task",
        ContinuationMode::ExitCode => "asking for a requeue by exit code",
        ContinuationMode::Local => "starting the next segment here",
        ContinuationMode::None => "ending without a continuation",
    }
}

fn damaged(reading: &Reading) -> Vec<String> {
    let mut lines: Vec<String> =
        reading.problems.iter().map(|problem| words::harmless(&problem.to_string())).collect();
    let more = reading.damaged.saturating_sub(u64::try_from(lines.len()).unwrap_or(u64::MAX));
    if more > 0 {
        lines.push(format!("{more} more"));
    }
    lines
}

/// A line for each chain, in 80 columns, and below them what wants attention.
pub fn table(chains: &[impl Borrow<ChainStatus>]) -> String {
    let left = |title, most| Column { title, most, right: false };
    let right = |title, most| Column { title, most, right: true };
    let columns = [
        left("CHAIN", 20),
        left("STATE", 8),
        right("SEG", 5),
        left("CHECKPOINT", 20),
        right("FAILED", 6),
        right("STALLED", 7),
        right("RUN", 7),
    ];
    let chains = chains.iter().map(Borrow::borrow);
    let rows: Vec<Vec<String>> = chains.clone().map(row).collect();
    let mut text = render(&columns, &rows);
    for chain in chains {
        for note in notes(chain) {
            text.push_str(&paragraph(&format!("{}:", chain.chain), &note));
        }
    }
    text
}

fn row(chain: &ChainStatus) -> Vec<String> {
    let seconds = std::time::Duration::from_secs;
    let checkpoint = chain.checkpoint.as_ref().map_or_else(
        || "none".to_owned(),
        |seen| format!("{} ago, {}", words::span(seconds(seen.age_seconds)), words::bytes(seen.size)),
    );
    vec![
        chain.chain.to_string(),
        chain.state.word().to_owned(),
        chain.segments.to_string(),
        checkpoint,
        chain.failures_in_row.to_string(),
        chain.stalls_in_row.to_string(),
        words::span(seconds(chain.computed_seconds)),
    ]
}

fn notes(chain: &ChainStatus) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    if let Some(told) = &chain.told {
        let progress = told.progress.map(|it| format!("{}% done ({})", it.percent, it.spelled));
        let age = words::span(std::time::Duration::from_secs(told.age_seconds));
        let said = progress.into_iter().chain(told.status.clone()).collect::<Vec<_>>().join(", ");
        notes.push(format!("{said} ({age} ago)"));
    }
    if let Some(lead) = &chain.lead {
        notes.push(lead.to_string());
    }
    if let Some(reason) = &chain.reason {
        notes.push(reason.clone());
    }
    if let Some(todo) = &chain.todo {
        notes.push(todo.clone());
    }
    if !chain.damaged_lines.is_empty() {
        notes.push(format!("damaged in its journal and skipped: {}", chain.damaged_lines.join("; ")));
    }
    notes
}

#[cfg(test)]
mod tests;
