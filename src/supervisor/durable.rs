//! Bringing the checkpoint that the chain is continued from to the disk, on a thread of its own: a file system that is slow
//! or hangs must hold up neither the journal nor the looks for checkpoints.
//!
//! Only the record of the intent waits, not that of the checkpoint: behind the latter the worker has looks to do while the
//! program still runs, and a chain that stops has nothing to wait for. Nobody acts on a checkpoint before the intent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::edge::Edge;
use crate::checkpoint::make_durable;
use crate::model::CheckpointId;
use crate::policy::{Entry, Machine, Notice};
use crate::sys::{failpoint, guarded, start_thread};

/// The checkpoint that is being brought to the disk, or was.
#[derive(Default)]
pub(super) struct Syncer {
    current: Option<Syncing>,
    /// Whether the user has been told of a failure.
    told: bool,
}

/// One checkpoint on its way.
struct Syncing {
    id: CheckpointId,
    outcome: Arc<Outcome>,
    abandoned: Arc<AtomicBool>,
    /// Whether a record has waited for it already.
    awaited: bool,
}

/// What came of it, once that is known.
#[derive(Default)]
struct Outcome {
    result: Mutex<Option<Result<(), String>>>,
    known: Condvar,
}

impl Outcome {
    fn tell(&self, result: Result<(), String>) {
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        self.known.notify_all();
    }

    /// The result, if it is known in time.
    fn wait(&self, patience: Duration) -> Option<Result<(), String>> {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.known.wait_timeout_while(result, patience, |result| result.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.clone()
    }
}

/// A record's wait for a checkpoint.
pub(super) struct Wait {
    id: CheckpointId,
    outcome: Arc<Outcome>,
    patience: Duration,
}

impl Wait {
    /// What is to be told: nothing where it is on the disk.
    pub(super) fn over(self) -> Option<Notice> {
        let path = self.id.path.display().to_string();
        match self.outcome.wait(self.patience) {
            Some(Ok(())) => None,
            Some(Err(text)) => Some(Notice::NotOnDisk { path, text }),
            None => Some(Notice::NotYetOnDisk { path, waited: self.patience }),
        }
    }
}

impl Syncer {
    /// Leaves it: the thread ends after the piece that it is writing.
    pub(super) fn abandon(&mut self) {
        if let Some(syncing) = self.current.take() {
            syncing.abandoned.store(true, Ordering::Release);
        }
    }
}

impl Edge {
    /// Begins to bring the checkpoint to the disk that this entry relies on, unless that has been begun.
    pub(super) fn begin_to_sync(&mut self, entry: &Entry) {
        // Without a thread for files there is none for this either, and the user has been told.
        let (Some(id), Some(chain), true) = (entry.relied_on(), &self.chain, self.has_worker_thread()) else {
            return;
        };
        if self.syncer.current.as_ref().is_some_and(|syncing| syncing.id == *id) {
            return;
        }
        let (dir, rule) = (chain.run_dir.clone(), chain.plan.profile.checkpoint.clone());
        let (outcome, abandoned) = (Arc::new(Outcome::default()), Arc::new(AtomicBool::new(false)));
        let work = {
            let (id, outcome, abandoned) = (id.clone(), Arc::clone(&outcome), Arc::clone(&abandoned));
            move || {
                let made = guarded(|| {
                    failpoint("sync");
                    make_durable(&dir, rule.as_ref(), &id, &abandoned).map_err(|error| error.to_string())
                });
                outcome.tell(made.unwrap_or_else(|panic| Err(panic.to_string())));
            }
        };
        if let Err(error) = start_thread("sync", 512 * 1024, work) {
            outcome.tell(Err(format!("no thread could be started ({error})")));
        }
        self.syncer.abandon();
        self.syncer.current = Some(Syncing { id: id.clone(), outcome, abandoned, awaited: false });
    }

    /// What the record of this entry is to wait for, once and for so long.
    pub(super) fn wait_for_disk(&mut self, entry: &Entry) -> Option<Wait> {
        if !matches!(entry, Entry::Intent(_)) {
            return None;
        }
        let patience = self.machine.as_ref().map(Machine::patience_with_disk);
        let syncing = self.syncer.current.as_mut().filter(|syncing| !syncing.awaited)?;
        syncing.awaited = true;
        let (id, outcome) = (syncing.id.clone(), Arc::clone(&syncing.outcome));
        Some(Wait { id, outcome, patience: patience.unwrap_or_default() })
    }

    /// Says once that it failed.
    pub(super) fn tell_of_disk(&mut self, notice: &Notice) {
        let is_failure = matches!(notice, Notice::NotOnDisk { .. });
        if is_failure && std::mem::replace(&mut self.syncer.told, true) {
            self.teller.debug(&notice.to_string());
        } else {
            self.teller.notice(notice);
        }
    }
}
