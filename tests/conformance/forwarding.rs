//! Signals sent to the wrapper are the child's.

use std::collections::BTreeMap;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use rstest::rstest;

use super::{both, for_each};
use crate::support::{End, Running, Start, Wrapper, living, patience};

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

/// What comes of a signal that arrives at the wrapper.
fn first_seen(run: &mut Running, signal: i32) -> Result<(), String> {
    let wanted = format!("got {signal}");
    let mut is_dead = false;
    loop {
        // A second only: a wrapper that fails one of these fails many. One that has died forwards nothing any more.
        let wait = if is_dead { patience() } else { Duration::from_millis(100) };
        for _ in 0..10 {
            match run.line_within(wait) {
                Ok(line) if line == wanted && is_dead => return Err("came, and the wrapper died".to_owned()),
                Ok(line) if line == wanted => return Ok(()),
                Ok(_) => {}
                Err(_) if is_dead => return Err("never came; the wrapper died, the child lived".to_owned()),
                Err(RecvTimeoutError::Disconnected) => return Err("never came; the child ended".to_owned()),
                Err(RecvTimeoutError::Timeout) if !living(run.pid()) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        if living(run.pid()) {
            return Err("never came".to_owned());
        }
        // The child says all that it got, and ends.
        is_dead = true;
        run.stdin = None;
    }
}

/// Sends one signal, then [`LAST`]: the first must come once, and the wrapper live on.
fn received(wrapper: &Wrapper, signal: i32) -> Result<(), String> {
    // What starts the tests may leave those of the C library ignored.
    let mut run = Start::probe(wrapper, "signals").with("--default 32,33").go();
    run.ready();
    run.send(signal);
    first_seen(&mut run, signal)?;
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
    for_each(35..=64, |signal| {
        received(&Wrapper::bare(), signal).expect("bare");
        received(&Wrapper::wrapped(), signal)
    });
}

/// The C library keeps 32 and 33 for itself, another one 34 too: its functions leave them out of masks.
#[rstest]
#[case(32)]
#[case(33)]
#[case(34)]
fn signals_of_the_c_library_reach_the_child_once(#[case] signal: i32) {
    let (bare, wrapped) = both(|wrapper| received(wrapper, signal));
    assert_eq!((bare, wrapped), (Ok(()), Ok(())));
}

#[rstest]
#[case(32, "--default 32,33")]
#[case(33, "--default 32,33")]
#[case(34, "--default 32,33")]
#[case(32, "--ignore 32,33,34")]
#[case(33, "--ignore 32,33,34")]
#[case(34, "--ignore 32,33,34")]
fn signals_of_the_c_library_leave_no_child(#[case] signal: i32, #[case] state: &str) {
    let (bare, wrapped) = both(|wrapper| {
        let mut run = Start::probe(wrapper, "pause").with(state).go();
        run.ready();
        // Default: death, of both. Ignored: of neither, and then a wrapper must not have become deaf.
        run.send(signal);
        run.send(15);
        let end = run.end();
        assert_eq!(run.survivors(), Vec::<i32>::new());
        end.shell_code()
    });
    // TERM has the lower number, so that it may be acted upon first.
    let expected = if state.starts_with("--ignore") { vec![128 + 15] } else { vec![128 + 15, 128 + signal] };
    assert!(expected.contains(&bare) && expected.contains(&wrapped), "{bare} and {wrapped}");
}

#[test]
fn an_ignored_hangup_harms_nobody() {
    let (bare, wrapped) = both(|wrapper| {
        let mut run = Start::probe(wrapper, "linger 7").with("--ignore 1").go();
        let child = run.ready();
        run.send(1);
        // Were it not ignored, this would not end it any more.
        run.send(18);
        assert!(living(child) && living(run.pid()));
        run.finish()
    });
    assert_eq!((bare, wrapped), (End::Code(7), End::Code(7)));
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

#[rstest]
#[case(15)]
#[case(32)]
#[case(33)]
#[case(34)]
#[case(64)]
fn blocked_signals_are_held_for_the_child_not_lost(#[case] signal: i32) {
    // With all signals blocked from the start, the child has them pending, and nobody dies of them.
    let (bare, wrapped) = both(|wrapper| {
        let mut run = Start::probe(wrapper, "linger 7").with("--default 32,33 --block all").go();
        let child = run.ready();
        run.send(signal);
        crate::support::wait_for("the signal is pending in the child", || {
            let status = std::fs::read_to_string(format!("/proc/{child}/status")).unwrap();
            let pending = |key| {
                let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
                u64::from_str_radix(line.trim(), 16).unwrap()
            };
            ((pending("ShdPnd:") | pending("SigPnd:")) >> (signal - 1) & 1 == 1).then_some(())
        });
        run.finish()
    });
    assert_eq!((bare, wrapped), (End::Code(7), End::Code(7)));
}
