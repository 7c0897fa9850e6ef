//! The near side of the fake Slurm (`tests/support/fake_slurm`): a directory, jobs in it, and its ledger.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::{TempDir, tempdir};

use super::program::example;
use super::{Running, Start, Wrapper, write_executable};

/// A Slurm of its own for one test. Without a plan it does all that it is asked.
pub(crate) struct FakeSlurm {
    dir: TempDir,
    /// The directory in which the job runs.
    pub(crate) run_dir: PathBuf,
    /// The job that ckwrap runs in.
    pub(crate) job: u32,
    /// When its allocation ends, if its environment says so.
    end: Option<u64>,
    restarts: u32,
    token: Option<(String, String)>,
}

/// One call in the ledger.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Milliseconds since 1970.
    pub(crate) time: u64,
    /// Its kind: `show-job`, `requeue`, `update-StartTime`, `sbatch`, `squeue`, ...
    pub(crate) key: String,
    pub(crate) argv: Vec<String>,
}

impl FakeSlurm {
    /// With one running job, which ends so far from now.
    pub(crate) fn new(left: Duration) -> Self {
        Self::with_options(left, "")
    }

    /// The same, submitted with these options.
    pub(crate) fn with_options(left: Duration, options: &str) -> Self {
        let dir = tempdir().unwrap();
        for folder in ["bin", "plan", "jobs", "run"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        for name in ["scontrol", "sbatch", "squeue", "scancel"] {
            symlink(example("fake-slurm"), dir.path().join("bin").join(name)).unwrap();
        }
        fs::write(dir.path().join("config"), "RequeueExit             = (null)\n").unwrap();
        fs::write(dir.path().join("partition"), "PartitionName=main GraceTime=0 PreemptMode=OFF State=UP\n")
            .unwrap();
        fs::write(dir.path().join("job.sh"), "#!/bin/sh\nexec ckwrap -- ./sim\n").unwrap();
        let run_dir = dir.path().join("run");
        let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + left;
        let mut slurm = Self { dir, run_dir, job: 0, end: Some(end.as_secs()), restarts: 0, token: None };
        let script = slurm.dir.path().join("job.sh");
        let words = format!("submit --parsable {options} {}", script.display());
        slurm.job = slurm.direct(&words).trim().parse().unwrap();
        slurm.set(slurm.job, "Dependency=(null)");
        slurm.start(slurm.job, left);
        slurm
    }

    /// Lets a job run: the controller's word about it, and the next [`Self::run`].
    pub(crate) fn start(&mut self, job: u32, left: Duration) {
        let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + left;
        self.end = Some(end.as_secs());
        self.restarts = self.get(job, "Restarts").parse().unwrap();
        self.job = job;
        for change in ["JobState=RUNNING", "Reason=None", &format!("EndTime={}", end.as_secs())] {
            self.set(job, change);
        }
        self.token = None;
        if let Some(token) =
            self.get(job, "Comment").split_whitespace().find_map(|w| w.strip_prefix("ckwrap:"))
        {
            let chain = token.rsplitn(3, '.').last().unwrap_or_default().to_owned();
            self.token = Some((chain, token.to_owned()));
        }
    }

    /// The user submits the same script again.
    pub(crate) fn submit_again(&self) -> u32 {
        self.direct(&format!("submit --parsable {}", self.dir.path().join("job.sh").display()))
            .trim()
            .parse()
            .unwrap()
    }

    /// The user submits the script again, and that job runs at once.
    pub(crate) fn start_by_hand(&mut self, job: u32) {
        let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(3600);
        (self.job, self.token, self.restarts, self.end) = (job, None, 0, Some(end.as_secs()));
    }

    /// As before 23.02: the job's environment does not say when it ends.
    pub(crate) fn without_end_time(mut self) -> Self {
        self.end = None;
        self
    }

    /// Takes a command off the `PATH`.
    pub(crate) fn without(self, command: &str) -> Self {
        fs::remove_file(self.dir.path().join("bin").join(command)).unwrap();
        self
    }

    /// How calls of a kind fail; the language is described in `fake_slurm/failpoint.rs`.
    pub(crate) fn plan(self, key: &str, text: &str) -> Self {
        fs::write(self.dir.path().join("plan").join(key), text).unwrap();
        self
    }

    /// The exit codes by which this site requeues.
    pub(crate) fn requeue_exit(self, codes: &str) -> Self {
        fs::write(self.dir.path().join("config"), format!("RequeueExit             = {codes}\n")).unwrap();
        self
    }

    /// What ckwrap is told in the run directory.
    pub(crate) fn config(self, yaml: &str) -> Self {
        fs::write(self.run_dir.join("ckwrap.yaml"), yaml).unwrap();
        self
    }

    /// Runs a command under `ckwrap OPTIONS --` in the job.
    pub(crate) fn run<W: Into<std::ffi::OsString>>(
        &self,
        options: &str,
        command: impl IntoIterator<Item = W>,
    ) -> Running {
        self.place(Start::new(&Wrapper::ckwrap(options), command)).go()
    }

    /// Puts a start into the job: directory, `PATH` and environment.
    pub(crate) fn place(&self, start: Start) -> Start {
        let mut variables = vec![
            ("PATH", self.dir.path().join("bin").display().to_string()),
            ("FAKE_SLURM", self.dir.path().display().to_string()),
            ("SLURM_JOB_ID", self.job.to_string()),
            ("SLURM_JOB_USER", "root".to_owned()),
            ("SLURM_JOB_PARTITION", "main".to_owned()),
            ("SLURM_SUBMIT_DIR", self.run_dir.display().to_string()),
        ];
        variables.extend(self.end.map(|end| ("SLURM_JOB_END_TIME", end.to_string())));
        if self.restarts > 0 {
            variables.push(("SLURM_RESTART_COUNT", self.restarts.to_string()));
        }
        variables.extend(self.array_environment());
        if let Some((chain, token)) = &self.token {
            variables.push(("CKWRAP_CHAIN", chain.clone()));
            variables.push(("CKWRAP_TOKEN", token.clone()));
        }
        let run_dir = self.run_dir.clone();
        start.set(move |command| {
            command.current_dir(run_dir).envs(variables);
        })
    }

    /// What a task of an array sees.
    fn array_environment(&self) -> Vec<(&'static str, String)> {
        let array = if self.is_there(self.job) { self.get(self.job, "ArrayJobId") } else { String::new() };
        if array.is_empty() {
            return Vec::new();
        }
        let tasks = self.numbers().into_iter().filter(|job| self.get(*job, "ArrayJobId") == array);
        let mut tasks: Vec<u32> = tasks.map(|job| self.get(job, "ArrayTaskId").parse().unwrap()).collect();
        tasks.sort_unstable();
        vec![
            ("SLURM_ARRAY_JOB_ID", array),
            ("SLURM_ARRAY_TASK_ID", self.get(self.job, "ArrayTaskId")),
            ("SLURM_ARRAY_TASK_COUNT", tasks.len().to_string()),
            ("SLURM_ARRAY_TASK_MIN", tasks[0].to_string()),
            ("SLURM_ARRAY_TASK_MAX", tasks[tasks.len() - 1].to_string()),
            ("SLURM_ARRAY_TASK_STEP", "1".to_owned()),
        ]
    }

    /// All calls so far, in their order.
    pub(crate) fn ledger(&self) -> Vec<Call> {
        let text = fs::read_to_string(self.dir.path().join("ledger")).unwrap_or_default();
        let call = |line: &str| {
            let words = line.split('\t').map(str::to_owned).collect::<Vec<_>>();
            let [time, key, _answer, argv @ ..] = &words[..] else {
                panic!("not a line of the ledger: {line}")
            };
            Call { time: time.parse().unwrap(), key: key.clone(), argv: argv.to_vec() }
        };
        text.lines().map(call).collect()
    }

    /// The kinds of all calls so far, in their order.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.ledger().into_iter().map(|call| call.key).collect()
    }

    /// Calls of one kind so far.
    pub(crate) fn count(&self, key: &str) -> usize {
        self.ledger().iter().filter(|call| call.key == key).count()
    }

    /// Numbers of all jobs there ever were, but the first.
    pub(crate) fn successors(&self) -> Vec<u32> {
        self.numbers().split_off(1)
    }

    /// Plain numbers of all jobs and tasks there ever were.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        let names = fs::read_dir(self.dir.path().join("jobs")).unwrap().flatten();
        let mut ids: Vec<u32> = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        ids.sort_unstable();
        ids
    }

    fn is_there(&self, job: u32) -> bool {
        self.dir.path().join("jobs").join(job.to_string()).exists()
    }

    /// The environment in which a job was submitted.
    pub(crate) fn environment(&self, job: u32) -> Vec<(String, String)> {
        let text = fs::read(self.dir.path().join("jobs").join(format!("{job}.env"))).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        text.split('\0')
            .filter_map(|variable| variable.split_once('='))
            .map(|(a, b)| (a.into(), b.into()))
            .collect()
    }

    /// The arguments with which a job was submitted.
    pub(crate) fn arguments(&self, job: u32) -> Vec<String> {
        let text = fs::read_to_string(self.dir.path().join("jobs").join(format!("{job}.argv"))).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Makes this process the batch step of the running job: it gets the signals with which Slurm ends the job.
    pub(crate) fn is_batch(&self, run: &Running) {
        fs::write(self.dir.path().join(format!("batch.{}", self.job)), run.pid().to_string()).unwrap();
    }

    /// An administrator requeues a job.
    pub(crate) fn requeue(&self, job: u32) {
        self.direct(&format!("requeue {job}"));
    }

    /// The user cancels a job.
    pub(crate) fn cancel(&self, job: u32) {
        self.direct(&format!("cancel {job}"));
    }

    /// The same job under another number.
    pub(crate) fn renumbered(mut self, number: u32) -> Self {
        let jobs = self.dir.path().join("jobs");
        for extension in ["", ".script", ".argv", ".env"] {
            let name = |number: u32| jobs.join(format!("{number}{extension}"));
            fs::rename(name(self.job), name(number)).unwrap();
        }
        self.job = number;
        self.set(number, &format!("JobId={number}"));
        self
    }

    /// Puts a program into the job's `PATH`.
    pub(crate) fn program(self, name: &str, script: &str) -> Self {
        write_executable(&self.dir.path().join("bin").join(name), script);
        self
    }

    /// Another job of the user's, which waits.
    pub(crate) fn another(&self, options: &str) -> u32 {
        let script = self.dir.path().join("job.sh");
        self.direct(&format!("submit {options} {}", script.display())).trim().parse().unwrap()
    }

    /// Makes a job heterogeneous, by one more component with the number that follows.
    pub(crate) fn component(&self, leader: u32, offset: u32) {
        let other = self.another("");
        for (job, offset) in [(leader, 0), (other, offset)] {
            for change in
                [format!("HetJobId={leader}"), format!("HetJobOffset={offset}"), "JobState=RUNNING".into()]
            {
                self.set(job, &change);
            }
        }
    }

    /// What the partition says about preemption.
    pub(crate) fn partition(self, fields: &str) -> Self {
        fs::write(self.dir.path().join("partition"), format!("PartitionName=main {fields} State=UP\n"))
            .unwrap();
        self
    }

    /// A field of a job.
    pub(crate) fn get(&self, job: u32, key: &str) -> String {
        self.direct(&format!("get {job} {key}"))
    }

    /// Changes a field of a job, as `KEY=VALUE`.
    pub(crate) fn set(&self, job: u32, change: &str) {
        self.direct(&format!("set {job} {change}"));
    }

    /// A file in the run directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.run_dir.join(name)
    }

    fn direct(&self, words: &str) -> String {
        let mut fake = Command::new(example("fake-slurm"));
        let output = fake.args(words.split_whitespace()).env("FAKE_SLURM", self.dir.path()).output().unwrap();
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
