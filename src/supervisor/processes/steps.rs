//! The job steps that processes on this node belong to, and whom a signal to such a step would hit.
//!
//! Slurm signals a step's tasks, and with process tracking by `linuxproc` everything below them; srun(1) hands its own
//! signals on in the same way (measured on Slurm 22.05.8). A shell between the task and the program dies of it.

use std::collections::BTreeSet;
use std::fs;

use super::container::signals_reach_children;
use super::ranks::variable;
use super::status::{Pid, signal_state, stat};
use super::tree::descendants;
use crate::model::Signal;

/// What the ranks on this node say about their step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalSteps {
    /// There is no rank here.
    NoRank,
    /// A process that would get the signal has no handler for it.
    NotListening,
    /// They are not tasks of a step: this process stands between, or nothing of Slurm's does.
    Between(String),
    /// They are tasks of these, and all listen.
    Of(Vec<u32>),
}

/// The parent of a step's tasks.
const KEEPER: &str = "slurmstepd";

/// The steps of these ranks. `is_daemon` tells the names of what starts ranks by itself.
pub fn local_steps(ranks: &[Pid], signal: Signal, is_daemon: impl Fn(&str) -> bool) -> LocalSteps {
    if ranks.is_empty() {
        return LocalSteps::NoRank;
    }
    let mut steps = BTreeSet::new();
    for rank in ranks {
        let Some((task, between)) = task_of(*rank) else { return LocalSteps::Between("no step".into()) };
        if let Some(daemon) = between.iter().map(|pid| name(*pid)).find(|name| is_daemon(name)) {
            return LocalSteps::Between(daemon);
        }
        let Some(step) = number(*rank) else { return LocalSteps::Between("no step".into()) };
        let mut hit = between;
        if signals_reach_children(&fs::read_to_string(format!("/proc/{rank}/cgroup")).unwrap_or_default()) {
            hit.extend(descendants(task));
        }
        let listens = signal_state(*rank).is_some_and(|state| state.catches(signal));
        if !listens || !hit.into_iter().all(|pid| survives(pid, signal)) {
            return LocalSteps::NotListening;
        }
        steps.insert(step);
    }
    LocalSteps::Of(steps.into_iter().collect())
}

/// Whether a process lives on after this signal; one that has ended does not mind.
pub fn survives(pid: Pid, signal: Signal) -> bool {
    let live = |state: super::status::SignalState| {
        (state.caught | state.ignored | state.blocked) & signal.bit() != 0
    };
    signal_state(pid).is_none_or(live)
}

/// Whether this process was started by Slurm itself, and is not kept in a cgroup: what Slurm sends to its step its children
/// get too.
pub fn children_are_signalled() -> bool {
    nix::unistd::getppid().as_raw() > 1
        && name(nix::unistd::getppid().as_raw()) == KEEPER
        && super::container::batch_container().is_none()
}

/// The task that a process belongs to, and all from the process up to it, both included.
fn task_of(pid: Pid) -> Option<(Pid, Vec<Pid>)> {
    let mut path = vec![pid];
    loop {
        let last = *path.last()?;
        let parent = stat(last)?.ppid;
        if name(parent) == KEEPER {
            return Some((last, path));
        }
        if parent <= 1 || path.contains(&parent) {
            return None;
        }
        path.push(parent);
    }
}

fn name(pid: Pid) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned()
}

/// Slurm's own steps, the batch script among them, have numbers above 4294967000.
fn number(pid: Pid) -> Option<u32> {
    let said = variable(pid, "SLURM_STEP_ID").or_else(|| variable(pid, "SLURM_STEPID"))?;
    said.parse().ok().filter(|step| *step < 4_294_967_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_ranks_and_without_slurm() {
        let ourselves = Pid::try_from(std::process::id()).unwrap();
        assert_eq!(local_steps(&[], Signal::USR1, |_| false), LocalSteps::NoRank);
        assert!(matches!(local_steps(&[ourselves], Signal::USR1, |_| false), LocalSteps::Between(_)));
        assert!(!children_are_signalled());
    }
}
