//! Signals to a chain: twice, before the program is ready, with odd states to start from, and a SIGCONT that means nothing.

use rstest::rstest;

use super::scene::{ENDLESS, folder, heat, local, records, script, start};
use super::{LONG, slurm};
use crate::support::{End, FakeSlurm, probe, wait_for};

/// A program that handles no signal at all: TERM is held back, as it might set up handlers yet.
#[test]
fn a_second_term_ends_what_the_first_could_not_ask() {
    let folder = folder("checkpoint: {glob: [state]}\n");
    let mut run = local(folder.path(), "--time-limit 1h", script("echo ready; read line; exit 0"));
    run.line_with("ready");
    run.send(15);
    run.error_with("asking for a checkpoint: SIGTERM came");
    run.send(15);
    let end = run.end();
    let said = run.all_errors();
    assert_eq!(said.matches("ending the program with SIGTERM").count(), 1, "{said}");
    assert_ne!(end, End::Code(0), "{said}");
    let stopped = records(folder.path(), "chain_stopped");
    assert_eq!((stopped.len(), records(folder.path(), "segment_started").len()), (1, 1), "{said}");
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

/// More of them do no more than the second.
#[test]
fn a_hail_of_terms_ends_the_program_once_and_keeps_its_checkpoint() {
    let folder = folder("trigger: [{signal: USR1}]\ncheckpoint: {glob: [heat.ck]}\n");
    let words = heat(&format!("{ENDLESS} --every 20"));
    let mut run = local(folder.path(), "--time-limit 1h", words);
    run.line_with("heat: ready");
    wait_for("a checkpoint", || folder.path().join("heat.ck").exists().then_some(()));
    run.send_many(15, 200);
    let end = run.end();
    let said = run.all_errors();
    assert!(matches!(end.shell_code(), 85 | 124 | 143), "{end:?} {said}");
    assert!(folder.path().join("heat.ck").exists());
    assert_eq!(records(folder.path(), "segment_ended").len(), 1, "{said}");
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

#[test]
fn each_interrupt_is_given_on() {
    let folder = folder("");
    let words = [probe().into_os_string(), "signals".into()];
    let mut run = local(folder.path(), "--time-limit 1h", words);
    run.line_with("ready");
    for signal in [2, 2, 3, 1] {
        run.send(signal);
        assert_eq!(run.line().unwrap(), format!("got {signal}"));
    }
    assert_eq!(run.finish(), End::Code(0), "{}", run.all_errors());
}

#[rstest]
#[case::child_signals_ignored("--ignore 17")]
#[case::nohup("--ignore 1")]
#[case::broken_pipes_ignored("--ignore 13")]
#[case::all_blocked("--block all")]
#[case::most_ignored("--ignore 1,2,3,10,12,13,14,15,17,20,21,22")]
fn odd_signal_states_change_no_end_of_a_chain(#[case] state: &str) {
    let folder = folder("checkpoint: {glob: [state]}\n");
    let saves = script("echo ran >> runs; echo $$ > state; [ $(wc -l < runs) -lt 3 ] && exit 85; exit 0");
    let mut run = start(folder.path(), "--time-limit 1h", saves).with(state).go();
    let end = run.end();
    assert_eq!(end, End::Code(0), "{}", run.all_errors());
    assert_eq!(records(folder.path(), "segment_ended").len(), 3);
    assert_eq!(records(folder.path(), "chain_finished").len(), 1);
}

/// Slurm sends it before every warning and before every SIGTERM.
#[test]
fn a_sigcont_is_no_request() {
    let slurm = FakeSlurm::new(LONG).config("preemption: off\ncheckpoint: {glob: [state]}\n");
    let mut run = slurm.run("", [probe().into_os_string(), "signals".into()]);
    run.line_with("ready");
    run.send(18);
    assert_eq!(run.line().unwrap(), "got 18");
    wait_for("the end of the job is asked for again", || (slurm.count("show-job") == 1).then_some(()));
    run.send(12);
    // What came between them would stand here.
    assert_eq!(run.line().unwrap(), "got 12");
    assert_eq!(run.finish(), End::Code(0));
    assert!(!run.all_errors().contains("asking for a checkpoint"));
}

/// Before the program has handlers even a fatal signal to ckwrap must not cost the run.
#[test]
fn a_term_in_the_first_moment_of_a_job_is_held_and_nothing_is_left() {
    for _ in 0..20 {
        let slurm = slurm("");
        let mut run =
            slurm.run("", script("trap 'echo x > state; exit 85' USR1; while :; do /bin/sleep 0.02; done"));
        run.send(15);
        let end = run.end();
        let said = run.all_errors();
        // The job runs on as far as Slurm says: nobody has ended it, so nothing is to be continued.
        assert!(end != End::Code(0), "{end:?} {said}");
        assert_eq!((slurm.count("requeue"), slurm.count("sbatch")), (0, 0), "{said}");
        assert!(slurm.file("state").exists() || !said.contains("asked: "), "{said}");
        assert_eq!(run.survivors(), Vec::<i32>::new());
    }
}
