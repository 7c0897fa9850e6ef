//! Slurm's time limit really strikes. Slow: the least limit is a minute, and it is enforced up to half a minute late.

use std::time::Duration;

use rstest::rstest;

use super::chain::{Chain, Record, heat, wrapped};
use super::cluster::{Cluster, PROMPT, Tracking};

/// Somebody lowers the limit while the job runs, past ckwrap's lead, so that its first word is Slurm's SIGTERM. The job is
/// requeued in the seconds between that and SIGKILL.
#[rstest]
fn a_requeue_in_the_last_seconds_is_in_time(
    #[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking,
    #[values(Program::Saves, Program::Deaf)] program: Program,
) {
    let cluster = Cluster::claim(tracking, 1);
    let chain = Chain::new(&cluster);
    let id = cluster.sbatch(&wrapped("--continue requeue --lead 10s", &program.command()), &[]);
    chain.wait_until_computing();
    cluster.slurm("scontrol", &["update", &format!("JobId={id}"), "TimeLimit=1"]);

    let ended = chain.wait_for("segment_ended", Duration::from_mins(2));
    assert_eq!(ended.text("cause"), "time_limit", "{ended:?}\n{}", chain.log());
    // The next segment needs no more than it gets.
    let job = cluster.wait_until("the job to be back in the queue", PROMPT, || {
        let job = cluster.job(&id);
        (job.number("Restarts") == Some(1)).then_some(job)
    });
    assert!(!job.is_over(), "{job}\n{}", chain.log());

    let jobs = chain.finish(Duration::from_mins(4));
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].number("Restarts"), Some(chain.segments() - 1), "{}", chain.log());
    assert!(chain.all("intent").iter().map(Record::time).is_sorted());
    chain.assert_result(STEPS);
}

/// More than a minute's and a half, which is the latest that the limit strikes.
const STEPS: u64 = 10_000;

/// How the program takes a SIGTERM.
#[derive(Debug, Clone, Copy)]
enum Program {
    /// It saves and ends.
    Saves,
    /// Neither that nor any other signal moves it; it saves from time to time.
    Deaf,
}

impl Program {
    fn command(self) -> String {
        match self {
            Self::Saves => heat(&format!("--steps {STEPS} --trap-term")),
            Self::Deaf => {
                let program = heat(&format!("--steps {STEPS} --ignore-signal --every 100"));
                format!("sh -c \"trap '' TERM; exec {program}\"")
            }
        }
    }
}
