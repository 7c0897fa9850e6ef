//! What the scheduler's word changes.

use rstest::rstest;

use super::*;
use crate::journal::{Life, Loaded};
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
    let standing = Standing::of(&loaded.history, &chain.trace(), &mut status, slurm, now);
    assert_eq!(status.todo.is_some(), todo.is_some(), "{:?}", status.todo);
    assert!(todo.is_none_or(|todo| status.todo.unwrap().contains(todo)));
    assert_eq!(standing.estimate.is_some(), goes_on);
    assert_eq!(standing.last_lead_seconds, Some(60));
    assert_eq!(standing.waste, Waste { lost_seconds: 10 * 30, is_least: false });
}
