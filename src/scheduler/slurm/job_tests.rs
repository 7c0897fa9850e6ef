//! Answers about jobs as Slurm 22.05.8 and 25.05.8 gave them, and as nobody should.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::scheduler::call::End;

/// What a fixture's command printed: its first line is the command, its last `exit CODE`.
fn fixture(text: &str) -> Output {
    let (_, rest) = text.split_once('\n').unwrap();
    let (printed, code) = rest.trim_end().rsplit_once("exit ").unwrap();
    assert!(printed.is_empty() || printed.ends_with('\n'), "{text}");
    let end = End::Exited(code.parse().unwrap());
    let (stdout, stderr) = if end == End::Exited(0) { (printed, "") } else { ("", printed) };
    Output { end, stdout: stdout.into(), stderr: stderr.into() }
}

fn printed(text: &str) -> Output {
    Output {
        end: End::Exited(0),
        stdout: format!("{}\n", text.trim_end_matches('\n')).into(),
        stderr: Vec::new(),
    }
}

macro_rules! both {
    ($name:literal) => {
        [
            fixture(include_str!(concat!("../../../tests/fixtures/slurm-22.05/", $name, ".txt"))),
            fixture(include_str!(concat!("../../../tests/fixtures/slurm-25.05/", $name, ".txt"))),
        ]
    };
}

const RUNNING: &str = include_str!("../../../tests/fixtures/slurm-25.05/running-scontrol.txt");
const TASK: JobId = JobId::Task { array: 5, task: 1 };

/// Nobody compares each of very many fields with all others, and no argument of a command holds a NUL.
#[rstest]
#[case::fields(format!(" WorkDir=/ {}", (0..2000).map(|at| format!("K{at}=1")).collect::<Vec<_>>().join(" ")))]
#[case::a_nul(" WorkDir=/a\0b".to_owned())]
fn an_answer_that_slurm_never_gives_is_unknown(#[case] behind: String) {
    let start = "JobId=1 JobName=x UserId=a(0) GroupId=a(0) MCS_label=N/A Priority=1 Nice=0 Account=a";
    let answer = |behind: &str| {
        JobView::from_answer(
            &printed(&format!(
                "{start} JobState=RUNNING Network=(null) Command=x{behind} StdErr=a StdIn=b StdOut=c{behind}\n"
            )),
            JobId::Single(1),
        )
    };
    assert!(matches!(answer(" WorkDir=/"), Answer::Yes(_)));
    assert!(matches!(answer(&behind), Answer::Unknown(_)));
}

#[rstest]
#[case(both!("running-scontrol"), 1, JobState::Running, Some(0))]
#[case(both!("requeue-completing-scontrol"), 1, JobState::Completing, Some(1))]
#[case(both!("requeued-pending-scontrol"), 1, JobState::Pending, Some(1))]
#[case(both!("restarted-scontrol"), 1, JobState::Running, Some(1))]
#[case(both!("unlimited-scontrol"), 2, JobState::Running, Some(0))]
#[case(both!("suspended-scontrol"), 3, JobState::Suspended, Some(0))]
#[case(both!("scancelled-completing-scontrol"), 2, JobState::Completing, Some(0))]
#[case(both!("cancelled-scontrol"), 2, JobState::Cancelled, Some(0))]
#[case(both!("failed-scontrol"), 11, JobState::Failed, Some(0))]
#[case(both!("preempt-grace-scontrol"), 9, JobState::Running, Some(0))]
#[case(both!("dependency-scontrol"), 12, JobState::Pending, Some(0))]
#[case(both!("het-scontrol"), 7, JobState::Running, Some(0))]
#[case(both!("het-scontrol"), 8, JobState::Running, Some(0))]
fn states_of_real_jobs(
    #[case] outputs: [Output; 2],
    #[case] id: u32,
    #[case] state: JobState,
    #[case] restarts: Option<u32>,
) {
    for output in outputs {
        let view = JobView::from_answer(&output, JobId::Single(id)).yes().unwrap();
        assert_eq!((view.raw_id, &view.state, view.restarts), (id, &state, restarts));
        assert!(view.partition.is_some());
    }
}

#[test]
fn fields_of_a_running_job() {
    for output in both!("running-scontrol") {
        let view = JobView::from_answer(&output, JobId::Single(1)).yes().unwrap();
        assert_eq!(view.fields.text("JobName"), Some("name with space"));
        assert_eq!(view.comment.as_deref(), Some("ckwrap:chain=a b"));
        assert_eq!(view.end_time, Some(Timestamp::from_seconds(1_795_348_716)));
        assert_eq!(view.time_limit, Limit::Time(Duration::from_mins(5)));
        assert_eq!((view.requeue, view.preempt_time, view.reason), (Some(true), None, None));
        assert_eq!(view.fields.text("Command"), Some("/home/user/job.sh"));
        assert_eq!(view.fields.text("WorkDir"), Some("/home/user"));
        assert_eq!(view.fields.text("StdOut"), Some("/home/user/log-1"));
        assert_eq!(view.fields.text("NtasksPerN:B:S:C"), Some("0:0:*:*"));
    }
}

#[test]
fn no_limit_is_no_end() {
    for output in both!("unlimited-scontrol") {
        let view = JobView::from_answer(&output, JobId::Single(2)).yes().unwrap();
        assert_eq!((view.time_limit, view.end_time), (Limit::Unlimited, None));
    }
}

#[test]
fn a_preemption_moves_the_end() {
    for output in both!("preempt-grace-scontrol") {
        let view = JobView::from_answer(&output, JobId::Single(9)).yes().unwrap();
        assert_eq!(view.preempt_time, Some(Timestamp::from_seconds(1_795_348_529)));
        assert_eq!(view.end_time, Some(Timestamp::from_seconds(1_795_348_569)));
    }
}

#[test]
fn of_several_records_the_one_asked_for() {
    for output in both!("array-scontrol").iter().chain(&both!("array-rest-scontrol")) {
        let view = JobView::from_answer(output, TASK).yes().unwrap();
        assert_eq!((view.id, view.raw_id), (TASK, 6));
        let rest = JobView::from_answer(output, JobId::Single(5)).yes().unwrap();
        assert_eq!((rest.id, rest.raw_id), (JobId::Single(5), 5));
        assert_eq!(JobView::from_answer(output, JobId::Single(7)).yes(), None);
    }
}

#[test]
fn local_times_are_no_numbers() {
    for output in both!("array-task") {
        assert_eq!(JobView::from_answer(&output, TASK).yes().unwrap().end_time, None);
    }
}

#[test]
fn only_a_controller_that_answers_proves_a_job_gone() {
    for output in both!("unknown-id-scontrol") {
        assert_eq!(Presence::from_answer(&output, JobId::Single(99_999)), Answer::Yes(Presence::Gone));
    }
    for output in both!("frozen-scontrol") {
        assert!(matches!(Presence::from_answer(&output, JobId::Single(11)), Answer::Unknown(_)));
    }
    let no_task = Output { end: End::Exited(1), stdout: b"Job 5_99 not found\n".to_vec(), stderr: vec![] };
    let id = JobId::Task { array: 5, task: 99 };
    assert_eq!(Presence::from_answer(&no_task, id), Answer::Yes(Presence::Gone));
    assert!(matches!(Presence::from_answer(&printed(""), id), Answer::Unknown(_)));
    assert!(matches!(Presence::from_answer(&printed("\u{1}garbage=1"), id), Answer::Unknown(_)));
}

/// The real record with another text as name or comment.
fn with(name: &str, comment: &str) -> Output {
    let record = RUNNING.lines().nth(1).unwrap();
    printed(&format!(
        "{}\n",
        record
            .replace("JobName=name with space", &format!("JobName={name}"))
            .replace("ckwrap:chain=a b", comment)
    ))
}

#[rstest]
#[case("x JobState=COMPLETED", "y")]
#[case("x JobState=COMPLETED Restarts=9 EndTime=1 Network=a Command=/b", "y")]
#[case("x UserId=evil(0) JobState=COMPLETED", "y")]
#[case("two\nlines", "more\nlines")]
#[case(" JobName=z ", "JobState=FAILED EndTime=1")]
#[case("x", "y StdErr=/evil StdOut=/evil JobState=FAILED")]
#[case("x", "y Network=z JobState=FAILED WorkDir=/evil")]
#[case("", "")]
#[case("=", " = ")]
fn free_text_is_not_believed(#[case] name: &str, #[case] comment: &str) {
    let view = JobView::from_answer(&with(name, comment), JobId::Single(1)).yes().unwrap();
    assert_eq!((&view.state, view.restarts), (&JobState::Running, Some(0)));
    assert_eq!(view.end_time, Some(Timestamp::from_seconds(1_795_348_716)));
    assert_eq!(view.fields.bytes("JobName"), Some(name.as_bytes()));
    assert_eq!(view.fields.bytes("Comment"), Some(comment.as_bytes()));
    assert_eq!(view.fields.text("StdOut"), Some("/home/user/log-1"));
    assert_eq!(view.fields.text("WorkDir"), Some("/home/user"));
}

#[rstest]
#[case(RUNNING.lines().nth(1).unwrap())]
#[case("x\nJobId=1 JobName=y")]
fn a_record_in_a_name_makes_the_answer_unknown(#[case] name: &str) {
    assert!(matches!(JobView::from_answer(&with(name, ""), JobId::Single(1)), Answer::Unknown(_)));
    assert!(matches!(JobView::from_answer(&with("", name), JobId::Single(1)), Answer::Unknown(_)));
}

#[rstest]
#[case("Command=/home/user/job.sh", "Command=/home/user/job.sh SubmitLine=sbatch -J x job.sh")]
#[case("WorkDir=/home/user", "WorkDir=/home/user SubmitLine=sbatch -J x job.sh")]
#[case("StdOut=/home/user/log-1", "StdOut=/home/user/log-1 SubmitLine=sbatch -J x job.sh")]
#[case("Network=(null)", "NewKey=7 Network=(null)")]
#[case("StdIn=/dev/null", "NewKey=7 StdIn=/dev/null")]
fn keys_of_later_versions_change_no_path(#[case] known: &str, #[case] newer: &str) {
    let output = printed(&RUNNING.lines().nth(1).unwrap().replace(known, newer));
    let view = JobView::from_answer(&output, JobId::Single(1)).yes().unwrap();
    assert_eq!(view.fields.text("Command"), Some("/home/user/job.sh"));
    assert_eq!(view.fields.text("WorkDir"), Some("/home/user"));
    assert_eq!(view.fields.text("StdOut"), Some("/home/user/log-1"));
    assert_eq!(view.comment.as_deref(), Some("ckwrap:chain=a b"));
}

#[rstest]
#[case("00:05:00", Limit::Time(Duration::from_mins(5)))]
#[case("1-02:03:00", Limit::Time(Duration::from_mins(1563)))]
#[case("UNLIMITED", Limit::Unlimited)]
#[case("Partition_Limit", Limit::Unknown)]
#[case("INVALID", Limit::Unknown)]
#[case("99999999999999999999-00:00:00", Limit::Unknown)]
#[case("18446744073709551615-00:00:00", Limit::Unknown)]
fn limits(#[case] text: &str, #[case] limit: Limit) {
    assert_eq!(Limit::from_text(text), limit);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let output = Output { end: End::Exited(0), stdout: bytes, stderr: Vec::new() };
        drop(JobView::from_answer(&output, JobId::Single(1)));
    }

    #[test]
    fn no_damage_makes_it_panic(cut in 0usize..2000, at in 0usize..2000, byte in any::<u8>()) {
        let mut stdout = fixture(RUNNING).stdout;
        stdout.truncate(cut.max(1));
        if let Some(place) = stdout.get_mut(at) { *place = byte; }
        let output = Output { end: End::Exited(0), stdout, stderr: Vec::new() };
        drop(JobView::from_answer(&output, JobId::Single(1)));
    }

    #[test]
    fn no_name_or_comment_changes_a_fact(name in "[ -~\n]{0,60}", comment in "[ -~\n]{0,60}") {
        if let Some(view) = JobView::from_answer(&with(&name, &comment), JobId::Single(1)).yes() {
            prop_assert_eq!(view.state, JobState::Running);
            prop_assert_eq!(view.end_time, Some(Timestamp::from_seconds(1_795_348_716)));
        }
    }
}
