//! Which processes are the workers of a program: what was started through `srun`, `mpirun` or a wrapper, as
//! distinct from the launchers themselves.
//!
//! Ranks are often no descendants of ckwrap: those of `srun`, and of `mpirun` inside a Slurm job, are children of
//! `slurmstepd` (measured with Slurm 22.05.8 and Open MPI 4.1.4). They are found by what they inherited.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

use super::status::{Pid, stat};
use super::tree::{all, descendants};

/// Programs that start others and are never a worker, unless the program looked for has that very name.
const STARTERS: [&str; 32] = [
    "ckwrap",
    "srun",
    "mpirun",
    "mpiexec",
    "mpiexec.hydra",
    "orterun",
    "orted",
    "prterun",
    "prted",
    "prun",
    "hydra_pmi_proxy",
    "hydra_bstrap_proxy",
    "slurmstepd",
    "env",
    "nice",
    "nohup",
    "numactl",
    "setsid",
    "stdbuf",
    "strace",
    "taskset",
    "time",
    "timeout",
    "sh",
    "bash",
    "dash",
    "zsh",
    "ksh",
    "csh",
    "tcsh",
    "fish",
    "busybox",
];

/// Those of them that run a script. The worker is what a script of the same name starts; where there is none, the script.
const SHELLS: [&str; 7] = ["sh", "bash", "dash", "zsh", "ksh", "csh", "tcsh"];

/// Programs that run the script named by their first argument that is no option.
const INTERPRETERS: [&str; 10] =
    ["python", "pypy", "perl", "ruby", "julia", "Rscript", "R", "octave", "node", "lua"];

/// Where launchers tell a process its rank, the most specific first: `SLURM_PROCID` is set in a batch script too
/// and inherited by the ranks of any `mpirun` in it.
const RANK: [&str; 4] = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"];

/// The chain to which ckwrap tells its child it belongs; launchers hand it on.
const CHAIN: &str = "CKWRAP_CHAIN";

/// The workers on this node of the `program` (a base name) that was started as, or through, the process `leader`:
/// rank 0 first, those without a rank last and by number.
///
/// They are processes of the user `uid` that run the program (or, in an interpreter, the script) and descend from
/// the leader, or are it. Only where there is none: those that carry `SLURM_JOB_ID=<job>`, and not another chain
/// than the leader's, in the environment they were started with. What a worker forked of itself is no worker.
pub fn find_ranks(leader: Pid, program: &str, uid: u32, job: Option<&str>) -> Vec<Pid> {
    let mut tree = vec![leader];
    tree.extend(descendants(leader));
    let near = |runs| running(&tree, program, uid, runs);
    let far = |runs| job.map_or_else(Vec::new, |job| strangers(leader, program, uid, job, runs));
    let ways: [&dyn Fn() -> Vec<Worker>; 4] =
        [&|| near(runs), &|| far(runs), &|| near(runs_script), &|| far(runs_script)];
    let mut found = ways.iter().map(|way| way()).find(|found| !found.is_empty()).unwrap_or_default();
    found.sort_by_key(|worker| (worker.environment.rank().unwrap_or(u32::MAX), worker.pid));
    found.into_iter().map(|worker| worker.pid).collect()
}

/// How a process is seen to run a program.
type Runs = fn(Pid, &str) -> bool;

/// Those of the job that are nobody's descendants here, and of no other chain.
fn strangers(leader: Pid, program: &str, uid: u32, job: &str, runs: Runs) -> Vec<Worker> {
    let mut found = running(&all(), program, uid, runs);
    found.retain(|worker| worker.has("SLURM_JOB_ID", job));
    let chain = Environment::of(leader).and_then(|leader| leader.get(CHAIN).map(str::to_owned));
    if let Some(chain) = chain {
        let certain = found.iter().any(|worker| worker.has(CHAIN, &chain));
        // A launcher may have been told to hand nothing on.
        found.retain(|worker| {
            worker.has(CHAIN, &chain) || (!certain && worker.environment.get(CHAIN).is_none())
        });
    }
    found
}

/// A variable of the environment that a process was started with.
pub(super) fn variable(pid: Pid, key: &str) -> Option<String> {
    Environment::of(pid)?.get(key).map(str::to_owned)
}

struct Worker {
    pid: Pid,
    environment: Environment,
}

impl Worker {
    fn has(&self, key: &str, value: &str) -> bool {
        self.environment.get(key) == Some(value)
    }
}

/// Those of `pids` that run the program, without the forks of others among them.
fn running(pids: &[Pid], program: &str, uid: u32, runs: Runs) -> Vec<Worker> {
    let ourselves = Pid::try_from(std::process::id()).ok();
    let fits = |pid: &Pid| Some(*pid) != ourselves && owner(*pid) == Some(uid) && runs(*pid, program);
    let fitting: BTreeSet<Pid> = pids.iter().copied().filter(fits).collect();
    let top = |pid: &&Pid| stat(**pid).is_some_and(|stat| !fitting.contains(&stat.ppid));
    let worker = |pid: &Pid| Worker { pid: *pid, environment: Environment::of(*pid).unwrap_or_default() };
    fitting.iter().filter(top).map(worker).collect()
}

fn owner(pid: Pid) -> Option<u32> {
    fs::metadata(format!("/proc/{pid}")).ok().map(|metadata| metadata.uid())
}

fn runs(pid: Pid, program: &str) -> bool {
    let exe = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    let exe = base(exe.as_os_str().as_bytes());
    // As the kernel names a file that was replaced while it runs.
    let exe = exe.strip_suffix(" (deleted)").unwrap_or(&exe);
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    names_program(exe, arguments.strip_suffix(b"\0").unwrap_or(&arguments), program)
}

/// Whether a process is a shell that runs the script of this name.
fn runs_script(pid: Pid, program: &str) -> bool {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut arguments = arguments.strip_suffix(b"\0").unwrap_or(&arguments).split(|byte| *byte == 0);
    let called = arguments.next().map(base).unwrap_or_default();
    let script = arguments.find(|argument| !argument.starts_with(b"-"));
    SHELLS.contains(&called.as_str()) && script.is_some_and(|script| base(script) == program)
}

fn names_program(exe: &str, arguments: &[u8], program: &str) -> bool {
    if exe == program {
        return true;
    }
    let mut arguments = arguments.split(|byte| *byte == 0);
    let called = arguments.next().map(base).unwrap_or_default();
    if STARTERS.contains(&exe) || STARTERS.contains(&called.as_str()) {
        // A busybox or a multi-call launcher may be called by the very name that is looked for.
        return called == program;
    }
    if called == program {
        return true;
    }
    let interprets = INTERPRETERS.iter().any(|name| {
        exe.strip_prefix(name).is_some_and(|version| version.bytes().all(|byte| !byte.is_ascii_alphabetic()))
    });
    interprets
        && arguments
            .find(|argument| !argument.starts_with(b"-"))
            .is_some_and(|script| base(script) == program)
}

/// The last part of a path.
fn base(path: &[u8]) -> String {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}

/// The environment that a process was started with.
#[derive(Default)]
struct Environment(String);

impl Environment {
    /// `None`: there is no such process, or it is not ours to look into.
    fn of(pid: Pid) -> Option<Self> {
        fs::read(format!("/proc/{pid}/environ"))
            .ok()
            .map(|bytes| Self(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.split('\0').find_map(|entry| entry.strip_prefix(key)?.strip_prefix('='))
    }

    fn rank(&self) -> Option<u32> {
        RANK.iter().find_map(|key| self.get(key)?.parse().ok())
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the signal state of the processes looked at is no matter")]
mod tests;
