//! A copy of the job that Slurm has given up, on a node that lives on.

use rstest::rstest;

use super::super::*;
use super::bench::{Bench, situation};
use super::settings;
use crate::model::Signal;

fn looks(action: &Action) -> bool {
    matches!(action, Action::CheckOwner)
}

#[test]
fn a_running_copy_looks_from_time_to_time_whether_it_is_still_wanted() {
    let mut bench = Bench::running();
    bench.until(89);
    assert_eq!(bench.wanted(looks), 0);
    bench.until(91);
    assert_eq!(bench.wanted(looks), 1);
    bench.until(461);
    assert_eq!(bench.wanted(looks), 5);
    let wanted = bench.give(Event::OwnerLost);
    assert!(wanted.contains(&Action::EndChild(Signal::KILL)), "{wanted:?}");
    assert!(bench.has_ended());
}

#[rstest]
#[case::without_a_journal(Situation { journal: false, ..situation() })]
#[case::not_under_slurm(Situation { host: Host::Local, ..situation() })]
fn nobody_looks_where_there_can_be_no_other(#[case] situation: Situation) {
    let mut bench = Bench::running_with(settings(), situation);
    bench.until(301);
    assert_eq!(bench.wanted(looks), 0);
}
