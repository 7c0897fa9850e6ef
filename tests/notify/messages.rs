//! Each message, and what follows from it.

use rstest::rstest;

use super::{folder, local, records, send, start, status, waiting};
use crate::support::{End, Wrapper, wait_for};

/// Handles INT and WINCH, and never ends by itself.
const LISTENS: &str = "trap 'echo got INT' INT; trap 'echo got WINCH' WINCH; echo $NOTIFY_SOCKET; \
    sleep 1000 & while :; do wait; done";

#[test]
fn progress_and_status_are_shown_and_stay() {
    let folder = folder("");
    let (mut run, socket) = waiting(folder.path(), "");
    send(&socket, b"X_CKWRAP_PROGRESS=3/10\nSTATUS=\x1b[31mblock\x1b[0m\t3\x07");
    wait_for("they are recorded", || {
        status(folder.path()).contains("30% done (3/10), block 3").then_some(())
    });
    send(&socket, b"X_CKWRAP_PROGRESS=10/10");
    assert_eq!(run.finish(), End::Code(0), "{}", run.all_errors());
    assert!(status(folder.path()).contains("100% done (10/10), block 3"), "{}", status(folder.path()));
    assert_eq!(records(folder.path(), "told").len(), 2);
}

#[rstest]
#[case::held("notify: {ready: true}\n", &["got WINCH", "got INT"])]
#[case::not_held("", &["got INT", "got WINCH"])]
fn signals_wait_for_ready_where_the_configuration_says_that_it_comes(
    #[case] yaml: &str,
    #[case] expected: &[&str],
) {
    let folder = folder(yaml);
    let run = local(folder.path(), "", LISTENS);
    let socket = run.line().unwrap();
    // A change of the window harms nobody and is never held.
    for (signal, told) in [(2, "got INT"), (28, "got WINCH")] {
        run.send(signal);
        if expected[0] != "got WINCH" || told == "got WINCH" {
            assert_eq!(run.line().as_deref(), Some(told));
        }
    }
    send(socket.as_ref(), b"READY=1");
    if expected[0] == "got WINCH" {
        assert_eq!(run.line().as_deref(), Some("got INT"));
    }
}

#[test]
fn systemd_notify_works_barrier_included() {
    let folder = folder("notify: {ready: true}\n");
    let script = "trap 'echo asked; exit 85' USR1; systemd-notify --ready --status='by systemd' && echo told; \
        sleep 1000 & while :; do wait; done";
    let mut run = local(folder.path(), "--time-limit 5s --lead 4s --max-segments 1", script);
    // It waits for its barrier for 5 s at the most, and fails then.
    assert_eq!(run.line().as_deref(), Some("told"), "package systemd is needed: {}", run.errors());
    assert_eq!(run.line().as_deref(), Some("asked"));
    run.end();
    assert!(status(folder.path()).contains("by systemd"));
}

#[rstest]
#[case::by_its_word("ckwrap notify --finished; exit 0", "", End::Code(0), true)]
#[case::without_a_word("exit 0", "", End::Code(124), false)]
#[case::it_fails_after_it("ckwrap notify --finished; exit 3", "", End::Code(3), false)]
#[case::its_rule_denies_it(
    "ckwrap notify --finished; exit 0",
    "finish: {any: [{file: result}]}",
    End::Code(124),
    false
)]
fn after_a_request_exit_0_means_finished_only_by_the_programs_word(
    #[case] end: &str,
    #[case] yaml: &str,
    #[case] code: End,
    #[case] finished: bool,
) {
    let folder = folder(yaml);
    let script = format!("trap '{end}' USR1; echo ready; sleep 1000 & while :; do wait; done");
    let mut run = local(folder.path(), "--time-limit 2s --lead 1s --max-segments 1", &script);
    assert_eq!(run.end(), code, "{}", run.all_errors());
    assert_eq!(records(folder.path(), "chain_finished").len(), usize::from(finished));
}

#[test]
fn an_announced_checkpoint_proves_the_segment_and_is_given_to_the_next() {
    let folder = folder("");
    let script = "if [ -n \"$CKWRAP_CHECKPOINT\" ]; then echo from $CKWRAP_CHECKPOINT; exit 0; fi; \
        trap 'echo data > state; cd /; ckwrap notify --checkpoint \"$OLDPWD/state\"; exit 1' USR1; \
        sleep 1000 & while :; do wait; done";
    let mut run = local(folder.path(), "--time-limit 2s --lead 1s", script);
    assert_eq!(run.line().as_deref(), Some("from state"));
    assert_eq!(run.end(), End::Code(0), "{}", run.all_errors());
    let ended = records(folder.path(), "segment_ended");
    assert_eq!(ended[0]["verdict"], "unfinished");
    assert_eq!((&ended[0]["fresh"], &ended[0]["checkpoint"]["path"]), (&true.into(), &"state".into()));
}

#[test]
fn a_program_that_goes_on_is_ended_after_the_checkpoint_it_announced() {
    let folder = folder("effect: continue\n");
    let script = "trap 'echo data > state; ckwrap notify --checkpoint state' USR1; trap 'echo ended; exit 85' TERM; \
        sleep 1000 & while :; do wait; done";
    let mut run = local(folder.path(), "--time-limit 22s --lead 20s --max-segments 1", script);
    let began = std::time::Instant::now();
    assert_eq!(run.line().as_deref(), Some("ended"), "{}", run.errors());
    run.end();
    assert!(began.elapsed().as_secs() < 15, "it did not wait until its time was up");
    assert_eq!(records(folder.path(), "checkpoint").len(), 1);
}

#[test]
fn who_says_that_it_is_ending_is_not_asked() {
    let folder = folder("");
    let script = "trap 'echo asked' USR1; ckwrap notify --stopping; echo told; read line; exit 0";
    let mut run = local(folder.path(), "--time-limit 3s --lead 2s", script);
    assert_eq!(run.line().as_deref(), Some("told"));
    run.error_with("it is not asked");
    assert_eq!(run.finish(), End::Code(0));
    assert_eq!(run.rest(), b"");
}

#[test]
fn a_script_that_tells_runs_without_ckwrap_too() {
    let folder = folder("");
    let script = "set -e; ckwrap notify --ready --status x; ckwrap notify --progress 1/2; echo done";
    let mut run = start(&Wrapper::bare(), folder.path(), ["/bin/sh", "-c", script]).go();
    assert_eq!(run.end(), End::Code(0));
    assert_eq!((run.rest(), run.all_errors()), (b"done\n".to_vec(), String::new()));
    let script = "ckwrap notify --require --ready; echo $?; ckwrap notify --progress x; echo $?";
    let mut run = start(&Wrapper::bare(), folder.path(), ["/bin/sh", "-c", script]).go();
    run.end();
    assert_eq!(run.rest(), b"125\n125\n");
}
