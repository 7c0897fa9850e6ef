//! One modelled batch task: the product's state machine, and a program that saves and ends when asked.

use std::time::Duration;

use ckwrap::model::{
    CheckpointId, ChildExit, ContinuationMode, Effect, Instant, Now, OnFailure, PreemptionWatch, Signal,
    Target, Timestamp, Trigger,
};
use ckwrap::policy::{
    Action, Answer, Assessment, Crowd, Entry, Event, Host, Lead, Machine, Past, ScanAnswer, Settings,
    Situation, Step, TriggerAnswer,
};

/// Length of the allocation in seconds; all end at one moment.
pub(crate) const LIMIT: u64 = 86_400;

/// What a task wants of the world.
pub(crate) enum Want {
    /// This event, so much later, in microseconds.
    Later(u64, Event),
    /// So many calls of this kind, one after the other, of which the last answers this action.
    Calls(&'static [&'static str], Action),
    /// To be gone.
    Gone,
}

/// One task.
pub(crate) struct Task {
    pub(crate) machine: Machine,
    pub(crate) requeued: bool,
    pub(crate) gone: bool,
    pub(crate) continued: bool,
    /// Microseconds that a checkpoint takes.
    save: u64,
    saved: bool,
    ended: bool,
}

pub(crate) fn now(micros: u64) -> Now {
    let wall = Timestamp(i64::try_from(micros / 1000).unwrap_or(i64::MAX));
    Now { instant: Instant(Duration::from_micros(micros)), wall }
}

fn id(name: &str) -> CheckpointId {
    CheckpointId { path: name.into(), size: 1, modified_ns: 1, inode: 1 }
}

impl Task {
    pub(crate) fn new(began: u64, mode: ContinuationMode, save: u64, crowd: Option<Crowd>) -> Self {
        let settings = Settings {
            lead: Lead::Initial(Duration::from_secs(300)),
            margin: None,
            ignores_end: false,
            warning_signals: vec![Signal::USR1],
            triggers: vec![Trigger::Signal { signal: Signal::USR1, to: Target::Leader }],
            effect: Effect::Stop,
            poll: Duration::ZERO,
            knows_checkpoints: true,
            kill_safe: true,
            keeps: false,
            requeued_by_program: false,
            mode,
            max_segments: 1000,
            max_failures: 3,
            max_stalls: 2,
            max_walltime: None,
            on_failure: OnFailure::Stop,
            expedite: true,
            exit_code: 0,
            stopped_exit: vec![85],
            awaits_ready: false,
            preemption: PreemptionWatch::Auto,
        };
        let situation = Situation {
            host: Host::Slurm,
            chain: true,
            terminal: false,
            began: now(began),
            end: Some(Instant(Duration::from_secs(LIMIT))),
            own_limit: None,
            restart: 0,
            array: None,
            crowd,
            journal: true,
            baseline: vec![id("old")],
            from: Some(id("old")),
            child_hears_slurm: false,
            ranks_in_step: false,
        };
        let machine = Machine::new(settings, situation, Past::default());
        Self { machine, requeued: false, gone: false, continued: false, save, saved: false, ended: false }
    }

    /// Hands an event to the machine.
    pub(crate) fn take(&mut self, at: u64, event: Event) -> Vec<Want> {
        if self.gone {
            return Vec::new();
        }
        self.saved |= matches!(event, Event::ChildExited(ChildExit::Code(85)));
        self.machine.handle(now(at), event);
        self.wants()
    }

    /// What the machine wants.
    pub(crate) fn wants(&mut self) -> Vec<Want> {
        let mut wants = Vec::new();
        while let Some(action) = self.machine.next_action() {
            self.perform(action, &mut wants);
        }
        wants
    }

    fn perform(&mut self, action: Action, wants: &mut Vec<Want>) {
        let calls: &'static [&'static str] = match &action {
            Action::QueryJob(_) => &["show-job"],
            Action::QueryGrace => &["show-partition"],
            Action::QueryKillWait => &["show-config"],
            // The script is asked for in the first segment only, which is not the usual one.
            Action::Step(Step::FetchScript) => &["show-job"],
            Action::Step(Step::Requeue { .. }) => &["requeue"],
            Action::Step(Step::Hasten(_)) => &["update-StartTime"],
            Action::Step(Step::Submit { .. }) => &["sbatch"],
            Action::Step(Step::FindSuccessor) => &["squeue-token"],
            Action::Step(Step::MoveDependents(_)) => &["squeue-dependents"],
            Action::Step(_) => &["other"],
            _ => &[],
        };
        match action {
            _ if !calls.is_empty() => wants.push(Want::Calls(calls, action)),
            Action::Spawn => wants.push(Want::Later(500, Event::Spawned)),
            Action::Trigger(_) => {
                let what = "USR1".to_owned();
                let answer = TriggerAnswer::Delivered { what, signal: Some(Signal::USR1) };
                wants.push(Want::Later(100, Event::Triggered(answer)));
                self.end(self.save, ChildExit::Code(85), wants);
            }
            Action::EndChild(signal) => self.end(1000, ChildExit::Signal(signal), wants),
            Action::Scan(ticket) => {
                let found = id(if self.saved { "new" } else { "old" });
                let answer =
                    ScanAnswer::Found { valid: Some(found.clone()), newest: Some(found), fallback: false };
                wants.push(Want::Later(300, Event::Scanned(ticket, answer)));
            }
            Action::ClearTree(_) => wants.push(Want::Later(500, Event::TreeGone)),
            Action::Assess(_) => {
                let answer = Assessment { finished: Answer::No, stopped: false, retry: None };
                wants.push(Want::Later(300, Event::Assessed(answer)));
            }
            Action::RecordDurably(_) => wants.push(Want::Later(2000, Event::Recorded(true))),
            Action::Record(Entry::Continued { .. }) => self.continued = true,
            Action::Exit(_) => {
                self.gone = true;
                wants.push(Want::Gone);
            }
            _ => {}
        }
    }

    fn end(&mut self, after: u64, exit: ChildExit, wants: &mut Vec<Want>) {
        if !std::mem::replace(&mut self.ended, true) {
            wants.push(Want::Later(after, Event::ChildExited(exit)));
        }
    }
}
