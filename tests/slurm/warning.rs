//! Slurm's own warning, `--signal=B:USR1@N`.

use std::time::Duration;

use rstest::rstest;

use super::chain::{Chain, ckwrap, heat, wrapped};
use super::cluster::{Cluster, PROMPT, Tracking};

/// How far before the end Slurm is told to warn. It does so up to half a minute earlier still.
const WARNED: [&str; 2] = ["--time=1", "--signal=B:USR1@30"];

/// As long as nobody has said or measured how long a checkpoint takes, the warning is the best there is.
#[rstest]
fn without_a_lead_the_warning_is_heeded_at_once(
    #[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking,
) {
    let cluster = Cluster::claim(tracking, 1);
    let chain = Chain::new(&cluster);
    // More than fits into the half minute in which the first warning comes.
    let steps = 4000;

    cluster.sbatch(&wrapped("--continue requeue", &heat(&format!("--steps {steps}"))), &WARNED);

    let jobs = chain.finish(Duration::from_mins(5));
    chain.assert_result(steps);
    assert_eq!((jobs.len(), jobs[0].number("Restarts")), (1, Some(chain.segments() - 1)), "{}", chain.log());
    let asked = chain.all("triggered");
    assert!(asked[0].text("why").contains("USR1"), "{asked:?}\n{}", chain.log());
}

/// No command of Slurm's can be found, so its warning is all there is to know; and an exit code all there is to say.
#[test]
fn with_an_unknown_deadline_the_warning_and_an_exit_code_carry_the_chain_on() {
    let cluster = Cluster::claim(Tracking::Cgroup, 1);
    let chain = Chain::configured(&cluster, "continue: {mode: exit-code, exit_code: 99}\n");
    let script = format!("#!/bin/bash\nPATH=/nowhere\nexec {} -- {}\n", ckwrap(), heat("--steps 10000"));

    let id = cluster.sbatch(&script, &WARNED);

    chain.wait_for("segment_ended", PROMPT * 2);
    let job = cluster.wait_for_state(&id, "PENDING", PROMPT);
    assert_eq!(job.number("Restarts"), Some(1), "{}", chain.log());
    let asked = chain.all("triggered");
    assert!(asked[0].text("why").contains("USR1"), "{asked:?}\n{}", chain.log());
    assert_eq!(chain.all("continued").len(), 1, "{}", chain.log());
    cluster.scancel(&[&id]);
    chain.assert_checkpoint(10_000);
}
