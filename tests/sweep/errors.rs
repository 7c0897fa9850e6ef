//! Each call fails, once or from then on.

use rstest::rstest;

use super::errnos::errnos;
use super::pool::{Extent, each};
use super::segment::segment;

/// The ways to spoil each call of an undisturbed segment.
fn ways(options: &str) -> Vec<Vec<String>> {
    let good = segment(options, "list");
    good.judge().unwrap();
    let ways = good.report.lines().map(|line| {
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
    each(options, &extent, &faults, |fault| segment(options, fault).judge());
}
