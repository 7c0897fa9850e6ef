//! One run of ckwrap: a program passed through, or the segments of a chain that fall to this process.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::edge::{Edge, Program};
use super::stop::Prepared;
use super::tell::Teller;
use crate::config::Plan;
use crate::model::{ExitStatus, Instant, Now};
use crate::policy::{Host, Machine, Outcome, Past, Situation};
use crate::profile::program;
use crate::scheduler::Engine;
use crate::scheduler::slurm::SlurmEnvironment;
use crate::sys::{self, Inherited};

/// Everything a run needs to know.
#[derive(Debug)]
pub struct Run {
    /// What is to be done.
    pub plan: Plan,
    /// Under which scheduler.
    pub engine: Engine,
    /// The Slurm job, under that engine.
    pub slurm: Option<SlurmEnvironment>,
    /// Whether this process is a task of a step, started by srun.
    pub in_step: bool,
    /// The user's own limit: from the start of each segment.
    pub limit: Option<Duration>,
    /// Start from scratch although there is a checkpoint.
    pub fresh: bool,
    /// The directory of the run, absolute.
    pub run_dir: PathBuf,
    /// The caller's environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Signal state to hand on.
    pub inherited: Inherited,
    /// How to talk.
    pub teller: Teller,
}

/// Runs the program to its end, over as many segments as this process is to run.
pub fn run(run: &Run) -> ExitStatus {
    let terminal = on_terminal();
    let own_group = !terminal && !makes_own_session(&run.plan.command);
    let (argv, environment) = (run.plan.command.clone(), run.environment.clone());
    let program = Program { argv, environment, own_group, terminal };
    let mut edge = Edge::new(program, run.inherited, run.teller, None);
    edge.in_step = run.in_step;
    sys::become_subreaper();
    sys::guarded(|| supervise(&mut edge, run)).unwrap_or_else(|panic| edge.fall_back(&panic))
}

fn supervise(edge: &mut Edge, run: &Run) -> ExitStatus {
    if run.engine == Engine::None {
        return transparent(edge, run);
    }
    edge.caller_environment.clone_from(&run.environment);
    loop {
        match edge.prepare(run) {
            Prepared::End(status) => return status,
            Prepared::Run(machine) => match edge.run(*machine) {
                Outcome::Exit(status) => return status,
                Outcome::NextSegment => edge.clear_child(),
            },
        }
    }
}

fn transparent(edge: &mut Edge, run: &Run) -> ExitStatus {
    let situation = Situation {
        host: Host::Nobody,
        chain: false,
        terminal: edge.program.terminal,
        began: sys::now(),
        end: None,
        own_limit: None,
        restart: 0,
        array: None,
        journal: false,
        baseline: Vec::new(),
        from: None,
        child_hears_slurm: false,
        crowd: None,
        ranks_in_step: false,
    };
    let machine = Machine::new(run.plan.settings.clone(), situation, Past::default());
    match edge.run(machine) {
        Outcome::Exit(status) => status,
        Outcome::NextSegment => ExitStatus::INTERNAL,
    }
}

/// Whether a person may press keys: then the child must share the terminal's foreground group.
fn on_terminal() -> bool {
    use std::io::IsTerminal;
    std::io::stdin().is_terminal() || std::io::stdout().is_terminal() || std::io::stderr().is_terminal()
}

/// Whether setsid(1) comes before the program. As the leader of a process group it would fork and end at once, and ckwrap
/// would take its end for the program's; else it becomes the program in its place, with a group of its own.
fn makes_own_session(command: &[OsString]) -> bool {
    let launchers = command.iter().take(program(command).index);
    launchers.into_iter().any(|word| std::path::Path::new(word).file_name() == Some("setsid".as_ref()))
}

/// What is left of the allocation, as far as known without asking.
pub(super) fn time_left(run: &Run, began: Now) -> Option<Duration> {
    let end = run.slurm.as_ref().and_then(|slurm| slurm.end_time).map(|at| began.instant_of(at));
    let end = [end, own_limit(run, began.instant)].into_iter().flatten().min();
    end.map(|end| end.since(began.instant))
}

/// When the user's own limit ends this segment.
pub(super) fn own_limit(run: &Run, began: Instant) -> Option<Instant> {
    run.limit.map(|limit| began + limit)
}
