//! Commands that change nothing.

use std::fs;

use crate::state::State;
use crate::{Outcome, Said, job_number};

pub(crate) fn show_job(state: &State, id: &str) -> Outcome {
    let jobs = state.jobs_named(id)?;
    if jobs.is_empty() {
        return Ok(Said::error("slurm_load_jobs error: Invalid job id specified"));
    }
    Ok(Said::text(jobs.iter().map(crate::state::Job::line).collect::<String>()))
}

pub(crate) fn script(state: &State, id: &str) -> Said {
    match job_number(id).map(|id| fs::read(state.beside(id, "script"))) {
        Some(Ok(script)) => Said::text(script),
        // With exit code 0, as measured on 22.05.8.
        _ => Said { code: 0, ..Said::error("job script retrieval failed: Invalid job id specified") },
    }
}

/// `squeue -h -u USER -t STATES -o FORMAT`, with `%i`, `%T`, `%k` and `%E`.
pub(crate) fn queue(state: &State, words: &[&str]) -> Outcome {
    let ["-h", "-u", _, "-t", states, "-o", format] = words else { return Err("another squeue".into()) };
    let mut text = String::new();
    for job in state.jobs()? {
        let phase = job.get("JobState").unwrap_or_default();
        if *states != "all" && *states != phase {
            continue;
        }
        let field = |key| job.get(key).filter(|value| !value.is_empty()).unwrap_or("(null)");
        let line = format.replace("%i", &job.name()).replace("%T", phase);
        let line = line.replace("%k", field("Comment")).replace("%E", field("Dependency"));
        text.push_str(&line);
        text.push('\n');
    }
    Ok(Said::text(text))
}
