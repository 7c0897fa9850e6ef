//! Stop and continue, without a terminal.

use rstest::rstest;

use super::both;
use crate::support::{End, Start, state, wait_for};

#[rstest]
#[case::tstp(20)]
#[case::ttin(21)]
#[case::ttou(22)]
fn a_stop_stops_child_and_wrapper_and_continue_wakes_both(#[case] signal: i32) {
    both(|wrapper| {
        let mut run = Start::probe(wrapper, "linger 7").go();
        let pids = [run.ready(), run.pid()];
        for _ in 0..3 {
            run.send(signal);
            for pid in pids {
                wait_for("it stops", || (state(pid) == Some('T')).then_some(()));
            }
            run.send(18);
            for pid in pids {
                wait_for("it goes on", || (state(pid) != Some('T')).then_some(()));
            }
        }
        assert_eq!(run.finish(), End::Code(7));
    });
}

#[test]
fn a_stopped_child_can_be_ended() {
    both(|wrapper| {
        let mut run = Start::probe(wrapper, "pause").go();
        let pids = [run.ready(), run.pid()];
        run.send(20);
        for pid in pids {
            wait_for("it stops", || (state(pid) == Some('T')).then_some(()));
        }
        // As Slurm does at the time limit.
        run.send(18);
        run.send(15);
        assert_eq!(run.end().shell_code(), 128 + 15);
        assert_eq!(run.survivors(), Vec::<i32>::new());
    });
}
