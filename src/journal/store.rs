//! Where a chain's journal lies: `.ckwrap/<chain>/` in the run directory; reading it, adding to it, finding chains.
//!
//! Knows files and records, not what follows from them. Every trouble is told, none is fatal: a computation goes on without
//! a journal, only its continuation does not.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;

use super::codec::{self, Reading};
use super::dir::Dir;
pub use super::dir::StoreError;
use super::{Expectation, History, Record};
use crate::model::{ChainId, JobId, Token};

/// Directory of all chains in a run directory.
pub const ROOT: &str = ".ckwrap";
/// The journal of a chain, in the chain's directory.
pub const JOURNAL: &str = "journal.jsonl";

/// When a record must be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Whenever the kernel gets to it.
    Lazy,
    /// Before the call returns: what follows must not happen unrecorded.
    Synced,
}

/// The journal of one chain.
#[derive(Debug)]
pub struct Store {
    chain: ChainId,
    dir: Dir,
    // From the run directory down; their new names are made durable with the first synced record.
    parents: Vec<Dir>,
    journal: Option<File>,
    names_synced: bool,
}

/// What a journal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// What its records add up to.
    pub history: History,
    /// What was skipped.
    pub reading: Reading,
}

/// A chain that knows a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expecting {
    /// What its journal says.
    pub loaded: Loaded,
    /// What it says to the job; never [`Expectation::Foreign`] or [`Expectation::First`].
    pub expectation: Expectation,
}

/// What is found in a run directory.
#[derive(Debug)]
pub struct Found<T> {
    /// The chains, by name.
    pub chains: Vec<T>,
    /// What could not be looked into: there may be more chains than were found.
    pub unreadable: Vec<StoreError>,
}

impl Store {
    /// Opens the journal of `chain` below `run_dir`, and makes its directory if there is none. Nothing is synced yet.
    pub fn create(run_dir: &Path, chain: &ChainId) -> Result<Self, StoreError> {
        let run = Dir::open_run(run_dir)?;
        let (root, _) = run.make_private(ROOT)?;
        let (dir, _) = root.make_private(chain.as_str())?;
        Ok(Self { chain: chain.clone(), dir, parents: vec![run, root], journal: None, names_synced: false })
    }

    /// Opens the journal of `chain` below `run_dir` if there is one; makes nothing.
    pub fn open(run_dir: &Path, chain: &ChainId) -> Result<Option<Self>, StoreError> {
        let open = || {
            let run = Dir::open_run(run_dir)?;
            let root = run.open_private(ROOT)?;
            let dir = root.open_private(chain.as_str())?;
            Ok(Self {
                chain: chain.clone(),
                dir,
                parents: vec![run, root],
                journal: None,
                names_synced: false,
            })
        };
        missing_is_none(open())
    }

    /// Its chain.
    pub fn chain(&self) -> &ChainId {
        &self.chain
    }

    /// The chain's directory, for the owner record, `job.sh` and `job.json`.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Reads the journal to its end. One that is not there has no records; one that is being written to has those
    /// that are whole.
    pub fn load(&self) -> Result<Loaded, StoreError> {
        let mut history = History::new(self.chain.clone());
        let file = missing_is_none(self.dir.open_file(JOURNAL, OFlag::O_RDONLY))?;
        let reading = match file {
            None => Reading::default(),
            Some(file) => codec::read(BufReader::new(file), |record| history.apply(record))
                .map_err(|source| self.io_error("read", source))?,
        };
        Ok(Loaded { history, reading })
    }

    /// Adds a record in one write(2), so that records of two writers do not mix.
    pub fn append(&mut self, record: &Record, durability: Durability) -> Result<(), StoreError> {
        let line = codec::encode(record)?;
        let flags = OFlag::O_RDWR | OFlag::O_APPEND | OFlag::O_CREAT;
        let file = match self.journal.take() {
            Some(file) => file,
            None => self.dir.open_file(JOURNAL, flags)?,
        };
        let outcome = self.write(&file, line);
        self.journal = Some(file);
        outcome.and_then(|()| match durability {
            Durability::Lazy => Ok(()),
            Durability::Synced => self.sync(),
        })
    }

    /// Returns as soon as all that was added is on the disk, where the next segment will find it.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        let Some(file) = self.journal.take() else { return Ok(()) };
        let outcome = self.sync_file(&file);
        self.journal = Some(file);
        outcome
    }

    fn write(&self, file: &File, mut line: Vec<u8>) -> Result<(), StoreError> {
        if self.is_torn(file)? {
            line.insert(0, b'\n');
        }
        let written = loop {
            match nix::unistd::write(file, &line) {
                Err(Errno::EINTR) => {}
                other => break other.map_err(|errno| self.io_error("write to", errno.into()))?,
            }
        };
        if written < line.len() {
            return Err(StoreError::ShortWrite { path: self.journal_path(), written, wanted: line.len() });
        }
        Ok(())
    }

    /// Whether the last line has no end: a write, of whomever, that was cut short.
    fn is_torn(&self, mut file: &File) -> Result<bool, StoreError> {
        let error = |source| self.io_error("read", source);
        let end = file.seek(SeekFrom::End(0)).map_err(error)?;
        let Some(last) = end.checked_sub(1) else {
            return Ok(false);
        };
        let mut byte = [b'\n'];
        file.read_at(&mut byte, last).map_err(error)?;
        Ok(byte != [b'\n'])
    }

    fn sync_file(&mut self, file: &File) -> Result<(), StoreError> {
        file.sync_data().map_err(|source| self.io_error("sync", source))?;
        self.check_still_there(file)?;
        if !self.names_synced {
            self.dir.sync()?;
            // Once synced they are needed no more; a program may run for weeks with them open.
            while let Some(parent) = self.parents.last() {
                parent.sync()?;
                self.parents.pop();
            }
            self.names_synced = true;
        }
        Ok(())
    }

    /// A record in a file that has been removed, or moved away, is none: the next segment would not find it.
    fn check_still_there(&self, file: &File) -> Result<(), StoreError> {
        let (path, open) =
            (self.journal_path(), file.metadata().map_err(|source| self.io_error("look at", source))?);
        match std::fs::symlink_metadata(&path) {
            Ok(there) if (there.dev(), there.ino()) == (open.dev(), open.ino()) => Ok(()),
            Err(source) if ![ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&source.kind()) => {
                Err(self.io_error("look at", source))
            }
            _ => Err(StoreError::Refused {
                path,
                why: "has been removed or exchanged while the program ran".into(),
                remedy: "leave .ckwrap alone as long as the chain goes on",
            }),
        }
    }

    fn journal_path(&self) -> PathBuf {
        self.dir.path().join(JOURNAL)
    }

    fn io_error(&self, what: &'static str, source: std::io::Error) -> StoreError {
        StoreError::Io { what, path: self.journal_path(), source }
    }
}

/// The chains that have a directory below `run_dir`, by name. No `.ckwrap` there: none.
pub fn chains(run_dir: &Path) -> Result<Found<Store>, StoreError> {
    let mut found = Found { chains: Vec::new(), unreadable: Vec::new() };
    let Some(root) = missing_is_none(Dir::open_run(run_dir)?.open_private(ROOT))? else {
        return Ok(found);
    };
    let mut names: Vec<ChainId> = root.names()?.iter().filter_map(|name| name.parse().ok()).collect();
    names.sort();
    for chain in names {
        match Store::open(run_dir, &chain) {
            Ok(store) => found.chains.extend(store),
            Err(error) => found.unreadable.push(error),
        }
    }
    Ok(found)
}

/// The chains below `run_dir` that know `job`, finished and stopped ones too.
///
/// Chains that cannot be read are told beside: one of them may be the one that is looked for.
pub fn find_expecting(
    run_dir: &Path,
    job: JobId,
    restart: u32,
    token: Option<&Token>,
) -> Result<Found<Expecting>, StoreError> {
    let all = chains(run_dir)?;
    let mut found = Found { chains: Vec::new(), unreadable: all.unreadable };
    for store in all.chains {
        match store.load() {
            Ok(loaded) => match loaded.history.expects(job, restart, token) {
                Expectation::Foreign | Expectation::First => {}
                expectation => found.chains.push(Expecting { loaded, expectation }),
            },
            Err(error) => found.unreadable.push(error),
        }
    }
    Ok(found)
}

fn missing_is_none<T>(answer: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match answer {
        Ok(thing) => Ok(Some(thing)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod calls_tests;
#[cfg(test)]
mod tests;
