//! What a successor inherits: nothing of the job that submits it, and all that is the user's.

use std::path::Path;

use rstest::rstest;

use super::{LONG, SAVES, slurm};
use crate::support::{End, FakeSlurm, Start, Wrapper};

/// Variables of one job, one step or one rank, of Slurm and of MPI. A job that saw them would believe them: srun dies of a
/// foreign `SLURM_CPU_BIND` and of two kinds of memory, and runs on one core with a foreign `SLURM_CPUS_PER_TASK`.
const OF_THE_JOB: [&str; 62] = [
    "SLURM_CPU_BIND",
    "SLURM_CPU_BIND_LIST",
    "SLURM_CPU_BIND_TYPE",
    "SLURM_CPU_BIND_VERBOSE",
    "SLURM_CPUS_PER_TASK",
    "SLURM_CPUS_ON_NODE",
    "SLURM_JOB_CPUS_PER_NODE",
    "SLURM_MEM_PER_CPU",
    "SLURM_MEM_PER_GPU",
    "SLURM_MEM_PER_NODE",
    "SLURM_MEM_BIND",
    "SLURM_TRES_PER_TASK",
    "SLURM_GPUS",
    "SLURM_GPUS_ON_NODE",
    "SLURM_GTIDS",
    "SLURM_NTASKS",
    "SLURM_NPROCS",
    "SLURM_NTASKS_PER_NODE",
    "SLURM_TASKS_PER_NODE",
    "SLURM_DISTRIBUTION",
    "SLURM_NNODES",
    "SLURM_JOB_NUM_NODES",
    "SLURM_NODELIST",
    "SLURM_JOB_NODELIST",
    "SLURM_NODEID",
    "SLURM_LOCALID",
    "SLURM_PROCID",
    "SLURM_STEP_ID",
    "SLURM_STEPID",
    "SLURM_STEP_NODELIST",
    "SLURM_JOB_ID",
    "SLURM_JOBID",
    "SLURM_JOB_NAME",
    "SLURM_JOB_PARTITION",
    "SLURM_JOB_QOS",
    "SLURM_JOB_START_TIME",
    "SLURM_JOB_END_TIME",
    "SLURM_JOB_DEPENDENCY",
    "SLURM_RESTART_COUNT",
    "SLURM_ARRAY_JOB_ID",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_ARRAY_TASK_MAX",
    "SLURM_SUBMIT_DIR",
    "SLURM_TMPDIR",
    "SLURM_EXPORT_ENV",
    "SLURM_HET_SIZE",
    "SLURM_TOPOLOGY_ADDR",
    "SLURM_WORKING_CLUSTER",
    "SLURMD_NODENAME",
    "SBATCH_OPEN_MODE",
    "SBATCH_REQUEUE",
    "SBATCH_NO_REQUEUE",
    "SBATCH_ARRAY_INX",
    "SBATCH_TIMELIMIT",
    "SBATCH_EXPORT",
    "SRUN_CPUS_PER_TASK",
    "SRUN_DEBUG",
    "PMI_RANK",
    "PMIX_RANK",
    "OMPI_COMM_WORLD_RANK",
    "CKWRAP_ACTIVE",
    "NOTIFY_SOCKET",
];

const OF_THE_USER: [(&str, &str); 6] = [
    ("OMP_NUM_THREADS", "4"),
    ("LC_ALL", "de_DE.UTF-8"),
    ("SLURM_CONF", "/etc/slurm/slurm.conf"),
    ("MY SETTING", "with space\nand line"),
    ("CKWRAP_LEAD", "7m"),
    ("HOME", "/home/user"),
];

fn submitted(slurm: &FakeSlurm) -> u32 {
    let start = slurm.place(Start::new(&Wrapper::ckwrap("--continue successor"), SAVES));
    let mut run = start
        .set(|command| {
            for name in OF_THE_JOB {
                // Those that the fake itself has set speak the truth.
                let told = command.get_envs().any(|(set, _)| set == name);
                if !told
                    && name != "SLURM_ARRAY_JOB_ID"
                    && name != "SLURM_ARRAY_TASK_ID"
                    && name != "SLURM_HET_SIZE"
                {
                    command.env(name, if name == "CKWRAP_ACTIVE" { "7.0" } else { "1" });
                }
            }
            // Tasks of a step other than the first decide nothing.
            command.env("SLURM_PROCID", "0").env_remove("SLURM_STEP_ID").env_remove("SLURM_STEPID");
            command.envs(OF_THE_USER);
        })
        .go();
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let [successor] = slurm.successors()[..] else { panic!("{:?}", slurm.successors()) };
    successor
}

#[test]
fn nothing_of_the_job_reaches_its_successor() {
    let slurm = slurm("");
    let successor = submitted(&slurm);
    let environment = slurm.environment(successor);
    let leaked: Vec<_> = environment.iter().filter(|(name, _)| OF_THE_JOB.contains(&name.as_str())).collect();
    assert!(leaked.is_empty(), "{leaked:?}");
    let of_slurm: Vec<_> = environment.iter().filter(|(name, _)| name.starts_with("SLURM")).collect();
    assert_eq!(of_slurm, [&("SLURM_CONF".to_owned(), "/etc/slurm/slurm.conf".to_owned())]);
    for (name, value) in OF_THE_USER {
        assert!(environment.contains(&(name.to_owned(), value.to_owned())), "{name}: {environment:?}");
    }
    let own =
        environment.iter().filter(|(name, _)| name.starts_with("CKWRAP_")).map(|(name, _)| name.as_str());
    let mut own: Vec<&str> = own.collect();
    own.sort_unstable();
    assert_eq!(own, ["CKWRAP_CHAIN", "CKWRAP_LEAD", "CKWRAP_TOKEN"]);
}

/// The script is the one that Slurm holds, not the copy in the spool directory under whose path this job runs it; what it
/// says in its output is appended to.
#[test]
fn the_successor_runs_the_users_script_under_the_jobs_own_name() {
    let slurm = slurm("--job-name=my_job");
    let successor = submitted(&slurm);
    let words = slurm.arguments(successor);
    let script = words.iter().find(|word| !word.starts_with('-')).unwrap();
    assert_eq!(Path::new(script), slurm.file(".ckwrap/slurm-100/job.sh"));
    assert_eq!(std::fs::read_to_string(script).unwrap(), "#!/bin/sh\nexec ckwrap -- ./sim\n");
    for option in ["--job-name=my_job", "--open-mode=append", "--requeue", "--dependency=afterany:100"] {
        assert!(words.iter().any(|word| word == option), "{option}: {words:?}");
    }
    // It can always be met: no successor waits for ever for a job that has failed.
    assert!(!words.iter().any(|word| word.contains("afterok") || word.contains("afternotok")), "{words:?}");
}

/// Jobs of one name, one at a time, stay so; what else the job has waited for has come and is not waited for again.
#[rstest]
#[case::singleton("singleton", "--dependency=afterany:100,singleton")]
#[case::done("afterok:7", "--dependency=afterany:100")]
#[case::both("afterok:7,singleton", "--dependency=afterany:100,singleton")]
fn what_the_job_itself_had_waited_for(#[case] given: &'static str, #[case] expected: &str) {
    let slurm = slurm("");
    let start = slurm.place(Start::new(&Wrapper::ckwrap("--continue successor"), SAVES));
    let mut run = start
        .set(move |command| {
            command.env("SLURM_JOB_DEPENDENCY", given);
        })
        .go();
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert!(slurm.arguments(slurm.successors()[0]).iter().any(|word| word == expected));
}

/// Jobs that wait for this one wait for its successor, and none is left waiting for what can never come.
#[rstest]
#[case("afterok:100", "afterok:101")]
#[case("afterok:100?afternotok:7", "afterok:101?afternotok:7")]
fn who_waits_for_the_job_waits_for_the_chain(#[case] before: &str, #[case] after: &str) {
    let slurm = slurm("");
    let waiting = slurm.another(&format!("--dependency={before}"));
    let mut run = slurm.run("--continue successor", SAVES);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let successor = *slurm.successors().last().unwrap();
    let expected = after.replace("101", &successor.to_string());
    assert_eq!(slurm.get(waiting, "Dependency"), expected, "{:?}", slurm.ledger());
}

/// In a requeue nothing is inherited at all: the job is the same.
#[test]
fn a_requeued_job_is_not_submitted() {
    let mut slurm = slurm("");
    let mut run = slurm.run("", SAVES);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let job = slurm.job;
    slurm.start(job, LONG);
    let mut run = slurm.run("", ["/bin/sh", "-c", "echo $SLURM_RESTART_COUNT $CKWRAP_SEGMENT"]);
    assert_eq!(run.line().as_deref(), Some("1 2"));
    assert_eq!(run.end(), End::Code(0));
    assert_eq!(slurm.count("sbatch"), 0);
}
