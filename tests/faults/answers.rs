//! Answers that are wrong in every way that a command can answer: half, coloured, translated, endless, far too long. What
//! cannot be read beyond doubt is no answer, and nothing is done twice for it.

use std::fs;
use std::time::Duration;

use rstest::rstest;

use super::{CHECKPOINT, LONG, segment, slurm};
use crate::support::{End, FakeSlurm, wait_for};

/// Nothing is known of the end, and the program is left alone.
#[rstest]
#[case::half("partial(500)")]
#[case::without_its_last_byte("partial(-1)")]
#[case::nothing("partial(0)")]
#[case::garbage("garbage")]
#[case::another_job("prints(JobId=7 JobName=x)")]
#[case::json("prints({\"jobs\": []}\\n)")]
#[case::a_number_too_large("prints(JobId=4294967296 JobName=x UserId=r(0)\\n)")]
#[case::translated("localized")]
#[case::too_long("flood(3000000)")]
#[case::silent("exit(1)")]
#[case::other_words("refused(Fehler: Der Server antwortet nicht)")]
fn an_answer_that_cannot_be_read_is_no_end(#[case] plan: &str) {
    let slurm = FakeSlurm::new(LONG).config(CHECKPOINT).without_end_time().plan("show-job", plan);
    let mut run = slurm.run("", ["/bin/sh", "-c", "read line; exit 0"]);
    run.error_with("the end of this allocation is not known");
    assert_eq!(run.finish(), End::Code(0));
    assert_eq!((slurm.count("show-job"), slurm.count("requeue")), (1, 0));
}

#[test]
fn colours_around_an_answer_change_nothing_in_it_or_make_it_none() {
    let slurm = FakeSlurm::new(LONG).config(CHECKPOINT).without_end_time().plan("show-job", "ansi");
    let mut run = slurm.run("", ["/bin/sh", "-c", "read line; exit 0"]);
    run.error_with("the end of this allocation is not known");
    assert_eq!(run.finish(), End::Code(0));
}

/// The user's own language and formats reach the program, and no question.
#[test]
fn questions_are_asked_in_one_language_and_one_format() {
    let slurm = FakeSlurm::new(LONG).config(CHECKPOINT).without_end_time();
    let start = crate::support::Start::new(
        &crate::support::Wrapper::ckwrap(""),
        ["/bin/sh", "-c", "read line; echo $LC_ALL $SLURM_TIME_FORMAT $SQUEUE_FORMAT"],
    );
    let mut run = slurm
        .place(start)
        .set(|command| {
            command.envs([("LC_ALL", "de_DE.UTF-8"), ("LANG", "de_DE.UTF-8"), ("TZ", "America/New_York")]);
            command.envs([("SLURM_TIME_FORMAT", "relative"), ("SQUEUE_FORMAT", "%j"), ("SCONTROL_ALL", "1")]);
        })
        .go();
    run.error_with("left; checkpoint");
    run.stdin = None;
    assert_eq!(run.line().as_deref(), Some("de_DE.UTF-8 relative %j"));
    assert_eq!(run.end(), End::Code(0));
}

#[rstest]
#[case::half_a_number("partial(2)")]
#[case::without_its_newline("partial(3)")]
#[case::two_numbers("prints(101\\n102\\n)-but-done")]
#[case::in_words("prints(Submitted batch job 101\\n)-but-done")]
#[case::translated("prints(Auftrag 101 ist abgegeben\\n)-but-done")]
#[case::coloured("ansi")]
#[case::zero("prints(0\\n)-but-done")]
#[case::too_large("prints(4294967296\\n)-but-done")]
#[case::none("exit(0)-but-done")]
#[case::flood("flood(3000000)-but-done")]
#[case::ended_by_sigterm("kill(15)-but-done")]
#[case::refused_in_unknown_words("refused(Das hat nicht geklappt)-but-done")]
fn a_number_that_is_not_beyond_doubt_is_looked_up(#[case] plan: &str) {
    let mut slurm = slurm("").plan("sbatch", plan);
    segment(&slurm, "--continue successor", End::Code(0));
    let [successor] = slurm.successors()[..] else { panic!("{:?}", slurm.successors()) };
    assert_eq!(slurm.count("sbatch"), 1, "{:?}", slurm.calls());
    slurm.start(successor, LONG);
    segment(&slurm, "--continue none", End::Code(85));
    assert_eq!(fs::read_to_string(slurm.file("runs")).unwrap(), "ran\nran\n");
}

/// The successor is there, and a queue of which only a part came does not show it.
#[rstest]
#[case::cut_before_it("partial(5)->ok")]
#[case::cut_within_its_token("partial(40)->ok")]
#[case::empty("2*prints()->garbage->ok")]
#[case::another_queue("2*prints(7|PENDING|(null)\\n)->ok")]
#[case::too_long("flood(20000000)->ok")]
#[case::slow("delay(1500)->ok")]
fn a_queue_that_is_not_whole_proves_no_absence(#[case] plan: &str) {
    let slurm = slurm("").plan("sbatch", "timeout-but-done->ok").plan("squeue", plan);
    segment(&slurm, "--continue successor", End::Code(0));
    assert_eq!((slurm.count("sbatch"), slurm.successors().len()), (1, 1), "{:?}", slurm.calls());
}

/// What looks like a refusal only because of what stands in front of it.
#[test]
fn a_lost_answer_behind_warnings_of_a_plugin_is_no_refusal() {
    let warnings = "scontrol: error: plugin_load_from_file: no such file\\n".repeat(20);
    let plan = format!("refused({warnings}Unexpected message received for job 100)-but-done->ok");
    let slurm = slurm("").plan("requeue", &plan);
    segment(&slurm, "", End::Code(0));
    assert_eq!(slurm.get(slurm.job, "Restarts"), "1");
    assert_eq!((slurm.count("requeue"), slurm.count("sbatch")), (1, 0), "{:?}", slurm.calls());
}

#[rstest]
#[case::ended_by_sigterm("kill(15)-but-done->ok", 1)]
#[case::ended_before("kill(15)->ok", 2)]
#[case::silent("exit(1)-but-done->ok", 1)]
#[case::unknown_words("refused(Hoppla)-but-done->ok", 1)]
#[case::answered_late("delay(2000)-but-done->ok", 1)]
fn a_requeue_that_may_have_happened_is_looked_up(#[case] plan: &str, #[case] tries: usize) {
    let slurm = slurm("").plan("requeue", plan);
    segment(&slurm, "", End::Code(0));
    assert_eq!((slurm.count("requeue"), slurm.get(slurm.job, "Restarts")), (tries, "1".to_owned()));
    assert!(slurm.successors().is_empty());
}

/// An answer of 100 MB takes no memory, and neither does one without end; the program runs on beside them.
#[rstest]
#[case::long("flood(100000000)->ok")]
#[case::endless("flood->ok")]
fn an_endless_answer_takes_no_memory(#[case] plan: &str) {
    let slurm = FakeSlurm::new(LONG).config(CHECKPOINT).without_end_time();
    let slurm = slurm.plan("show-job", plan).plan("show-partition", plan);
    let mut run =
        slurm.run("", ["/bin/sh", "-c", "echo ready; while read line; do echo $line; done; exit 3"]);
    assert_eq!(run.line().as_deref(), Some("ready"));
    wait_for("the questions", || (slurm.count("show-job") == 1).then_some(()));
    let status = || fs::read_to_string(format!("/proc/{}/status", run.pid())).unwrap();
    let kilobytes = |status: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    if plan.starts_with("flood(") {
        run.error_with("the end of this allocation is not known");
    } else {
        // So much of it has been read and thrown away.
        let read = || {
            let io = fs::read_to_string(format!("/proc/{}/io", run.pid())).unwrap();
            io.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse::<u64>().ok()).unwrap()
        };
        wait_for("a hundred megabytes", || (read() > 100_000_000).then_some(()));
    }
    assert!(kilobytes(&status()) < 32_000, "{}", status());
    run.stdin = None;
    assert_eq!(run.end_within(Duration::from_secs(30)), End::Code(3), "{}", run.all_errors());
    assert_eq!(run.survivors(), Vec::<i32>::new(), "the endless commands are gone");
}
