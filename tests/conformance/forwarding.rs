//! Signals sent to the wrapper are the child's.

use std::collections::BTreeMap;
use std::time::Duration;

use rstest::rstest;

use super::{both, for_each};
use crate::support::{End, Running, Start, Wrapper, living};

/// Sent last in a test: when this one has come, all before it have.
const LAST: i32 = 12;

/// How often each signal came, up to the end of the child.
fn counts(run: &mut Running) -> BTreeMap<i32, u32> {
    let mut counts = BTreeMap::new();
    run.stdin = None;
    while let Some(line) = run.line() {
        if let Some(signal) = line.strip_prefix("got ") {
            *counts.entry(signal.parse().unwrap()).or_insert(0) += 1;
        }
    }
    counts
}

/// Sends one signal, then [`LAST`], and answers how often the first was received.
fn received(wrapper: &Wrapper, signal: i32) -> Result<(), String> {
    let mut run = Start::probe(wrapper, "signals").go();
    run.ready();
    run.send(signal);
    // Two seconds only: a wrapper that fails one of these fails many.
    let mut lines = std::iter::from_fn(|| run.line_within(Duration::from_secs(2)).ok());
    if !lines.any(|line| line == format!("got {signal}")) {
        let wrapper = if living(run.pid()) { "lives" } else { "died, the child lives" };
        return Err(format!("never came; the wrapper {wrapper}"));
    }
    if [20, 21, 22].contains(&signal) {
        // Should the wrapper have stopped. Not earlier: CONT takes back a stop that is still pending.
        run.send(18);
    }
    let last = if signal == LAST { 10 } else { LAST };
    run.send(last);
    run.line_with(&format!("got {last}"));
    let more = counts(&mut run).get(&signal).copied().unwrap_or(0);
    match run.end() {
        End::Code(0) if more == 0 => Ok(()),
        End::Code(0) => Err(format!("came {} times", more + 1)),
        other => Err(format!("ended with {other:?}")),
    }
}

#[test]
fn signals_1_to_31_reach_the_child_once() {
    for_each((1..=31).filter(|signal| ![9, 17, 19].contains(signal)), |signal| {
        received(&Wrapper::bare(), signal).expect("bare");
        received(&Wrapper::wrapped(), signal)
    });
}

#[test]
fn real_time_signals_reach_the_child_once() {
    for_each(34..=64, |signal| received(&Wrapper::wrapped(), signal));
}

#[rstest]
#[case(32)]
#[case(33)]
fn signals_of_the_c_library_are_neither_lost_nor_leave_a_child(#[case] signal: i32) {
    let (bare, wrapped) = both(|wrapper| {
        let mut run = Start::probe(wrapper, "pause").go();
        run.ready();
        // Ignored from the start, as posix_spawn(3) of glibc leaves them: a wrapper must neither die of them ...
        run.send(signal);
        // ... nor become deaf.
        run.send(15);
        let end = run.end();
        assert_eq!(run.survivors(), Vec::<i32>::new());
        end
    });
    assert_eq!(bare.shell_code(), wrapped.shell_code());
}

#[test]
fn a_burst_of_500_real_time_signals_arrives_whole() {
    let mut run = Start::probe(&Wrapper::wrapped(), "signals").go();
    run.ready();
    run.send_many(40, 500);
    // Real-time signals are delivered in the order of their numbers.
    run.send(41);
    run.line_with("got 40");
    let mut came = 1;
    while came < 500 {
        match run.line().expect("the child lives").as_str() {
            "got 40" => came += 1,
            "got 41" => {}
            other => panic!("{other}"),
        }
    }
    run.send(LAST);
    run.line_with(&format!("got {LAST}"));
    assert_eq!(counts(&mut run).get(&40), None, "more than were sent");
    assert_eq!(run.end(), End::Code(0));
}

#[rstest]
#[case(1)]
#[case(10)]
#[case(15)]
#[case(40)]
fn a_signal_that_the_child_sends_to_its_parent_is_not_echoed(#[case] signal: i32) {
    let mut run = Start::probe(&Wrapper::wrapped(), &format!("provoke {signal}")).go();
    run.line_with("provoked");
    run.send(LAST);
    loop {
        let line = run.line().expect("the child lives");
        assert_ne!(line, format!("got {signal}"));
        if line == format!("got {LAST}") {
            break;
        }
    }
    assert_eq!(counts(&mut run), BTreeMap::new());
    assert_eq!(run.end(), End::Code(0));
}

#[test]
fn blocked_signals_are_held_for_the_child_not_lost() {
    // With all signals blocked from the start, the child has them pending, and nobody dies of them.
    let mut run = Start::probe(&Wrapper::wrapped(), "linger 7").with("--block all").go();
    let child = run.ready();
    run.send(15);
    crate::support::wait_for("TERM is pending in the child", || {
        let status = std::fs::read_to_string(format!("/proc/{child}/status")).unwrap();
        let pending = |key| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            u64::from_str_radix(line.trim(), 16).unwrap()
        };
        ((pending("ShdPnd:") | pending("SigPnd:")) >> 14 & 1 == 1).then_some(())
    });
    assert_eq!(run.finish(), End::Code(7));
}
