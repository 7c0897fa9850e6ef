//! A test's own corner of a running private Slurm: a work directory, a share of the CPUs, its jobs.
//!
//! A test's jobs are those whose work directory is the test's: also the successors that a job submits itself.

#![expect(
    clippy::disallowed_methods,
    reason = "Slurm's commands are ordinary children here, and a job's state can only be polled"
)]

use std::cell::Cell;
use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::job::Job;
use super::own::OwnCluster;
use super::seats::{Claim, Seats};

/// How the cluster finds a job's processes, which decides who gets Slurm's signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracking {
    /// Every process below the batch step is signalled.
    Linuxproc,
    /// Only the process that Slurm started is; all are killed.
    Cgroup,
}

impl Tracking {
    const fn variable(self) -> &'static str {
        match self {
            Self::Linuxproc => "CKWRAP_TEST_LINUXPROC",
            Self::Cgroup => "CKWRAP_TEST_CGROUP",
        }
    }

    fn seats(self) -> &'static Seats {
        static LINUXPROC: Seats = Seats::new();
        static CGROUP: Seats = Seats::new();
        match self {
            Self::Linuxproc => &LINUXPROC,
            Self::Cgroup => &CGROUP,
        }
    }
}

/// How long Slurm may take for what it does at once on an idle cluster.
pub(crate) const PROMPT: Duration = Duration::from_secs(30);
/// How often Slurm is asked while a test waits: each question is a process, and many tests wait at once.
const INTERVAL: Duration = Duration::from_millis(250);

/// One test's part of a cluster. Dropped, it cancels the test's jobs and waits for their end.
pub(crate) struct Cluster {
    conf: PathBuf,
    dir: Option<TempDir>,
    scripts: Cell<u32>,
    /// None on a cluster of the test's own, which is ended with all that is on it.
    claim: Option<Claim>,
}

impl Cluster {
    /// Waits for `cpus` free CPUs of the cluster and makes a work directory.
    ///
    /// `Seats::ALL` for a test that others would disturb, such as one of preemption.
    pub(crate) fn claim(tracking: Tracking, cpus: usize) -> Self {
        let variable = tracking.variable();
        let Some(cluster) = env::var_os(variable).filter(|dir| !dir.is_empty()) else {
            panic!(
                "{variable} is not set. This test needs a private Slurm: run `scripts/test`, or start one with \
                    `scripts/slurm-cluster up DIR` and set {variable}=DIR"
            );
        };
        let conf = Path::new(&cluster).join("etc/slurm.conf");
        assert!(
            conf.is_file(),
            "{variable}: {} is missing; is the cluster up? See `scripts/test`",
            conf.display()
        );
        let claim = tracking.seats().claim(cpus);
        Self::new(conf, Some(claim))
    }

    /// A work directory on a cluster that the test has to itself, and may break.
    pub(crate) fn on(own: &OwnCluster) -> Self {
        Self::new(own.conf(), None)
    }

    fn new(conf: PathBuf, claim: Option<Claim>) -> Self {
        let name = thread::current().name().unwrap_or("test").replace("::", ".");
        let dir = tempfile::Builder::new().prefix(&format!("ckwrap-{name}-")).tempdir().unwrap();
        Self { conf, dir: Some(dir), scripts: Cell::new(0), claim }
    }

    /// The test's work directory, where its jobs run and write.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.as_ref().map_or(Path::new("/"), TempDir::path)
    }

    /// A Slurm command against this cluster, in the work directory, with nothing of the test's own environment
    /// (a job inherits what `sbatch` had).
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("SLURM_CONF", &self.conf).env("LC_ALL", "C").env("TZ", "UTC");
        for name in ["PATH", "HOME"] {
            if let Some(value) = env::var_os(name) {
                command.env(name, value);
            }
        }
        command.current_dir(self.dir()).stdin(Stdio::null());
        command
    }

    /// Runs a Slurm command; panics if it fails. Its stdout, trimmed; times in it are epoch seconds.
    pub(crate) fn slurm(&self, program: &str, args: &[&str]) -> String {
        let mut command = self.command(program);
        checked(command.env("SLURM_TIME_FORMAT", "%s").args(args))
    }

    /// Submits the text of a batch script; the job's number. `args` win over the defaults: the work directory, 10 minutes.
    pub(crate) fn sbatch(&self, script: &str, args: &[&str]) -> String {
        self.submit(self.command("sbatch"), script, args, &[])
    }

    /// The same for a script that takes arguments of its own.
    pub(crate) fn sbatch_with(&self, script: &str, args: &[&str], script_args: &[&str]) -> String {
        self.submit(self.command("sbatch"), script, args, script_args)
    }

    /// The same as another user, which only root may.
    pub(crate) fn sbatch_as(&self, user: &str, script: &str, args: &[&str]) -> String {
        // It is not below the checkout, where others may not reach. ckwrap refuses a configuration in such a place.
        fs::set_permissions(self.dir(), Permissions::from_mode(0o777)).unwrap();
        let mut command = self.command("runuser");
        command.args(["-u", user, "--", "sbatch"]);
        self.submit(command, script, args, &[])
    }

    fn submit(&self, mut command: Command, script: &str, args: &[&str], script_args: &[&str]) -> String {
        self.scripts.set(self.scripts.get() + 1);
        let path = self.dir().join(format!("job-{}.sh", self.scripts.get()));
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        let answer = checked(
            command
                .args(["--parsable", "--time=10", "--chdir"])
                .arg(self.dir())
                .args(args)
                .arg(path)
                .args(script_args),
        );
        answer.split(';').next().unwrap_or_default().to_owned()
    }

    /// What Slurm knows of the job; panics if it knows none or does not answer.
    pub(crate) fn job(&self, id: &str) -> Job {
        Job::parse(&self.slurm("scontrol", &["-o", "show", "job", id]))
    }

    /// All jobs that work in the test's directory, oldest first.
    pub(crate) fn jobs(&self) -> Vec<Job> {
        self.jobs_or_error().unwrap_or_else(|error| panic!("{error}"))
    }

    fn jobs_or_error(&self) -> Result<Vec<Job>, String> {
        let mut command = self.command("scontrol");
        let text = check(command.env("SLURM_TIME_FORMAT", "%s").args(["-o", "show", "job"]))?;
        let mut jobs: Vec<_> = text.lines().map(Job::parse).collect();
        jobs.retain(|job| Path::new(job.field("WorkDir")) == self.dir());
        jobs.sort_by_key(|job| job.number("JobId"));
        Ok(jobs)
    }

    /// All jobs of the test, for a message.
    pub(crate) fn all(&self) -> String {
        self.jobs().iter().map(Job::to_string).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn scancel(&self, args: &[&str]) {
        self.slurm("scancel", args);
    }

    /// What the job has written to its stdout so far.
    pub(crate) fn log(&self, id: &str) -> String {
        fs::read_to_string(self.job(id).field("StdOut")).unwrap_or_default()
    }

    /// Polls until `look` finds what it looks for; panics after `patience` with all there is to know.
    pub(crate) fn wait_until<T>(
        &self,
        what: &str,
        patience: Duration,
        mut look: impl FnMut() -> Option<T>,
    ) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(start.elapsed() < patience, "waited {patience:?} for {what}\n{}", self.describe());
            thread::sleep(INTERVAL);
        }
    }

    /// Waits until none of the test's jobs runs or waits any more; all of them, oldest first.
    pub(crate) fn wait_until_all_is_over(&self, patience: Duration) -> Vec<Job> {
        self.wait_until("all jobs to be over", patience, || {
            let jobs = self.jobs();
            jobs.iter().all(Job::is_over).then_some(jobs)
        })
    }

    /// Waits until the job is in this state; panics at once when it is over in another.
    pub(crate) fn wait_for_state(&self, id: &str, state: &str, patience: Duration) -> Job {
        self.wait_until(&format!("job {id} to be {state}"), patience, || {
            let job = self.job(id);
            assert!(job.state() == state || !job.is_over(), "job {id} is not {state}\n{}", self.describe());
            (job.state() == state).then_some(job)
        })
    }

    /// The test's jobs and the ends of the files in its directory.
    fn describe(&self) -> String {
        let mut parts = match self.jobs_or_error() {
            Ok(jobs) => jobs.iter().map(Job::to_string).collect(),
            Err(error) => vec![error],
        };
        for file in files_below(self.dir()) {
            let told = file.extension().is_some_and(|kind| kind == "out" || kind == "log" || kind == "jsonl");
            // heat.out has the same ending, but is no text.
            if let Some(text) = fs::read_to_string(&file).ok().filter(|_| told) {
                let tail = text.ceil_char_boundary(text.len().saturating_sub(6000));
                parts.push(format!("--- {}\n{}", file.display(), &text[tail..]));
            }
        }
        parts.join("\n")
    }

    /// Cancels what is left of the test's jobs, so that its CPUs are free for the next test.
    fn end_jobs(&self) -> Result<(), String> {
        let start = Instant::now();
        loop {
            let mut left = self.jobs_or_error()?;
            left.retain(|job| !job.is_over());
            if left.is_empty() {
                return Ok(());
            }
            if start.elapsed() > Duration::from_mins(1) {
                return Err(format!("jobs do not end: {:?}", left.iter().map(Job::id).collect::<Vec<_>>()));
            }
            // Once more for those that were submitted or requeued since.
            for job in left.iter().filter(|job| job.state() != "COMPLETING") {
                check(self.command("scancel").arg(job.whole()))?;
            }
            thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let ended = if self.claim.is_some() { self.end_jobs() } else { Ok(()) };
        if !thread::panicking() {
            ended.unwrap();
        } else if let Some(dir) = self.dir.take() {
            eprintln!("the test's files are kept in {}", dir.keep().display());
        }
    }
}

/// All regular files below a directory, sorted.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files_below(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found.sort();
    found
}

fn checked(command: &mut Command) -> String {
    check(command).unwrap_or_else(|error| panic!("{error}"))
}

/// A command's stdout, or an error that says what it answered.
fn check(command: &mut Command) -> Result<String, String> {
    let Output { status, stdout, stderr } =
        command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let stdout = String::from_utf8_lossy(&stdout).trim().to_owned();
    if status.success() {
        Ok(stdout)
    } else {
        Err(format!("{command:?}: {status}\n{stdout}\n{}", String::from_utf8_lossy(&stderr)))
    }
}
