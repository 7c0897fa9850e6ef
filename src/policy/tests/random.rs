//! Events in any order: what must never happen, and what must always.

use proptest::prelude::*;

use super::super::*;
use super::bench::{Bench, at, situation, term};
use super::pairs::every_event;
use super::settings;
use crate::model::{ChildExit, ContinuationMode as Mode, Effect, Signal};

/// The last moment at which a machine under Slurm may still be busy: the deadline, 60 s more for a controller that
/// does not answer, its last wait, and the last errand.
const BOUND: u64 = 1000 + 60 + 16 + 40;

#[derive(Debug, Default)]
struct Judge {
    /// A submission has been made whose outcome is not known.
    unknown: bool,
    submitted: bool,
    proved: bool,
    exits: u32,
    delivered: bool,
    asking: bool,
}

impl Judge {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Step(StepAnswer::Unknown(_)) if self.submitted => {
                (self.unknown, self.submitted) = (true, false);
            }
            Event::Step(StepAnswer::Absent) => self.unknown = false,
            Event::Step(_) => self.submitted = false,
            Event::Job(_, JobAnswer::Facts(facts)) => self.proved |= facts.time_limit || facts.preempted,
            Event::Triggered(answer) => {
                // A stray answer tells nothing about a trigger that was never sent.
                self.delivered |= self.asking && matches!(answer, TriggerAnswer::Delivered { .. });
                self.asking = false;
            }
            _ => {}
        }
    }

    fn actions(&mut self, actions: &[Action]) {
        for action in actions {
            assert_eq!(self.exits, 0, "{action:?} after the end");
            match action {
                Action::Step(Step::Submit { .. }) => {
                    assert!(!self.unknown, "submitted again without a look");
                    self.submitted = true;
                }
                Action::Step(Step::Requeue { incomplete: false }) => {
                    assert!(self.proved, "a plain requeue on no word of Slurm's");
                }
                Action::Trigger(_) => {
                    assert!(!self.delivered && !self.asking, "asked twice");
                    self.asking = true;
                }
                Action::Exit(_) => self.exits += 1,
                _ => {}
            }
        }
    }
}

fn event() -> impl Strategy<Value = Event> {
    let tickets = (0_u32..12).prop_map(Ticket);
    let phases = prop::sample::select(vec![
        JobPhase::Pending,
        JobPhase::Running,
        JobPhase::Suspended,
        JobPhase::Completing,
        JobPhase::Ended,
        JobPhase::Other,
    ]);
    let facts = (phases, any::<bool>(), any::<bool>(), 0_u32..2, 100_u64..1000).prop_map(
        |(phase, time_limit, preempted, restarts, end)| {
            let end = End::At(at(end));
            JobAnswer::Facts(JobFacts { phase, time_limit, preempted, restarts: Some(restarts), end })
        },
    );
    prop_oneof![
        3 => prop::sample::select(every_event()),
        1 => (tickets, facts).prop_map(|(ticket, answer)| Event::Job(ticket, answer)),
        1 => Just(term()),
    ]
}

fn mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(vec![
        Mode::Auto,
        Mode::Requeue,
        Mode::Successor,
        Mode::Array,
        Mode::ExitCode,
        Mode::None,
    ])
}

/// Answers what was wanted as an edge does that gets no word from anybody.
fn answer_nothing(action: &Action) -> Option<Event> {
    Some(match action {
        Action::Spawn => Event::Spawned,
        Action::QueryJob(ticket) => Event::Job(*ticket, JobAnswer::Unknown("down".into())),
        Action::Trigger(_) => Event::Triggered(TriggerAnswer::NotReady),
        Action::Scan(ticket) => Event::Scanned(*ticket, ScanAnswer::Unknown("stale".into())),
        Action::EndChild(Signal::KILL) => Event::ChildExited(ChildExit::Signal(Signal::KILL)),
        Action::ClearTree(_) => Event::TreeGone,
        Action::Assess(_) => {
            Event::Assessed(Assessment { finished: Answer::Unknown, stopped: false, retry: None })
        }
        Action::RecordDurably(_) => Event::Recorded(true),
        Action::Step(_) => Event::Step(StepAnswer::Unknown("down".into())),
        _ => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn any_order_of_events_keeps_the_promises(
        mode in mode(),
        effect in prop::sample::select(vec![Effect::Stop, Effect::Continue]),
        child_hears_slurm in any::<bool>(),
        (keeps, requeued_by_program) in any::<(bool, bool)>(),
        steps in prop::collection::vec((event(), 0_u64..60), 1..80),
    ) {
        let situation = Situation { child_hears_slurm, ..situation() };
        let settings = Settings { effect, keeps, requeued_by_program, mode, ..settings() };
        let mut bench = Bench::new(settings, situation);
        let mut judge = Judge::default();
        judge.actions(&bench.give(Event::Spawned));
        for (event, pause) in steps {
            let wanted = bench.until(bench.now.0.as_secs() + pause / 4);
            judge.actions(&wanted);
            judge.event(&event);
            judge.actions(&bench.give(event));
        }
    }

    #[test]
    fn it_always_ends(
        mode in mode(),
        effect in prop::sample::select(vec![Effect::Stop, Effect::Continue]),
        (keeps, requeued_by_program) in any::<(bool, bool)>(),
        signals in prop::collection::vec((0_u64..1100, prop::sample::select(vec![
            Signal::TERM, Signal::USR1, Signal::INT, Signal::TSTP, Signal::CONT,
        ])), 0..6),
    ) {
        let settings = Settings { effect, keeps, requeued_by_program, mode, ..settings() };
        let mut bench = Bench::new(settings, situation());
        let mut judge = Judge::default();
        let mut wanted = bench.give(Event::Spawned);
        let mut steps = 0;
        while !bench.has_ended() {
            steps += 1;
            prop_assert!(steps < 5000, "livelock");
            judge.actions(&wanted);
            let answers: Vec<Event> = wanted.iter().filter_map(answer_nothing).collect();
            wanted = Vec::new();
            for answer in answers {
                judge.event(&answer);
                wanted.extend(bench.give(answer));
            }
            if !wanted.is_empty() {
                continue;
            }
            let due = bench.machine.deadline();
            let before = bench.now;
            let next = signals.iter().filter(|(second, _)| at(*second) > before).min_by_key(|(second, _)| *second);
            match (next, due) {
                (Some((second, signal)), due) if due.is_none_or(|due| at(*second) < due) => {
                    bench.now = at(*second);
                    wanted = bench.give(Event::Signal(*signal, Sender::Other));
                }
                (_, Some(due)) => {
                    bench.now = bench.now.max(due);
                    wanted = bench.give(Event::Tick);
                }
                (_, None) => prop_assert!(bench.has_ended(), "it waits for nothing"),
            }
            prop_assert!(bench.now <= at(BOUND), "still busy at {:?}", bench.now);
        }
    }
}
