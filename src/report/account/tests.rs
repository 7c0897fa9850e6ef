//! Where the time of segments went, told from records.

use rstest::rstest;

use super::*;
use crate::journal::record::Cause;
use crate::report::tests::chain::{Chain, hours, id};

/// Queued, gap, computing, checkpointing, lost: in seconds.
fn seconds(chain: &Chain, running: bool, now: i64) -> Vec<[u64; 5]> {
    let (history, trace) = (chain.history(), chain.trace());
    let accounts = accounts(&history, &trace, running, Timestamp::from_seconds(now));
    accounts.map(|account| Kind::ALL.map(|kind| account.spent(kind).as_secs())).collect()
}

fn one(at: i64) -> Chain {
    Chain::new().segment(at)
}

#[rstest]
#[case::saved_at_the_end(one(0).asked(90).saved(100, 10).ended(100), &[[0, 0, 90, 10, 0]])]
#[case::worked_on_after_it(one(0).asked(80).saved(90, 10).ended(100), &[[0, 0, 80, 10, 10]])]
#[case::asked_in_vain(one(0).asked(80).ended(100), &[[0, 0, 0, 0, 100]])]
#[case::finished(one(0).ended_by(50, Cause::Completed, Verdict::Finished), &[[0, 0, 50, 0, 0]])]
#[case::queued(
    one(0).asked(90).saved(100, 10).ended(100).accepted(103).segment(150).ended_by(160, Cause::Completed, Verdict::Finished),
    &[[0, 0, 90, 10, 0], [47, 3, 10, 0, 0]]
)]
#[case::no_word_of_its_end(
    one(0).asked(40).saved(50, 10).segment(200).ended_by(210, Cause::Completed, Verdict::Finished),
    &[[0, 0, 40, 10, 0], [0, 150, 10, 0, 0]]
)]
#[case::started_again_from_an_older_one(
    one(0).asked(40).saved(50, 10).ended(60).segment_from(70, None).ended_by(80, Cause::Completed, Verdict::Finished),
    &[[0, 0, 0, 0, 60], [0, 10, 10, 0, 0]]
)]
#[case::found_by_the_next(
    one(0).segment_from(200, Some(id(90))).ended_by(210, Cause::Completed, Verdict::Finished),
    &[[0, 0, 90, 0, 0], [0, 110, 10, 0, 0]]
)]
fn stretches(#[case] chain: Chain, #[case] expected: &[[u64; 5]]) {
    assert_eq!(seconds(&chain, false, 1000), expected);
}

#[rstest]
#[case::nothing_is_seen(one(0).ended_blindly(100).segment(150).ended_blindly(160), [None, None])]
#[case::killed_and_nothing_is_seen(one(0).segment(150).ended_blindly(160), [None, None])]
#[case::saved_nothing(one(0).ended(100).segment(150).ended_blindly(160), [Some(100), None])]
#[case::killed_before_the_first(one(0).asked(50).segment(150).saved(155, 1).ended(160), [Some(50), Some(5)])]
fn work_is_not_called_lost_where_checkpoints_cannot_be_seen(
    #[case] chain: Chain,
    #[case] expected: [Option<u64>; 2],
) {
    let (history, trace) = (chain.history(), chain.trace());
    let accounts = accounts(&history, &trace, false, Timestamp::from_seconds(1000));
    let lost: Vec<Option<u64>> = accounts.map(|account| account.lost().map(|lost| lost.as_secs())).collect();
    assert_eq!(lost, expected);
}

#[test]
fn what_runs_has_lost_nothing_yet() {
    assert_eq!(seconds(&one(0).asked(40).saved(50, 10), true, 500), [[0, 0, 490, 10, 0]]);
    assert_eq!(seconds(&one(0).asked(40).saved(50, 10), false, 500), [[0, 0, 40, 10, 0]]);
}

#[test]
fn stretches_leave_no_hole_and_do_not_overlap_whatever_the_clock_did() {
    let chain =
        hours(20).segment(1_760_000_100).asked(1_760_000_000).saved(1_759_999_000, 9000).ended(1_760_000_200);
    let (history, trace) = (chain.history(), chain.trace());
    let accounts: Vec<_> =
        accounts(&history, &trace, false, Timestamp::from_seconds(1_800_000_000)).collect();
    for account in &accounts {
        assert!(account.stretches.iter().all(|stretch| stretch.from < stretch.to));
        assert!(account.stretches.windows(2).all(|two| two[0].to == two[1].from), "{account:?}");
    }
    let totals = Totals::of(&accounts[..20]);
    assert_eq!(totals.gaps.as_secs(), 19 * 10);
    assert_eq!(totals.queued.as_secs(), 19 * 900);
    assert!(!totals.is_least());
}
