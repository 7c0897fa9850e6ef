//! Checkpoints that another chain of the same directory has written and may go on from: the user has started the job twice,
//! or two jobs with the same names in one directory.

use super::edge::Edge;
use super::place::Place;
use super::run::Run;
use crate::journal::owner::{self, Life, ProcessMark};
use crate::journal::{Store, store};
use crate::model::{CheckpointId, JobId};

impl Edge {
    /// Where a chain begins beside checkpoints that are another's, and that one is not over: whose they are. Only then is
    /// the scheduler asked.
    pub(super) fn claimed_by_another(
        &mut self,
        run: &Run,
        place: &Place,
        found: &[CheckpointId],
    ) -> Option<String> {
        if found.is_empty() || !place.history.segments.is_empty() {
            return None;
        }
        // A journal that cannot be read has been told of.
        let others = store::chains(&run.run_dir).ok()?.chains;
        others.into_iter().filter(|store| *store.chain() != place.id).find_map(|store| {
            let history = store.load().ok()?.history;
            let last = history.last_checkpoint.as_ref()?;
            let path = found.iter().find(|id| id.path == last.id.path)?.path.display().to_string();
            if history.finished || history.stopped.is_some() {
                return None;
            }
            let (life, owner) = life_of(&store);
            let job = history.continuation().and_then(|(_, job)| job).or(owner);
            let state = match (life, job) {
                (Life::Alive, _) => "runs here now".to_owned(),
                (_, Some(job)) => self.unless_over(run, job)?,
                (_, None) => return None,
            };
            Some(format!(
                "checkpoint {path} belongs to chain {}, which {state}, and this is another chain, {}: both would write the \
                 same files; cancel the one that is not wanted, or give each a directory of its own, or names of its own in \
                 `checkpoint.glob`",
                store.chain(),
                place.id
            ))
        })
    }

    fn unless_over(&mut self, run: &Run, job: JobId) -> Option<String> {
        if run.slurm.as_ref().is_none_or(|slurm| slurm.id == job) {
            return None;
        }
        match self.is_over(job, false) {
            Some(true) => None,
            Some(false) => Some(format!("goes on in job {job}")),
            None => Some(format!("may go on in job {job} (Slurm does not answer)")),
        }
    }
}

/// Whether the chain's owner lives, as far as can be told from this node, and its job.
fn life_of(store: &Store) -> (Life, Option<JobId>) {
    match owner::current(store.dir()) {
        Ok(Some(owner)) if owner.released => (Life::Dead, owner.job),
        Ok(Some(owner)) => (owner.process.life(&ProcessMark::current()), owner.job),
        Ok(None) | Err(_) => (Life::Unknown, None),
    }
}
