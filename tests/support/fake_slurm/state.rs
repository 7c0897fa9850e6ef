//! The fake's directory: jobs, plans and the ledger. Calls of one moment take turns.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::fcntl::{Flock, FlockArg};

use crate::failpoint::Failpoint;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// A running job of the real Slurm, whose fields and their order all jobs here have.
const TEMPLATE: &str = include_str!("../../fixtures/slurm-22.05/running-scontrol.txt");

/// What is not shown: how often the job had been restarted when it began to run.
pub(crate) const BEGAN: &str = "Began";

pub(crate) struct State {
    dir: PathBuf,
}

/// One job: the fields of `scontrol show job`, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: u32,
    fields: Vec<(String, String)>,
}

impl State {
    pub(crate) fn open(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Holds off other calls while it lives.
    pub(crate) fn lock(&self) -> Fallible<Flock<File>> {
        let file = File::options().create(true).append(true).open(self.dir.join("lock"))?;
        Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| errno.into())
    }

    pub(crate) fn text(&self, name: &str) -> Fallible<String> {
        Ok(fs::read_to_string(self.dir.join(name))?)
    }

    /// How the next call of this kind fails.
    pub(crate) fn next_failpoint(&self, key: &str) -> Fallible<Failpoint> {
        let _guard = self.lock()?;
        let plan = fs::read_to_string(self.dir.join("plan").join(key)).unwrap_or_else(|_| "ok".into());
        let counter = self.dir.join("plan").join(format!("{key}.count"));
        let calls = fs::read_to_string(&counter).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        fs::write(&counter, (calls + 1).to_string())?;
        Ok(Failpoint::of(&plan, calls)?)
    }

    /// One line of the ledger, in one write.
    pub(crate) fn enter(&self, key: &str, name: &str, words: &[&str], failpoint: &Failpoint) -> Fallible<()> {
        let milliseconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        let plain =
            |word: &str| word.chars().map(|c| if c.is_control() { '?' } else { c }).collect::<String>();
        let mut line = format!("{milliseconds}\t{key}\t{}\t{name}", plain(&failpoint.text));
        for word in words {
            line.push('\t');
            line.push_str(&plain(word));
        }
        line.push('\n');
        let mut ledger = File::options().create(true).append(true).open(self.dir.join("ledger"))?;
        Ok(ledger.write_all(line.as_bytes())?)
    }

    pub(crate) fn job(&self, id: u32) -> Fallible<Option<Job>> {
        match fs::read_to_string(self.job_file(id)) {
            Ok(text) => {
                let fields = text.lines().filter_map(|line| line.split_once('='));
                let fields = fields.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
                Ok(Some(Job { id, fields }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The jobs meant by `12`, `12_3` or `JobId=12`. The number of an array or of a heterogeneous job's leader means all
    /// that belong to it, also where it is the plain number of one of them.
    pub(crate) fn jobs_named(&self, word: &str) -> Fallible<Vec<Job>> {
        let word = word.strip_prefix("JobId=").unwrap_or(word);
        let all = self.jobs()?;
        let is = |job: &Job, key: &str, value: &str| job.get(key) == Some(value);
        let chosen =
            |meant: &dyn Fn(&Job) -> bool| all.iter().filter(|job| meant(job)).cloned().collect::<Vec<_>>();
        if let Some((array, task)) = word.split_once('_') {
            return Ok(chosen(&|job| is(job, "ArrayJobId", array) && is(job, "ArrayTaskId", task)));
        }
        let together = chosen(&|job| is(job, "ArrayJobId", word) || is(job, "HetJobId", word));
        if !together.is_empty() {
            return Ok(together);
        }
        Ok(chosen(&|job| job.id.to_string() == word))
    }

    /// All jobs, oldest first.
    pub(crate) fn jobs(&self) -> Fallible<Vec<Job>> {
        let mut ids: Vec<u32> = fs::read_dir(self.dir.join("jobs"))?
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| self.job(id).transpose()).collect()
    }

    pub(crate) fn save(&self, job: &Job) -> Fallible<()> {
        let lines = job.fields.iter().map(|(key, value)| format!("{key}={value}"));
        let text = lines.collect::<Vec<_>>().join("\n");
        // Questions are asked without the lock: they must see the old state or the new.
        let beside = self.job_file(job.id).with_extension("new");
        fs::write(&beside, text)?;
        Ok(fs::rename(beside, self.job_file(job.id))?)
    }

    /// A file that belongs to a job.
    pub(crate) fn beside(&self, id: u32, what: &str) -> PathBuf {
        self.job_file(id).with_extension(what)
    }

    fn job_file(&self, id: u32) -> PathBuf {
        self.dir.join("jobs").join(id.to_string())
    }
}

impl Job {
    /// A job like the template's.
    pub(crate) fn new(id: u32) -> Self {
        let mut fields: Vec<(String, String)> = Vec::new();
        for word in TEMPLATE.lines().nth(1).unwrap_or_default().split(' ') {
            match (word.split_once('='), fields.last_mut()) {
                (Some((key, value)), _) => fields.push((key.to_owned(), value.to_owned())),
                (None, Some((_, value))) => *value = format!("{value} {word}"),
                (None, None) => {}
            }
        }
        let mut job = Self { id, fields };
        job.set("JobId", &id.to_string());
        job.fields.retain(|(key, _)| key != "Comment");
        job
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == key).map(|(_, value)| value.as_str())
    }

    /// As `squeue` names it.
    pub(crate) fn name(&self) -> String {
        match (
            self.get("ArrayJobId"),
            self.get("ArrayTaskId"),
            self.get("HetJobId"),
            self.get("HetJobOffset"),
        ) {
            (Some(array), Some(task), ..) => format!("{array}_{task}"),
            (_, _, Some(leader), Some(offset)) => format!("{leader}+{offset}"),
            _ => self.id.to_string(),
        }
    }

    /// Sets a field that stands right behind the job's number.
    pub(crate) fn insert_front(&mut self, key: &str, value: &str) {
        self.fields.insert(1, (key.to_owned(), value.to_owned()));
    }

    /// Whether it has been put back into the queue since it began to run.
    pub(crate) fn is_requeued(&self) -> bool {
        let count = |key| self.get(key).and_then(|count| count.parse::<u32>().ok()).unwrap_or(0);
        self.is("PENDING") || (self.is("COMPLETING") && count("Restarts") > count(BEGAN))
    }

    pub(crate) fn is(&self, state: &str) -> bool {
        self.get("JobState") == Some(state)
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        match self.fields.iter_mut().find(|(field, _)| field == key) {
            Some((_, old)) => value.clone_into(old),
            None if key.starts_with("HetJob") => self.insert_front(key, value),
            None => self.fields.push((key.to_owned(), value.to_owned())),
        }
    }

    /// As `scontrol -o show job` prints it.
    pub(crate) fn line(&self) -> String {
        let shown = self.fields.iter().filter(|(key, _)| key != BEGAN);
        let fields = shown.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>();
        format!("{}\n", fields.join(" "))
    }
}
