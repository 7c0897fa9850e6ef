//! One segment in the fake Slurm, whose allocation ends at once, with one fault; and what is left of it.

use std::ffi::OsString;
use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{End, FakeSlurm, Running, Start, Wrapper, example};

/// From its start to the end of the allocation.
pub(super) const SHORT: Duration = Duration::from_secs(3);
/// After it Slurm sends SIGTERM to all of the job, as measured 1 to 25 s late ...
const LIMIT: Duration = Duration::from_secs(2);
/// ... and SIGKILL after its KillWait.
const KILL_WAIT: Duration = Duration::from_secs(30);
/// A program that saves when it is asked to, and leaves a trace of how far it came.
const PROGRAM: &str =
    "trap 'echo data > state; echo end >> runs; exit 85' USR1; echo ran >> runs; while :; do read x; done";

/// What is left of a segment.
pub(super) struct Left {
    pub(super) fault: String,
    /// What was spoiled: nothing where the call was not made this time.
    pub(super) report: String,
    pub(super) end: Option<End>,
    pub(super) took: Duration,
    pub(super) said: String,
    /// Lines of the program.
    pub(super) runs: String,
    pub(super) survivors: Vec<i32>,
    pub(super) slurm: FakeSlurm,
}

/// Starts `ckwrap OPTIONS -- COMMAND` in the job, under the saboteur, who writes to `report` beside the run directory.
pub(super) fn spoiled<W: Into<OsString>>(
    slurm: &FakeSlurm,
    options: &str,
    fault: &str,
    command: impl IntoIterator<Item = W>,
) -> Start {
    let (report, ckwrap) = (slurm.file("../report"), Wrapper::ckwrap(options));
    let words = [example("sabotage").into_os_string(), report.into(), fault.into(), "--".into()];
    let words = words.into_iter().chain(ckwrap.words().iter().cloned());
    let words = words.chain(command.into_iter().map(Into::into)).collect::<Vec<_>>();
    let own = slurm.file("..");
    // What others have left in the common one must not be counted.
    slurm.place(Start::new(&Wrapper::bare(), words)).set(move |command| {
        command.env("TMPDIR", own);
    })
}

/// What is left of it, after a moment: a program is killed with its ckwrap, and a command of Slurm's ends by itself.
pub(super) fn survivors(run: &Running) -> Vec<i32> {
    let patience = Instant::now() + Duration::from_secs(5);
    loop {
        let left = run.survivors();
        if left.is_empty() || Instant::now() >= patience {
            return left;
        }
        std::thread::yield_now();
    }
}

/// Runs ckwrap under the saboteur.
pub(super) fn segment(options: &str, fault: &str, left: Duration) -> Left {
    let mut slurm = FakeSlurm::new(left).config("checkpoint: {glob: [state], lead: 1500ms}\n");
    let job = slurm.job;
    slurm.start(job, left);
    let began = Instant::now();
    let mut run = spoiled(&slurm, options, fault, ["/bin/sh", "-c", PROGRAM]).go();
    let mut end = run.end_or_none(left + LIMIT);
    if end.is_none() {
        for pid in run.survivors().into_iter().filter(|pid| *pid != run.pid()) {
            for signal in [Signal::SIGCONT, Signal::SIGTERM] {
                let _ = kill(Pid::from_raw(pid), signal);
            }
        }
        end = run.end_or_none(KILL_WAIT);
    }
    let took = began.elapsed();
    let survivors = if end.is_some() { survivors(&run) } else { run.survivors() };
    let text = |name: &str| fs::read_to_string(slurm.file(name)).unwrap_or_default();
    Left {
        fault: fault.to_owned(),
        report: text("../report"),
        runs: text("runs"),
        end,
        took,
        survivors,
        said: run.errors_so_far(),
        slurm,
    }
}
