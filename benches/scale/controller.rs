//! Many tasks with one common deadline, in virtual time, before a controller that serves one call after the other.
//!
//! The times of service are those measured on an idle Slurm 22.05.8; a command gives up after 20 s, as Slurm's do, and what
//! it asked for is done all the same once the controller comes to it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::error::Error;

use ckwrap::model::{ContinuationMode, Instant, JobId};
use ckwrap::policy::{
    Action, Crowd, End, Event, GraceAnswer, JobAnswer, JobFacts, JobPhase, Step, StepAnswer,
};
use serde_json::{Value, json};

use crate::task::{LIMIT, Task, Want};

/// Microseconds after which a command gives up.
const TIMEOUT: u64 = 20_000_000;
/// Tasks that the controller starts in a second.
const STARTS: u64 = 100;
const SECOND: u64 = 1_000_000;

enum Happening {
    Begin,
    Event(Event),
    Tick,
    Served(Action),
}

#[derive(Default)]
struct World {
    heap: BinaryHeap<Reverse<(u64, usize)>>,
    happenings: Vec<Option<(usize, Happening)>>,
    tasks: Vec<Task>,
    ticks: Vec<Option<u64>>,
    free_at: u64,
    arrivals: BTreeMap<u64, u64>,
    kinds: BTreeMap<&'static str, u64>,
    timed_out: u64,
    longest_wait: u64,
    last_gone: u64,
}

/// The figures of `count` tasks that continue by `mode`.
pub(crate) fn run(mode: &str, count: usize) -> Result<Value, Box<dyn Error>> {
    let mode = match mode {
        "requeue" => ContinuationMode::Requeue,
        "successor" => ContinuationMode::Successor,
        other => return Err(format!("no such mode: {other}").into()),
    };
    let size = u32::try_from(count)?;
    let mut world = World::default();
    let mut chance = 88_172_645_463_325_252_u64;
    for task in 0..count {
        let mut draw = |below: u64| {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            chance % below
        };
        let began = u64::try_from(task)? * SECOND / STARTS + draw(10_000);
        // A checkpoint of two to twenty seconds.
        let save = 2 * SECOND + draw(18 * SECOND);
        world.tasks.push(Task::new(
            began,
            mode,
            save,
            Crowd::new(u32::try_from(task)?, (0, size.saturating_sub(1)), size),
        ));
        world.ticks.push(None);
        world.later(began, task, Happening::Begin);
    }
    while let Some(Reverse((at, index))) = world.heap.pop() {
        if let Some((task, happening)) = world.happenings.get_mut(index).and_then(Option::take) {
            world.step(at, task, happening);
        }
    }
    Ok(world.figures(count))
}

impl World {
    fn later(&mut self, at: u64, task: usize, happening: Happening) {
        self.heap.push(Reverse((at, self.happenings.len())));
        self.happenings.push(Some((task, happening)));
    }

    fn step(&mut self, at: u64, task: usize, happening: Happening) {
        let wants = match happening {
            Happening::Begin => self.tasks[task].wants(),
            Happening::Event(event) => self.tasks[task].take(at, event),
            Happening::Tick if self.ticks[task] != Some(at) => return,
            Happening::Tick => {
                self.ticks[task] = None;
                self.tasks[task].take(at, Event::Tick)
            }
            Happening::Served(action) => {
                self.tasks[task].requeued |= matches!(action, Action::Step(Step::Requeue { .. }));
                return;
            }
        };
        for want in wants {
            match want {
                Want::Later(after, event) => self.later(at + after, task, Happening::Event(event)),
                Want::Calls(kinds, action) => self.call(at, task, kinds, action),
                Want::Gone => self.last_gone = self.last_gone.max(at),
            }
        }
        if self.tasks[task].gone {
            return;
        }
        let due = self.tasks[task].machine.deadline().map(|due| micros_up(due).max(at));
        if let Some(due) = due.filter(|_| due != self.ticks[task]) {
            self.ticks[task] = Some(due);
            self.later(due, task, Happening::Tick);
        }
    }

    fn call(&mut self, at: u64, task: usize, kinds: &'static [&'static str], action: Action) {
        for kind in kinds {
            *self.arrivals.entry(at / SECOND).or_default() += 1;
            *self.kinds.entry(kind).or_default() += 1;
            let takes = match *kind {
                "sbatch" | "requeue" => 10_000,
                "squeue-token" | "squeue-dependents" => 9000,
                _ => 7000,
            };
            self.free_at = self.free_at.max(at) + takes;
        }
        let wait = self.free_at - at;
        self.longest_wait = self.longest_wait.max(wait);
        let answered = wait < TIMEOUT;
        self.timed_out += u64::from(!answered);
        // A look sees what was done before it: acts are served in the order in which they came.
        let answer = self.answer(task, &action, answered);
        self.later(self.free_at, task, Happening::Served(action));
        self.later(at + wait.min(TIMEOUT), task, Happening::Event(answer));
    }

    fn answer(&self, task: usize, action: &Action, answered: bool) -> Event {
        let text = || "Socket timed out on send/recv operation".to_owned();
        let end = End::At(Instant(std::time::Duration::from_secs(LIMIT)));
        let requeued = self.tasks[task].requeued;
        let phase = if requeued { JobPhase::Pending } else { JobPhase::Running };
        let facts =
            JobFacts { phase, time_limit: false, preempted: false, restarts: Some(u32::from(requeued)), end };
        let successor = JobId::Single(1_000_000 + u32::try_from(task).unwrap_or(0));
        match action {
            Action::QueryJob(ticket) if answered => Event::Job(*ticket, JobAnswer::Facts(facts)),
            Action::QueryJob(ticket) => Event::Job(*ticket, JobAnswer::Unknown(text())),
            Action::QueryGrace => {
                Event::Grace(if answered { GraceAnswer::None } else { GraceAnswer::Unknown })
            }
            Action::QueryKillWait => Event::KillWait(std::time::Duration::from_secs(30)),
            _ if !answered => Event::Step(StepAnswer::Unknown(text())),
            Action::Step(Step::Submit { .. } | Step::FindSuccessor) => {
                Event::Step(StepAnswer::Job(successor))
            }
            _ => Event::Step(StepAnswer::Done),
        }
    }

    fn figures(&self, count: usize) -> Value {
        let half = LIMIT / 2;
        let peak = |end: bool| {
            let of = self.arrivals.iter().filter(|(second, _)| (**second > half) == end);
            of.map(|(_, calls)| *calls).max().unwrap_or(0)
        };
        let tail: BTreeMap<i64, u64> = self.arrivals.iter().filter(|(second, _)| **second > half).fold(
            BTreeMap::new(),
            |mut tail, (second, calls)| {
                let ahead = i64::try_from(*second).unwrap_or(0) - i64::try_from(LIMIT).unwrap_or(0);
                *tail.entry(ahead.div_euclid(10) * 10).or_default() += calls;
                tail
            },
        );
        let calls: u64 = self.kinds.values().sum();
        let late: u64 = self.arrivals.range(LIMIT..).map(|(_, calls)| *calls).sum();
        json!({
            "tasks": count,
            "calls": calls,
            "calls_per_hundred_segments": calls * 100 / u64::try_from(count.max(1)).unwrap_or(1),
            "peak_start": peak(false),
            "peak_end": peak(true),
            "kinds": self.kinds,
            "timed_out": self.timed_out,
            "longest_wait_ms": self.longest_wait / 1000,
            "calls_after_deadline": late,
            "not_continued": self.tasks.iter().filter(|task| !task.continued).count(),
            "not_gone": self.tasks.iter().filter(|task| !task.gone).count(),
            "last_gone_s": self.last_gone / SECOND,
            "tail_by_10s": tail.iter().map(|(at, calls)| json!([at, calls])).collect::<Vec<_>>(),
        })
    }
}

fn micros_up(at: Instant) -> u64 {
    u64::try_from(at.0.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX)
}
