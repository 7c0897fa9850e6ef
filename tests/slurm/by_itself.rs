//! A program that requeues its job by itself, as PyTorch Lightning does: nothing is done twice.

use std::fs;

use rstest::rstest;

use super::chain::{CHAIN, Chain, SHORT, wrapped};
use super::cluster::{Cluster, Tracking};
use crate::support::write_executable;

const CONFIG: &str = "trigger: [{signal: USR1}]\ncheckpoint: {glob: [state], copy: true}\nrequeue: app\n\
                      finish: {any: [{file: result}]}\n";

/// Counts to 16, a second each. When it is asked it saves, requeues its job, and shortens Slurm's two minutes.
const COUNTS: &str = r#"#!/bin/bash
n=$(cat state 2>/dev/null || echo 0)
requeue() {
  echo $n > state
  trap '' TERM
  scontrol requeue $SLURM_JOB_ID
  sleep $1
  scontrol update JobId=$SLURM_JOB_ID StartTime=now+5
  exit 85
}
trap 'requeue '"$1" USR1
while [ $n -lt 16 ]; do n=$((n+1)); sleep 1; done
echo done > result
"#;

/// Slurm's SIGTERM comes before the program has ended, or about then.
#[rstest]
fn its_next_segment_is_known_and_nothing_is_doubled(
    #[values(Tracking::Linuxproc, Tracking::Cgroup)] tracking: Tracking,
    #[values(0, 1)] lingers: u32,
) {
    let cluster = Cluster::claim(tracking, 1);
    let chain = Chain::bare(&cluster);
    fs::write(chain.file("ckwrap.yaml"), CONFIG).unwrap();
    write_executable(&chain.file("counts"), COUNTS);

    cluster.sbatch(&wrapped(SHORT, &format!("./counts {lingers}")), &[]);

    let jobs = chain.finish(CHAIN);
    let [job] = &jobs[..] else { panic!("{} jobs\n{}", jobs.len(), chain.log()) };
    assert_eq!(job.number("Restarts"), Some(chain.segments() - 1), "{}", chain.log());
    assert!(chain.segments() >= 2, "{}", chain.log());
    assert_eq!(chain.all("continued").len() as u64, chain.segments() - 1, "{}", chain.log());
}
