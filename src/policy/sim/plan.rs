//! What a seed decides beforehand: the user's settings, the program's character, the site, and what goes wrong.

use std::time::Duration;

use super::super::tests::settings;
use super::super::{Lead, Settings};
use super::blows::{Blow, When, blows};
use super::rng::Rng;
use super::sabotage::Sabotage;
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
    /// Files: power is lost, writes fail and hang, other nodes see old content.
    Files,
    /// All of it.
    All,
}

impl Luck {
    pub(super) const ALL: [Self; 6] =
        [Self::Calm, Self::Commands, Self::Events, Self::Program, Self::Files, Self::All];
}

/// How a program lays its checkpoints down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Each into a file of its own.
    Numbered,
    /// Over the one that is there.
    Overwrite,
    /// Into another file, which then takes the place of the one that is there.
    Replace,
    /// Into two files in turn.
    Two,
}

/// How the program behaves. Times in milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) work: u64,
    pub(super) save: (u64, u64),
    pub(super) layout: Layout,
    pub(super) syncs: bool,
    pub(super) ready_after: u64,
    pub(super) ignores: bool,
    pub(super) goes_on: bool,
    pub(super) never_saves: bool,
    pub(super) handles_term: bool,
    pub(super) ignores_term: bool,
    pub(super) crash_percent: u64,
    pub(super) crash_loop: bool,
    pub(super) hang_percent: u64,
    pub(super) hangs_on_bad: bool,
    /// Saves that are cut off without a word, in percent.
    pub(super) bad_saves: u64,
    /// Saves that take ten times as long, in percent.
    pub(super) heavy_tail: u64,
    pub(super) stops_itself: bool,
    pub(super) misreports: bool,
    pub(super) stop_code: i32,
    pub(super) every: Option<u64>,
    pub(super) finish_is_known: bool,
    pub(super) leaves_signal_exit: bool,
}

/// How the site is set up.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) limit: u64,
    /// The end that Slurm tells: none, or not to be had.
    pub(super) end_is_told: bool,
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
    /// How long before the end Slurm warns, with `--signal=B:USR1@N`.
    pub(super) warns: Option<u64>,
    /// Whether the clocks of the nodes differ from the controller's.
    pub(super) clock_skew: i64,
}

/// How often things fail, in percent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Faults {
    pub(super) command: u64,
    pub(super) journal: u64,
    pub(super) scan: u64,
    pub(super) trigger: u64,
    /// Nodes see what others wrote late.
    pub(super) stale: bool,
}

/// All that is drawn beforehand.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) settings: Settings,
    pub(super) program: Program,
    pub(super) site: Site,
    pub(super) faults: Faults,
    /// Which segment (from 0), when in it, and what.
    pub(super) blows: Vec<(u64, When, Blow)>,
    /// What the model does wrong on purpose.
    pub(super) sabotage: Option<Sabotage>,
}

impl Plan {
    pub(super) fn draw(rng: &mut Rng, luck: Luck) -> Self {
        let all = luck == Luck::All;
        let commands = all || luck == Luck::Commands;
        let events = all || luck == Luck::Events;
        let odd = all || luck == Luck::Program;
        let files = all || luck == Luck::Files;
        let limit = rng.range(120, 3600) * 1000;
        let site = site(rng, limit, commands || events);
        let mut settings = user(rng, limit);
        let program = program(rng, limit, &mut settings, odd, files);
        let faults = Faults {
            command: if commands { rng.pick(&[5, 20, 60]) } else { 0 },
            journal: if commands || files { rng.pick(&[0, 10, 30]) } else { 0 },
            scan: if odd || files { rng.pick(&[0, 20]) } else { 0 },
            trigger: if odd { rng.pick(&[0, 30]) } else { 0 },
            stale: files && rng.chance(50),
        };
        let blows = blows(rng, limit, (commands, events, files));
        // A wait for an old copy takes half of an allocation at the most, and six minutes.
        let mut site = site;
        if commands {
            // Where no answer tells another, the usual time is reckoned with.
            site.kill_wait = site.kill_wait.max(30_000);
        }
        let two_copies = blows.iter().any(|(_, _, blow)| matches!(blow, Blow::NodeFails { .. }));
        let site = Site { limit: if two_copies { limit.max(1_200_000) } else { limit }, ..site };
        Self { settings, program, site, faults, blows, sabotage: None }
    }
}

fn site(rng: &mut Rng, limit: u64, denies: bool) -> Site {
    Site {
        limit,
        end_is_told: !denies || rng.chance(90),
        kill_wait: rng.pick(&[30_000, 30_000, 30_000, 10_000, 60_000]),
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
        warns: (denies && rng.chance(30)).then(|| rng.range(30, 120) * 1000),
        clock_skew: if denies { rng.pick(&[0, 0, 0, 2000, -2000]) } else { 0 },
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
        keeps: rng.chance(30),
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

fn program(rng: &mut Rng, limit: u64, settings: &mut Settings, odd: bool, files: bool) -> Program {
    let lead = match settings.lead {
        Lead::Fixed(lead) | Lead::Initial(lead) => u64::try_from(lead.as_millis()).unwrap_or(0),
    };
    let save = if odd { (10, rng.pick(&[1000, lead, 4 * lead])) } else { (10, lead / 4) };
    let stop_code = rng.pick(&[85, 85, 0, 1]);
    // A program that goes on after a checkpoint must not handle SIGTERM by a second one.
    let handles_term =
        settings.triggers.contains(&Trigger::Signal { signal: Signal::TERM, to: Target::Leader });
    let layout =
        rng.pick(&[Layout::Numbered, Layout::Numbered, Layout::Replace, Layout::Two, Layout::Overwrite]);
    settings.kill_safe = layout != Layout::Overwrite;
    settings.keeps |= layout == Layout::Overwrite && rng.chance(70);
    let mut odd = |percent| odd && rng.chance(percent);
    let (ignores, goes_on, never_saves) = (odd(15), odd(10), odd(5));
    let (ignores_term, crash_loop, hangs_on_bad) = (odd(20), odd(5), odd(50));
    let (stops_itself, misreports, heavy) = (odd(5), odd(20), odd(20));
    let (crashes, hangs, bad, late) = (odd(40), odd(10), odd(20), odd(100));
    Program {
        work: rng.range(1, 5 * limit),
        save,
        layout,
        syncs: !files || rng.chance(50),
        ready_after: rng.range(0, if late { 20_000 } else { 3000 }),
        ignores,
        goes_on,
        never_saves,
        handles_term,
        ignores_term,
        crash_percent: if crashes { 20 } else { 0 },
        crash_loop,
        hang_percent: if hangs { 20 } else { 0 },
        hangs_on_bad,
        bad_saves: if bad { 20 } else { 0 },
        heavy_tail: if heavy { 10 } else { 0 },
        stops_itself,
        misreports,
        stop_code,
        every: rng.chance(30).then(|| rng.range(60, 1000) * 1000),
        finish_is_known: rng.chance(60) || stop_code == 1,
        leaves_signal_exit: rng.chance(50),
    }
}
