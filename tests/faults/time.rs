//! Deadlines that are odd, near or past, and clocks that stood still for ckwrap.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rstest::rstest;

use super::scene::{ENDLESS, folder, heat, local, records, script};
use super::{CHECKPOINT, LONG};
use crate::support::{End, FakeSlurm, Start, Wrapper, example, state, wait_for};

const HEAT: &str = "preemption: off\ncheckpoint: {glob: [heat.ck]}\n";

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn a_ckwrap_that_was_stopped_beyond_the_moment_acts_at_once_when_it_goes_on() {
    let folder = folder("trigger: [{signal: USR1}]\ncheckpoint: {glob: [heat.ck]}\n");
    let began = seconds();
    let mut run = local(folder.path(), "--time-limit 28s --lead 14s --continue none", heat(ENDLESS));
    run.line_with("heat: ready");
    let pid = Pid::from_raw(run.pid());
    kill(pid, Signal::SIGSTOP).unwrap();
    wait_for("it stops", || (state(run.pid()) == Some('T')).then_some(()));
    wait_for("the moment passes", || (seconds() > began + 15).then_some(()));
    kill(pid, Signal::SIGCONT).unwrap();
    run.line_with("heat: checkpoint");
    assert_eq!(run.end(), End::Code(85), "{}", run.all_errors());
    assert_eq!(records(folder.path(), "triggered").len(), 1);
}

/// Suspended, a job keeps its time limit and gets a later end; an administrator may cut it meanwhile.
#[test]
fn after_a_suspension_the_end_of_the_job_is_asked_for_again() {
    let slurm = FakeSlurm::new(LONG).config(HEAT);
    let mut run = slurm.run("", heat(ENDLESS));
    run.line_with("heat: ready");
    slurm.set(slurm.job, &format!("EndTime={}", seconds() + 20));
    run.send(20);
    wait_for("it stops", || (state(run.pid()) == Some('T')).then_some(()));
    run.send(18);
    run.line_with("heat: checkpoint");
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    assert_eq!((slurm.count("requeue"), slurm.get(slurm.job, "Restarts").as_str()), (1, "1"));
}

/// No number is too odd for the environment of a job or for the controller, and none of them ends the program.
#[rstest]
fn an_odd_end_of_the_job_ends_no_program(
    #[values(
        "0",
        "1",
        "2147483647",
        "2147483648",
        "4294967295",
        "4294967294",
        "253402300799",
        "18446744073709551615",
        "Unknown"
    )]
    end: &'static str,
    #[values(true, false)] in_environment: bool,
) {
    let slurm = FakeSlurm::new(LONG).config(CHECKPOINT).without_end_time();
    slurm.set(slurm.job, &format!("EndTime={end}"));
    let start = slurm.place(Start::new(&Wrapper::ckwrap(""), script("read line; exit 7")));
    let mut run = start
        .set(move |command| {
            if in_environment {
                command.env("SLURM_JOB_END_TIME", end);
            }
        })
        .go();
    // What it says first: a plan, or that there is none.
    let said = run.error_with("");
    assert!(
        said.contains("left; checkpoint") || said.contains("not known") || said.contains("no time limit"),
        "{said}"
    );
    assert_eq!(run.finish(), End::Code(7), "{said} {}", run.all_errors());
    assert_eq!(slurm.count("sbatch"), 0);
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

/// A job that is shorter than the time asked for: half of it is computed, then it is asked, once.
#[rstest]
#[case::lead_of_the_user("--lead 5m", "was cut to")]
#[case::usual_lead("", "left; checkpoint")]
fn a_job_shorter_than_its_lead_computes_first_and_is_asked_once(#[case] options: &str, #[case] said: &str) {
    let slurm = FakeSlurm::new(Duration::from_secs(16)).config(HEAT);
    let mut run = slurm.run(options, heat(&format!("{ENDLESS} --progress 100")));
    run.line_with("heat: progress");
    run.line_with("heat: checkpoint");
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let all = run.all_errors();
    assert!(all.contains(said), "{all}");
    assert_eq!((all.matches("asked: ").count(), slurm.count("requeue")), (1, 1), "{all}");
}

/// Fifty busy processes on the one processor that ckwrap has: asked late at most, never after the end.
#[test]
fn on_a_starved_processor_the_checkpoint_is_made_before_the_end() {
    let folder = folder("trigger: [{signal: USR1}]\ncheckpoint: {glob: [heat.ck]}\n");
    let spin = "for n in 1 2 3 4 5 6 7 8 9 10; do for m in 1 2 3 4 5; do (while :; do :; done) & done; done; echo turning; wait";
    let spinners = Start::new(&Wrapper::bare(), ["taskset", "-c", "0", "sh", "-c", spin]).go();
    spinners.line_with("turning");
    let ckwrap = Wrapper::ckwrap("--engine local --time-limit 24s --lead 12s --continue none");
    let words = ["taskset", "-c", "0"]
        .map(std::ffi::OsString::from)
        .into_iter()
        .chain(ckwrap.words().iter().cloned());
    let words = words.chain([example("heat").into_os_string()]).chain(ENDLESS.split(' ').map(Into::into));
    let path = folder.path().to_owned();
    let start = Start::new(&Wrapper::bare(), words.collect::<Vec<_>>()).set(move |command| {
        command.current_dir(path);
    });
    let mut run = start.go();
    run.line_with("heat: checkpoint");
    drop(spinners);
    assert_eq!(run.end(), End::Code(85), "{}", run.all_errors());
    let (deadline, asked) = (&records(folder.path(), "deadline")[0], &records(folder.path(), "triggered")[0]);
    println!("deadline {deadline}\nasked {asked}");
    assert!(folder.path().join("heat.ck").exists());
}
