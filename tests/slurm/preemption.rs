//! Preemption: another job takes the place, and the chain goes on when it is free again.

use std::time::Duration;

use rstest::rstest;

use super::chain::{CHAIN, Chain, STEPS, heat, wrapped};
use super::cluster::{Cluster, PROMPT, Tracking};
use super::seats::Seats;

/// Jobs that take the whole cluster, so that one must go for the other.
const ALL: [&str; 2] = ["--nodes=2", "--exclusive"];

#[rstest]
fn the_chain_goes_on_afterwards(
    #[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking,
    #[values("low", "grace")] partition: &str,
) {
    let cluster = Cluster::claim(tracking, Seats::ALL);
    let chain = Chain::new(&cluster);
    // Without a grace time Slurm's first word is SIGTERM, which under linuxproc the program hears itself.
    let listening = if (tracking, partition) == (Tracking::Linuxproc, "low") { "--trap-term" } else { "" };
    let script = wrapped("--continue requeue", &heat(&format!("--steps {STEPS} {listening}")));
    let id = cluster.sbatch(&script, &[ALL[0], ALL[1], "--partition", partition]);
    chain.wait_until_computing();

    let high = cluster.sbatch("#!/bin/bash\nsleep 2\n", &[ALL[0], ALL[1], "--partition=high"]);

    cluster.wait_for_state(&high, "COMPLETED", PROMPT * 3);
    let jobs = chain.finish(CHAIN);
    assert_eq!((jobs.len(), jobs[0].id()), (2, id), "{}", chain.log());
    assert_eq!((jobs[0].state(), jobs[0].number("Restarts")), ("COMPLETED", Some(1)), "{}", chain.log());
    assert_eq!(chain.segments(), 2, "{}", chain.log());
    let ended = &chain.all("segment_ended")[0];
    assert_eq!(ended.text("verdict"), "unfinished", "{}", chain.log());
    // When Slurm has requeued the job itself, it does not tell a preemption from an administrator's requeue.
    let causes = if partition == "low" { vec!["preempted", "requeued_by_other"] } else { vec!["preempted"] };
    assert!(causes.contains(&ended.text("cause")), "{ended:?}\n{}", chain.log());
    chain.assert_result(STEPS);
    let gaps = chain.gaps(&format!("preemption in {partition} under {tracking:?}"));
    assert!(gaps.iter().all(|gap| *gap < Duration::from_secs(40)), "{gaps:?}\n{}", chain.log());
}
