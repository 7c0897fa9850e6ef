//! Options that stand on the command line of the first submission alone hold for all of a chain's jobs.

use super::chain::{CHAIN, Chain, SHORT, heat, wrapped};
use super::cluster::{Cluster, Tracking};

/// Fields of a job that must not change from one to the next.
const SAME: [&str; 15] = [
    "JobName",
    "UserId",
    "Partition",
    "Nice",
    "TimeLimit",
    "Requeue",
    "NumNodes",
    "NumCPUs",
    "NumTasks",
    "CPUs/Task",
    "MinMemoryNode",
    "MailUser",
    "MailType",
    "WorkDir",
    "StdErr",
];

#[test]
fn a_successor_has_the_options_of_the_first_job() {
    let cluster = Cluster::claim(Tracking::Linuxproc, 2);
    let chain = Chain::new(&cluster);
    let error = cluster.dir().join("errors.out");
    let options = [
        "--job-name=two words",
        "--comment=for the group's meeting",
        "--time=7",
        "--ntasks=1",
        "--cpus-per-task=2",
        "--nice=100",
        "--mem=300M",
        "--mail-type=FAIL",
        "--mail-user=ann@example.org",
        "--output=field-%x-%j.out",
        &format!("--error={}", error.display()),
        "--export=ALL,COLOUR=blue",
    ];
    let script = wrapped(&format!("--continue successor {SHORT}"), &heat("--steps $1"))
        .replace("exec ", "echo $COLOUR $SLURM_CPUS_PER_TASK $#\nexec ");

    cluster.sbatch_with(&script, &options, &["1000", "more"]);

    let jobs = chain.finish(CHAIN);
    chain.assert_result(1000);
    let gaps = chain.gaps("successor");
    assert!(jobs.len() >= 2 && jobs.len() as u64 == chain.segments(), "{}", chain.log());
    assert_eq!(gaps.len(), jobs.len() - 1);
    for job in &jobs[1..] {
        for field in SAME {
            assert_eq!(job.field(field), jobs[0].field(field), "{field} of\n{job}\nafter\n{}", jobs[0]);
        }
        let comment = job.field("Comment");
        assert!(comment.starts_with("for the group's meeting "), "{comment}");
        let output = format!("field-two words-{}.out", job.id());
        assert!(job.field("StdOut").ends_with(&output), "{job}");
    }
    assert_eq!(jobs[0].field("Comment"), "for the group's meeting");
    assert_eq!(chain.log().matches("blue 2 2\n").count(), jobs.len(), "{}", chain.log());
}
