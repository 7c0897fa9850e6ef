//! Run directories with chains of any length, written by the library's own journal.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use ckwrap::journal::record::{
    Cause, Checkpoint, Continued, Deadline, SegmentEnded, SegmentStarted, Told, Triggered, Verdict,
};
use ckwrap::journal::{Durability, Event, Record, Store};
use ckwrap::model::{CheckpointId, ChildExit, ContinuationMode, Progress, SegmentNumber, Signal, Timestamp};
use tempfile::TempDir;

/// Hours that an allocation has.
const HOURS: i64 = 12;

/// A run directory with one chain.
pub(crate) struct Scene {
    pub(crate) dir: TempDir,
    store: Store,
    /// Until when it has been told.
    pub(crate) clock: i64,
    number: u32,
    done: f64,
    left: Option<CheckpointId>,
}

/// How a segment goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// To its deadline.
    Usual,
    /// Somebody more important came.
    Preempted,
    /// Its node failed: nothing more was heard.
    Lost,
    /// The program crashed.
    Crashed,
    /// It reached its goal.
    Finished,
    /// It still runs.
    Running,
}

impl Scene {
    /// A chain that `build` makes, and whose last record is of this moment.
    pub(crate) fn new(chain: &str, build: impl Fn(&mut Self)) -> Self {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        let mut trial = Self::at(chain, 0);
        build(&mut trial);
        let mut scene = Self::at(chain, now - trial.clock);
        build(&mut scene);
        scene
    }

    fn at(chain: &str, began: i64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(dir.path(), &chain.parse().unwrap()).unwrap();
        let mut scene = Self { dir, store, clock: began, number: 0, done: 0.0, left: None };
        let started = serde_json::json!({"chain": chain, "command": ["gmx", "mdrun", "-deffnm", "md"]});
        scene.add(began, serde_json::from_value::<ckwrap::journal::record::ChainStarted>(started).unwrap());
        scene
    }

    /// So many segments: most as usual, some not; the last one runs.
    pub(crate) fn long(segments: u32) -> Self {
        Self::new("slurm-4711", |scene| {
            for number in 1..=segments {
                let course = match number {
                    last if last == segments => Course::Running,
                    number if number % 17 == 5 => Course::Preempted,
                    number if number % 41 == 2 => Course::Lost,
                    number if number % 53 == 9 => Course::Crashed,
                    _ => Course::Usual,
                };
                scene.segment(course, f64::from(segments) * 13.0);
            }
        })
    }

    /// The next segment, of a chain that has so much to do.
    pub(crate) fn segment(&mut self, course: Course, total: f64) -> &mut Self {
        self.number += 1;
        let segment = SegmentNumber(self.number);
        // A wait in the queue that differs from one to the next, from minutes to most of a day.
        let wait = [600, 1800, 300, 14_400, 900, 45_000, 60][self.number as usize % 7];
        let start = self.clock + wait;
        let deadline = start + HOURS * 3600;
        self.started(start, segment);
        self.add(start, deadline_of(segment, deadline));
        let hours = match course {
            Course::Usual => HOURS,
            Course::Preempted => 5,
            Course::Lost | Course::Running => 7,
            Course::Crashed => 1,
            Course::Finished => 3,
        };
        for hour in 0..hours {
            self.done += 0.9 + 0.2 * f64::from(self.number % 3) / 2.0;
            self.told(start + hour * 3600 + 1800, segment, total);
        }
        self.end(course, segment, start, deadline);
        self
    }

    fn started(&mut self, start: i64, segment: SegmentNumber) {
        let job = (4711 + segment.0).to_string().parse().ok();
        let host = format!("node{:03}.cluster.example", segment.0 % 400);
        let checkpoint = self.left.clone();
        let command = vec!["gmx".into(), "mdrun".into()];
        let engine = "slurm".into();
        self.add(
            start,
            SegmentStarted { segment, job, restart: 0, host, pid: 1, command, checkpoint, engine },
        );
    }

    fn end(&mut self, course: Course, segment: SegmentNumber, start: i64, deadline: i64) {
        let took = 25 + i64::from(segment.0 * 7 % 90);
        let save = |scene: &mut Self, at: i64, why: &str| {
            let trigger = "SIGTERM to the ranks".into();
            scene.add(at, Triggered { segment, trigger, why: why.into() });
            let id = checkpoint(at + took, segment);
            scene.left = Some(id.clone());
            let took_ms = u64::try_from(took * 1000).ok();
            scene.add(at + took, Checkpoint { segment, id, took_ms, asked: true });
            at + took + 4
        };
        match course {
            Course::Usual => {
                let at = save(self, deadline - 300, "the deadline");
                self.ended(at, segment, start, Cause::Deadline, Verdict::Unfinished, ChildExit::Code(0));
            }
            Course::Preempted => {
                let at = save(self, start + 5 * 3600, "preemption");
                self.ended(at, segment, start, Cause::Preempted, Verdict::Unfinished, ChildExit::Code(0));
            }
            Course::Lost => self.clock = start + 7 * 3600,
            Course::Crashed => {
                let exit = ChildExit::Signal(Signal::SEGV);
                self.ended(start + 4000, segment, start, Cause::Crashed, Verdict::Failed, exit);
            }
            Course::Finished => {
                let exit = ChildExit::Code(0);
                self.ended(start + 3 * 3600, segment, start, Cause::Completed, Verdict::Finished, exit);
            }
            Course::Running => {
                save(self, start + 6 * 3600, "an hour has passed");
                self.clock = start + 7 * 3600;
            }
        }
    }

    fn ended(
        &mut self,
        at: i64,
        segment: SegmentNumber,
        start: i64,
        cause: Cause,
        verdict: Verdict,
        exit: ChildExit,
    ) {
        let fresh = Some(verdict == Verdict::Unfinished);
        let ran_ms = u64::try_from((at - start) * 1000).unwrap();
        let checkpoint = self.left.clone();
        self.add(at, SegmentEnded { segment, exit, verdict, cause, checkpoint, fresh, ran_ms });
        if verdict != Verdict::Finished {
            let job = (4712 + segment.0).to_string().parse().ok();
            let mode = ContinuationMode::Successor;
            self.add(at + 6, Continued { segment, mode, token: None, job });
        }
        self.clock = at;
    }

    fn told(&mut self, at: i64, segment: SegmentNumber, total: f64) {
        let progress = Progress::new(self.done.min(total), total);
        self.add(at, Told { segment, progress, status: None });
    }

    /// One more record.
    pub(crate) fn add(&mut self, at: i64, event: impl Into<Event>) {
        let record = Record { t: Timestamp::from_seconds(at), event: event.into() };
        self.store.append(&record, Durability::Lazy).unwrap();
    }

    /// `ckwrap WORDS` there, without any Slurm.
    pub(crate) fn ckwrap(&self, words: &[&str]) -> Output {
        ckwrap(self.dir.path(), words)
    }

    /// The page of its chain.
    pub(crate) fn page(&self) -> String {
        let output = self.ckwrap(&["report", "--output", "-"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn deadline_of(segment: SegmentNumber, at: i64) -> Deadline {
    let at = Timestamp::from_seconds(at);
    serde_json::from_value(serde_json::json!({"segment": segment, "at": at, "source": "slurm"})).unwrap()
}

fn checkpoint(at: i64, segment: SegmentNumber) -> CheckpointId {
    let size = (1 << 30) + u64::from(segment.0) * 1000;
    CheckpointId { path: "md.cpt".into(), size, modified_ns: i128::from(at) * 1_000_000_000, inode: 1 }
}

/// `ckwrap WORDS` in a directory, without any Slurm.
#[expect(clippy::disallowed_methods, reason = "an ordinary process here")]
pub(crate) fn ckwrap(dir: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ckwrap"));
    command.args(words).current_dir(dir).env_clear().env("PATH", "/nowhere").output().unwrap()
}
