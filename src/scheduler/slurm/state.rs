//! A job's state in Slurm's words.

/// State of a job, without the flags that some commands append after a `+` or `,`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Waiting to start, for the first time or again.
    Pending,
    /// Nodes are being made ready.
    Configuring,
    /// Running.
    Running,
    /// Stopped by Slurm, to go on later.
    Suspended,
    /// Its processes are being ended, or its epilog runs; how it ended cannot be seen yet.
    Completing,
    /// Ended with exit code 0.
    Completed,
    /// Cancelled by its user or an administrator.
    Cancelled,
    /// Ended with another exit code, or of a signal.
    Failed,
    /// Ended by its time limit.
    Timeout,
    /// Ended as a node failed.
    NodeFail,
    /// Ended by preemption.
    Preempted,
    /// Ended as a node did not boot.
    BootFail,
    /// Ended by its deadline.
    Deadline,
    /// Ended by the out-of-memory killer.
    OutOfMemory,
    /// Held after it ended with an exit code of `RequeueExitHold`.
    SpecialExit,
    /// Being put back into the queue.
    Requeued,
    /// Any other word.
    Other(String),
}

impl JobState {
    /// From a word such as `RUNNING`. Where several are given (`COMPLETED,COMPLETING`) the job is still
    /// completing, whatever the others say.
    pub fn from_words(text: &str) -> Self {
        let words: Vec<&str> =
            text.split([',', '+']).map(str::trim).filter(|word| !word.is_empty()).collect();
        if words.contains(&"COMPLETING") {
            return Self::Completing;
        }
        // `CANCELLED by 1000` is how sacct says it.
        match words.first().and_then(|word| word.split_whitespace().next()).unwrap_or_default() {
            "PENDING" => Self::Pending,
            "CONFIGURING" => Self::Configuring,
            "RUNNING" => Self::Running,
            "SUSPENDED" => Self::Suspended,
            "COMPLETED" => Self::Completed,
            "CANCELLED" => Self::Cancelled,
            "FAILED" => Self::Failed,
            "TIMEOUT" => Self::Timeout,
            "NODE_FAIL" => Self::NodeFail,
            "PREEMPTED" => Self::Preempted,
            "BOOT_FAIL" => Self::BootFail,
            "DEADLINE" => Self::Deadline,
            "OUT_OF_MEMORY" => Self::OutOfMemory,
            "SPECIAL_EXIT" => Self::SpecialExit,
            "REQUEUED" | "REQUEUE_HOLD" | "REQUEUE_FED" => Self::Requeued,
            _ => Self::Other(text.to_owned()),
        }
    }

    /// Whether Slurm counts the job as ended. `NODE_FAIL` does not prove its processes dead: a copy was seen
    /// running for 12 s after its node was given up (measured on 22.05.8).
    pub fn has_ended(&self) -> bool {
        matches!(
            self,
            Self::Completed
                | Self::Cancelled
                | Self::Failed
                | Self::Timeout
                | Self::NodeFail
                | Self::Preempted
                | Self::BootFail
                | Self::Deadline
                | Self::OutOfMemory
        )
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("RUNNING", JobState::Running)]
    #[case("CANCELLED,COMPLETING", JobState::Completing)]
    #[case("CANCELLED by 0", JobState::Cancelled)]
    #[case("STAGE_OUT", JobState::Other("STAGE_OUT".into()))]
    #[case("", JobState::Other(String::new()))]
    fn words(#[case] text: &str, #[case] state: JobState) {
        assert_eq!(JobState::from_words(text), state);
    }
}
