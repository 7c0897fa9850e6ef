//! What is done to the chains, at random.

#![expect(
    clippy::disallowed_methods,
    reason = "chattr is an ordinary child here, and for how long the controller hangs is the fault itself"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::cluster::Site;
use super::jobs::{Jobs, Lot};
use super::random::Random;
use crate::outages::watch::running_below;
use crate::slurm::job::Job;
use crate::slurm::own::CONTROLLER;

const NODES: [&str; 2] = ["n1", "n2"];

/// One kind of fault, and how often it is chosen.
const KINDS: [(Fault, usize); 12] = [
    (Fault::Suspend, 3),
    (Fault::Requeue, 3),
    (Fault::Cancel, 2),
    (Fault::KillWrapper, 2),
    (Fault::KillProgram, 2),
    (Fault::LowerLimit, 2),
    (Fault::RaiseLimit, 1),
    (Fault::Preempt, 2),
    (Fault::RestartController, 2),
    (Fault::FreezeController, 2),
    (Fault::KillNode, 1),
    (Fault::UnwritableJournal, 2),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Suspend,
    Requeue,
    Cancel,
    KillWrapper,
    KillProgram,
    LowerLimit,
    RaiseLimit,
    Preempt,
    RestartController,
    FreezeController,
    KillNode,
    UnwritableJournal,
}

/// What is to be undone.
#[derive(Debug)]
enum Mend {
    Resume(String),
    StartNode(&'static str),
    Writable(PathBuf),
}

/// What was done, and what is still to be undone.
#[derive(Debug, Default)]
pub(super) struct Faults {
    counts: BTreeMap<Fault, u32>,
    due: Vec<(Instant, Mend)>,
    /// Chains whose next end may come without a word.
    excused: BTreeSet<PathBuf>,
}

impl Faults {
    /// One fault.
    pub(super) fn strike(&mut self, site: &Site, jobs: &Jobs, random: &mut Random) {
        let all: Vec<Fault> =
            KINDS.iter().flat_map(|(fault, times)| std::iter::repeat_n(*fault, *times)).collect();
        let Some(fault) = random.one_of(&all).copied() else { return };
        // Those that wait have nothing to lose.
        let running = site.jobs().unwrap_or_default();
        let runs = |lot: &&Lot| running.iter().any(|job| lot.is_of(job) && job.state() == "RUNNING");
        let open: Vec<_> = jobs.open().into_iter().filter(runs).collect();
        let Some(lot) = random.one_of(&open) else { return };
        let span = random.seconds(2, 12);
        let node = *random.one_of(&NODES).unwrap_or(&"n1");
        site.tell(&format!("{fault:?} {} {node} {span:?}", lot.dir.display()));
        if self.do_it(site, jobs, (fault, lot, node, span)) {
            *self.counts.entry(fault).or_default() += 1;
        }
    }

    /// Whether there was somebody to do it to.
    fn do_it(
        &mut self,
        site: &Site,
        jobs: &Jobs,
        (fault, lot, node, span): (Fault, &Lot, &'static str, Duration),
    ) -> bool {
        match fault {
            Fault::Suspend => self.suspend(site, lot, span),
            Fault::Requeue => on_running(site, lot, |id| site.try_slurm("scontrol", &["requeue", id])),
            Fault::Cancel => {
                self.excused.insert(lot.dir.clone());
                on_running(site, lot, |id| site.try_slurm("scancel", &[id]))
            }
            Fault::KillWrapper => {
                self.excused.insert(lot.dir.clone());
                kill_below(&lot.dir, &["ckwrap"])
            }
            Fault::KillProgram => kill_below(&lot.dir, &["heat", "count.py", "count.sh"]),
            Fault::LowerLimit => set_limit(site, lot, "TimeLimit=1"),
            Fault::RaiseLimit => set_limit(site, lot, "TimeLimit=20"),
            Fault::Preempt => {
                let options = ["--partition=high", "--exclusive", "--time=1", "--output=/dev/null"];
                site.try_slurm("sbatch", &[&options[..], &["--wrap", "sleep 3"]].concat());
                true
            }
            Fault::RestartController => {
                site.slurm.restart(CONTROLLER);
                true
            }
            Fault::FreezeController => {
                site.slurm.freeze();
                // Sometimes longer than Slurm's commands wait.
                std::thread::sleep(span * 2);
                site.slurm.thaw();
                true
            }
            Fault::KillNode => self.kill_node(site, jobs, node, span),
            Fault::UnwritableJournal => self.make_unwritable(lot, span),
        }
    }

    fn suspend(&mut self, site: &Site, lot: &Lot, span: Duration) -> bool {
        let mut suspended = None;
        on_running(site, lot, |id| {
            site.try_slurm("scontrol", &["suspend", id]);
            suspended = Some(id.to_owned());
        });
        let Some(id) = suspended else { return false };
        self.due.push((Instant::now() + span, Mend::Resume(id)));
        true
    }

    fn kill_node(&mut self, site: &Site, jobs: &Jobs, node: &'static str, span: Duration) -> bool {
        if self.due.iter().any(|(_, mend)| matches!(mend, Mend::StartNode(_))) {
            return false;
        }
        // What ran there may be ended without a word.
        self.excused.extend(jobs.open().iter().map(|lot| lot.dir.clone()));
        site.slurm.kill(node);
        self.due.push((Instant::now() + span * 2, Mend::StartNode(node)));
        true
    }

    fn make_unwritable(&mut self, lot: &Lot, span: Duration) -> bool {
        let journal = lot.dir.join(".ckwrap/soak");
        if !set_immutable(&journal, true) {
            return false;
        }
        self.due.push((Instant::now() + span, Mend::Writable(journal)));
        true
    }

    /// Undoes what has lasted long enough.
    pub(super) fn mend_what_is_due(&mut self, site: &Site) {
        let (due, later) =
            std::mem::take(&mut self.due).into_iter().partition(|(at, _)| *at <= Instant::now());
        self.due = later;
        mend(site, due);
        for node in NODES.iter().filter(|_| self.due.is_empty()) {
            if site.cluster.slurm("sinfo", &["-h", "-n", node, "-p", "main", "-o", "%T"]).contains("drain") {
                site.try_slurm("scontrol", &["update", &format!("NodeName={node}"), "State=RESUME"]);
            }
        }
    }

    /// Undoes everything.
    pub(super) fn mend_all(&mut self, site: &Site) {
        mend(site, std::mem::take(&mut self.due));
        site.tell("no more faults");
    }

    /// Whether the chain's end needs no word; once.
    pub(super) fn explain(&mut self, dir: &Path) -> bool {
        self.excused.remove(dir)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.counts.values().sum::<u32>())?;
        self.counts.iter().try_for_each(|(fault, count)| write!(f, ", {fault:?} {count}"))
    }
}

fn mend(site: &Site, due: Vec<(Instant, Mend)>) {
    for (_, mend) in due {
        site.tell(&format!("mended: {mend:?}"));
        match mend {
            Mend::Resume(id) => site.try_slurm("scontrol", &["resume", &id]),
            Mend::StartNode(node) => site.slurm.restart(node),
            Mend::Writable(dir) => drop(set_immutable(&dir, false)),
        }
    }
}

/// Does something to a running job of the chain.
fn on_running(site: &Site, lot: &Lot, act: impl FnOnce(&str)) -> bool {
    let jobs = site.jobs().unwrap_or_default();
    let job = jobs.iter().find(|job| lot.is_of(job) && job.state() == "RUNNING").map(Job::id);
    job.map(|id| act(&id)).is_some()
}

fn set_limit(site: &Site, lot: &Lot, limit: &str) -> bool {
    on_running(site, lot, |id| site.try_slurm("scontrol", &["update", &format!("JobId={id}"), limit]))
}

fn kill_below(dir: &Path, programs: &[&str]) -> bool {
    let pids: Vec<u32> = running_below(dir, programs).into_values().flatten().collect();
    let pids = pids.iter().filter_map(|pid| i32::try_from(*pid).ok());
    pids.filter(|pid| kill(Pid::from_raw(*pid), Signal::SIGKILL).is_ok()).count() > 0
}

/// Even root cannot write what is immutable; not every file system knows it.
fn set_immutable(dir: &Path, on: bool) -> bool {
    let flag = if on { "+i" } else { "-i" };
    let status = Command::new("chattr").args(["-R", flag]).arg(dir).output();
    status.is_ok_and(|output| output.status.success())
}
