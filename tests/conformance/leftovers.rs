//! Nobody is left behind.

use rstest::rstest;

use crate::support::{End, Start, Wrapper, living, wait_for};

/// Leaves an orphan behind and ends with 7.
const DAEMON: &str = "(sleep 1000 </dev/null >/dev/null 2>&1 &); exit 7";
/// Leaves an orphan in a session of its own.
const DAEMON_SESSION: &str = "(setsid sleep 1000 </dev/null >/dev/null 2>&1 &); exit 7";
/// Leaves children in the same process group.
const BACKGROUND: &str = "for n in 1 2 3; do sleep 1000 </dev/null >/dev/null 2>&1 & done; exit 7";
/// Leaves a small tree of orphans.
const TREE: &str = "(sh -c 'sleep 1000 & (setsid sleep 1000 &) ; wait' </dev/null >/dev/null 2>&1 &); exit 7";
/// Leaves an orphan that does not heed TERM.
const STUBBORN: &str = "(sh -c 'trap \"\" TERM HUP INT; sleep 1000; :' </dev/null >/dev/null 2>&1 &); exit 7";

#[rstest]
#[case::daemon(DAEMON)]
#[case::daemon_in_its_own_session(DAEMON_SESSION)]
#[case::background_jobs(BACKGROUND)]
#[case::tree(TREE)]
#[case::stubborn(STUBBORN)]
fn what_the_child_leaves_behind_ends_with_it(#[case] script: &str) {
    let mut run = Start::new(&Wrapper::wrapped(), ["sh", "-c", script]).go();
    assert_eq!(run.end(), End::Code(7));
    assert_eq!(run.survivors(), Vec::<i32>::new());
}

#[test]
fn orphans_are_reaped_while_the_child_runs() {
    let script = "(sh -c 'echo orphan=$$; exec sleep 0.05' &); echo ready pid=$$; read -r line; exit 7";
    let mut run = Start::new(&Wrapper::wrapped(), ["sh", "-c", script]).go();
    let orphan = run.line_with("orphan=").trim_start_matches("orphan=").parse::<i32>().unwrap();
    // Reaped means gone altogether, not a zombie.
    wait_for("the orphan is reaped", || crate::support::state(orphan).is_none().then_some(()));
    assert_eq!(run.finish(), End::Code(7));
}

#[test]
fn a_killed_wrapper_takes_the_child_along() {
    let mut run = Start::probe(&Wrapper::wrapped(), "pause").go();
    let child = run.ready();
    run.send(9);
    assert_eq!(run.end(), End::Signal(9));
    wait_for("the child ends", || (!living(child)).then_some(()));
}
