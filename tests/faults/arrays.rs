//! Tasks of arrays, heterogeneous jobs and the largest job numbers: each acts on itself alone.

use std::fs;

use rstest::rstest;

use super::{CHECKPOINT, LONG, SAVES};
use crate::support::{End, FakeSlurm, Running, Start, Wrapper};

const OWN_STATE: &str =
    "vars: {task: {env: SLURM_ARRAY_TASK_ID, default: none}}\ncheckpoint: {glob: ['state.{task}']}\n";

/// Saves into a file of the task's own.
const SAVES_APART: [&str; 3] = [
    "/bin/sh",
    "-c",
    "echo ran >> runs.$SLURM_ARRAY_TASK_ID; echo data > state.$SLURM_ARRAY_TASK_ID; exit 85",
];

/// An array whose tasks all run.
fn array(range: &str, config: &str) -> FakeSlurm {
    let slurm = FakeSlurm::with_options(LONG, &format!("--array={range}")).config(config);
    for job in slurm.numbers() {
        slurm.set(job, "JobState=RUNNING");
        slurm.set(job, "Dependency=(null)");
    }
    slurm
}

fn task(slurm: &FakeSlurm, index: u32) -> u32 {
    let is = |job: &u32| slurm.get(*job, "ArrayTaskId") == index.to_string();
    slurm.numbers().into_iter().find(is).unwrap()
}

fn restarts(slurm: &FakeSlurm) -> Vec<String> {
    (1..=3).map(|index| slurm.get(task(slurm, index), "Restarts")).collect()
}

/// The last task bears the number of the array: `scontrol requeue $SLURM_JOB_ID` in it would requeue them all.
#[rstest]
fn a_task_requeues_itself_alone(#[values(1, 2, 3)] index: u32) {
    let mut slurm = array("1-3", OWN_STATE);
    let job = task(&slurm, index);
    slurm.start(job, LONG);
    let mut run = slurm.run("", SAVES_APART);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let expected: Vec<String> = (1..=3).map(|other| u32::from(other == index).to_string()).collect();
    assert_eq!(restarts(&slurm), expected);
    let array = slurm.get(job, "ArrayJobId");
    for call in
        slurm.ledger().iter().filter(|call| ["requeue", "update-StartTime"].contains(&call.key.as_str()))
    {
        let named = call.argv.iter().any(|word| word.ends_with(&format!("{array}_{index}")));
        assert!(named && !call.argv.contains(&array), "{call:?}");
    }
}

/// A successor of a task is the task of its index, and not the whole array again.
#[rstest]
fn a_task_has_one_successor(#[values(1, 3)] index: u32) {
    let mut slurm = array("1-3", OWN_STATE);
    let job = task(&slurm, index);
    slurm.start(job, LONG);
    let mut run = slurm.run("--continue successor", SAVES_APART);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let [successor] = slurm.numbers()[3..] else { panic!("{:?}", slurm.numbers()) };
    assert!(slurm.arguments(successor).contains(&format!("--array={index}")));
    assert_eq!(slurm.get(successor, "ArrayTaskId"), index.to_string());
    slurm.start(successor, LONG);
    let mut run =
        slurm.run("", ["/bin/sh", "-c", "echo $CKWRAP_CHAIN $CKWRAP_SEGMENT from:$CKWRAP_CHECKPOINT"]);
    assert_eq!(run.line(), Some(format!("slurm-100_{index} 2 from:state.{index}")), "{}", run.errors());
    assert_eq!(run.end(), End::Code(0));
}

/// A sweep: forty tasks end at one instant in one directory. Each has its own chain and is requeued once.
#[test]
fn forty_tasks_end_at_one_instant() {
    const TASKS: u32 = 40;
    let mut slurm = array(&format!("1-{TASKS}"), OWN_STATE);
    let script = "echo ready; read line; echo ran >> runs.$SLURM_ARRAY_TASK_ID; \
        echo data > state.$SLURM_ARRAY_TASK_ID; exit 85";
    let mut runs: Vec<Running> = Vec::new();
    for index in 1..=TASKS {
        slurm.start(task(&slurm, index), LONG);
        runs.push(slurm.run("", ["/bin/sh", "-c", script]));
    }
    for run in &runs {
        run.line_with("ready");
    }
    for run in &mut runs {
        run.stdin = None;
    }
    for mut run in runs {
        let end = run.end_within(std::time::Duration::from_secs(120));
        assert_eq!(end, End::Code(0), "{}", run.all_errors());
        assert_eq!(run.survivors(), Vec::<i32>::new());
    }
    for index in 1..=TASKS {
        assert_eq!(slurm.get(task(&slurm, index), "Restarts"), "1", "task {index}");
        let chain = slurm.file(".ckwrap").join(format!("slurm-100_{index}"));
        let journal = fs::read_to_string(chain.join("journal.jsonl")).unwrap();
        assert_eq!(journal.matches("\"segment_started\"").count(), 1, "{journal}");
        assert_eq!(journal.matches("\"continued\"").count(), 1, "{journal}");
        assert_eq!(fs::read_to_string(slurm.file(&format!("runs.{index}"))).unwrap(), "ran\n");
    }
    assert_eq!((slurm.count("requeue"), slurm.count("sbatch")), (TASKS as usize, 0));
}

/// Whose tasks are the segments: with the work done, those that wait are cancelled, and one that starts all the same ends.
#[rstest]
#[case::finished("exit 0", End::Code(0), "is finished")]
#[case::failed("exit 3", End::Code(3), "was stopped")]
fn an_array_chain_that_is_over_keeps_no_task_busy(
    #[case] script: &str,
    #[case] end: End,
    #[case] words: &str,
) {
    let mut slurm = array("1-3", CHECKPOINT);
    for index in [2, 3] {
        slurm.set(task(&slurm, index), "JobState=PENDING");
    }
    let first = task(&slurm, 1);
    slurm.start(first, LONG);
    let mut run = slurm.run("--continue array", ["/bin/sh", "-c", script]);
    assert_eq!(run.end(), end, "{}", run.all_errors());
    let cancels = slurm.ledger().into_iter().filter(|call| call.key == "scancel").collect::<Vec<_>>();
    assert_eq!(cancels.len(), 1);
    assert!(cancels[0].argv.ends_with(&["-t".into(), "PENDING".into(), "100".into()]), "{cancels:?}");
    for index in [2, 3] {
        assert_eq!(slurm.get(task(&slurm, index), "JobState"), "CANCELLED");
    }
    slurm.set(first, "JobState=COMPLETED");
    let second = task(&slurm, 2);
    slurm.start(second, LONG);
    let mut late = slurm.run("--continue array", SAVES);
    assert_eq!(late.end(), End::Code(0));
    assert!(late.all_errors().contains(words) && !slurm.file("runs").exists());
}

/// The task before this one left no word: it may have ended the chain with a full disk, and cancelled the tasks that waited.
#[rstest]
#[case::none_is_left("CANCELLED", End::Code(85), "no task of the array is left")]
#[case::one_is_left("PENDING", End::Code(0), "the next task of the array")]
fn after_a_task_that_left_no_word_it_is_looked_whether_one_is_left(
    #[case] rest: &str,
    #[case] end: End,
    #[case] words: &str,
) {
    let mut slurm = array("1-4", CHECKPOINT);
    slurm.start(task(&slurm, 1), LONG);
    let mut run = slurm.run("--continue array", SAVES);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    slurm.set(task(&slurm, 1), "JobState=COMPLETED");
    slurm.set(task(&slurm, 2), "JobState=COMPLETED");
    slurm.set(task(&slurm, 4), &format!("JobState={rest}"));
    slurm.start(task(&slurm, 3), LONG);
    let mut run = slurm.run("--continue array", SAVES);
    let seen = run.end();
    let said = run.all_errors();
    assert_eq!(seen, end, "{said}");
    assert!(said.contains(words), "{said}");
    assert_eq!(slurm.count("sbatch"), 0, "{:?}", slurm.calls());
}

/// 4294967295 is the largest number there can be, and Slurm's own word for none in other places.
#[rstest]
#[case(4_294_967_295)]
#[case(4_294_967_294)]
#[case(67_043_328)]
fn the_largest_job_number_is_a_number(#[case] number: u32) {
    let mut slurm = FakeSlurm::new(LONG).config(CHECKPOINT).without_end_time().renumbered(number);
    let mut run = slurm.run("", SAVES);
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!(slurm.get(number, "Restarts"), "1");
    slurm.start(number, LONG);
    let mut run = slurm.run("", ["/bin/sh", "-c", "echo $CKWRAP_CHAIN $CKWRAP_SEGMENT"]);
    assert_eq!(run.line(), Some(format!("slurm-{number} 2")), "{}", run.errors());
    assert_eq!(run.end(), End::Code(0));
}

#[test]
fn a_job_number_that_is_too_large_is_none() {
    let slurm = FakeSlurm::new(LONG).config(CHECKPOINT);
    let start = slurm.place(Start::new(&Wrapper::ckwrap(""), SAVES));
    let mut run = start
        .set(|command| {
            command.env("SLURM_JOB_ID", "4294967296");
        })
        .go();
    assert_eq!(run.end(), End::Code(125));
    assert!(run.all_errors().contains("SLURM_JOB_ID") && !slurm.file("runs").exists());
}

/// Two components: the leader is asked about and requeued; a successor of such a job cannot be rebuilt, and that is said.
#[rstest]
#[case::requeue("", "ok", End::Code(0), "1")]
#[case::refused("", "refused(Access/permission denied for job 100)", End::Code(85), "0")]
#[case::successor("--continue successor", "ok", End::Code(85), "0")]
fn a_heterogeneous_job(#[case] options: &str, #[case] plan: &str, #[case] end: End, #[case] restarts: &str) {
    let slurm = FakeSlurm::with_options(LONG, "").config(CHECKPOINT).without_end_time().plan("requeue", plan);
    slurm.component(slurm.job, 1);
    let start = slurm.place(Start::new(&Wrapper::ckwrap(options), SAVES));
    let mut run = start
        .set(|command| {
            command.env("SLURM_HET_SIZE", "2").env("SLURM_JOB_ID_HET_GROUP_0", "100");
        })
        .go();
    let seen = run.end();
    let said = run.all_errors();
    assert_eq!(seen, end, "{said}");
    assert_eq!((slurm.get(slurm.job, "Restarts").as_str(), slurm.count("sbatch")), (restarts, 0), "{said}");
    assert!(slurm.file("state").exists());
    if end != End::Code(0) {
        assert!(said.contains("heterogeneous") && said.contains("submit the same script again"), "{said}");
    }
}
