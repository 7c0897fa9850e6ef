//! What is heard beside the history.

use super::*;
use crate::report::tests::chain::{Chain, told};

#[test]
fn requests_acceptances_and_saves_are_kept_by_segment() {
    let chain = Chain::new().segment(0).asked(90).saved(95, 5).ended(100).accepted(101).segment(200);
    let trace = chain.trace();
    let [first, second] = &trace.segments[..] else { panic!("{trace:?}") };
    let at = |seconds| Some(Timestamp::from_seconds(seconds));
    assert_eq!((first.asked(), first.saved(), first.accepted()), (at(90), at(95), at(101)));
    assert_eq!((second.asked(), second.saved(), second.accepted()), (None, None, None));
    assert_eq!(first.lead(at(100)), Some(Duration::from_secs(10)));
    assert_eq!(first.lead(at(80)), None);
}

#[test]
fn a_flood_of_progress_is_thinned_out_evenly_and_its_ends_stay() {
    let mut trace = Chain::new().segment(0).trace();
    for number in 0..100_000 {
        trace.apply(&told(1, number, f64::from(u32::try_from(number).unwrap()), 1e6));
    }
    let kept = trace.progress();
    assert!((MOST_SAMPLES / 2..=MOST_SAMPLES).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept.first().unwrap().at, Timestamp::from_seconds(0));
    assert_eq!(kept.last().unwrap().at, Timestamp::from_seconds(99_999));
    let gaps: Vec<i64> = kept.windows(2).map(|two| two[1].at.seconds() - two[0].at.seconds()).collect();
    let (all, _) = gaps.split_at(gaps.len() - 1);
    assert!(all.iter().all(|gap| *gap == all[0]), "{gaps:?}");
}
