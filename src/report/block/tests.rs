//! The lines of a chain as people see them.

use rstest::rstest;

use super::*;
use crate::journal::{Life, Loaded, Reading};
use crate::report::InSlurm;
use crate::report::tests::chain::{Chain, hours};

fn shown(chain: &Chain, slurm: InSlurm, now: i64, width: usize) -> String {
    let now = Timestamp::from_seconds(now);
    let loaded = Loaded { history: chain.history(), reading: Reading::default() };
    let mut status = ChainStatus::of(&loaded, Life::Unknown, now);
    let standing = Standing::of(&loaded.history, &chain.trace(), &mut status, Life::Unknown, slurm, now);
    block(&status, &standing, now, width)
}

/// The sixth segment of a chain runs.
fn running() -> (Chain, i64) {
    let start = 1_760_000_000 + 5 * 4500;
    (hours(5).segment(start).deadline(start + 3600).told(start + 1800, 330.0, 6000.0), start + 1860)
}

fn pending() -> InSlurm {
    InSlurm::Known {
        job: "4705".parse().unwrap(),
        state: "PENDING".into(),
        waits: true,
        over: false,
        reason: Some("Priority".into()),
        start: Some(Timestamp::from_seconds(1_760_000_000 + 5 * 4500 + 7200)),
    }
}

#[test]
fn at_80_columns() {
    let (chain, now) = running();
    let shown = shown(&chain, InSlurm::NotKnown { why: "timed out".into() }, now, 80);
    let expected = "\
slurm-4701: segment 6 runs
  in Slurm     not known (Slurm does not answer)
  progress     5% [#...................] 330/6000, 1.00/min
  checkpoint   46m40s ago, 1.0 MiB, state.ck
  deadline     2025-10-09 16:08 UTC, in 29m00s; a checkpoint was last asked for
               1m00s before one
  finish       estimated 2025-10-14 13:54 UTC (in 4d22h), between 2025-10-14
";
    assert!(shown.starts_with(expected), "{shown}");
}

#[rstest]
fn no_line_is_wider_than_the_terminal(#[values(40, 80, 200)] width: usize) {
    let (mut chain, now) = running();
    for step in 0..2 {
        let shown = shown(&chain, pending(), now, width);
        assert!(shown.lines().all(|line| line.chars().count() <= width), "{shown}");
        assert!(shown.lines().count() > 4, "{step}: {shown}");
        chain = hours(5);
    }
}

#[test]
fn at_200_columns_a_waiting_chain() {
    let now = 1_760_000_000 + 5 * 4500;
    let shown = shown(&hours(5), pending(), now, 200);
    let first: Vec<&str> = shown.lines().take(4).collect();
    assert_eq!(
        first,
        [
            "slurm-4701: segment 6 waits",
            "  in Slurm     job 4705 PENDING (Priority), expected to start 2025-10-09 17:08 (in 2h00m)",
            "  progress     4% [##................................................] 290/6000, 1.00/min",
            "  checkpoint   15m40s ago, 1.0 MiB, state.ck",
        ],
        "{shown}"
    );
}

#[test]
fn foreign_words_cannot_move_the_cursor() {
    let slurm = InSlurm::Known {
        job: "1".parse().unwrap(),
        state: "\u{1b}[2J".into(),
        waits: false,
        over: false,
        reason: Some("\u{202e}x".into()),
        start: None,
    };
    let (chain, now) = running();
    let shown = shown(&chain, slurm, now, 80);
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
}
