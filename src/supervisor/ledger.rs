//! What the worker thread owns: the chain's journal and the proof that this copy of the job may write it.

use crate::journal::{Durability, Owner, OwnerState, Record, Store};

/// The journal of the running segment.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The journal, where there is one that can be written.
    pub(super) store: Option<Store>,
    /// Our owner record in it.
    pub(super) owner: Option<Owner>,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// It is in the journal, as durable as was asked for.
    Done,
    /// It is not, and why.
    Failed(String),
    /// A later copy of the job owns the chain: nothing was written.
    OwnerLost,
}

impl Ledger {
    /// Writes a record, unless a later copy of the job has taken the chain over.
    pub(super) fn write(&mut self, record: &Record, durability: Durability) -> Written {
        if self.is_lost() {
            return Written::OwnerLost;
        }
        let Some(store) = &mut self.store else {
            return Written::Failed("there is no journal".into());
        };
        match store.append(record, durability) {
            Ok(()) => Written::Done,
            Err(error) => Written::Failed(error.to_string()),
        }
    }

    /// Whether another copy of the job is the owner now. Unreadable is not "lost".
    pub(super) fn is_lost(&self) -> bool {
        match (&self.store, &self.owner) {
            (Some(store), Some(owner)) => {
                matches!(crate::journal::check_owner(store.dir(), owner), Ok(OwnerState::Lost(_)))
            }
            _ => false,
        }
    }

    /// Gives the chain up in good order.
    pub(super) fn release(&mut self) {
        if let (Some(store), Some(owner)) = (&self.store, self.owner.take()) {
            // A record left behind is judged by its process, which is gone by then.
            let _ = crate::journal::release_owner(store.dir(), &owner);
        }
    }
}
