//! Signals once ckwrap has a thread: in a chain there is one that writes the journal.

use std::fs;

use rstest::rstest;

use crate::support::{End, Running, Start, Wrapper, wait_for};

/// A program in a chain, after its start has been written down: by the thread.
fn in_a_chain(folder: &tempfile::TempDir, verb: &str) -> Running {
    let place = folder.path().to_owned();
    let wrapper = Wrapper::ckwrap("--engine local --time-limit 1h --chain threads");
    let start = Start::probe(&wrapper, verb).with("--default 32,33");
    let run = start
        .set(move |command| {
            command.current_dir(place);
        })
        .go();
    run.ready();
    let journal = folder.path().join(".ckwrap/threads/journal.jsonl");
    wait_for("the journal", || fs::read_to_string(&journal).ok()?.contains("segment_started").then_some(()));
    run
}

#[test]
fn all_threads_block_all_signals() {
    let folder = tempfile::tempdir().unwrap();
    let run = in_a_chain(&folder, "linger 0");
    let threads = fs::read_dir(format!("/proc/{}/task", run.pid())).unwrap().flatten();
    let masks = threads.map(|thread| {
        let status = fs::read_to_string(thread.path().join("status")).unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap();
        u64::from_str_radix(mask.trim(), 16).unwrap()
    });
    let masks = masks.collect::<Vec<_>>();
    assert!(masks.len() > 1, "there is no thread to look at");
    // All but KILL and STOP, which cannot be blocked.
    let all = !(1 << 8 | 1 << 18);
    assert!(masks.iter().all(|mask| *mask == all), "{masks:x?}");
}

#[rstest]
#[case(32)]
#[case(33)]
#[case(34)]
#[case(64)]
fn signals_of_the_c_library_reach_the_child_once(#[case] signal: i32) {
    let folder = tempfile::tempdir().unwrap();
    let mut run = in_a_chain(&folder, "signals");
    run.send(signal);
    assert_eq!(run.line(), Some(format!("got {signal}")));
    run.send(28);
    assert_eq!(run.line(), Some("got 28".to_owned()));
    assert_eq!(run.finish(), End::Code(0));
}
