//! GROMACS over several segments, bitwise equal to an uninterrupted run.

#![expect(
    clippy::disallowed_methods,
    reason = "gmx and the script that makes its input are ordinary children here"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rstest::rstest;
use tempfile::TempDir;

use super::chain::{Chain, wrapped};
use super::cluster::{Cluster, Tracking};

/// Two threads whatever the machine, pinned to no core: tests run side by side. A checkpoint more often than each 15
/// minutes, as the program would have it in a run of hours.
const MDRUN: &str = "gmx -quiet mdrun -deffnm md -ntmpi 1 -ntomp 2 -pin off -reprod -cpt 0.02";
/// Threads that wait for each other sleep, and do not spin on a core that another process could use: on a machine with
/// three processes a core the same run took a fifteenth of the time. The results are the same, bit for bit.
const WAITING: (&str, &str) = ("OMP_WAIT_POLICY", "passive");
/// What the runs must agree in, to the last bit.
const RESULTS: [&str; 3] = ["md.gro", "md.xtc", "md.edr"];
/// About half a minute of two cores.
const STEPS: u32 = 45_000;

/// One run at a time has the machine's cores. Taken before any seat of a cluster is.
pub(super) static CORES: Mutex<()> = Mutex::new(());

#[rstest]
#[case::requeue(Tracking::Cgroup, "requeue")]
#[case::requeue_linuxproc(Tracking::Linuxproc, "requeue")]
#[case::successor(Tracking::Linuxproc, "successor")]
#[case::array(Tracking::Cgroup, "array")]
fn an_interrupted_run_equals_an_uninterrupted_one(#[case] tracking: Tracking, #[case] mode: &str) {
    let _cores = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    let reference = Reference::get();
    let cluster = Cluster::claim(tracking, 2);
    let chain = Chain::bare(&cluster);
    fs::copy(reference.file("md.tpr"), chain.file("md.tpr")).unwrap();
    let mut options = vec!["--cpus-per-task=2", "--time=2"];
    if mode == "array" {
        options.push("--array=1-20%1");
    }

    let script = wrapped(&format!("--continue {mode} --time-limit 18s --lead 6s"), MDRUN);
    let setting = format!("export {}={}\nexec ", WAITING.0, WAITING.1);
    cluster.sbatch(&script.replace("exec ", &setting), &options);

    let jobs = chain.finish(Duration::from_mins(8));
    assert!(chain.segments() >= 3, "{} segments\n{}", chain.segments(), chain.log());
    assert!(jobs.iter().all(|job| matches!(job.state(), "COMPLETED" | "CANCELLED")), "{}", chain.log());
    for name in RESULTS {
        let same = fs::read(chain.file(name)).unwrap() == fs::read(reference.file(name)).unwrap();
        assert!(same, "{name} differs\n{}", chain.log());
    }
    chain.gaps(&format!("GROMACS, {mode} under {tracking:?}"));
}

/// The input, and what comes of it without interruption.
struct Reference(TempDir);

impl Reference {
    fn get() -> &'static Self {
        static REFERENCE: OnceLock<Reference> = OnceLock::new();
        REFERENCE.get_or_init(|| {
            let dir = tempfile::tempdir().unwrap();
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gromacs/make-water.sh");
            run(Command::new(script).arg(dir.path()).arg(STEPS.to_string()));
            let mut words = MDRUN.split(' ');
            run(Command::new(words.next().unwrap())
                .args(words)
                .env(WAITING.0, WAITING.1)
                .current_dir(dir.path()));
            Self(dir)
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
