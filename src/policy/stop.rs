//! Whether a chain goes on after a segment.

use std::time::Duration;

use crate::model::OnFailure;

use super::action::StopReason;
use super::cause::Cause;
use super::event::Retry;
use super::settings::Settings;
use super::situation::Past;
use super::verdict::Verdict;

/// What a segment leaves behind for this decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// What its end means.
    pub verdict: Verdict,
    /// What brought it about.
    pub cause: Cause,
    /// Whether a newer checkpoint is there; `None`: cannot be told.
    pub fresh: Option<bool>,
    /// How long the child ran.
    pub ran: Duration,
}

/// What follows for the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// The work is done.
    Finish,
    /// The chain ends here, unfinished.
    Stop(StopReason, String),
    /// The scheduler has made the continuation itself.
    Leave,
    /// ckwrap makes the continuation.
    Continue,
}

/// Segments in a row without a newer checkpoint, this one included.
///
/// Only a segment that had its whole allocation counts: one that was preempted or lost proves nothing
/// about the program. "Cannot be told" is not zero.
pub(super) fn stalls(past: &Past, segment: &Segment) -> u32 {
    let had_its_time = matches!(segment.cause, Cause::Deadline | Cause::TimeLimit | Cause::Completed);
    match segment.fresh {
        Some(true) => 0,
        Some(false) if had_its_time && segment.verdict == Verdict::Unfinished => {
            past.stalls.saturating_add(1)
        }
        _ => past.stalls,
    }
}

/// Decides by the stop rules of the configuration; `retry`: what the profile knows about this very failure, which
/// counts for more than `on_failure` does.
pub(super) fn decide(settings: &Settings, past: &Past, segment: &Segment, retry: Option<&Retry>) -> Decision {
    if segment.verdict == Verdict::Finished {
        return Decision::Finish;
    }
    if segment.cause.ends_chain() {
        let text =
            format!("{}; the checkpoint is kept, and the same script goes on from it", segment.cause.words());
        return Decision::Stop(StopReason::Cancelled, text);
    }
    if let Some((reason, text)) = limit_reached(settings, past, segment, retry) {
        return Decision::Stop(reason, text);
    }
    if segment.cause.scheduler_continues() { Decision::Leave } else { Decision::Continue }
}

fn limit_reached(
    settings: &Settings,
    past: &Past,
    segment: &Segment,
    retry: Option<&Retry>,
) -> Option<(StopReason, String)> {
    if segment.verdict == Verdict::Failed {
        let failures = past.failures.saturating_add(1);
        match retry {
            Some(Retry::Stop(line)) => {
                return Some((StopReason::Failed, format!("the program failed and says `{line}` (retry)")));
            }
            None if settings.on_failure == OnFailure::Stop => {
                let text = "the program failed (continue.on_failure is stop)";
                return Some((StopReason::Failed, text.into()));
            }
            Some(Retry::Fallback(_)) | None => {}
        }
        if failures >= settings.max_failures {
            return Some((
                StopReason::MaxFailures,
                format!("{failures} failures in a row (continue.max_failures)"),
            ));
        }
    }
    let stalls = stalls(past, segment);
    if stalls >= settings.max_stalls {
        return Some((
            StopReason::MaxStalls,
            format!("{stalls} segments in a row brought no new checkpoint (continue.max_stalls)"),
        ));
    }
    let segments = past.segments.saturating_add(1);
    if segments >= settings.max_segments {
        return Some((
            StopReason::MaxSegments,
            match segments {
                1 => "one segment has run (continue.max_segments)".to_owned(),
                _ => format!("{segments} segments have run (continue.max_segments)"),
            },
        ));
    }
    let walltime = past.walltime.saturating_add(segment.ran);
    match settings.max_walltime {
        Some(most) if walltime >= most => Some((
            StopReason::MaxWalltime,
            format!("it has run for {} s in all (continue.max_walltime)", walltime.as_secs()),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::tests::settings;
    use super::*;

    /// An early end by the scheduler is no proof against the program, and is not charged to it.
    #[rstest]
    #[case::deadline(Cause::Deadline, Some(false), 2)]
    #[case::time_limit(Cause::TimeLimit, Some(false), 2)]
    #[case::with_a_checkpoint(Cause::Deadline, Some(true), 0)]
    #[case::cannot_be_told(Cause::Deadline, None, 1)]
    #[case::preempted(Cause::Preempted, Some(false), 1)]
    #[case::preempted_and_requeued(Cause::PreemptedRequeued, Some(false), 1)]
    #[case::requeued_by_another(Cause::RequeuedByOther, Some(false), 1)]
    fn only_a_segment_that_had_its_time_is_charged(
        #[case] cause: Cause,
        #[case] fresh: Option<bool>,
        #[case] charged: u32,
    ) {
        let past = Past { stalls: 1, ..Past::default() };
        let ran = Duration::from_secs(9);
        let segment = Segment { verdict: Verdict::Unfinished, cause, fresh, ran };
        assert_eq!(stalls(&past, &segment), charged);
    }

    fn past() -> Past {
        Past {
            segments: 6,
            failures: 1,
            stalls: 1,
            lost: 0,
            walltime: Duration::from_secs(90),
            ..Past::default()
        }
    }

    fn bounds(segments: u32, failures: u32, stalls: u32, walltime: u64) -> Settings {
        Settings {
            max_segments: segments,
            max_failures: failures,
            max_stalls: stalls,
            max_walltime: Some(Duration::from_secs(walltime)),
            on_failure: OnFailure::Retry,
            ..settings()
        }
    }

    /// Each bound lets the last segment under it go on, and stops the one that reaches it.
    #[rstest]
    #[case::within_all(Verdict::Unfinished, bounds(8, 2, 3, 101), None)]
    #[case::segments(Verdict::Unfinished, bounds(7, 2, 3, 101), Some((StopReason::MaxSegments, "7 segments have run")))]
    #[case::stalls(Verdict::Unfinished, bounds(8, 2, 2, 101), Some((StopReason::MaxStalls, "2 segments in a row")))]
    #[case::walltime(Verdict::Unfinished, bounds(8, 2, 3, 100), Some((StopReason::MaxWalltime, "100 s in all")))]
    #[case::no_bound_on_walltime(Verdict::Unfinished, Settings { max_walltime: None, ..bounds(8, 2, 3, 0) }, None)]
    #[case::one_failure_more(Verdict::Failed, bounds(8, 3, 3, 101), None)]
    #[case::failures(Verdict::Failed, bounds(8, 2, 3, 101), Some((StopReason::MaxFailures, "2 failures in a row")))]
    #[case::a_failure_is_no_stall(Verdict::Failed, bounds(8, 3, 2, 101), None)]
    #[case::finished_at_a_bound(Verdict::Finished, bounds(1, 1, 1, 1), None)]
    fn bounds_are_reached_and_not_passed(
        #[case] verdict: Verdict,
        #[case] settings: Settings,
        #[case] stops: Option<(StopReason, &str)>,
    ) {
        let ran = Duration::from_secs(10);
        let segment = Segment { verdict, cause: Cause::Deadline, fresh: Some(false), ran };
        match (decide(&settings, &past(), &segment, None), stops) {
            (Decision::Stop(is, why), Some((reason, text))) => {
                assert!(is == reason && why.contains(text), "{why}");
            }
            (Decision::Continue, None) => assert_ne!(verdict, Verdict::Finished),
            (Decision::Finish, None) => assert_eq!(verdict, Verdict::Finished),
            other => panic!("{other:?}"),
        }
    }
}
