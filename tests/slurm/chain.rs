//! A chain under test: its configuration, its batch script, its journal, and the result it must come to.
//!
//! Reads the journal as the JSON it is, not through the library: what is promised is the file.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::tempdir;

use super::cluster::{Cluster, PROMPT};
use super::job::Job;
use crate::support::{End, Start, Wrapper, example};

/// Options by which a segment of heat asks for its checkpoint after 6 s, though Slurm's least limit is a minute.
pub(crate) const SHORT: &str = "--time-limit 10s --lead 4s";
/// Steps that take three such segments, at the pace of [`heat`].
pub(crate) const STEPS: u64 = 1500;
/// How long a whole chain of a few segments may take on a busy machine.
pub(crate) const CHAIN: Duration = Duration::from_mins(4);

/// A batch script that is nothing but ckwrap around a command.
pub(crate) fn wrapped(options: &str, command: &str) -> String {
    // Without this Slurm empties the output file when a job is restarted.
    format!("#!/bin/bash\n#SBATCH --open-mode=append\nexec {} {options} -- {command}\n", ckwrap())
}

/// The program under test.
pub(crate) fn ckwrap() -> &'static str {
    env!("CARGO_BIN_EXE_ckwrap")
}

/// heat, a hundred steps a second, which needs next to no CPU.
pub(crate) fn heat(options: &str) -> String {
    format!("{} --size 40 --pace 10 --progress 50 {options}", example("heat").display())
}

/// One line of the journal.
#[derive(Debug, Clone)]
pub(crate) struct Record(Value);

impl Record {
    pub(crate) fn kind(&self) -> &str {
        self.text("type")
    }

    /// A field that is a text; empty where there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// A field that is a whole number.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        self.0.get(key).and_then(Value::as_u64)
    }

    pub(crate) fn time(&self) -> SystemTime {
        humantime::parse_rfc3339(self.text("t")).unwrap()
    }
}

/// One chain of heat on a cluster.
pub(crate) struct Chain<'a> {
    cluster: &'a Cluster,
    dir: PathBuf,
}

impl<'a> Chain<'a> {
    /// In the test's work directory, with heat's own configuration.
    pub(crate) fn new(cluster: &'a Cluster) -> Self {
        Self::configured(cluster, "")
    }

    /// With more keys in the configuration.
    pub(crate) fn configured(cluster: &'a Cluster, more: &str) -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/heat/ckwrap.yaml");
        let config = fs::read_to_string(example).unwrap() + more;
        fs::write(cluster.dir().join("ckwrap.yaml"), config).unwrap();
        Self::bare(cluster)
    }

    /// Without any configuration.
    pub(crate) fn bare(cluster: &'a Cluster) -> Self {
        Self { cluster, dir: cluster.dir().to_owned() }
    }

    /// In a directory that is prepared already.
    pub(crate) fn at(cluster: &'a Cluster, dir: &Path) -> Self {
        Self { cluster, dir: dir.to_owned() }
    }

    /// One of several chains, in a directory of its own below; the configuration above holds for it.
    pub(crate) fn below(&self, name: &str) -> Self {
        let dir = self.dir.join(name);
        fs::create_dir(&dir).unwrap();
        Self { cluster: self.cluster, dir }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Everything the chain's jobs have written to their output files.
    pub(crate) fn log(&self) -> String {
        let mut files: Vec<_> =
            fs::read_dir(self.cluster.dir()).unwrap().map(|e| e.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|kind| kind == "out"));
        files.sort();
        // heat's output, too: its name is the same, its content is not text.
        files.retain(|file| file.file_name().is_some_and(|name| name != "heat.out"));
        files.iter().map(|file| fs::read_to_string(file).unwrap_or_default()).collect()
    }

    /// The journal so far; empty before there is one.
    ///
    /// # Panics
    /// If there is more than one chain in the directory.
    pub(crate) fn records(&self) -> Vec<Record> {
        let chains: Vec<_> = fs::read_dir(self.dir.join(".ckwrap")).into_iter().flatten().collect();
        assert!(chains.len() <= 1, "{chains:?}");
        let Some(Ok(chain)) = chains.first() else { return Vec::new() };
        let text = fs::read_to_string(chain.path().join("journal.jsonl")).unwrap_or_default();
        // A last line without an end is being written just now.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| Record(serde_json::from_str(line).unwrap())).collect()
    }

    pub(crate) fn all(&self, kind: &str) -> Vec<Record> {
        self.records().into_iter().filter(|record| record.kind() == kind).collect()
    }

    /// How many segments have begun.
    pub(crate) fn segments(&self) -> u64 {
        self.all("segment_started").len() as u64
    }

    /// Waits until a record of this kind is there; the first of them.
    pub(crate) fn wait_for(&self, kind: &str, patience: Duration) -> Record {
        self.wait_for_any(&[kind], patience)
    }

    /// Waits until this text is in the log.
    pub(crate) fn wait_for_log(&self, text: &str, patience: Duration) {
        self.cluster.wait_until(&format!("`{text}` in the log"), patience, || {
            self.log().contains(text).then_some(())
        });
    }

    /// Waits until heat computes.
    pub(crate) fn wait_until_computing(&self) {
        self.wait_for_log("heat: progress", PROMPT);
        self.wait_for("segment_started", PROMPT);
    }

    /// Waits for the end of the chain, then until Slurm has nothing of it any more. The record that says how it ended.
    pub(crate) fn wait_for_end(&self, patience: Duration) -> (Record, Vec<Job>) {
        let end = self.wait_for_any(&["chain_finished", "chain_stopped"], patience);
        (end, self.cluster.wait_until_all_is_over(PROMPT))
    }

    /// Waits until the chain has finished; the jobs it ran in.
    pub(crate) fn finish(&self, patience: Duration) -> Vec<Job> {
        let (end, jobs) = self.wait_for_end(patience);
        assert_eq!(end.kind(), "chain_finished", "{end:?}\n{}", self.log());
        jobs
    }

    /// Waits until the chain has stopped for this reason; its jobs.
    pub(crate) fn stop(&self, reason: &str, patience: Duration) -> Vec<Job> {
        let (end, jobs) = self.wait_for_end(patience);
        assert_eq!((end.kind(), end.text("reason")), ("chain_stopped", reason), "{end:?}\n{}", self.log());
        jobs
    }

    /// Waits for a record while no controller answers.
    pub(crate) fn wait_for_alone(&self, kind: &str) -> Record {
        self.cluster.wait_until(kind, CHAIN, || self.all(kind).first().cloned())
    }

    fn wait_for_any(&self, kinds: &[&str], patience: Duration) -> Record {
        let mut looks = 0;
        self.cluster.wait_until(&format!("a record {kinds:?}"), patience, || {
            // Seldom, and before the journal is read: jobs that are over have written all they will.
            let over = looks % 20 == 19 && self.cluster.jobs().iter().all(Job::is_over);
            looks += 1;
            let found = self.records().into_iter().find(|record| kinds.contains(&record.kind()));
            assert!(
                found.is_some() || !over,
                "all jobs are over without {kinds:?}:\n{}\n{}",
                self.cluster.all(),
                self.log()
            );
            found
        })
    }

    /// Times from the end of each segment to the start of the next, said aloud.
    pub(crate) fn gaps(&self, what: &str) -> Vec<Duration> {
        let (started, ended) = (self.all("segment_started"), self.all("segment_ended"));
        let gap = |(end, start): (&Record, &Record)| start.time().duration_since(end.time()).unwrap();
        let gaps: Vec<_> = ended.iter().zip(started.iter().skip(1)).map(gap).collect();
        // Straight to the stream: what is printed by macros is not seen where a test passes.
        writeln!(std::io::stderr(), "{what}: from the end of a segment to the next one's start: {gaps:.1?}")
            .unwrap();
        gaps
    }

    /// The field is the one of an uninterrupted run, to the last bit.
    pub(crate) fn assert_result(&self, steps: u64) {
        let straight = tempdir().unwrap();
        run_heat(straight.path(), steps);
        let [expected, found] =
            [straight.path(), &self.dir].map(|dir| fs::read(dir.join("heat.out")).unwrap());
        assert!(found == expected, "the field is another than without interruption\n{}", self.log());
    }

    /// There is a checkpoint, and a run from it comes to the right result.
    pub(crate) fn assert_checkpoint(&self, steps: u64) {
        assert!(!self.file("heat.out").exists(), "the run was to be interrupted\n{}", self.log());
        let at = run_heat(&self.dir, steps);
        assert!(at > 0, "nothing was saved\n{}", self.log());
        self.assert_result(steps);
    }
}

/// Runs heat to the end without a pause; the step it started from.
fn run_heat(dir: &Path, steps: u64) -> u64 {
    let words = [example("heat").display().to_string(), "--size=40".into(), format!("--steps={steps}")];
    let folder = dir.to_owned();
    let mut run = Start::new(&Wrapper::bare(), words)
        .set(move |command| {
            command.current_dir(folder);
        })
        .go();
    let ready = run.line_with("heat: ready");
    assert_eq!(run.end(), End::Code(0), "{}", run.errors());
    ready.rsplit_once('=').unwrap().1.parse().unwrap()
}
