//! Each call fails, once or from then on.

use rstest::rstest;

use super::errnos::errnos;
use super::judge::attempt;
use super::pool::{Extent, each};
use super::segment::{SHORT, segment};

/// The calls of an undisturbed segment.
pub(super) fn calls(options: &str) -> Vec<String> {
    // Where the machine is busy, ckwrap looks more often: the shortest of some is the plainest.
    let all = (0..3).map(|_| segment(options, "list", SHORT * 3)).inspect(|good| good.judge().unwrap());
    let good = all.min_by_key(|good| good.report.lines().count()).unwrap();
    good.report.lines().map(str::to_owned).collect()
}

/// The ways to make each call fail.
fn ways(options: &str) -> Vec<Vec<String>> {
    let calls = calls(options);
    let ways = calls.iter().map(|line| {
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap_or_default();
        let (thread, call, k, what) = (word(), word(), word(), word());
        let once = errnos(call, what).iter().map(|errno| format!("fail:{thread}:{call}:{k}:{errno}"));
        let lasting = errnos(call, what).iter().filter(|errno| call != "close" && **errno != "EINTR");
        once.chain(lasting.map(|errno| format!("fail:{thread}:{call}:{k}+:{errno}"))).collect::<Vec<_>>()
    });
    ways.filter(|ways| !ways.is_empty()).collect()
}

#[rstest]
#[case::requeue("--continue requeue")]
#[case::successor("--continue successor")]
fn whatever_call_fails_nothing_is_lost_and_nothing_doubled(#[case] options: &str) {
    let extent = Extent::chosen();
    let ways = ways(options);
    let all: usize = ways.iter().map(Vec::len).sum();
    println!("{options}: {} calls, {all} ways to spoil them", ways.len());
    let faults: Vec<&String> =
        ways.iter().enumerate().flat_map(|(index, ways)| extent.of(index, ways)).collect();
    each(options, &extent, &faults, |fault| attempt(options, fault));
}
