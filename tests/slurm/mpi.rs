//! GROMACS with MPI over two nodes: no rank is lost, every interruption leaves a checkpoint, the result is the same to the
//! last bit as without interruptions by the same launcher.

#![expect(
    clippy::disallowed_methods,
    reason = "gmx and the script that makes its input are ordinary children here"
)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rstest::rstest;
use tempfile::TempDir;

use super::chain::{Chain, ckwrap};
use super::cluster::{Cluster, PROMPT, Tracking};
use super::gromacs::CORES;
use super::seats::Seats;
use crate::apps::Interrupted;

/// `-dlb no -notunepme -npme 0`: what GROMACS else fits to the pace of the moment, so that two runs differ in the last
/// bits even without an interruption.
const MDRUN: &str =
    "gmx_mpi -quiet mdrun -deffnm md -ntomp 1 -pin off -reprod -dlb no -notunepme -npme 0 -cpt 0.05";
/// Ten to thirty seconds of two idle cores for four ranks: a fraction of it must be longer than the lead, also on a machine
/// twice as fast, as a lead of more than half of the allocation is cut and the segments grow.
const STEPS: &str = "20000";
/// Ranks of both nodes are on one host here: those that wait leave the core to others, and shared memory, whose files both
/// nodes would give the same names, is left out.
const SETTING: &str = "export OMPI_MCA_mpi_yield_when_idle=1 OMP_NUM_THREADS=1 OMPI_MCA_btl=self,tcp \
                       OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1";
/// Of a start on an idle machine. On a busy one it takes a part of the run that hardly changes.
const STARTUP: Duration = Duration::from_secs(1);
const LEAD: Duration = Duration::from_secs(6);

#[rstest]
#[case::around_srun(Tracking::Cgroup, "", "srun --mpi=pmix -n 4")]
#[case::around_mpirun(Tracking::Linuxproc, "", "mpirun -np 4")]
#[case::in_every_task(Tracking::Linuxproc, "srun --mpi=pmix -n 4", "")]
fn two_nodes(#[case] tracking: Tracking, #[case] before: &str, #[case] behind: &str) {
    let _cores = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let cluster = Cluster::claim(tracking, Seats::ALL);
    let input = input();
    let straight = Chain::bare(&cluster).below("straight");
    let chain = straight_and_interrupted(&cluster, input.path(), [before, behind], &straight);

    let found = Interrupted::read(&chain.file(""));
    let log = chain.log();
    assert!(found.count() >= 2, "{} interruptions\n{log}", found.count());
    // One complete checkpoint an interruption, and none of them by being ended.
    let asked = chain.all("triggered");
    assert_eq!(asked.len(), found.count(), "{log}");
    assert!(!log.contains("time is up") && !log.contains("no new checkpoint"), "{log}");
    for name in ["md.gro", "md.xtc", "md.edr"] {
        let same = fs::read(chain.file(name)).unwrap() == fs::read(straight.file(name)).unwrap();
        assert!(same, "{name} differs\n{log}");
    }
    let how = if before.is_empty() { behind } else { "srun ckwrap --" };
    found.report(&format!("gromacs ({}, two nodes)", how.split(" -").next().unwrap_or(how)), "identical");
}

/// Runs it in one go in `straight`, then in segments that are a fraction of that.
fn straight_and_interrupted<'a>(
    cluster: &'a Cluster,
    input: &Path,
    [before, behind]: [&str; 2],
    straight: &Chain<'a>,
) -> Chain<'a> {
    let script = |dir: &Path, ckwrap: &str| {
        let dir = dir.display();
        format!(
            "#!/bin/bash\n#SBATCH --open-mode=append\n{SETTING}\ncd {dir}\nexec {before} {ckwrap} {behind} {MDRUN}\n"
        )
    };
    let many = Chain::bare(cluster).below("many");
    for chain in [straight, &many] {
        fs::copy(input.join("md.tpr"), chain.file("md.tpr")).unwrap();
    }
    let nodes = ["--nodes=2", "--ntasks=4", "--time=5"];
    let one = cluster.sbatch(&script(&straight.file(""), ""), &nodes);
    cluster.wait_for_state(&one, "RUNNING", PROMPT);
    let began = Instant::now();
    cluster.wait_for_state(&one, "COMPLETED", Duration::from_mins(4));

    // The machine may be twice as fast by the time of the second run.
    let work = began.elapsed().saturating_sub(STARTUP) / 8;
    let limit = (work.max(Duration::from_secs(1)) + STARTUP + LEAD).as_millis();
    let options = format!("--time-limit {limit}ms --lead {}ms --continue requeue --", LEAD.as_millis());
    cluster.sbatch(&script(&many.file(""), &format!("{} {options}", ckwrap())), &nodes);
    many.finish(Duration::from_mins(8));
    many
}

/// A directory with the input, made once.
fn input() -> &'static TempDir {
    static INPUT: OnceLock<TempDir> = OnceLock::new();
    INPUT.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gromacs/make-water.sh");
        let output = Command::new(script).arg(dir.path()).arg(STEPS).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        dir
    })
}
