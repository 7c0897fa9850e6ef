//! What the scheduler's word changes.

use rstest::rstest;

use super::*;
use crate::journal::Loaded;
use crate::report::tests::chain::hours;

fn known(state: &str, waits: bool, over: bool) -> InSlurm {
    let job = "4710".parse().unwrap();
    InSlurm::Known { job, state: state.into(), waits, over, reason: None, start: None }
}

#[rstest]
#[case::waits(known("PENDING", true, false), None, true)]
#[case::silent(InSlurm::NotKnown { why: "timed out".into() }, None, true)]
#[case::cancelled(known("CANCELLED", false, true), Some("submit the same script again"), false)]
#[case::gone(InSlurm::NoSuchJob { job: "4710".parse().unwrap() }, Some("submit the same script again"), false)]
fn a_job_that_is_gone_is_told(#[case] slurm: InSlurm, #[case] todo: Option<&str>, #[case] goes_on: bool) {
    let chain = hours(10);
    let now = Timestamp::from_seconds(1_760_000_000 + 10 * 4500 - 600);
    let loaded = Loaded { history: chain.history(), reading: crate::journal::Reading::default() };
    let mut status = ChainStatus::of(&loaded, Life::Dead, now);
    assert_eq!(status.state, State::Waiting);
    let standing = Standing::of(&loaded.history, &chain.trace(), &mut status, Life::Dead, slurm, now);
    assert_eq!(status.todo.is_some(), todo.is_some(), "{:?}", status.todo);
    assert!(todo.is_none_or(|todo| status.todo.unwrap().contains(todo)));
    assert_eq!(standing.estimate.is_some(), goes_on);
    assert_eq!(standing.last_lead_seconds, Some(60));
    assert_eq!(standing.waste, Waste { lost_seconds: 10 * 30, is_least: false });
}

#[rstest]
#[case::in_time(3000, Life::Unknown, InSlurm::NotAsked, true)]
#[case::just_over(3700, Life::Unknown, InSlurm::NotAsked, true)]
#[case::long_over(9000, Life::Unknown, InSlurm::NotKnown { why: "timed out".into() }, false)]
#[case::seen_to_live(9000, Life::Alive, InSlurm::NotAsked, true)]
#[case::slurm_says_so(9000, Life::Unknown, known("RUNNING", false, false), true)]
#[case::slurm_says_no(3000, Life::Unknown, known("NODE_FAIL", false, true), false)]
fn a_segment_is_believed_to_run_until_its_allocation_is_over(
    #[case] after: i64,
    #[case] owner: Life,
    #[case] slurm: InSlurm,
    #[case] believed: bool,
) {
    let start = 1_760_000_000 + 10 * 4500;
    let chain = hours(10).segment(start).deadline(start + 3600).told(start + 60, 620.0, 6000.0);
    let now = Timestamp::from_seconds(start + after);
    let loaded = Loaded { history: chain.history(), reading: crate::journal::Reading::default() };
    let mut status = ChainStatus::of(&loaded, owner, now);
    let standing = Standing::of(&loaded.history, &chain.trace(), &mut status, owner, slurm, now);
    assert_eq!(standing.estimate.is_some(), believed, "{standing:?}");
    assert_eq!(status.todo.is_none(), believed, "{:?}", status.todo);
}
