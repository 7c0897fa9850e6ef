//! Slurm's word about the jobs of chains, for those who only look.
//!
//! All questions of one look share a time; once Slurm has not answered, it is not asked again.

use std::time::Duration;

use crate::model::{Instant, JobId};
use crate::report::{ChainStatus, InSlurm, State};
use crate::scheduler::slurm::{Commands, JobState, JobView, Presence};
use crate::scheduler::{Answer, RefusalKind};
use crate::supervisor::ask;
use crate::sys;

/// A person waits for the answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// One look at Slurm.
pub(super) struct Slurm {
    commands: Commands,
    until: Instant,
    /// What came instead of an answer.
    trouble: Option<InSlurm>,
}

impl Slurm {
    /// With the environment of this process.
    pub(super) fn new() -> Self {
        let until = sys::now().instant + PATIENCE;
        Self { commands: Commands::new(std::env::vars_os()), until, trouble: None }
    }

    /// What Slurm says of the job that a chain is in or waits for; a chain that has come to its end has none.
    pub(super) fn about(&mut self, status: &ChainStatus) -> (InSlurm, Option<JobView>) {
        let goes_on = !matches!(status.state, State::New | State::Finished | State::Stopped);
        match status.job.filter(|_| goes_on) {
            Some(job) => self.job(job),
            None => (InSlurm::NotAsked, None),
        }
    }

    fn job(&mut self, job: JobId) -> (InSlurm, Option<JobView>) {
        if let Some(trouble) = &self.trouble {
            return (trouble.clone(), None);
        }
        let mut call = self.commands.show_job(job);
        call.timeout = call.timeout.min(self.until.since(sys::now().instant));
        let said = match Presence::from_answer(&ask(&call), job) {
            Answer::Yes(Presence::Known(view)) => return (known(job, &view), Some(*view)),
            Answer::Yes(Presence::Gone) => return (InSlurm::NoSuchJob { job }, None),
            Answer::Refused(refusal) if refusal.kind == RefusalKind::NoCommand => InSlurm::NoCommand,
            Answer::Refused(refusal) => InSlurm::NotKnown { why: refusal.text },
            Answer::Unknown(why) => InSlurm::NotKnown { why },
        };
        self.trouble = Some(said.clone());
        (said, None)
    }
}

fn known(job: JobId, view: &JobView) -> InSlurm {
    let word = view.fields.text("JobState").unwrap_or("?").to_owned();
    InSlurm::Known {
        job,
        state: word,
        waits: view.state == JobState::Pending,
        over: view.state.has_ended(),
        reason: view.reason.clone(),
        start: view.start_time,
    }
}
