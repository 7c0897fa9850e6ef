//! One run after another: the program alone, and segments of a chain in the copy.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::scratch::Scratch;
use super::{RehearseArgs, RehearseError, blow};
use crate::config::TimeSpan;
use crate::journal::{Event, Store, Verdict};
use crate::model::{ChainId, ChildExit, Signal, Timestamp, harmless};
use crate::rehearsal::{Segment, ending};
use crate::supervisor::{OF_ONE_SEGMENT, processes};
use crate::sys::{self, Dispositions, SignalSource, SpawnRequest};

/// How often it is looked how far a segment is.
const LOOK: Duration = Duration::from_millis(20);
/// What ckwrap itself may take beside the times of the program.
const AROUND: Duration = Duration::from_secs(60);
/// How much of what a program wrote is looked at for its last lines.
const TAIL: i64 = 16 << 10;
/// The name of the chain.
const CHAIN: &str = "rehearsal";

/// What happens to a segment.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// It is asked after this time, and has as much for its checkpoint.
    Asked(Duration),
    /// The same, and it is killed so long after the request.
    Killed(Duration, Duration),
    /// It runs until its work is done.
    ToTheEnd,
}

/// Where the runs take place, and how many there have been.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    args: &'a RehearseArgs,
    scratch: &'a Scratch,
    at_most: Duration,
    environment: Vec<(OsString, OsString)>,
    ckwrap: PathBuf,
    chain: ChainId,
    segments: u32,
    signals: SignalSource,
}

impl<'a> Scene<'a> {
    /// With the environment of this process, as it would be outside of a job.
    pub(super) fn new(
        args: &'a RehearseArgs,
        scratch: &'a Scratch,
        at_most: Duration,
    ) -> Result<Self, RehearseError> {
        let ours = |name: &OsString| {
            let name = name.as_encoded_bytes();
            name.starts_with(b"SLURM_") || OF_ONE_SEGMENT.iter().any(|one| one.as_bytes() == name)
        };
        let ckwrap =
            std::env::current_exe().map_err(|error| RehearseError::Io("this program itself", error))?;
        let chain = CHAIN.parse().map_err(|_| RehearseError::Alone("has no name".to_owned()))?;
        let environment = std::env::vars_os().filter(|(name, _)| !ours(name)).collect();
        Ok(Self {
            args,
            scratch,
            at_most,
            environment,
            ckwrap,
            chain,
            segments: 0,
            signals: SignalSource::open(),
        })
    }

    /// The program without ckwrap; how long it took.
    pub(super) fn alone(&mut self) -> Result<Duration, RehearseError> {
        let began = sys::now().instant;
        let log = self.scratch.root().join("alone.log");
        let (exit, _) = self.run(&self.args.words, &self.scratch.alone(), &log, self.at_most, |_| false)?;
        let took = sys::now().instant.since(began);
        match exit {
            Some(ChildExit::Code(0)) => Ok(took),
            Some(exit) => {
                let said: Vec<String> = last_lines(&log).iter().map(|line| harmless(line)).collect();
                Err(RehearseError::Alone(format!("ended {}; it said:\n{}", ending(exit), said.join("\n"))))
            }
            None => Err(RehearseError::Length(format!("more than {} s (--at-most)", self.at_most.as_secs()))),
        }
    }

    /// One segment of the chain, from its start to its end or to the blow.
    pub(super) fn segment(&mut self, act: Act) -> Result<Segment, RehearseError> {
        self.segments += 1;
        let number = self.segments;
        let log = self.scratch.root().join(format!("segment-{number}.log"));
        let place = self.scratch.interrupted();
        let words = self.words(act);
        let longest = match act {
            Act::Asked(time) | Act::Killed(time, _) => time * 2 + AROUND,
            Act::ToTheEnd => self.at_most,
        };
        let until = |scene: &Self| match act {
            Act::Killed(_, middle) => scene.is_asked_since(number, middle),
            Act::Asked(_) | Act::ToTheEnd => false,
        };
        let (exit, killed) = self.run(&words, &place, &log, longest, until)?;
        let mut segment = self.seen(number)?;
        segment.last_lines = last_lines(&log);
        if killed && matches!(act, Act::Killed(..)) {
            segment.blow = Some(blow(segment.took.is_none()));
            segment.exit = None;
        }
        let was_started = !segment.ran.is_zero() || segment.exit.is_some() || killed;
        if exit == Some(ChildExit::Code(125)) && !was_started {
            segment.refused = Some(refusal(&segment.last_lines));
        }
        Ok(segment)
    }

    fn words(&self, act: Act) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec![self.ckwrap.clone().into()];
        let mut option = |name: &str, value: OsString| words.extend([name.into(), value]);
        option("--engine", "local".into());
        option("--chain", CHAIN.into());
        option("--max-segments", self.segments.to_string().into());
        let span = |time: Duration| TimeSpan::try_from(time).map(|span| span.to_string()).unwrap_or_default();
        match act {
            Act::Asked(time) | Act::Killed(time, _) => {
                option("--time-limit", span(time * 2).into());
                option("--lead", span(time).into());
            }
            Act::ToTheEnd => option("--time-limit", span(self.at_most).into()),
        }
        if let Some(profile) = &self.args.profile {
            option("--profile", profile.into());
        }
        words.push("--".into());
        words.extend(self.args.words.iter().cloned());
        words
    }

    /// Runs it there until it ends, its time is over or `until` says so; then everything of it is killed, at once.
    fn run(
        &mut self,
        words: &[OsString],
        place: &Path,
        log: &Path,
        longest: Duration,
        until: impl Fn(&Self) -> bool,
    ) -> Result<(Option<ChildExit>, bool), RehearseError> {
        let failed = |error| RehearseError::Io("a file of the rehearsal", error);
        let (null, log) = (File::open("/dev/null").map_err(failed)?, File::create(log).map_err(failed)?);
        std::env::set_current_dir(place).map_err(failed)?;
        let path =
            self.environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str());
        let child = sys::spawn(&SpawnRequest {
            argv: words,
            environment: &self.environment,
            path,
            stdio: [Some(null.as_raw_fd()), Some(log.as_raw_fd()), Some(log.as_raw_fd())],
            own_group: true,
            dies_with_us: true,
            mask: 0,
            dispositions: Dispositions::Inherited { child_ignored: false },
            failure: None,
        });
        let what = words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        let child = child.map_err(|source| RehearseError::Start { what, source })?;
        let began = sys::now().instant;
        let end = loop {
            if let Some(exit) = ended(child.pid) {
                break (Some(exit), false);
            }
            if let Some(signal) = self.interruption() {
                sys::send(child.pid, Signal::KILL);
                self.kill_what_is_left();
                return Err(RehearseError::Interrupted(signal));
            }
            if until(self) || sys::now().instant.since(began) > longest {
                sys::send(child.pid, Signal::KILL);
                break (None, true);
            }
        };
        self.kill_what_is_left();
        Ok(end)
    }

    /// As if the power had failed: nobody is asked, and nothing is left. What a dead parent leaves becomes a child of this
    /// process.
    fn kill_what_is_left(&mut self) {
        // Some may be stuck in the kernel; they end when they can.
        for _ in 0..500 {
            let left = processes::descendants(sys::own_pid());
            if left.is_empty() {
                return;
            }
            for pid in left {
                sys::send(pid, Signal::KILL);
                let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
            }
            self.signals.rest(LOOK / 10);
            self.signals.read();
        }
    }

    /// Waits a little; the signal by which somebody ends the rehearsal.
    fn interruption(&mut self) -> Option<Signal> {
        self.signals.rest(LOOK);
        let ends = |signal: &Signal| [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT].contains(signal);
        self.signals.read().into_iter().map(|received| received.signal).find(ends)
    }

    /// Whether the segment was asked so long ago. An unreadable journal says no: the next look may tell.
    fn is_asked_since(&self, number: u32, middle: Duration) -> bool {
        let mut asked: Option<Timestamp> = None;
        let store = Store::open(&self.scratch.interrupted(), &self.chain);
        let Ok(Some(store)) = store else { return false };
        let read = store.load_with(|record| {
            if let Event::Triggered(one) = &record.event
                && one.segment.0 == number
            {
                asked.get_or_insert(record.t);
            }
        });
        read.is_ok() && asked.is_some_and(|asked| sys::now().wall - asked >= middle)
    }

    /// What the journal says of a segment.
    fn seen(&self, number: u32) -> Result<Segment, RehearseError> {
        let mut seen = Segment::default();
        let Some(store) = Store::open(&self.scratch.interrupted(), &self.chain)? else { return Ok(seen) };
        let mut began = None;
        store.load_with(|record| match &record.event {
            Event::SegmentStarted(one) if one.segment.0 == number => {
                began = Some(record.t);
                seen.from = one.checkpoint.as_ref().map(|id| id.path.display().to_string());
            }
            Event::Triggered(one) if one.segment.0 == number => seen.asked = Some(one.trigger.clone()),
            Event::Checkpoint(one) if one.segment.0 == number && one.asked => {
                seen.took = one.took_ms.map(Duration::from_millis);
                seen.saved = Some(true);
            }
            Event::SegmentEnded(one) if one.segment.0 == number => {
                seen.exit = Some(one.exit);
                seen.saved = one.fresh.or(seen.saved);
                seen.finished = one.verdict == Verdict::Finished;
                seen.ran = Duration::from_millis(one.ran_ms);
            }
            _ => {}
        })?;
        if let (true, Some(began)) = (seen.ran.is_zero(), began) {
            seen.ran = sys::now().wall - began;
        }
        Ok(seen)
    }
}

/// How a child of this process ended, if it has.
fn ended(pid: i32) -> Option<ChildExit> {
    match waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG)) {
        Ok(WaitStatus::Exited(_, code)) => Some(ChildExit::Code(code)),
        Ok(WaitStatus::Signaled(_, signal, _)) => {
            Some(ChildExit::Signal(Signal::from_number(signal as i32).unwrap_or(Signal::KILL)))
        }
        _ => None,
    }
}

/// The last lines of a log that are not empty.
fn last_lines(log: &Path) -> Vec<String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let length = i64::try_from(fs::metadata(log)?.len()).unwrap_or(i64::MAX);
        file.seek(SeekFrom::End(-length.min(TAIL)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(8)).map(|line| (*line).to_owned()).collect()
}

/// What ckwrap said when it did not start the program.
fn refusal(lines: &[String]) -> String {
    let said = |line: &String| line.strip_prefix("ckwrap: error: ").map(str::to_owned);
    lines.iter().find_map(said).unwrap_or_else(|| lines.join("; "))
}
