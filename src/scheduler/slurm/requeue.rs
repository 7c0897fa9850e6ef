//! Putting the job back into the queue, and shortening the wait that follows.

use std::time::Duration;

use super::refusal::stdout_of;
use super::{ACT_TIMEOUT, Commands, QUERY_TIMEOUT};
use crate::model::JobId;
use crate::scheduler::call::{Answer, Call, Output};

impl Commands {
    /// Requeues the job that is running. Slurm then sends SIGTERM to the whole job, this command among it.
    ///
    /// `incomplete` limits it to jobs that run: without it, a job that its user has just cancelled comes back
    /// to life (measured on 22.05.8). With it, exit code 0 may mean that nothing was done: look at the
    /// restart count.
    pub fn requeue(&self, id: JobId, incomplete: bool) -> Call {
        let id = id.to_string();
        if incomplete {
            self.call(ACT_TIMEOUT, &["scontrol", "requeue", "Incomplete", &id])
        } else {
            self.call(ACT_TIMEOUT, &["scontrol", "requeue", &id])
        }
    }

    /// Allows a job that was submitted with `--no-requeue` to be requeued. Its user may do that.
    pub fn allow_requeue(&self, id: JobId) -> Call {
        self.call(ACT_TIMEOUT, &["scontrol", "update", &format!("JobId={id}"), "Requeue=1"])
    }

    /// Lets a requeued job start `wait` from now (whole seconds) instead of after Slurm's 121 s.
    ///
    /// Possible from inside the dying job, right after `requeue`; the start must still lie ahead when the job
    /// has ended.
    pub fn hasten(&self, id: JobId, wait: Duration) -> Call {
        let start = format!("StartTime=now+{}", wait.as_secs());
        self.call(QUERY_TIMEOUT, &["scontrol", "update", &format!("JobId={id}"), &start])
    }

    /// Cancels one job, in whatever state it is.
    pub fn cancel(&self, id: JobId) -> Call {
        self.call(ACT_TIMEOUT, &["scancel", &id.to_string()])
    }

    /// Cancels the tasks of an array that have not started yet; those that run go on.
    pub fn cancel_pending(&self, array: u32) -> Call {
        self.call(ACT_TIMEOUT, &["scancel", "-t", "PENDING", &array.to_string()])
    }
}

/// The answer to [`Commands::requeue`], [`Commands::allow_requeue`], [`Commands::hasten`],
/// [`Commands::cancel_pending`] and [`Commands::set_dependency`]: they say nothing when all is well.
pub fn done(output: &Output) -> Answer<()> {
    stdout_of(output).map(|_| ())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::scheduler::call::{End, RefusalKind};

    const TASK: JobId = JobId::Task { array: 5, task: 1 };

    fn words(call: &Call) -> Vec<&str> {
        call.argv.iter().map(|word| word.to_str().unwrap()).collect()
    }

    #[test]
    fn a_task_is_always_named_by_array_and_index() {
        let commands = Commands::new([]);
        assert_eq!(words(&commands.requeue(TASK, true)), ["scontrol", "requeue", "Incomplete", "5_1"]);
        assert_eq!(words(&commands.requeue(TASK, false)), ["scontrol", "requeue", "5_1"]);
        assert_eq!(words(&commands.allow_requeue(TASK)), ["scontrol", "update", "JobId=5_1", "Requeue=1"]);
        let hasten = commands.hasten(TASK, Duration::from_secs(6));
        assert_eq!(words(&hasten), ["scontrol", "update", "JobId=5_1", "StartTime=now+6"]);
        assert_eq!(words(&commands.cancel_pending(5)), ["scancel", "-t", "PENDING", "5"]);
    }

    #[rstest]
    #[case(include_str!("../../../tests/fixtures/slurm-22.05/requeue-disabled.txt"), Some(RefusalKind::Disabled))]
    #[case(include_str!("../../../tests/fixtures/slurm-25.05/requeue-disabled.txt"), Some(RefusalKind::Disabled))]
    #[case(include_str!("../../../tests/fixtures/slurm-22.05/requeue-pending.txt"), Some(RefusalKind::AlreadyPending))]
    #[case(include_str!("../../../tests/fixtures/slurm-25.05/requeue-pending.txt"), Some(RefusalKind::AlreadyPending))]
    #[case(include_str!("../../../tests/fixtures/slurm-22.05/frozen-requeue.txt"), None)]
    #[case(include_str!("../../../tests/fixtures/slurm-25.05/frozen-requeue.txt"), None)]
    fn real_answers(#[case] text: &str, #[case] kind: Option<RefusalKind>) {
        let stderr = text.lines().nth(1).unwrap();
        let output = Output { end: End::Exited(1), stdout: vec![], stderr: stderr.into() };
        match done(&output) {
            Answer::Refused(refusal) => assert_eq!(Some(refusal.kind), kind),
            Answer::Unknown(_) => assert_eq!(None, kind),
            Answer::Yes(()) => panic!("exit code 1 is no yes"),
        }
    }
}
