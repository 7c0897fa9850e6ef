//! What Slurm says about one job: facts only, no conclusions.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use super::fields::{Fields, records};
use super::refusal::{stdout_of, words};
use super::{Commands, JobState, QUERY_TIMEOUT};
use crate::model::{JobId, Timestamp};
use crate::scheduler::call::{Answer, Call, Output, RefusalKind};

/// One job or array task as `scontrol -o show job` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// Its name: `ARRAY_TASK` for a task.
    pub id: JobId,
    /// Its plain number. The last task of an array bears the number of the array: never act by it.
    pub raw_id: u32,
    /// Its state.
    pub state: JobState,
    /// Why it waits or ended, in Slurm's word.
    pub reason: Option<String>,
    /// When its allocation ends or ended. Moved by preemption, suspension and a changed limit.
    pub end_time: Option<Timestamp>,
    /// When it started or will.
    pub start_time: Option<Timestamp>,
    /// Its time limit.
    pub time_limit: Limit,
    /// How often it was restarted, for whatever cause.
    pub restarts: Option<u32>,
    /// Whether it may be requeued.
    pub requeue: Option<bool>,
    /// When it was chosen to be preempted, if it was.
    pub preempt_time: Option<Timestamp>,
    /// Its partition.
    pub partition: Option<String>,
    /// The user's comment, if it is UTF-8.
    pub comment: Option<String>,
    /// What it waits for, in Slurm's form.
    pub dependency: Option<String>,
    /// Everything that was printed.
    pub fields: Fields,
}

/// A job's time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// This long.
    Time(Duration),
    /// None.
    Unlimited,
    /// Not told.
    Unknown,
}

/// Whether a job exists, for proving that the owner of a run directory is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// The controller knows it.
    Known(Box<JobView>),
    /// The controller answered that it knows no such job: it ended at least `MinJobAge` ago.
    Gone,
}

impl Commands {
    /// Asks about one job; [`JobView::from_answer`] or [`Presence::from_answer`] reads the answer.
    pub fn show_job(&self, id: JobId) -> Call {
        self.call(QUERY_TIMEOUT, &["scontrol", "-o", "show", "job", &id.to_string()])
    }
}

impl JobView {
    /// What `show_job(id)` printed.
    pub fn from_answer(output: &Output, id: JobId) -> Answer<Self> {
        // Slurm ends every record with a newline: without one the last values may be cut short.
        stdout_of(output).and_then(|text| match Self::find(text, id).filter(|_| text.ends_with(b"\n")) {
            Some(view) => Answer::Yes(view),
            None => Answer::Unknown(format!("the answer about job {id} cannot be read: {}", words(output))),
        })
    }

    fn find(text: &[u8], id: JobId) -> Option<Self> {
        let mut views = records(text)?.into_iter().filter_map(Self::from_fields).filter(|view| view.is(id));
        let view = views.next()?;
        views.next().is_none().then_some(view)
    }

    fn is(&self, id: JobId) -> bool {
        match id {
            JobId::Single(number) => self.raw_id == number,
            JobId::Task { .. } => self.id == id,
        }
    }

    fn from_fields(fields: Fields) -> Option<Self> {
        let raw_id = u32::try_from(fields.number("JobId")?).ok()?;
        let text = |key: &str| fields.text(key).map(str::to_owned);
        let time = |key: &str| {
            fields
                .text(key)
                .and_then(|text| text.parse().ok())
                .filter(|at| *at > 0)
                .map(Timestamp::from_seconds)
        };
        let requeue = match fields.text("Requeue") {
            Some("1") => Some(true),
            Some("0") => Some(false),
            _ => None,
        };
        Some(Self {
            id: task_of(&fields).unwrap_or(JobId::Single(raw_id)),
            raw_id,
            state: JobState::from_words(&text("JobState")?),
            reason: text("Reason"),
            end_time: time("EndTime"),
            start_time: time("StartTime"),
            time_limit: fields.text("TimeLimit").map_or(Limit::Unknown, Limit::from_text),
            restarts: fields.number("Restarts").and_then(|count| count.try_into().ok()),
            requeue,
            preempt_time: time("PreemptTime"),
            partition: text("Partition"),
            comment: text("Comment"),
            dependency: text("Dependency"),
            fields,
        })
    }

    /// A field's value as an argument, unless it is one of Slurm's words for none.
    pub(super) fn argument(&self, key: &str) -> Option<OsString> {
        let bytes = self.fields.bytes(key)?;
        let none = std::str::from_utf8(bytes).is_ok() && self.fields.text(key).is_none();
        (!none).then(|| std::ffi::OsStr::from_bytes(bytes).to_owned())
    }
}

/// The task, if the record is that of one task. The rest of an array prints a list (`2-4%1`) or, when
/// nothing is left of it, 4294967294 (measured on 22.05.8 and 25.05.8).
fn task_of(fields: &Fields) -> Option<JobId> {
    let array = u32::try_from(fields.number("ArrayJobId")?).ok()?;
    let task = u32::try_from(fields.number("ArrayTaskId")?).ok().filter(|task| *task < u32::MAX - 1)?;
    Some(JobId::Task { array, task })
}

impl Presence {
    /// What `show_job(id)` printed.
    pub fn from_answer(output: &Output, id: JobId) -> Answer<Self> {
        match JobView::from_answer(output, id) {
            Answer::Yes(view) => Answer::Yes(Self::Known(Box::new(view))),
            Answer::Refused(refusal) if refusal.kind == RefusalKind::InvalidJob => Answer::Yes(Self::Gone),
            Answer::Refused(refusal) => Answer::Refused(refusal),
            Answer::Unknown(text) => Answer::Unknown(text),
        }
    }
}

impl Limit {
    /// From `1-02:03:00`, `01:30:00`, `UNLIMITED`; anything else is no number.
    pub fn from_text(text: &str) -> Self {
        if text == "UNLIMITED" {
            return Self::Unlimited;
        }
        seconds(text).map_or(Self::Unknown, |span| Self::Time(Duration::from_secs(span)))
    }
}

fn seconds(text: &str) -> Option<u64> {
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (days.parse::<u64>().ok()?, clock),
        None => (0, text),
    };
    let parts: Vec<u64> = clock.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = parts.try_into().ok()?;
    let whole = days.checked_mul(24)?.checked_add(hours)?.checked_mul(60)?.checked_add(minutes)?;
    whole.checked_mul(60)?.checked_add(seconds)
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
