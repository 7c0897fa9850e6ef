//! What brought a segment to its end: who sent the SIGTERM.
//!
//! Source of the table: measured on Slurm 22.05.8 and 25.05.8 with `scontrol -o show job` from the
//! SIGTERM handler. The base state CANCELLED is hidden behind COMPLETING on 22.05, so a cancelled job is
//! what is left when every other cause has been ruled out.

use super::event::{JobAnswer, JobFacts, JobPhase};

/// What brought a segment to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The child ended by itself.
    Completed,
    /// The planned checkpoint before the deadline.
    Deadline,
    /// Slurm's own time limit struck.
    TimeLimit,
    /// Preempted: Slurm has requeued the job.
    PreemptedRequeued,
    /// Preempted: in the grace time, or the job was cancelled for it.
    Preempted,
    /// Somebody else requeued the job.
    RequeuedByOther,
    /// The user cancelled it.
    Cancelled,
    /// Somebody sent the signal to this process alone.
    Asked,
    /// A SIGTERM whose cause could not be found out.
    Unknown,
}

impl Cause {
    /// What Slurm's answer says about a SIGTERM; `restart`: how often the job had been restarted at the start.
    pub fn of_term(answer: &JobAnswer, restart: u32) -> Self {
        match answer {
            JobAnswer::Unknown(_) => Self::Unknown,
            JobAnswer::Gone => Self::Cancelled,
            JobAnswer::Facts(facts) => Self::of_facts(facts, restart),
        }
    }

    fn of_facts(facts: &JobFacts, restart: u32) -> Self {
        let restarted = facts.restarts.is_some_and(|now| now > restart);
        match (facts.phase, restarted, facts.preempted) {
            (_, true, true) => Self::PreemptedRequeued,
            (_, true, false) => Self::RequeuedByOther,
            (JobPhase::Pending, false, _) => Self::RequeuedByOther,
            (_, false, true) => Self::Preempted,
            (_, false, false) if facts.time_limit => Self::TimeLimit,
            (JobPhase::Running | JobPhase::Suspended, false, false) => Self::Asked,
            (JobPhase::Completing | JobPhase::Ended, false, false) => Self::Cancelled,
            (JobPhase::Other, false, false) => Self::Unknown,
        }
    }

    /// Whether the job goes on without ckwrap's doing.
    pub fn scheduler_continues(self) -> bool {
        matches!(self, Self::PreemptedRequeued | Self::RequeuedByOther)
    }

    /// Whether the chain is to end with this segment.
    ///
    /// On doubt it is: to go on after a user's `scancel` would be worse than to wait for a word.
    pub fn ends_chain(self) -> bool {
        matches!(self, Self::Cancelled | Self::Asked | Self::Unknown)
    }

    /// In words for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Completed => "it ended by itself",
            Self::Deadline => "the deadline was near",
            Self::TimeLimit => "the time limit struck",
            Self::PreemptedRequeued => "the job was preempted and requeued by Slurm",
            Self::Preempted => "the job was preempted",
            Self::RequeuedByOther => "the job was requeued by somebody else",
            Self::Cancelled => "the job was cancelled",
            Self::Asked => "it was told to end (SIGTERM or Ctrl-C)",
            Self::Unknown => "who ended it could not be found out",
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::event::End;
    use super::*;

    #[rstest]
    #[case::time_limit(JobPhase::Completing, true, false, 0, Cause::TimeLimit)]
    #[case::scancel(JobPhase::Completing, false, false, 0, Cause::Cancelled)]
    #[case::requeue(JobPhase::Completing, false, false, 1, Cause::RequeuedByOther)]
    #[case::requeued_and_pending(JobPhase::Pending, false, false, 1, Cause::RequeuedByOther)]
    #[case::preempt_requeue(JobPhase::Completing, false, true, 1, Cause::PreemptedRequeued)]
    #[case::preempt_cancel(JobPhase::Completing, false, true, 0, Cause::Preempted)]
    #[case::grace(JobPhase::Running, false, true, 0, Cause::Preempted)]
    #[case::kill(JobPhase::Running, false, false, 0, Cause::Asked)]
    #[case::odd(JobPhase::Other, false, false, 0, Cause::Unknown)]
    fn causes_of_a_term(
        #[case] phase: JobPhase,
        #[case] time_limit: bool,
        #[case] preempted: bool,
        #[case] restarts: u32,
        #[case] cause: Cause,
    ) {
        let facts = JobFacts { phase, time_limit, preempted, restarts: Some(restarts), end: End::Unknown };
        assert_eq!(Cause::of_term(&JobAnswer::Facts(facts), 0), cause);
    }

    #[test]
    fn no_answer_is_never_taken_for_gone() {
        assert_eq!(Cause::of_term(&JobAnswer::Unknown("timed out".into()), 0), Cause::Unknown);
    }
}
