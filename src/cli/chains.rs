//! Finding the chains of a run directory, for commands that show them.

use std::path::{Path, PathBuf};

use crate::journal::owner::{self, Life, ProcessMark};
use crate::journal::{Loaded, Store, StoreError, store};
use crate::model::{ChainId, harmless};
use crate::report::Trace;

/// Why a chain cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// There is no such chain.
    #[error("no chain `{chain}` in {}; {}", harmless(&.directory.to_string_lossy()), known_chains(.known))]
    NoChain {
        /// The one that was asked for.
        chain: ChainId,
        /// Where it was looked for.
        directory: PathBuf,
        /// Those that are there.
        known: Vec<ChainId>,
    },
    /// None was named, and there is not exactly one.
    #[error("which chain of {}? {}", harmless(&.directory.to_string_lossy()), known_chains(.known))]
    WhichChain {
        /// Where it was looked for.
        directory: PathBuf,
        /// Those that are there.
        known: Vec<ChainId>,
    },
    /// A journal cannot be read.
    #[error(transparent)]
    Journal(#[from] StoreError),
}

fn known_chains(known: &[ChainId]) -> String {
    if known.is_empty() {
        return "there are none; is this the directory in which the job runs? (-C DIR)".to_owned();
    }
    let names: Vec<&str> = known.iter().take(20).map(ChainId::as_str).collect();
    format!("there are: {}", names.join(", "))
}

/// The chain of this name.
pub(super) fn one(directory: &Path, chain: &ChainId) -> Result<Store, ChainError> {
    if let Some(store) = Store::open(directory, chain)? {
        return Ok(store);
    }
    let known = names(&store::chains(directory)?.chains);
    Err(ChainError::NoChain { chain: chain.clone(), directory: directory.to_owned(), known })
}

/// The chain of this name, or the only one.
pub(super) fn named_or_only(directory: &Path, chain: Option<&ChainId>) -> Result<Store, ChainError> {
    if let Some(chain) = chain {
        return one(directory, chain);
    }
    let mut found = store::chains(directory)?.chains;
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (last, _) => {
            found.extend(last);
            Err(ChainError::WhichChain { directory: directory.to_owned(), known: names(&found) })
        }
    }
}

fn names(stores: &[Store]) -> Vec<ChainId> {
    stores.iter().map(|store| store.chain().clone()).collect()
}

/// Whether the process that owns the chain lives, as far as can be told from this node.
pub(super) fn owner_life(store: &Store) -> Life {
    match owner::current(store.dir()) {
        Ok(Some(owner)) if owner.released => Life::Dead,
        Ok(Some(owner)) => owner.process.life(&ProcessMark::current()),
        Ok(None) | Err(_) => Life::Unknown,
    }
}

/// What the journal says, with what a history does not keep.
pub(super) fn load(store: &Store) -> Result<(Loaded, Trace), StoreError> {
    let mut trace = Trace::default();
    let loaded = store.load_with(|record| trace.apply(record))?;
    Ok((loaded, trace))
}
