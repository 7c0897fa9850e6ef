//! Jobs that wait for a chain.

use std::time::UNIX_EPOCH;

use super::chain::{CHAIN, Chain, SHORT, STEPS, heat, wrapped};
use super::cluster::{Cluster, Tracking};

#[test]
fn a_job_that_depends_on_the_first_starts_after_the_last() {
    let cluster = Cluster::claim(Tracking::Cgroup, 1);
    let chain = Chain::new(&cluster);
    let first = cluster
        .sbatch(&wrapped(&format!("--continue successor {SHORT}"), &heat(&format!("--steps {STEPS}"))), &[]);

    let dependent = cluster.sbatch(
        "#!/bin/bash\ntest -s heat.out && echo the field is there\n",
        &[&format!("--dependency=afterok:{first}"), "--output=dependent.out"],
    );

    let finished = chain.wait_for("chain_finished", CHAIN);
    let job = cluster.wait_for_state(&dependent, "COMPLETED", CHAIN);
    let finished = finished.time().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(job.number("StartTime").unwrap() >= finished, "{job}\n{}", chain.log());
    assert!(chain.log().contains("the field is there"), "{}", chain.log());
    assert!(chain.segments() >= 3);
    let jobs = cluster.wait_until_all_is_over(CHAIN);
    assert_eq!(jobs.len() as u64, chain.segments() + 1, "{}", chain.log());
}
