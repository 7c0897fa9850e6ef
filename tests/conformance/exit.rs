//! How the end of the child looks from outside.

use super::{both, for_each};
use crate::support::{End, Start, Wrapper, write_executable};

#[test]
fn exit_codes_pass() {
    for_each(0..=255, |code| {
        let ends = both(|wrapper| Start::probe(wrapper, &format!("exit {code}")).go().end());
        if ends == (End::Code(code), End::Code(code)) { Ok(()) } else { Err(format!("{ends:?}")) }
    });
}

#[test]
fn death_by_signal_is_told_as_such_or_as_128_plus_n() {
    // All whose default is death: the rest are stops, and those that are ignored.
    let deadly = (1..=64).filter(|signal| ![17, 18, 19, 20, 21, 22, 23, 28].contains(signal));
    for_each(deadly, |signal| {
        let (bare, wrapped) = both(|wrapper| Start::probe(wrapper, &format!("die {signal}")).go().end());
        assert_eq!(bare, End::Signal(signal));
        if wrapped.shell_code() == bare.shell_code() { Ok(()) } else { Err(format!("{wrapped:?}")) }
    });
}

#[test]
fn a_command_that_does_not_exist_is_127() {
    for name in ["/no/such/command", "no-such-command"] {
        assert_eq!(Start::new(&Wrapper::wrapped(), [name]).go().end(), End::Code(127), "{name}");
    }
}

#[test]
fn a_command_that_cannot_be_executed_is_126() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data");
    std::fs::write(&file, "no program").unwrap();
    for path in [folder.path(), &file] {
        assert_eq!(Start::new(&Wrapper::wrapped(), [path]).go().end(), End::Code(126), "{path:?}");
    }
}

#[test]
fn an_executable_text_without_interpreter_line_is_run_as_by_execvp() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    write_executable(&script, "exit 7\n");
    // The launcher of the bare run executes with execvp(3), as shells, env and nohup do.
    let (bare, wrapped) = both(|wrapper| Start::new(wrapper, [&script]).with("").go().end());
    assert_eq!((bare, wrapped), (End::Code(7), End::Code(7)));
}

/// A user with no other processes, for root: of this run only, as a limit of processes counts those of all runs.
fn stranger() -> u32 {
    2_000_000_000 + std::process::id()
}

#[test]
fn a_fork_that_fails_is_125_and_harms_nobody() {
    // Of the same user: kill(2) with -1, as fork(2) gives it, would reach this one.
    let bystander = Start::probe(&Wrapper::bare(), "signals").with(&format!("--user {}", stranger())).go();
    bystander.ready();
    let probe = crate::support::probe();
    let mut wrapped = Start::new(&Wrapper::wrapped(), [probe.as_os_str(), "exit".as_ref(), "7".as_ref()])
        .with(&format!("--no-fork {}", stranger()))
        .go();
    assert_eq!(wrapped.end(), End::Code(125), "{}", wrapped.errors());
    bystander.send(12);
    assert_eq!(bystander.line().as_deref(), Some("got 12"), "it was sent a signal before");
}
