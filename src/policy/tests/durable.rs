//! Which checkpoints must be on the disk, and how long the intent waits for that.

use std::time::Duration;

use rstest::rstest;

use super::super::*;
use super::bench::{Bench, at, facts, found, id, situation, term};
use super::settings;
use crate::model::ChildExit;

fn checkpoint(asked: bool) -> Entry {
    Entry::Checkpoint { id: id("new"), took: None, asked }
}

fn ended(verdict: Verdict, fresh: Option<bool>) -> Entry {
    Entry::SegmentEnded(Box::new(Ended {
        exit: ChildExit::Code(85),
        verdict,
        cause: Cause::Deadline,
        checkpoint: Some(id("new")),
        fresh,
        ran: Duration::ZERO,
    }))
}

#[rstest]
#[case::asked_for(checkpoint(true), true)]
#[case::on_its_way(checkpoint(false), false)]
#[case::at_the_end(ended(Verdict::Unfinished, Some(true)), true)]
#[case::before_a_crash(ended(Verdict::Failed, Some(true)), true)]
#[case::finished(ended(Verdict::Finished, Some(true)), false)]
#[case::nothing_new(ended(Verdict::Unfinished, Some(false)), false)]
#[case::unknown(ended(Verdict::Unfinished, None), false)]
#[case::something_else(Entry::Kept(id("new")), false)]
fn only_what_the_chain_goes_on_from_must_be_on_the_disk(#[case] entry: Entry, #[case] relied_on: bool) {
    assert_eq!(entry.relied_on(), relied_on.then_some(&id("new")));
}

fn patience(situation: Situation, seconds: u64, has_term: bool) -> Duration {
    let mut bench = Bench::asked_with(settings(), situation);
    bench.until(945);
    if has_term {
        bench.give(term());
        bench.job(JobFacts { time_limit: true, ..facts(JobPhase::Completing) });
    }
    bench.now = at(seconds);
    bench.child_ends(ChildExit::Code(85), found("new"));
    let intent = |action: &Action| matches!(action, Action::RecordDurably(Entry::Intent(_)));
    assert!(bench.all.last().is_some_and(intent), "{:?}", bench.all.last());
    bench.machine.patience_with_disk()
}

#[rstest]
#[case::as_planned(950, false, 3000)]
#[case::at_the_margin(985, false, 3000)]
#[case::in_the_last_seconds(997, false, 1000)]
#[case::at_the_end(1000, false, 1000)]
#[case::after_the_end(1001, false, 1000)]
#[case::after_a_term(946, true, 2888)]
#[case::long_after_a_term(966, true, 666)]
fn the_wait_leaves_most_of_the_time_to_the_continuation(
    #[case] seconds: u64,
    #[case] has_term: bool,
    #[case] milliseconds: u128,
) {
    assert_eq!(patience(situation(), seconds, has_term).as_millis(), milliseconds);
}

#[test]
fn a_limit_of_the_user_s_own_kills_nobody() {
    let own = Situation { host: Host::Local, own_limit: Some(at(1000)), ..situation() };
    assert_eq!(patience(own, 999, false), Duration::from_secs(3));
}
