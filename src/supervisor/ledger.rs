//! What the worker thread owns: the chain's journal and the proof that this copy of the job may write it.
//!
//! A disk that is full or out of reach for a while takes records again later. What could not be written then goes first, so
//! that the journal tells things in the order in which they happened: a chain that knows how a segment ended and not that it
//! began takes the next job for a stranger.

use crate::journal::{Claim, Durability, Event, Record, Standing, Store, StoreError};
use crate::sys::{failpoint, guarded};

/// The journal of the running segment.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The journal, where there is one that can be written.
    pub(super) store: Option<Store>,
    /// Our claim on it.
    pub(super) claim: Option<Claim>,
    unwritten: Vec<Record>,
}

/// More than this are not kept for later, but the first ones and the last.
const MOST_UNWRITTEN: usize = 1000;

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
    /// The ledger of a chain that `claim` says is ours.
    pub(super) fn new(store: Store, claim: Claim) -> Self {
        Self { store: Some(store), claim: Some(claim), unwritten: Vec::new() }
    }

    /// Writes records, unless a later copy of the job has taken the chain over. Those that must last are tried again with
    /// the next ones if they cannot be written now.
    pub(super) fn write(&mut self, records: &[Record], durability: Durability) -> Written {
        if self.is_lost() {
            self.unwritten.clear();
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
        let known = self.unwritten.len();
        let mut wanted = std::mem::take(&mut self.unwritten);
        wanted.extend_from_slice(records);
        for (number, record) in wanted.iter().enumerate() {
            match store.append(record, Durability::Lazy) {
                Ok(()) => {}
                // It cannot be written at any time, and must not keep those behind it from it.
                Err(StoreError::Encode(_)) if number < known => {}
                Err(error) => {
                    let fresh = known.max(number);
                    self.unwritten = wanted.drain(number..fresh).collect();
                    self.keep(wanted.drain(number..), durability);
                    return Err(error.to_string());
                }
            }
        }
        match durability {
            Durability::Lazy => Ok(()),
            Durability::Synced => store.sync().map_err(|error| error.to_string()),
        }
    }

    /// An intent that is not on record is not acted on, so it must not stand there later.
    fn keep(&mut self, records: impl Iterator<Item = Record>, durability: Durability) {
        for record in records {
            if durability == Durability::Synced && !matches!(record.event, Event::Intent(_)) {
                self.unwritten.truncate(MOST_UNWRITTEN - 1);
                self.unwritten.push(record);
            }
        }
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
        if !self.unwritten.is_empty() {
            // Who starts next has to do with what is on record.
            let _ = self.write(&[], Durability::Synced);
        }
        if let (Some(store), Some(claim)) = (&self.store, self.claim.take()) {
            // A claim left behind is judged by its process, which is gone by then.
            let _ = claim.release(store.dir());
        }
    }
}
