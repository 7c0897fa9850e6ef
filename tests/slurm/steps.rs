//! Who gets a trigger's signal, and how often, where the ranks are on two nodes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rstest::rstest;

use super::chain::{Chain, ckwrap};
use super::cluster::{Cluster, PROMPT, Tracking};
use super::seats::Seats;

const SEGMENT: &str = "--time-limit 10s --lead 5s --continue requeue";
const PATIENCE: Duration = Duration::from_mins(2);
/// mpirun counts the cores of a node, and is run by root here.
const MPI: &str = "export OMPI_MCA_btl=self,tcp OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1";

fn rank() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm/rank.py").display().to_string()
}

/// A chain of such ranks, with this trigger.
fn start<'a>(cluster: &'a Cluster, trigger: &str, command: &str) -> (Chain<'a>, String) {
    let config = format!("checkpoint: {{glob: [state]}}\ntrigger: [{trigger}]\n");
    fs::write(cluster.dir().join("ckwrap.yaml"), config).unwrap();
    let script = format!("#!/bin/bash\n#SBATCH --open-mode=append\n{MPI}\nexec {command}\n");
    let id = cluster.sbatch(&script, &["--nodes=2", "--ntasks=4"]);
    (Chain::bare(cluster), id)
}

/// What each rank got, in order of the ranks.
fn got(chain: &Chain<'_>) -> Vec<String> {
    let read = |rank: u32| fs::read_to_string(chain.file(&format!("got.{rank}"))).unwrap_or_default();
    (0..4).map(|rank| read(rank).replace('\n', " ").trim_end().to_owned()).collect()
}

#[rstest]
#[case::step_term("{signal: TERM, to: step}", "srun -n 4", "SIGTERM", 4)]
#[case::ranks("{signal: USR1, to: ranks}", "srun -n 4", "SIGUSR1", 4)]
#[case::ranks_term("{signal: TERM, to: ranks}", "srun -n 4", "SIGTERM", 4)]
#[case::through_srun("{signal: USR2}", "srun -n 4", "SIGUSR2", 4)]
#[case::by_itself("auto", "srun -n 4", "SIGUSR1", 4)]
#[case::one_rank("{signal: TERM, to: rank}", "srun -n 4", "SIGTERM", 1)]
#[case::through_mpirun("{signal: USR1, to: ranks}", "mpirun -np 4", "SIGUSR1", 4)]
#[case::never_to_mpirun("{signal: TERM, to: ranks}, {signal: USR2, to: ranks}", "mpirun -np 4", "SIGUSR2", 4)]
fn every_rank_gets_it_once(
    #[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking,
    #[case] trigger: &str,
    #[case] launcher: &str,
    #[case] signal: &str,
    #[case] ranks: usize,
) {
    let cluster = Cluster::claim(tracking, Seats::ALL);
    let (chain, _) = start(&cluster, trigger, &format!("{} {SEGMENT} -- {launcher} {}", ckwrap(), rank()));
    chain.finish(PATIENCE);
    let mut expected = vec![signal; ranks];
    expected.resize(4, "");
    assert_eq!(got(&chain), expected, "{}", chain.log());
}

/// ckwrap in every task: only the first decides.
#[rstest]
#[case::own_child("{signal: USR1}", "SIGUSR1", 1)]
#[case::own_rank("{signal: TERM, to: rank}", "SIGTERM", 1)]
#[case::all("{signal: USR1, to: ranks}", "SIGUSR1", 4)]
#[case::all_term("{signal: TERM, to: ranks}", "SIGTERM", 4)]
fn inside_a_step(
    #[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking,
    #[case] trigger: &str,
    #[case] signal: &str,
    #[case] ranks: usize,
) {
    let cluster = Cluster::claim(tracking, Seats::ALL);
    let (chain, id) = start(&cluster, trigger, &format!("srun -n 4 {} {SEGMENT} -- {}", ckwrap(), rank()));
    let jobs = chain.finish(PATIENCE);
    let mut expected = vec![signal; ranks];
    expected.resize(4, "");
    assert_eq!(got(&chain), expected, "{}", chain.log());
    assert_eq!((jobs.len(), jobs[0].id(), chain.segments()), (1, id, 2), "{}", chain.log());
    assert_eq!(chain.log().matches("goes on by requeue").count(), 1, "{}", chain.log());
}

/// A signal of somebody else's to the step reaches each program once, whether ckwrap or Slurm brings it.
#[rstest]
fn a_signal_to_the_step_is_not_doubled(#[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking) {
    let cluster = Cluster::claim(tracking, Seats::ALL);
    let command = format!("srun -n 4 {} --continue none -- {}", ckwrap(), rank());
    let (chain, id) = start(&cluster, "{wait: periodic}", &command);
    cluster.wait_until("all ranks", PROMPT, || {
        (0..4).all(|rank| chain.file(&format!("ready.{rank}")).exists()).then_some(())
    });
    cluster.scancel(&["--signal=USR2", &format!("{id}.0")]);
    cluster.wait_until_all_is_over(PROMPT);
    assert_eq!(got(&chain), ["SIGUSR2"; 4], "{}", chain.log());
}

#[test]
fn srun_returns_the_code_of_the_worst_task() {
    let cluster = Cluster::claim(Tracking::Linuxproc, Seats::ALL);
    let command = format!("srun -n 4 {} -- sh -c 'exit $((SLURM_PROCID * 3))'", ckwrap());
    let id = cluster.sbatch(&format!("#!/bin/bash\n{command}\necho code=$?\n"), &["--nodes=2", "--ntasks=4"]);
    cluster.wait_until_all_is_over(PROMPT);
    let log = cluster.log(&id);
    assert!(log.contains("code=9") && log.contains("ckwrap: finished"), "{log}");
    assert_eq!(Chain::bare(&cluster).segments(), 1, "{log}");
}

/// Slurm itself asks the tasks of a step when a grace time begins, and the batch script hears nothing: nobody is asked twice,
/// and an end that Slurm has asked for is no failure.
#[test]
fn at_the_start_of_a_grace_time() {
    let cluster = Cluster::claim(Tracking::Cgroup, Seats::ALL);
    let config = "checkpoint: {glob: [state]}\ntrigger: [{signal: TERM, to: ranks}]\nstopped: {exit: []}\n";
    fs::write(cluster.dir().join("ckwrap.yaml"), config).unwrap();
    let chain = Chain::bare(&cluster);
    let script =
        format!("#!/bin/bash\n#SBATCH --open-mode=append\nexec {} -- srun -n 4 {}\n", ckwrap(), rank());
    cluster.sbatch(&script, &["--nodes=2", "--exclusive", "--ntasks=4", "--partition=grace"]);
    cluster.wait_until("all ranks", PROMPT, || {
        (0..4).all(|rank| chain.file(&format!("ready.{rank}")).exists()).then_some(())
    });
    cluster.sbatch("#!/bin/bash\nsleep 1\n", &["--nodes=2", "--exclusive", "--partition=high"]);

    chain.finish(PATIENCE);
    assert_eq!(got(&chain), ["SIGTERM"; 4], "{}", chain.log());
    let ended = &chain.all("segment_ended")[0];
    assert_eq!((ended.text("verdict"), ended.text("cause")), ("unfinished", "preempted"), "{}", chain.log());
}
