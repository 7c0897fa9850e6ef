//! Forecasts of chains whose course is known.

use rstest::rstest;

use super::*;
use crate::report::tests::chain::{Chain, hours};

fn of(chain: &Chain, outlook: Outlook, now: i64) -> Option<Forecast> {
    let (history, trace) = (chain.history(), chain.trace());
    let now = Timestamp::from_seconds(now);
    forecast(&Course::of(&history, &trace, outlook == Outlook::Running, now), outlook, now)
}

fn steady() -> Chain {
    Chain::new()
        .segment(0)
        .told(100, 10.0, 1000.0)
        .told(200, 20.0, 1000.0)
        .told(300, 30.0, 1000.0)
        .told(400, 40.0, 1000.0)
}

#[test]
fn a_steady_program_in_one_allocation_ends_when_it_can() {
    let forecast = of(&steady().deadline(100_000), Outlook::Running, 400).unwrap();
    assert_eq!(forecast.finish, Timestamp::from_seconds(400 + 9600));
    assert_eq!((forecast.early, forecast.late), (Some(forecast.finish), Some(forecast.finish)));
    assert!(!forecast.is_least);
    assert_eq!(
        forecast.basis,
        "rests on a rate of 6.00 a minute over 5m00s of computing (6.00 to 6.00), and on no further wait in the queue"
    );
}

#[test]
fn what_was_computed_since_it_last_spoke_counts() {
    let forecast = of(&steady(), Outlook::Running, 1400).unwrap();
    assert_eq!(forecast.finish, Timestamp::from_seconds(400 + 9600));
}

#[test]
fn waits_that_nobody_has_measured_are_said_not_to_be_counted() {
    let forecast = of(&steady().deadline(3600), Outlook::Running, 400).unwrap();
    assert!(forecast.is_least && forecast.early.is_none() && forecast.late.is_none());
    assert!(forecast.basis.contains("2 more waits in the queue not counted"), "{}", forecast.basis);
}

#[test]
fn a_chain_of_hours_waits_as_often_as_it_did() {
    let now = 1_760_000_000 + 10 * 4500 - 900;
    let forecast = of(&hours(10), Outlook::Waiting(None), now).unwrap();
    assert!(!forecast.is_least);
    assert!(forecast.early.unwrap() <= forecast.finish && forecast.finish <= forecast.late.unwrap());
    // 5410 of 6000 are left, an hour and its wait do some 60 of them.
    let hours = (forecast.finish - Timestamp::from_seconds(now)).as_secs_f64() / 4500.0;
    assert!((85.0..95.0).contains(&hours), "{hours} {}", forecast.basis);
}

#[rstest]
#[case::never_said(Chain::new().segment(0))]
#[case::said_once(Chain::new().segment(0).told(100, 10.0, 1000.0))]
#[case::stands_still(Chain::new().segment(0).told(100, 10.0, 1000.0).told(200, 10.0, 1000.0))]
#[case::went_back(Chain::new().segment(0).told(100, 10.0, 1000.0).told(200, 5.0, 1000.0))]
#[case::another_target(Chain::new().segment(0).told(100, 10.0, 1000.0).told(200, 20.0, 2000.0))]
fn no_forecast_without_a_rate(#[case] chain: Chain) {
    assert_eq!(of(&chain, Outlook::Running, 1000), None);
}

#[test]
fn nothing_is_foretold_of_a_chain_that_does_not_go_on() {
    assert_eq!(of(&hours(10), Outlook::Over, 1_760_100_000), None);
}
