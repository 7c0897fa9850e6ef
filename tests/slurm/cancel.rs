//! The user's scancel: the work is saved, and nothing continues it.

use rstest::rstest;

use super::chain::{Chain, heat, wrapped};
use super::cluster::{Cluster, PROMPT, Tracking};
use super::job::Job;

/// At the pace of the tests far more than runs before the job is cancelled.
const STEPS: u64 = 10_000;

#[rstest]
fn in_the_middle(
    #[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking,
    #[values("requeue", "successor", "array")] mode: &str,
) {
    let cluster = Cluster::claim(tracking, 1);
    let chain = Chain::new(&cluster);
    let options = format!("--steps {STEPS} {}", listening(tracking));
    let id = submit(&cluster, mode, "--lead 1m", &options);
    chain.wait_until_computing();

    cluster.scancel(&[&id]);

    assert_saved_and_over(&cluster, &chain, &id);
}

/// The checkpoint for the deadline is being written when the user cancels.
#[rstest]
fn during_the_checkpoint(
    #[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking,
    #[values("requeue", "successor", "array")] mode: &str,
) {
    let cluster = Cluster::claim(tracking, 1);
    let chain = Chain::new(&cluster);
    let options = format!("--steps {STEPS} --slow 3 {}", listening(tracking));
    let id = submit(&cluster, mode, "--time-limit 16s --lead 8s", &options);
    chain.wait_for("triggered", PROMPT);

    cluster.scancel(&[&id]);

    assert_saved_and_over(&cluster, &chain, &id);
}

/// Where Slurm signals the program itself, only one that takes that for a request can be saved.
fn listening(tracking: Tracking) -> &'static str {
    match tracking {
        Tracking::Linuxproc => "--trap-term",
        Tracking::Cgroup => "",
    }
}

/// The job, or the first task of the array.
fn submit(cluster: &Cluster, mode: &str, options: &str, heat_options: &str) -> String {
    let script = wrapped(&format!("--continue {mode} {options}"), &heat(heat_options));
    match mode {
        "array" => cluster.sbatch(&script, &["--array=1-4%1"]) + "_1",
        _ => cluster.sbatch(&script, &[]),
    }
}

fn assert_saved_and_over(cluster: &Cluster, chain: &Chain<'_>, id: &str) {
    let jobs = chain.stop("cancelled", PROMPT);
    assert_eq!(chain.segments(), 1, "{}", chain.log());
    // Slurm may start the next task while the cancelled one still saves; it finds the chain stopped and ends.
    let over = |job: &Job| job.state() == "CANCELLED" || (job.id() != id && job.state() == "COMPLETED");
    assert!(jobs.iter().all(over), "{}", chain.log());
    assert_eq!(cluster.job(id).number("Restarts"), Some(0));
    let ended = chain.wait_for("segment_ended", PROMPT);
    assert_eq!((ended.text("verdict"), ended.text("cause")), ("unfinished", "cancelled"), "{}", chain.log());
    chain.assert_checkpoint(STEPS);
}
