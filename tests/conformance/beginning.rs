//! The first milliseconds, and odd states to start from.

use std::time::{Duration, Instant};

use super::{both, for_each};
use crate::support::{End, Start, Wrapper, living, state, wait_for};

#[test]
fn started_with_sigchld_ignored_the_code_is_right() {
    let (bare, wrapped) = both(|wrapper| Start::probe(wrapper, "exit 7").with("--ignore 17").go().end());
    assert_eq!((bare, wrapped), (End::Code(7), End::Code(7)));
}

#[test]
fn started_with_all_signals_blocked_the_code_is_right() {
    let (bare, wrapped) = both(|wrapper| Start::probe(wrapper, "exit 7").with("--block all").go().end());
    assert_eq!((bare, wrapped), (End::Code(7), End::Code(7)));
}

#[test]
fn a_child_that_had_ended_before_is_not_taken_for_the_child() {
    // The shell waits, with built-ins only, until its child is a zombie; it stays one for the program it becomes.
    let script =
        "(exit 3) & while read -r stat </proc/$!/stat; do case $stat in *') Z '*) break;; esac; done";
    let mut run = Start::probe(&Wrapper::wrapped(), "linger 7").after(script).go();
    run.ready();
    assert_eq!(run.finish(), End::Code(7));
}

#[test]
fn a_child_that_ends_later_but_was_there_before_is_not_taken_for_the_child() {
    let mut run = Start::probe(&Wrapper::wrapped(), "linger 7")
        .after("sleep 1000 </dev/null >/dev/null 2>&1 & echo sleeper=$!")
        .go();
    let sleeper = run.line_with("sleeper=").trim_start_matches("sleeper=").parse().unwrap();
    let child = run.ready();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(sleeper), nix::sys::signal::Signal::SIGKILL).unwrap();
    wait_for("the earlier child ends", || (!living(sleeper)).then_some(()));
    wait_for("the wrapper has settled", || matches!(state(run.pid()), Some('S') | None).then_some(()));
    assert!(living(child), "the child was ended with the earlier one");
    assert_eq!(run.finish(), End::Code(7));
}

/// A moment in the first six milliseconds: the time it takes to start, spread evenly.
fn moment(number: i32) -> Duration {
    Duration::from_micros(24) * u32::try_from(number).unwrap()
}

#[test]
fn term_in_the_first_milliseconds_is_neither_swallowed_nor_leaves_a_child() {
    for_each(0..250, |number| {
        let start = Instant::now();
        let mut run = Start::new(&Wrapper::wrapped(), ["sleep", "1000"]).go();
        // Turning, as sleeping is not that exact.
        while start.elapsed() < moment(number) {}
        run.send(15);
        let end = run.end();
        let left = run.survivors();
        if end.shell_code() == 128 + 15 && left.is_empty() {
            Ok(())
        } else {
            Err(format!("{end:?}, left: {left:?}"))
        }
    });
}

#[test]
fn a_wrapper_killed_in_the_first_milliseconds_leaves_no_child() {
    for_each(0..100, |number| {
        let start = Instant::now();
        let mut run = Start::new(&Wrapper::wrapped(), ["sleep", "1000"]).go();
        while start.elapsed() < moment(number) * 2 {}
        run.send(9);
        assert_eq!(run.end(), End::Signal(9));
        // Death travels by a signal: soon, not at once.
        let gone_by = Instant::now() + Duration::from_secs(1);
        while Instant::now() < gone_by {
            if run.survivors().is_empty() && run.survivors().is_empty() {
                return Ok(());
            }
        }
        Err(format!("left: {:?}", run.survivors()))
    });
}
