//! Commands that change a job.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use nix::sys::signal::{Signal, kill};
use nix::unistd::getppid;

use crate::state::{Job, State};
use crate::{Outcome, Said, job_number};

/// Requeues a job, and signals the caller as Slurm signals the batch step that runs it.
pub(crate) fn requeue(state: &State, id: &str, incomplete: bool) -> Outcome {
    let guard = state.lock()?;
    let Some(mut job) = job_number(id).map(|id| state.job(id)).transpose()?.flatten() else {
        return Ok(Said::error(format!("Invalid job id specified for job {id}")));
    };
    if job.is("PENDING") {
        return Ok(Said::error(format!("Job is pending execution for job {id}")));
    }
    let runs = job.is("RUNNING") || job.is("SUSPENDED");
    if !runs && incomplete {
        return Ok(Said::nothing());
    }
    if job.get("Requeue") != Some("1") {
        return Ok(Said::error(format!("Requested operation is presently disabled for job {id}")));
    }
    let restarts: u32 = job.get("Restarts").unwrap_or("0").parse()?;
    job.set("Restarts", &(restarts + 1).to_string());
    job.set("JobState", if runs { "COMPLETING" } else { "PENDING" });
    job.set("Reason", if runs { "None" } else { "BeginTime" });
    state.save(&job)?;
    drop(guard);
    if runs {
        kill(getppid(), Signal::SIGCONT)?;
        kill(getppid(), Signal::SIGTERM)?;
    }
    Ok(Said::nothing())
}

pub(crate) fn update(state: &State, job: &str, change: &str) -> Outcome {
    let _guard = state.lock()?;
    let Some(mut job) = job_number(job).map(|id| state.job(id)).transpose()?.flatten() else {
        return Ok(Said::error("slurm_update error: Invalid job id specified"));
    };
    let (key, value) = change.split_once('=').ok_or("want KEY=VALUE")?;
    let requeued = job.is("PENDING") || (job.is("COMPLETING") && job.get("Reason") == Some("None"));
    if key == "StartTime" && !requeued {
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
    let Some(mut job) = job_number(id).map(|id| state.job(id)).transpose()?.flatten() else {
        return Ok(Said::error(format!(
            "scancel: error: Kill job error on job id {id}: Invalid job id specified"
        )));
    };
    if !only_pending || job.is("PENDING") {
        job.set("JobState", "CANCELLED");
        state.save(&job)?;
    }
    Ok(Said::nothing())
}

/// Submits: all options in the form `--name=value` or `--name`, then the script and its arguments.
pub(crate) fn submit(state: &State, words: &[&str]) -> Outcome {
    let _guard = state.lock()?;
    let script = words.iter().find(|word| !word.starts_with("--")).ok_or("no script")?;
    let id = state.jobs()?.last().map_or(100, |job| job.id + 1);
    let mut job = Job::new(id);
    let options = words.iter().filter_map(|word| word.strip_prefix("--")?.split_once('='));
    for (name, value) in options {
        match name {
            "comment" => job.set("Comment", value),
            "job-name" => job.set("JobName", value),
            "chdir" => job.set("WorkDir", value),
            "dependency" => job.set("Dependency", &format!("{value}(unfulfilled)")),
            _ => {}
        }
    }
    if words.contains(&"--no-requeue") {
        job.set("Requeue", "0");
    }
    for (key, value) in
        [("JobState", "PENDING"), ("Reason", "Dependency"), ("EndTime", "Unknown"), ("Command", *script)]
    {
        job.set(key, value);
    }
    fs::copy(script, state.beside(id, "script"))?;
    fs::set_permissions(state.beside(id, "script"), fs::Permissions::from_mode(0o600))?;
    fs::write(state.beside(id, "argv"), words.join("\n"))?;
    state.save(&job)?;
    Ok(Said::text(format!("{id}\n")))
}
