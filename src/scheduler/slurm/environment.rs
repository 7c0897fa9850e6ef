//! What Slurm tells a job through its environment.
//!
//! Reads no environment itself: the look-up comes in as an argument.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::model::{JobId, JobIdError, Timestamp};

/// The facts in a job's environment. They were true when the job started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlurmEnvironment {
    /// The job, or the task of an array.
    pub id: JobId,
    /// `SLURM_JOB_ID`: for the last task of an array the number of the whole array. Only for files.
    pub raw_id: u32,
    /// The array this is a task of.
    pub array: Option<ArrayEnvironment>,
    /// How often the job was restarted; absent on a first run (up to 25.11), which is 0.
    pub restarts: u32,
    /// When the allocation ends, from 23.02 on; goes stale.
    pub end_time: Option<Timestamp>,
    /// Rank of this process in its step; 0 in a batch script too.
    pub rank: Option<u32>,
    /// The step's number, absent in a batch script.
    pub step: Option<u32>,
    /// Nodes of the job.
    pub nodes: Option<u32>,
    /// Tasks of the step; in a batch script only where the user asked for a number.
    pub tasks: Option<u32>,
    /// Component and size of a heterogeneous job: whether this is one.
    pub heterogeneous: bool,
    /// `a` or `t`, where the user asked for it: whether output is appended to or truncated.
    pub open_mode: Option<String>,
    /// `--export`, where the user gave it.
    pub export: Option<OsString>,
    /// The partition.
    pub partition: Option<String>,
    /// Slurm's configuration file.
    pub conf: Option<PathBuf>,
    /// The job's name.
    pub name: Option<OsString>,
    /// Where the job was submitted.
    pub submit_dir: Option<PathBuf>,
    /// The job's user.
    pub user: Option<String>,
    /// Requests that `scontrol show job` does not show, or not apart from defaults, as
    /// name and value of the variable.
    pub requests: Vec<(&'static str, OsString)>,
}

/// The array of which the job is a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrayEnvironment {
    /// Lowest index.
    pub min: Option<u32>,
    /// Highest index.
    pub max: Option<u32>,
    /// Number of tasks.
    pub count: Option<u32>,
    /// Distance of the indices.
    pub step: Option<u32>,
}

/// Why the environment of a job cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{variable} is set but is {source}; unset it, or run with `--engine none`")]
pub struct EnvironmentError {
    /// The variable at fault.
    pub variable: &'static str,
    /// What is wrong with it.
    pub source: JobIdError,
}

/// Set by sbatch only where the user gave the option (sbatch(1), output environment variables).
const REQUESTS: [&str; 16] = [
    "SLURM_NTASKS",
    "SLURM_CPUS_PER_TASK",
    "SLURM_NTASKS_PER_NODE",
    "SLURM_NTASKS_PER_SOCKET",
    "SLURM_NTASKS_PER_CORE",
    "SLURM_NTASKS_PER_GPU",
    "SLURM_THREADS_PER_CORE",
    "SLURM_DISTRIBUTION",
    "SLURM_JOB_DEPENDENCY",
    "SLURM_HINT",
    "SLURM_OVERCOMMIT",
    "SLURM_PROFILE",
    "SLURM_ACCTG_FREQ",
    "SLURM_GPU_BIND",
    "SLURM_GPU_FREQ",
    "SLURM_CPU_FREQ_REQ",
];

impl SlurmEnvironment {
    /// From the environment; `None` outside of a job, an error where the job's number makes no sense.
    pub fn from(lookup: impl Fn(&str) -> Option<OsString>) -> Option<Result<Self, EnvironmentError>> {
        lookup("SLURM_JOB_ID").map(|raw| Self::inside_job(&raw.to_string_lossy(), &lookup))
    }

    fn inside_job(raw: &str, lookup: &impl Fn(&str) -> Option<OsString>) -> Result<Self, EnvironmentError> {
        let wrong = |variable, text: &str| EnvironmentError { variable, source: JobIdError(text.to_owned()) };
        let Ok(JobId::Single(raw_id)) = raw.parse() else { return Err(wrong("SLURM_JOB_ID", raw)) };
        let text = |name: &str| lookup(name).and_then(|value| value.into_string().ok());
        let number = |name: &str| text(name).and_then(|value| value.parse::<u32>().ok());
        let task = match (text("SLURM_ARRAY_JOB_ID"), text("SLURM_ARRAY_TASK_ID")) {
            (Some(array), Some(task)) => {
                let joined = format!("{array}_{task}");
                Some(joined.parse::<JobId>().map_err(|_| wrong("SLURM_ARRAY_TASK_ID", &joined))?)
            }
            _ => None,
        };
        let array = task.is_some().then(|| ArrayEnvironment {
            min: number("SLURM_ARRAY_TASK_MIN"),
            max: number("SLURM_ARRAY_TASK_MAX"),
            count: number("SLURM_ARRAY_TASK_COUNT"),
            step: number("SLURM_ARRAY_TASK_STEP"),
        });
        let end_time = text("SLURM_JOB_END_TIME").and_then(|value| value.parse().ok());
        Ok(Self {
            id: task.unwrap_or(JobId::Single(raw_id)),
            raw_id,
            array,
            restarts: number("SLURM_RESTART_COUNT").unwrap_or(0),
            end_time: end_time.filter(|at| *at > 0).map(Timestamp::from_seconds),
            rank: number("SLURM_PROCID"),
            step: number("SLURM_STEP_ID").or_else(|| number("SLURM_STEPID")),
            nodes: number("SLURM_JOB_NUM_NODES").or_else(|| number("SLURM_NNODES")),
            tasks: number("SLURM_STEP_NUM_TASKS")
                .or_else(|| number("SLURM_NTASKS"))
                .or_else(|| number("SLURM_NPROCS")),
            heterogeneous: lookup("SLURM_HET_SIZE").is_some() || lookup("SLURM_PACK_SIZE").is_some(),
            open_mode: text("SLURM_OPEN_MODE"),
            export: lookup("SLURM_EXPORT_ENV"),
            partition: text("SLURM_JOB_PARTITION"),
            conf: lookup("SLURM_CONF").map(PathBuf::from),
            name: lookup("SLURM_JOB_NAME"),
            submit_dir: lookup("SLURM_SUBMIT_DIR").map(PathBuf::from),
            user: text("SLURM_JOB_USER"),
            requests: REQUESTS.iter().filter_map(|name| Some((*name, lookup(name)?))).collect(),
        })
    }

    /// Whether this process was started by srun, as one of the tasks of a step.
    pub fn in_step(&self) -> bool {
        // Slurm's own steps, the batch step among them, have numbers above 4294967000.
        self.step.is_some_and(|step| step < 4_294_967_000)
    }

    /// A request of the user's by the name of its variable.
    pub fn request(&self, name: &str) -> Option<&OsString> {
        self.requests.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(file: &str) -> SlurmEnvironment {
        let lookup = |name: &str| {
            file.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=').map(OsString::from))
        };
        SlurmEnvironment::from(lookup).unwrap().unwrap()
    }

    #[rstest]
    #[case(include_str!("../../../tests/fixtures/slurm-22.05/env-first-run.txt"), JobId::Single(1), 0, None)]
    #[case(include_str!("../../../tests/fixtures/slurm-22.05/env-restarted.txt"), JobId::Single(1), 1, None)]
    #[case(include_str!("../../../tests/fixtures/slurm-22.05/env-array.txt"), JobId::Task { array: 5, task: 1 }, 0, None)]
    #[case(include_str!("../../../tests/fixtures/slurm-25.05/env-first-run.txt"), JobId::Single(1), 0, Some(1_795_348_716))]
    #[case(include_str!("../../../tests/fixtures/slurm-25.05/env-restarted.txt"), JobId::Single(1), 1, Some(1_795_348_737))]
    fn environments_of_real_jobs(
        #[case] file: &str,
        #[case] id: JobId,
        #[case] restarts: u32,
        #[case] end: Option<i64>,
    ) {
        let environment = read(file);
        assert_eq!((environment.id, environment.restarts), (id, restarts));
        assert_eq!(environment.end_time.map(Timestamp::seconds), end);
        assert_eq!(environment.user.as_deref(), Some("root"));
        assert_eq!(environment.open_mode.as_deref(), Some("a"));
        assert_eq!((environment.rank, environment.nodes), (Some(0), Some(1)));
        assert!(!environment.in_step() && !environment.heterogeneous);
        assert_eq!(environment.array.is_some(), matches!(id, JobId::Task { .. }));
    }

    #[rstest]
    #[case(&[], None)]
    #[case(&[("SLURM_JOB_ID", "x")], Some(false))]
    #[case(&[("SLURM_JOB_ID", "")], Some(false))]
    #[case(&[("SLURM_JOB_ID", "7"), ("SLURM_ARRAY_JOB_ID", "5"), ("SLURM_ARRAY_TASK_ID", "-1")], Some(false))]
    #[case(&[("SLURM_JOB_ID", "7"), ("SLURM_RESTART_COUNT", "many")], Some(true))]
    fn odd_environments(#[case] variables: &[(&str, &str)], #[case] good: Option<bool>) {
        let lookup =
            |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| value.into());
        assert_eq!(SlurmEnvironment::from(lookup).map(|result| result.is_ok()), good);
    }
}
