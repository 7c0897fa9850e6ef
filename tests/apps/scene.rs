//! One program run twice: in one go in `one/`, and over several segments of the embedded scheduler in `many/`.
//!
//! How long a segment lasts follows from how long the uninterrupted run took on this machine, so that a slow or a busy
//! one is interrupted as often as a fast one.

#![expect(
    clippy::disallowed_methods,
    reason = "the programs and what makes their input are ordinary children here"
)]

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{End, Start, Wrapper};

/// Interruptions that every program must stand at the least.
const LEAST: usize = 2;
/// How long any one run may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(8);
/// How often an interrupted run is begun anew, each time with shorter segments, until it was interrupted often enough.
const ATTEMPTS: u32 = 4;
/// A shorter segment is lost in the start of the program.
const SHORTEST: Duration = Duration::from_millis(500);

/// The two directories of a program and what it runs with.
pub(crate) struct Scene {
    dir: TempDir,
    environment: Vec<(String, String)>,
    startup: Duration,
    lead: Duration,
    segment: Option<Duration>,
    straight: Option<Duration>,
}

impl Scene {
    /// Empty directories. The lead is 3 s, and a start takes next to no time.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["one", "many"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let lead = Duration::from_secs(3);
        Self { dir, environment: Vec::new(), startup: Duration::ZERO, lead, segment: None, straight: None }
    }

    /// With these files of `examples/NAME` in both directories.
    pub(crate) fn of_example(name: &str, files: &[&str]) -> Self {
        let scene = Self::new();
        for file in files {
            let from = example_directory(name).join(file);
            for dir in [scene.one(""), scene.many("")] {
                fs::copy(&from, dir.join(file)).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
            }
        }
        scene
    }

    /// A variable that both runs see.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// How long the program takes before it computes: each segment lasts so much longer.
    pub(crate) fn startup(mut self, time: Duration) -> Self {
        self.startup = time;
        self
    }

    /// Time between the request and the end of the allocation.
    pub(crate) fn lead(mut self, time: Duration) -> Self {
        self.lead = time;
        self
    }

    /// Takes the startup from a run of this command, which computes nothing. A part is taken off, since a start may be
    /// faster the next time, and a segment must not do most of the work; and the lead is as long at the least, so that
    /// a slower one still leaves time for a checkpoint.
    pub(crate) fn startup_of(&mut self, command: &str) {
        let began = Instant::now();
        assert_eq!(self.run(&Wrapper::bare(), "one", command), End::Code(0), "{}", log(&self.one("")));
        let took = began.elapsed();
        self.startup = took * 3 / 4;
        self.lead = self.lead.max(took);
    }

    /// Allocations of this length, whatever the uninterrupted run took: for programs that look at fixed times whether
    /// they are asked.
    pub(crate) fn segment(mut self, length: Duration) -> Self {
        self.segment = Some(length);
        self
    }

    /// A file of the uninterrupted run.
    pub(crate) fn one(&self, file: &str) -> PathBuf {
        self.dir.path().join("one").join(file)
    }

    /// A file of the interrupted run.
    pub(crate) fn many(&self, file: &str) -> PathBuf {
        self.dir.path().join("many").join(file)
    }

    /// A file with this text in both directories.
    pub(crate) fn write(&self, file: &str, text: &str) {
        for path in [self.one(file), self.many(file)] {
            fs::write(path, text).unwrap();
        }
    }

    /// Runs a command that makes the input, in both directories.
    pub(crate) fn prepare(&self, words: &[&str]) {
        for dir in [self.one(""), self.many("")] {
            let output = Command::new(words[0]).args(&words[1..]).current_dir(dir).output().unwrap();
            assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }

    /// The uninterrupted run, bare.
    pub(crate) fn straight(&mut self, command: &str) {
        self.straight_under(&Wrapper::bare(), command);
    }

    /// The uninterrupted run under a wrapper, for programs whose input ckwrap makes restartable.
    pub(crate) fn straight_under(&mut self, wrapper: &Wrapper, command: &str) {
        let began = Instant::now();
        let end = self.run(wrapper, "one", command);
        assert_eq!(end, End::Code(0), "{}", log(&self.one("")));
        self.straight = Some(began.elapsed());
    }

    /// The interrupted run: segments of a fifth of the uninterrupted one, and the options given. On a machine that was twice
    /// as busy then there are still enough of them; on one that is faster still it is run again with shorter ones.
    pub(crate) fn interrupted(&self, options: &str, command: &str) -> Interrupted {
        let straight =
            self.straight.expect("the uninterrupted run comes first, as it tells how long a segment is");
        let work = (straight.saturating_sub(self.startup) / 5).max(SHORTEST);
        let mut segment = self.segment.map_or(work + self.startup, |length| length.saturating_sub(self.lead));
        self.copy("many", "untouched");
        for _ in 0..ATTEMPTS {
            let interrupted = self.over_segments(segment, options, command);
            if interrupted.count() >= LEAST {
                return interrupted;
            }
            segment = segment * 3 / 5;
            fs::remove_dir_all(self.many("")).unwrap();
            self.copy("untouched", "many");
        }
        panic!(
            "interrupted less than {LEAST} times, with segments down to {segment:.1?} after {straight:.1?} in one go"
        );
    }

    fn over_segments(&self, segment: Duration, options: &str, command: &str) -> Interrupted {
        let (limit, lead) = ((segment + self.lead).as_millis(), self.lead.as_millis());
        let options = format!("--engine local --time-limit {limit}ms --lead {lead}ms {options}");
        let end = self.run(&Wrapper::ckwrap(&options), "many", command);
        let log = format!("{options}\n{}", log(&self.many("")));
        assert_eq!(end, End::Code(0), "{log}");
        Interrupted { journal: journal(&self.many(".ckwrap")), log }
    }

    /// Copies one directory of the scene.
    fn copy(&self, from: &str, to: &str) {
        let [from, to] = [from, to].map(|name| self.dir.path().join(name));
        assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
    }

    fn run(&self, wrapper: &Wrapper, place: &str, command: &str) -> End {
        let dir = self.dir.path().join(place);
        let environment = self.environment.clone();
        let mut run = Start::new(wrapper, command.split_whitespace())
            .set(move |command| {
                // A file, as in a batch job: what is written there is to be seen when a test fails.
                let output = File::create(dir.join("output.log")).unwrap();
                command.current_dir(dir).envs(environment);
                command.stdout(output.try_clone().unwrap()).stderr(output);
            })
            .go();
        run.stdin = None;
        run.end_within(PATIENCE)
    }

    /// These files are the same in both directories, to the last bit.
    #[track_caller]
    pub(crate) fn assert_same(&self, files: &[&str], interrupted: &Interrupted) {
        for file in files {
            let [one, many] = [self.one(file), self.many(file)]
                .map(|path| fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
            assert!(!one.is_empty() && one == many, "{file} differs\n{}", interrupted.log);
        }
    }
}

/// What the journal of an interrupted run says.
pub(crate) struct Interrupted {
    journal: Vec<Value>,
    pub(crate) log: String,
}

impl Interrupted {
    /// From a run directory, for a chain that ran elsewhere than in a [`Scene`].
    pub(crate) fn read(run_directory: &Path) -> Self {
        Self { journal: journal(&run_directory.join(".ckwrap")), log: log(run_directory) }
    }

    /// How often the program was interrupted and started again.
    pub(crate) fn count(&self) -> usize {
        self.of_kind("segment_started").count().saturating_sub(1)
    }

    /// The longest time from a request to a complete checkpoint.
    pub(crate) fn slowest_checkpoint(&self) -> Option<Duration> {
        let times = self.of_kind("checkpoint").filter_map(|record| record.get("took_ms")?.as_u64());
        times.max().map(Duration::from_millis)
    }

    /// The records of this kind, in order.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.journal.iter().filter(move |record| record.get("type").and_then(Value::as_str) == Some(kind))
    }

    /// Adds the program's line to the table that `scripts/test apps` prints.
    pub(crate) fn report(&self, program: &str, sameness: &str) {
        let slowest = self.slowest_checkpoint().map_or_else(|| "-".to_owned(), |time| format!("{time:.1?}"));
        let line = format!("{program:<34} {:>13} {slowest:>18}   {sameness}\n", self.count());
        match std::env::var_os("CKWRAP_TEST_TABLE") {
            Some(path) => {
                let mut table = OpenOptions::new().create(true).append(true).open(path).unwrap();
                table.write_all(line.as_bytes()).unwrap();
            }
            // Straight to the stream: what is printed by macros is not seen where a test passes.
            None => std::io::stderr().write_all(line.as_bytes()).unwrap(),
        }
    }
}

/// `examples/NAME`.
pub(crate) fn example_directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// The records of the only chain in a directory.
fn journal(chains: &Path) -> Vec<Value> {
    let found: Vec<_> = fs::read_dir(chains).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(found.len(), 1, "one chain: {found:?}");
    let text = fs::read_to_string(found[0].join("journal.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The end of what a run has printed.
fn log(dir: &Path) -> String {
    let bytes = fs::read(dir.join("output.log")).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}
