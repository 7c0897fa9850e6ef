//! Submission lines from jobs as Slurm 22.05.8 and 25.05.8 showed them.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::scheduler::call::{End, Output};

const RUNNING: &str = include_str!("../../../tests/fixtures/slurm-22.05/running-scontrol.txt");
const TASK: &str = include_str!("../../../tests/fixtures/slurm-22.05/array-task.txt");
const SCRIPT: &[u8] = b"#!/bin/bash\n#SBATCH --open-mode=append --requeue -o log-%j\nexec ckwrap -- ./sim\n";

fn environment(variables: &[(&str, &str)]) -> SlurmEnvironment {
    let lookup = |name: &str| {
        let set = variables.iter().find(|(other, _)| *other == name).map(|(_, value)| OsString::from(value));
        if name == "SLURM_JOB_ID" { set.or_else(|| Some("1".into())) } else { set }
    };
    SlurmEnvironment::from(lookup).unwrap().unwrap()
}

/// The real record with some of its fields changed.
fn view(record: &str, id: &str, changes: &[(&str, &str)]) -> JobView {
    let mut line = record.lines().nth(1).unwrap().to_owned();
    for (from, to) in changes {
        assert!(line.contains(from), "{from}");
        line = line.replace(from, to);
    }
    let output = Output { end: End::Exited(0), stdout: format!("{line}\n").into(), stderr: vec![] };
    JobView::from_answer(&output, id.parse().unwrap()).yes().unwrap()
}

fn rebuild(job: &JobView, environment: &SlurmEnvironment, script: &[u8]) -> Vec<String> {
    let token = Token::try_from("c.2.0a".to_owned()).unwrap();
    let successor = Successor {
        job,
        environment,
        script,
        script_path: Path::new("/run/.ckwrap/c/job.sh"),
        token: &token,
        next_index: None,
        extra: &["--time=9".to_owned()],
    };
    let line = successor.arguments().unwrap();
    line.into_iter().map(|word| word.into_string().unwrap()).collect()
}

#[test]
fn the_whole_line_for_a_plain_job() {
    let line = rebuild(&view(RUNNING, "1", &[]), &environment(&[]), SCRIPT);
    assert_eq!(
        line,
        [
            "--parsable",
            "--job-name=name with space",
            "--chdir=/home/user",
            "--comment=ckwrap:chain=a b ckwrap:c.2.0a",
            "--dependency=afterany:1",
            "--requeue",
            "--time=00:05:00",
            "--partition=main",
            "--nodes=1",
            "--open-mode=append",
            "--time=9",
            "/run/.ckwrap/c/job.sh",
        ]
    );
}

#[test]
fn the_whole_line_for_a_job_with_options_on_the_command_line_only() {
    let record = include_str!("../../../tests/fixtures/slurm-22.05/options-scontrol.txt");
    let variables: Vec<(&str, &str)> = include_str!("../../../tests/fixtures/slurm-22.05/options-env.txt")
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let id = variables.iter().find(|(name, _)| *name == "SLURM_JOB_ID").unwrap().1;
    let line = rebuild(&view(record, id, &[]), &environment(&variables), b"#!/bin/bash\nsleep 600\n");
    let expected = [
        "--parsable",
        "--job-name=my job",
        "--account=root",
        "--qos=normal",
        "--time-min=00:10:00",
        "--mail-user=me@x",
        "--mail-type=END,FAIL",
        "--switches=1@00:05:00",
        "--chdir=/home/user",
        "--comment=a | b=c ckwrap:c.2.0a",
        "--dependency=afterany:91",
        "--nice=3",
        "--no-requeue",
        "--time=01:00:00",
        "--partition=main",
        "--deadline=uts1795783757",
        "--nodes=2",
        "--ntasks=4",
        "--cpus-per-task=1",
        "--distribution=cyclic",
        "--hint=nomultithread",
        "--mem=100M",
        "--exclusive",
        "--contiguous",
        "--output=/home/user/out-%j.txt",
        "--error=/home/user/err-%j",
        "--open-mode=append",
        "--export=ALL,FOO=1",
        "--time=9",
        "/run/.ckwrap/c/job.sh",
        "one",
        "two",
    ];
    assert_eq!(line, expected);
}

#[test]
fn a_task_is_continued_by_the_task_of_its_index() {
    let job = view(TASK, "5_1", &[]);
    let line = rebuild(&job, &environment(&[]), SCRIPT);
    assert!(line.contains(&"--array=1".to_owned()) && line.contains(&"--dependency=afterany:5_1".to_owned()));
    assert!(
        !line.iter().any(|word| word.starts_with("--output")),
        "the script's pattern covers it: {line:?}"
    );
    let token = Token::try_from("t".to_owned()).unwrap();
    let own = environment(&[]);
    let script_path = Path::new("/job.sh");
    let next = Successor {
        job: &job,
        environment: &own,
        script: SCRIPT,
        script_path,
        token: &token,
        next_index: Some(2),
        extra: &[],
    };
    assert!(next.arguments().unwrap().contains(&"--array=2".into()));
    let relative = Successor { script_path: Path::new("-x.sh"), ..next };
    assert_eq!(relative.arguments(), Err(SuccessorError::RelativeScript("-x.sh".into())));
}

#[rstest]
#[case(&[("Nice=0", "Nice=3")], &[], "--nice=3")]
#[case(&[("Account=(null)", "Account=phys")], &[], "--account=phys")]
#[case(&[("NumNodes=1", "NumNodes=3")], &[], "--nodes=3")]
#[case(&[("NumTasks=1", "NumTasks=4")], &[("SLURM_NTASKS", "4")], "--ntasks=4")]
#[case(&[("CPUs/Task=1", "CPUs/Task=2"), ("MinCPUsNode=1", "MinCPUsNode=2")], &[("SLURM_CPUS_PER_TASK", "2")], "--cpus-per-task=2")]
#[case(&[("B:S:C=0:0:*:*", "B:S:C=8:0:*:1")], &[], "--ntasks-per-node=8")]
#[case(&[("B:S:C=0:0:*:*", "B:S:C=8:0:*:1")], &[], "--ntasks-per-core=1")]
#[case(&[("C:T=0:0:*:*", "C:T=0:0:*:1")], &[], "--threads-per-core=1")]
#[case(&[("MinCPUsNode=1", "MinCPUsNode=4")], &[], "--mincpus=4")]
#[case(&[("MinMemoryNode=0", "MinMemoryNode=4G")], &[], "--mem=4G")]
#[case(&[("MinMemoryNode=0", "MinMemoryCPU=500M")], &[], "--mem-per-cpu=500M")]
#[case(&[("TRES=cpu=1", "TRES=cpu=1,mem=24105M")], &[], "--mem=0")]
#[case(&[("OverSubscribe=OK", "OverSubscribe=NO")], &[], "--exclusive")]
#[case(&[("OverSubscribe=OK", "OverSubscribe=USER")], &[], "--exclusive=user")]
#[case(&[("Features=(null)", "Features=[a|b]&c")], &[], "--constraint=[a|b]&c")]
#[case(&[("Power= ", "Power= TresPerNode=gres:gpu:2 ")], &[], "--gres=gpu:2")]
#[case(&[("Power= ", "Power= TresPerJob=gres:gpu:a100:4 ")], &[], "--gpus=a100:4")]
#[case(&[("Power= ", "Power= TresPerTask=cpu=2,gres/gpu=1 ")], &[], "--gpus-per-task=1")]
#[case(&[("Power= ", "Power= MailUser=me@x MailType=END,FAIL ")], &[], "--mail-type=END,FAIL")]
#[case(&[("Requeue=1", "Requeue=0")], &[], "--no-requeue")]
#[case(&[("Deadline=N/A", "Deadline=1795358428")], &[], "--deadline=uts1795358428")]
#[case(&[("TimeLimit=00:05:00", "TimeLimit=UNLIMITED")], &[], "--time=UNLIMITED")]
#[case(&[("CoreSpec=*", "CoreSpec=2")], &[], "--core-spec=2")]
#[case(&[("CoreSpec=*", "ThreadSpec=2")], &[], "--thread-spec=2")]
#[case(&[("StdOut=/home/user/log-1", "StdOut=/home/user/out-1")], &[], "--output=/home/user/out-%j")]
#[case(&[("StdErr=/home/user/log-1", "StdErr=/home/user/err-1")], &[], "--error=/home/user/err-%j")]
#[case(&[("StdIn=/dev/null", "StdIn=/home/user/in")], &[], "--input=/home/user/in")]
#[case(&[("ckwrap:chain=a b", "mine ckwrap:c.1.0f")], &[], "--comment=mine ckwrap:c.2.0a")]
#[case(&[("ckwrap:chain=a b", "ckwrap:c.1.0f")], &[], "--comment=ckwrap:c.2.0a")]
#[case(&[], &[("SLURM_EXPORT_ENV", "NONE")], "--export=NONE")]
#[case(&[], &[("SLURM_HINT", "nomultithread")], "--hint=nomultithread")]
#[case(&[], &[("SLURM_OVERCOMMIT", "1")], "--overcommit")]
#[case(&[], &[("SLURM_JOB_DEPENDENCY", "afterok:7,singleton")], "--dependency=afterany:1,singleton")]
#[case(&[], &[("SLURM_JOB_DEPENDENCY", "afterok:7")], "--dependency=afterany:1")]
fn what_is_passed_on(
    #[case] fields: &[(&str, &str)],
    #[case] variables: &[(&str, &str)],
    #[case] word: &str,
) {
    let line = rebuild(&view(RUNNING, "1", fields), &environment(variables), SCRIPT);
    assert!(line.contains(&word.to_owned()), "{word} not in {line:?}");
}

#[rstest]
#[case(&[("NumTasks=1", "NumTasks=4")], &[], "--ntasks")]
#[case(&[("NumTasks=1", "NumTasks=4")], &[("SLURM_NTASKS", "8")], "--ntasks")]
#[case(&[("C:T=0:0:*:*", "C:T=0:0:*:1")], &[("SLURM_HINT", "nomultithread")], "--threads-per-core")]
#[case(&[("CPUs/Task=1", "CPUs/Task=2"), ("MinCPUsNode=1", "MinCPUsNode=2")], &[], "--mincpus")]
#[case(&[("Nice=0", "Nice=-100")], &[], "--nice")]
#[case(&[("TimeLimit=00:05:00", "TimeLimit=Partition_Limit")], &[], "--time=0")]
#[case(&[], &[], "--mem")]
#[case(&[], &[], "--error")]
#[case(&[], &[], "--input")]
#[case(&[("MCS_label=N/A", "MCS_label=N/A")], &[], "--mcs")]
fn what_is_not(#[case] fields: &[(&str, &str)], #[case] variables: &[(&str, &str)], #[case] start: &str) {
    let line = rebuild(&view(RUNNING, "1", fields), &environment(variables), SCRIPT);
    assert!(!line.iter().any(|word| word.starts_with(start)), "{start} in {line:?}");
}

#[test]
fn the_script_knows_better_than_the_running_job() {
    let script = b"#!/bin/sh\n#SBATCH -t 60 -p main,low\n#SBATCH --dependency=singleton\n";
    let job = view(RUNNING, "1", &[("TimeMin=N/A", "TimeMin=00:02:00")]);
    let line = rebuild(&job, &environment(&[]), script);
    assert!(line.contains(&"--time-min=00:02:00".to_owned()));
    assert!(line.contains(&"--dependency=afterany:1,singleton".to_owned()));
    assert!(!line.iter().any(|word| word == "--time=00:05:00" || word.starts_with("--partition")));
}

#[rstest]
#[case("/home/user/job.sh", "x", &[])]
#[case("(null)", "x", &[])]
#[case("/home/user/job.sh a b", "x", &["a", "b"])]
#[case("/home/my dir/job.sh a job.sh", "job.sh", &["a", "job.sh"])]
#[case("/home/my dir/my job a", "my job", &["a"])]
#[case("/run/.ckwrap/c/job.sh a", "x", &["a"])]
fn arguments_of_the_script(#[case] command: &str, #[case] name: &str, #[case] arguments: &[&str]) {
    let changes = [("Command=/home/user/job.sh", &*format!("Command={command}")), ("name with space", name)];
    let line = rebuild(&view(RUNNING, "1", &changes), &environment(&[]), SCRIPT);
    let script = line.iter().position(|word| word == "/run/.ckwrap/c/job.sh").unwrap();
    assert_eq!(line[script + 1..], *arguments);
}

#[test]
fn a_heterogeneous_job_has_no_successor() {
    let record = include_str!("../../../tests/fixtures/slurm-22.05/het-scontrol.txt");
    let job = view(record, "7", &[]);
    let token = Token::try_from("t".to_owned()).unwrap();
    let environment = environment(&[]);
    let successor = Successor {
        job: &job,
        environment: &environment,
        script: SCRIPT,
        script_path: Path::new("/job.sh"),
        token: &token,
        next_index: None,
        extra: &[],
    };
    assert_eq!(successor.arguments(), Err(SuccessorError::Heterogeneous(JobId::Single(7))));
}

proptest! {
    #[test]
    fn every_option_is_one_word_whatever_the_texts(name in "[ -~\n]{0,30}", comment in "[ -~\n]{0,30}") {
        let line = RUNNING.lines().nth(1).unwrap();
        let line = line.replace("name with space", &name).replace("ckwrap:chain=a b", &comment);
        let output = Output { end: End::Exited(0), stdout: format!("{line}\n").into(), stderr: vec![] };
        if let Some(job) = JobView::from_answer(&output, JobId::Single(1)).yes() {
            let line = rebuild(&job, &environment(&[]), SCRIPT);
            let script = line.iter().position(|word| word == "/run/.ckwrap/c/job.sh").unwrap();
            prop_assert!(line[..script].iter().all(|word| word.starts_with("--")));
        }
    }
}
