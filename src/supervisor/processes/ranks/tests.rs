//! Ranks among real processes.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rstest::rstest;

use super::*;

#[rstest]
#[case("gmx_mpi", "gmx_mpi mdrun", "gmx_mpi", true)]
#[case("gmx_mpi", "/opt/bin/gmx_mpi mdrun", "gmx", false)]
#[case("python3.11", "python3 train.py", "python3", true)]
#[case("python3.11", "/usr/bin/python3 ./train.py", "train.py", true)]
#[case("python3.11", "python3 -u ./train.py", "train.py", true)]
#[case("python3.11", "python3 other.py train.py", "train.py", false)]
#[case("perf", "perf ./sim", "sim", false)]
#[case("mpirun", "mpirun -np 2 gmx_mpi", "gmx_mpi", false)]
#[case("orterun", "mpirun gmx_mpi", "gmx_mpi", false)]
#[case("srun", "srun srun", "srun", true)]
#[case("bash", "/bin/bash ./sim", "sim", false)]
#[case("bash", "bash job.sh", "bash", true)]
#[case("busybox", "sleep 1000", "sleep", true)]
#[case("Rscript", "Rscript loop.R", "loop.R", true)]
#[case("", "", "sim", false)]
fn names(#[case] exe: &str, #[case] arguments: &str, #[case] program: &str, #[case] expected: bool) {
    assert_eq!(names_program(exe, arguments.replace(' ', "\0").as_bytes(), program), expected);
}

/// A process group of its own that goes when the test ends.
struct Group(Child, Vec<Pid>);

impl Group {
    /// Runs a shell script in which `sim` is a program (a copy of sleep), and waits for a line a number.
    fn start(sim: &std::path::Path, script: &str, environment: &[(&str, &str)], count: usize) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("sim", sim).process_group(0).stdout(Stdio::piped());
        for key in RANK.iter().chain(&["SLURM_JOB_ID", CHAIN]) {
            command.env_remove(key);
        }
        let mut child = command.envs(environment.iter().copied()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let pids: Vec<Pid> = lines.take(count).map(|line| line.unwrap().parse().unwrap()).collect();
        // Between fork and exec a process still is the shell.
        while !pids.iter().all(|pid| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == sim)) {
            std::thread::yield_now();
        }
        Self(child, pids)
    }

    fn leader(&self) -> Pid {
        Pid::try_from(self.0.id()).unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = nix::unistd::Pid::from_raw(Pid::try_from(self.0.id()).unwrap());
        let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
        let _ = self.0.wait();
    }
}

/// A program with a name that no other test and no user runs.
fn program(name: &str) -> (tempfile::TempDir, std::path::PathBuf, String, u32) {
    let dir = tempfile::tempdir().unwrap();
    let name = format!("{name}{}", std::process::id());
    let path = dir.path().join(&name);
    fs::copy("/bin/sleep", &path).unwrap();
    (dir, path, name, nix::unistd::geteuid().as_raw())
}

#[test]
fn descendants_by_rank() {
    let (_dir, sim, name, uid) = program("ckrank-a");
    let script = "PMI_RANK=1 $sim 1000 & echo $!; PMI_RANK=0 $sim 1000 & echo $!; $sim 1000 & echo $!; wait";
    let group = Group::start(&sim, script, &[], 3);
    assert_eq!(find_ranks(group.leader(), &name, uid, None), [group.1[1], group.1[0], group.1[2]]);
    assert_eq!(find_ranks(group.leader(), &name, uid + 1, None), Vec::<i32>::new(), "another user's");
    assert_eq!(find_ranks(group.leader(), "other", uid, None), Vec::<i32>::new());
}

#[test]
fn the_leader_may_be_the_worker() {
    let (_dir, sim, name, uid) = program("ckrank-b");
    let group = Group::start(&sim, "echo $$; exec $sim 1000", &[], 1);
    assert_eq!(find_ranks(group.leader(), &name, uid, None), [group.leader()]);
}

#[test]
fn strangers_only_of_the_same_job_and_chain_and_only_without_descendants() {
    let (_dir, sim, name, uid) = program("ckrank-c");
    let start = |job, chain| {
        let environment = [("SLURM_JOB_ID", job), (CHAIN, chain)];
        Group::start(&sim, "$sim 1000 & echo $!; wait", &environment, 1)
    };
    let (ours, other_chain, other_job) = (start("12", "a"), start("12", "b"), start("123", "a"));
    // A launcher whose ranks are not its descendants.
    let launcher = |chain| {
        let mut command = Command::new("sleep");
        let group = Group(command.arg("1000").env(CHAIN, chain).process_group(0).spawn().unwrap(), vec![]);
        // The kernel lays the new program's environment out after the caller has been told that it runs.
        while Environment::of(group.leader()).is_none_or(|environment| environment.get(CHAIN).is_none()) {
            std::thread::yield_now();
        }
        group
    };
    let (first, second, third) = (launcher("a"), launcher("b"), launcher("c"));
    let strangers = |launcher: &Group, job| find_ranks(launcher.leader(), &name, uid, job);
    assert_eq!(strangers(&first, Some("12")), ours.1);
    assert_eq!(strangers(&second, Some("12")), other_chain.1);
    assert_eq!(strangers(&third, Some("12")), Vec::<i32>::new());
    assert_eq!(strangers(&first, Some("123")), other_job.1);
    assert_eq!(strangers(&first, Some("1")), Vec::<i32>::new());
    assert_eq!(strangers(&first, None), Vec::<i32>::new());
    assert_eq!(
        find_ranks(other_job.leader(), &name, uid, Some("12")),
        other_job.1,
        "its own descendants come first"
    );
}

#[test]
fn a_fork_of_a_worker_is_none() {
    let uid = nix::unistd::geteuid().as_raw();
    let (_dir, sim, name, _) = program("ckrank-d");
    fs::copy("/bin/sh", &sim).unwrap();
    // The inner subshell is a fork of the program itself, as a data loader is.
    let script = "exec $sim -c 'echo $$; (read x < /dev/null; while :; do sleep 1000; done) & wait'";
    let group = Group::start(&sim, script, &[], 1);
    while descendants(group.leader()).len() < 2 {
        std::thread::yield_now();
    }
    assert_eq!(find_ranks(group.leader(), &name, uid, None), [group.leader()]);
}
