//! What a seed decides beforehand: the user's settings, the program's character, the site, and what goes wrong.

use std::time::Duration;

use super::super::tests::settings;
use super::super::{Lead, Settings};
use super::rng::Rng;
use crate::model::{ContinuationMode, Effect, OnFailure, PreemptionWatch, Signal, Target, Trigger};

/// Kinds of bad luck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Luck {
    /// Nothing goes wrong: every chain must finish.
    Calm,
    /// Slurm's commands fail, hang and lie.
    Commands,
    /// Users, administrators, other jobs and nodes interfere.
    Events,
    /// The program misbehaves.
    Program,
    /// All of it.
    All,
}

impl Luck {
    pub(super) const ALL: [Self; 5] = [Self::Calm, Self::Commands, Self::Events, Self::Program, Self::All];
}

/// How the program behaves. Times in milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) work: u64,
    pub(super) save: (u64, u64),
    pub(super) ready_after: u64,
    pub(super) ignores: bool,
    pub(super) handles_term: bool,
    pub(super) ignores_term: bool,
    pub(super) crash_percent: u64,
    pub(super) stop_code: i32,
    pub(super) every: Option<u64>,
    pub(super) finish_is_known: bool,
    pub(super) leaves_signal_exit: bool,
}

/// How the site is set up.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) limit: u64,
    pub(super) kill_wait: u64,
    pub(super) epilog: u64,
    pub(super) no_requeue: bool,
    pub(super) requeue_is_denied: bool,
    pub(super) sbatch_is_denied: bool,
    pub(super) exit_codes: Vec<u8>,
    pub(super) grace: Option<u64>,
    pub(super) preempt_cancels: bool,
    pub(super) grace_exit_requeues: bool,
    pub(super) end_in_environment: bool,
    pub(super) child_hears: bool,
}

/// How often things fail, in percent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Faults {
    pub(super) command: u64,
    pub(super) journal: u64,
    pub(super) scan: u64,
    pub(super) trigger: u64,
}

/// Something that happens to a chain at a moment, in milliseconds after the start of one of its jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blow {
    Cancel,
    Kill,
    Terminate,
    AdminRequeue,
    Preempt,
    NodeFails,
    Outage(u64),
    Warning,
    Extend,
    Shorten,
}

/// All that is drawn beforehand.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) settings: Settings,
    pub(super) program: Program,
    pub(super) site: Site,
    pub(super) faults: Faults,
    /// Which segment (from 0), when in it, and what.
    pub(super) blows: Vec<(u64, u64, Blow)>,
}

impl Plan {
    pub(super) fn draw(rng: &mut Rng, luck: Luck) -> Self {
        let (commands, events, odd) = match luck {
            Luck::Calm => (false, false, false),
            Luck::Commands => (true, false, false),
            Luck::Events => (false, true, false),
            Luck::Program => (false, false, true),
            Luck::All => (true, true, true),
        };
        let limit = rng.range(120, 3600) * 1000;
        let site = site(rng, limit, commands || events);
        let mut settings = user(rng, limit);
        let program = program(rng, limit, &mut settings, odd);
        let faults = Faults {
            command: if commands { rng.pick(&[5, 20, 60]) } else { 0 },
            journal: if commands { rng.pick(&[0, 10]) } else { 0 },
            scan: if odd { rng.pick(&[0, 20]) } else { 0 },
            trigger: if odd { rng.pick(&[0, 30]) } else { 0 },
        };
        let mut blows = Vec::new();
        if events {
            for _ in 0..rng.range(1, 4) {
                blows.push((rng.range(0, 3), moment(rng, limit), blow(rng)));
            }
        }
        if commands && rng.chance(50) {
            let length = rng.range(1, 600) * 1000;
            blows.push((rng.range(0, 3), moment(rng, limit), Blow::Outage(length)));
        }
        Self { settings, program, site, faults, blows }
    }
}

/// Mostly around the end of an allocation, where it matters.
fn moment(rng: &mut Rng, limit: u64) -> u64 {
    if rng.chance(70) {
        rng.range(limit.saturating_sub(100_000), limit + 40_000)
    } else {
        rng.range(0, limit)
    }
}

fn blow(rng: &mut Rng) -> Blow {
    rng.pick(&[
        Blow::Cancel,
        Blow::Cancel,
        Blow::Kill,
        Blow::Terminate,
        Blow::AdminRequeue,
        Blow::Preempt,
        Blow::Preempt,
        Blow::NodeFails,
        Blow::Warning,
        Blow::Extend,
        Blow::Shorten,
    ])
}

fn site(rng: &mut Rng, limit: u64, denies: bool) -> Site {
    Site {
        limit,
        kill_wait: 30_000,
        epilog: rng.pick(&[0, 100, 3000]),
        no_requeue: rng.chance(20),
        requeue_is_denied: denies && rng.chance(20),
        sbatch_is_denied: denies && rng.chance(20),
        exit_codes: if rng.chance(50) { vec![99] } else { Vec::new() },
        grace: rng.chance(50).then(|| rng.range(60, 300) * 1000),
        preempt_cancels: rng.chance(30),
        grace_exit_requeues: rng.chance(50),
        end_in_environment: rng.chance(50),
        child_hears: rng.chance(50),
    }
}

fn user(rng: &mut Rng, limit: u64) -> Settings {
    let lead = Duration::from_millis(rng.range(40_000, 90_000).min(limit / 4));
    Settings {
        lead: if rng.chance(50) { Lead::Fixed(lead) } else { Lead::Initial(lead) },
        effect: if rng.chance(50) { Effect::Stop } else { Effect::Continue },
        mode: rng.pick(&[
            ContinuationMode::Auto,
            ContinuationMode::Auto,
            ContinuationMode::Requeue,
            ContinuationMode::Successor,
            ContinuationMode::Array,
        ]),
        expedite: rng.chance(70),
        max_segments: 40,
        max_stalls: 3,
        on_failure: if rng.chance(50) { OnFailure::Retry } else { OnFailure::Stop },
        preemption: PreemptionWatch::Auto,
        poll: Duration::from_millis(rng.range(0, 5000)),
        triggers: triggers(rng),
        keeps: limit.is_multiple_of(3000),
        ..settings()
    }
}

fn triggers(rng: &mut Rng) -> Vec<Trigger> {
    let signal = |signal| Trigger::Signal { signal, to: Target::Leader };
    match rng.range(0, 3) {
        0 => vec![signal(Signal::USR1)],
        1 => vec![signal(Signal::TERM)],
        2 => vec![Trigger::Run(vec!["checkpoint".into()]), signal(Signal::USR2)],
        _ => vec![Trigger::File { path: "stop".into(), text: String::new() }],
    }
}

fn program(rng: &mut Rng, limit: u64, settings: &mut Settings, odd: bool) -> Program {
    let lead = match settings.lead {
        Lead::Fixed(lead) | Lead::Initial(lead) => u64::try_from(lead.as_millis()).unwrap_or(0),
    };
    let save = if odd { (10, rng.pick(&[1000, lead, 4 * lead])) } else { (10, lead / 4) };
    let stop_code = rng.pick(&[85, 85, 0, 1]);
    // A program that goes on after a checkpoint must not handle SIGTERM by a second one.
    let handles_term =
        settings.triggers.contains(&Trigger::Signal { signal: Signal::TERM, to: Target::Leader });
    Program {
        work: rng.range(1, 5 * limit),
        save,
        ready_after: rng.range(0, if odd { 20_000 } else { 3000 }),
        ignores: odd && rng.chance(20),
        handles_term,
        ignores_term: odd && rng.chance(20),
        crash_percent: if odd { rng.pick(&[0, 20, 100]) } else { 0 },
        stop_code,
        every: rng.chance(30).then(|| rng.range(60, 1000) * 1000),
        finish_is_known: rng.chance(60) || stop_code == 1,
        leaves_signal_exit: rng.chance(50),
    }
}
