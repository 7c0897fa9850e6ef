//! Whole segments, told line by line: what happened (`>`), what the policy wanted (`<`), and what it said (`"`).
//!
//! The expected stories lie in `plays/*.txt`. `CKWRAP_UPDATE_PLAYS=1 cargo test --lib policy::tests` writes them anew after
//! a change that was meant, and the difference shows what it changes for the user.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::super::*;
use super::bench::{facts, found, situation};
use super::settings;
use crate::model::{ChildExit, Instant, Now, Signal, Timestamp};

/// The longest one: far beyond the end of the allocation, and of every wait after it.
const MOST_STEPS: u32 = 3000;

/// How a segment is set up, what happens to it, and how its surroundings answer.
#[derive(Debug, Clone)]
pub(super) struct Play {
    pub(super) settings: Settings,
    pub(super) situation: Situation,
    pub(super) past: Past,
    /// What happens at which second.
    pub(super) happens: Vec<(u64, Event)>,
    /// How long after a trigger has reached it the child ends, and how; `None`: it takes no notice.
    pub(super) obeys: Option<(u64, ChildExit)>,
    /// The same for SIGTERM from ckwrap.
    pub(super) on_term: Option<(u64, ChildExit)>,
    /// Answers, each kind in order; the last one is given again and again. No answer at all where there is none.
    pub(super) jobs: Vec<JobAnswer>,
    pub(super) triggers: Vec<TriggerAnswer>,
    pub(super) scans: Vec<ScanAnswer>,
    pub(super) examined: Vec<Examined>,
    pub(super) steps: Vec<StepAnswer>,
    pub(super) grace: Option<GraceAnswer>,
    pub(super) kill_wait: Option<Duration>,
    pub(super) kept: Option<KeepAnswer>,
    pub(super) recorded: Option<bool>,
    pub(super) assessment: Assessment,
    /// The second at which the curtain falls if nothing else ends it.
    pub(super) until: u64,
}

impl Default for Play {
    /// The usual: the child saves and ends within 5 s, and Slurm does as it is told.
    fn default() -> Self {
        let obeys = Some((5, ChildExit::Code(85)));
        Self {
            settings: settings(),
            situation: situation(),
            past: Past::default(),
            happens: Vec::new(),
            obeys,
            on_term: Some((1, ChildExit::Signal(Signal::TERM))),
            jobs: vec![JobAnswer::Facts(facts(JobPhase::Running))],
            triggers: vec![TriggerAnswer::Delivered { what: "SIGUSR1".into(), signal: Some(Signal::USR1) }],
            scans: vec![found("old"), found("new")],
            examined: Vec::new(),
            steps: vec![StepAnswer::Done],
            grace: None,
            kill_wait: None,
            kept: Some(KeepAnswer::Done),
            recorded: Some(true),
            assessment: Assessment { finished: Answer::No, stopped: false, retry: None },
            until: 1200,
        }
    }
}

impl Play {
    /// The usual, changed.
    pub(super) fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut play = Self::default();
        change(&mut play);
        play
    }

    /// The story, to the exit or the curtain.
    pub(super) fn told(self) -> String {
        let machine = Machine::new(self.settings.clone(), self.situation.clone(), self.past.clone());
        let pending = self.happens.clone();
        let mut stage = Stage {
            machine,
            play: self,
            now: 0,
            text: String::new(),
            pending,
            answers: VecDeque::new(),
            lives: false,
        };
        stage.perform();
        stage.text
    }
}

/// What an answer is followed by in the list, or itself.
fn next<T: Clone>(list: &mut Vec<T>) -> Option<T> {
    if list.len() > 1 { Some(list.remove(0)) } else { list.first().cloned() }
}

struct Stage {
    play: Play,
    machine: Machine,
    /// In milliseconds.
    now: u64,
    text: String,
    pending: Vec<(u64, Event)>,
    answers: VecDeque<Event>,
    lives: bool,
}

impl Stage {
    fn perform(&mut self) {
        for (at, _) in &mut self.pending {
            *at *= 1000;
        }
        for _ in 0..MOST_STEPS {
            while let Some(action) = self.machine.next_action() {
                self.note(&action);
                self.answer(&action);
            }
            if self.machine.phase() == Phase::Done {
                return;
            }
            let Some(event) = self.next_event() else { return };
            if event != Event::Tick {
                self.line(&format!("> {event:?}"));
            }
            let now = Now { instant: Instant(Duration::from_millis(self.now)), wall: Timestamp(1_000_000) };
            self.machine.handle(now, event);
        }
        self.line("... and so on");
    }

    /// What is answered comes first, then what happens earliest.
    fn next_event(&mut self) -> Option<Event> {
        if let Some(answer) = self.answers.pop_front() {
            return Some(answer);
        }
        let due = self.machine.deadline().map(|at| u64::try_from(at.0.as_nanos().div_ceil(1_000_000)));
        let due = due.map(|at| at.expect("a near one").max(self.now));
        let first = (0..self.pending.len()).min_by_key(|index| self.pending[*index].0);
        let at = first.map(|index| self.pending[index].0.max(self.now));
        let (at, event) = match (first, due) {
            (Some(first), due) if due.is_none_or(|due| at.is_some_and(|at| at <= due)) => {
                (at?, self.pending.remove(first).1)
            }
            (_, Some(due)) => (due, Event::Tick),
            _ => return None,
        };
        if at > self.play.until * 1000 {
            return None;
        }
        self.now = at;
        if matches!(event, Event::ChildExited(_)) {
            self.lives = false;
            self.pending.retain(|(_, event)| !matches!(event, Event::ChildExited(_)));
        }
        Some(event)
    }

    fn note(&mut self, action: &Action) {
        match action {
            // Every 90 s, and never a surprise.
            Action::CheckOwner => {}
            Action::Say(notice) => self.line(&format!("\" {notice}")),
            action => self.line(&format!("< {action:?}")),
        }
    }

    /// What is the same everywhere is left out.
    fn line(&mut self, text: &str) {
        let text = text
            .replace(", size: 1, modified_ns: 1, inode: 1 }", "")
            .replace("CheckpointId { path: ", "")
            .replace("time_limit: false, ", "")
            .replace("preempted: false, ", "")
            .replace(", fallback: false }", " }");
        let _ = writeln!(self.text, "{:>9.3} {text}", Duration::from_millis(self.now).as_secs_f64());
    }

    fn answer(&mut self, action: &Action) {
        let play = &mut self.play;
        let answer = match action {
            Action::Spawn => {
                self.lives = true;
                Some(Event::Spawned)
            }
            Action::QueryJob(ticket) => next(&mut play.jobs).map(|answer| Event::Job(*ticket, answer)),
            Action::QueryGrace => play.grace.map(Event::Grace),
            Action::QueryKillWait => play.kill_wait.map(Event::KillWait),
            Action::Trigger(_) => {
                let answer = next(&mut play.triggers);
                if let (Some(TriggerAnswer::Delivered { .. }), Some((after, exit))) = (&answer, play.obeys) {
                    self.ends(after, exit);
                }
                answer.map(Event::Triggered)
            }
            Action::Scan(ticket) => next(&mut play.scans).map(|answer| Event::Scanned(*ticket, answer)),
            Action::Examine(_) => next(&mut play.examined).map(Event::Examined),
            Action::EndChild(Signal::KILL) => {
                self.ends(0, ChildExit::Signal(Signal::KILL));
                None
            }
            Action::EndChild(_) => {
                if let Some((after, exit)) = play.on_term {
                    self.ends(after, exit);
                }
                None
            }
            Action::ClearTree(_) => Some(Event::TreeGone),
            Action::Assess(_) => Some(Event::Assessed(play.assessment.clone())),
            Action::Keep(_) => play.kept.clone().map(Event::Kept),
            Action::RecordDurably(_) => play.recorded.map(Event::Recorded),
            Action::Step(_) => next(&mut play.steps).map(Event::Step),
            _ => None,
        };
        self.answers.extend(answer);
    }

    fn ends(&mut self, after: u64, exit: ChildExit) {
        if self.lives {
            self.pending.push((self.now + after * 1000, Event::ChildExited(exit)));
        }
    }
}

/// Compares the stories of a group with those that are expected of it.
#[track_caller]
pub(super) fn check(group: &str, plays: Vec<(&str, Play)>) {
    let mut told = String::new();
    for (name, play) in plays {
        let _ = write!(told, "== {name}\n{}\n", play.told());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/policy/tests/plays/{group}.txt"));
    if std::env::var_os("CKWRAP_UPDATE_PLAYS").is_some() {
        fs::write(&path, &told).expect("the folder is there");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = told.lines().zip(expected.lines()).position(|(is, was)| is != was);
    let at = differs.unwrap_or_else(|| told.lines().count().min(expected.lines().count()));
    let near = |text: &str| text.lines().skip(at.saturating_sub(6)).take(12).collect::<Vec<_>>().join("\n");
    assert!(
        told == expected,
        "{} tells another story from line {} on:\n{}\n\nexpected:\n{}",
        path.display(),
        at + 1,
        near(&told),
        near(&expected),
    );
}
