//! What the worker thread owns: the chain's journal and the proof that this copy of the job may write it.

use crate::journal::{Claim, Durability, Record, Standing, Store};
use crate::sys::{failpoint, guarded};

/// The journal of the running segment.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The journal, where there is one that can be written.
    pub(super) store: Option<Store>,
    /// Our claim on it.
    pub(super) claim: Option<Claim>,
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
    /// Writes records, unless a later copy of the job has taken the chain over.
    pub(super) fn write(&mut self, records: &[Record], durability: Durability) -> Written {
        if self.is_lost() {
            return Written::OwnerLost;
        }
        let written = guarded(|| {
            failpoint("journal");
            self.append(records, durability)
        });
        match written {
            Ok(Ok(())) => Written::Done,
            Ok(Err(text)) => Written::Failed(text),
            Err(panic) => Written::Failed(panic.to_string()),
        }
    }

    fn append(&mut self, records: &[Record], durability: Durability) -> Result<(), String> {
        let store = self.store.as_mut().ok_or("there is no journal")?;
        records
            .iter()
            .try_for_each(|record| store.append(record, durability))
            .map_err(|error| error.to_string())
    }

    /// Whether another copy of the job is the owner now. What cannot be read is not lost.
    pub(super) fn is_lost(&self) -> bool {
        match (&self.store, &self.claim) {
            (Some(store), Some(claim)) => matches!(claim.check(store.dir()), Ok(Standing::Lost(_))),
            _ => false,
        }
    }

    /// Gives the chain up in good order.
    pub(super) fn release(&mut self) {
        if let (Some(store), Some(claim)) = (&self.store, self.claim.take()) {
            // A claim left behind is judged by its process, which is gone by then.
            let _ = claim.release(store.dir());
        }
    }
}
