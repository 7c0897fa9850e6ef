//! Commands that change a job.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getppid};

use crate::state::{Job, State};
use crate::{Outcome, Said, job_number};

/// Who requeues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// A process of the job.
    Job { incomplete: bool },
    /// Somebody outside of it.
    Administrator,
}

/// Requeues a job, or with the number of an array all its tasks, and signals the batch step as Slurm does.
pub(crate) fn requeue(state: &State, id: &str, by: By) -> Outcome {
    let guard = state.lock()?;
    let jobs = state.jobs_named(id)?;
    let mut ended = Vec::new();
    let mut said = Said::error(format!("Invalid job id specified for job {id}"));
    for mut job in jobs {
        let runs = job.is("RUNNING") || job.is("SUSPENDED");
        if let Some(refused) = refusal(&job, id, by, runs) {
            said = refused;
            continue;
        }
        let restarts: u32 = job.get("Restarts").unwrap_or("0").parse()?;
        job.set("Restarts", &(restarts + 1).to_string());
        job.set("JobState", if runs { "COMPLETING" } else { "PENDING" });
        job.set("Reason", if runs { "None" } else { "BeginTime" });
        state.save(&job)?;
        ended.extend(runs.then_some(job.id));
        said = Said::nothing();
    }
    drop(guard);
    ended.into_iter().try_for_each(|id| signal_batch(state, id, matches!(by, By::Job { .. })))?;
    Ok(said)
}

/// Why nothing is done; where it is only left undone, nothing is said.
fn refusal(job: &Job, id: &str, by: By, runs: bool) -> Option<Said> {
    let incomplete = by == By::Job { incomplete: true };
    let not_leader = job.get("HetJobOffset").is_some_and(|offset| offset != "0");
    if job.is("PENDING") {
        Some(Said::error(format!("Job is pending execution for job {id}")))
    } else if not_leader {
        Some(Said::error(format!("Job not heterogeneous job leader for job {id}")))
    } else if !runs && (incomplete || job.is_requeued()) {
        Some(Said::nothing())
    } else if job.get("Requeue") != Some("1") {
        Some(Said::error(format!("Requested operation is presently disabled for job {id}")))
    } else {
        None
    }
}

/// What Slurm sends to the batch step of a job that is being ended.
fn signal_batch(state: &State, id: u32, to_parent: bool) -> Result<(), Box<dyn std::error::Error>> {
    let told = state.text(&format!("batch.{id}")).ok().and_then(|text| text.trim().parse().ok());
    let Some(batch) = told.map(Pid::from_raw).or_else(|| to_parent.then(getppid)) else { return Ok(()) };
    kill(batch, Signal::SIGCONT)?;
    Ok(kill(batch, Signal::SIGTERM)?)
}

pub(crate) fn update(state: &State, job: &str, change: &str) -> Outcome {
    let _guard = state.lock()?;
    let Some(mut job) = state.jobs_named(job)?.into_iter().next() else {
        return Ok(Said::error("slurm_update error: Invalid job id specified"));
    };
    let (key, value) = change.split_once('=').ok_or("want KEY=VALUE")?;
    if key == "StartTime" && !job.is_requeued() {
        return Ok(Said::error("slurm_update error: Job is no longer pending execution"));
    }
    job.set(key, value);
    state.save(&job)?;
    Ok(Said::nothing())
}

pub(crate) fn cancel(state: &State, words: &[&str]) -> Outcome {
    let _guard = state.lock()?;
    let (id, only_pending) = match words {
        ["-t", "PENDING", id] => (id, true),
        [id] => (id, false),
        _ => return Err("another scancel".into()),
    };
    let jobs = state.jobs_named(id)?;
    if jobs.is_empty() {
        return Ok(Said::error(format!(
            "scancel: error: Kill job error on job id {id}: Invalid job id specified"
        )));
    }
    for mut job in jobs.into_iter().filter(|job| !only_pending || job.is("PENDING")) {
        job.set("JobState", "CANCELLED");
        state.save(&job)?;
    }
    Ok(Said::nothing())
}

/// The user cancels a running job.
pub(crate) fn end_by_user(state: &State, id: &str) -> Outcome {
    let guard = state.lock()?;
    let id = job_number(id).ok_or("no job number")?;
    let mut job = state.job(id)?.ok_or("no such job")?;
    let runs = job.is("RUNNING");
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    job.set("JobState", if runs { "COMPLETING" } else { "CANCELLED" });
    job.set("EndTime", &now.to_string());
    state.save(&job)?;
    drop(guard);
    if runs {
        signal_batch(state, id, false)?;
    }
    Ok(Said::nothing())
}

/// Submits: all options in the form `--name=value` or `--name`, then the script and its arguments. The last task of an
/// array bears the number of the array.
pub(crate) fn submit(state: &State, words: &[&str]) -> Outcome {
    let _guard = state.lock()?;
    let script = words.iter().find(|word| !word.starts_with("--")).ok_or("no script")?;
    let options: Vec<(&str, &str)> =
        words.iter().filter_map(|word| word.strip_prefix("--")?.split_once('=')).collect();
    let first = state.jobs()?.last().map_or(100, |job| job.id + 1);
    let tasks: Option<Vec<u32>> = match options.iter().find(|(name, _)| *name == "array") {
        Some((_, range)) => Some(indices(range).ok_or("no array range")?),
        None => None,
    };
    let count = u32::try_from(tasks.as_ref().map_or(1, Vec::len))?;
    for place in 0..count {
        let mut job = Job::new(if place + 1 == count { first } else { first + place + 1 });
        if let Some(task) = tasks.as_ref().and_then(|tasks| tasks.get(place as usize)) {
            job.insert_front("ArrayTaskId", &task.to_string());
            job.insert_front("ArrayJobId", &first.to_string());
        }
        fill(&mut job, &options, words.contains(&"--no-requeue"), script);
        fs::copy(script, state.beside(job.id, "script"))?;
        fs::set_permissions(state.beside(job.id, "script"), fs::Permissions::from_mode(0o600))?;
        fs::write(state.beside(job.id, "argv"), words.join("\n"))?;
        fs::write(state.beside(job.id, "env"), environment())?;
        state.save(&job)?;
    }
    Ok(Said::text(format!("{first}\n")))
}

fn fill(job: &mut Job, options: &[(&str, &str)], no_requeue: bool, script: &str) {
    for (name, value) in options {
        match *name {
            "comment" => job.set("Comment", value),
            "job-name" => job.set("JobName", value),
            "chdir" => job.set("WorkDir", value),
            "dependency" => job.set("Dependency", &format!("{value}(unfulfilled)")),
            _ => {}
        }
    }
    if no_requeue {
        job.set("Requeue", "0");
    }
    for (key, value) in
        [("JobState", "PENDING"), ("Reason", "Dependency"), ("EndTime", "Unknown"), ("Command", script)]
    {
        job.set(key, value);
    }
}

/// `4` or `1-3`, with or without `%1`.
fn indices(range: &str) -> Option<Vec<u32>> {
    let range = range.split_once('%').map_or(range, |(range, _)| range);
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    Some((from.parse().ok()?..=to.parse().ok()?).collect())
}

/// One `NAME=VALUE` after the other, each ended by NUL.
fn environment() -> Vec<u8> {
    let variable = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        [name.as_bytes(), b"=", value.as_bytes(), b"\0"].concat()
    };
    std::env::vars_os().flat_map(variable).collect()
}
