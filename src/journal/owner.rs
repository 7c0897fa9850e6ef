//! Who runs a chain now: one process at most, also when two nodes believe that it is theirs.
//!
//! The files `owner.1`, `owner.2`, ... in the chain's directory are a list that only grows: each is made whole by link(2),
//! which gives a name to one of several claimers, and none is ever overwritten by another owner. The highest number is
//! the owner. Replacing a single file could not do that: of two claimers who both find a dead owner and both rename their
//! own record over it, each can read itself back. Locks are not used: they hang on NFS, and on Lustre they may not
//! reach other nodes.
//!
//! Judges processes of this node; of others it only says what is recorded: the scheduler must be asked elsewhere.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::dir::{Dir, Publish, StoreError};
pub use super::process::{Life, ProcessMark};
use crate::model::{JobId, SegmentNumber, Timestamp};

/// Bytes of the longest owner record that is read.
const LIMIT: u64 = 16 * 1024;
/// How often a claim is tried again because another claimer was faster.
const TRIES: u32 = 16;
const PREFIX: &str = "owner.";

/// The owner of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its job; `None` without a scheduler.
    #[serde(default)]
    pub job: Option<JobId>,
    /// How often Slurm had restarted that job.
    #[serde(default)]
    pub restart: u32,
    /// ckwrap's process.
    #[serde(flatten)]
    pub process: ProcessMark,
    /// The segment it runs.
    pub segment: SegmentNumber,
    /// When it became the owner.
    pub claimed_at: Timestamp,
    /// Whether it has ended in good order since.
    #[serde(default)]
    pub released: bool,
}

/// The proof of being the owner, for [`Claim::check`] and [`Claim::release`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    number: u64,
    owner: Owner,
}

/// Whether a claim still stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    StillOurs,
    /// Another has taken over: end the child and stop, without continuing the chain.
    Lost(Box<Owner>),
    /// The record is gone: somebody has removed the directory's content. Nobody else is known to run.
    Missing,
}

/// Why a chain could not be claimed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// It runs on this node, and is alive.
    #[error("segment {} of this chain runs here already (process {}); end it first, or use another --chain name", .0.segment, .0.process.pid)]
    Live(Box<Owner>),
    /// A newer copy of this job has been the owner: this one was given up by the scheduler and must stop.
    #[error("a newer start of this job (restart {}, on {}) owns the chain", .0.restart, .0.process.host)]
    Newer(Box<Owner>),
    /// Its owner cannot be judged from here. If the scheduler says that its job is over, [`take_over`] with this.
    #[error("{} may still run this chain on {} (process {})", job_name(.0.owner.job), .0.owner.process.host, .0.owner.process.pid)]
    Foreign(Box<Seen>),
    /// The owner's record is damaged. If nobody runs the chain, [`take_over_damaged`] with its number.
    #[error("the owner record {PREFIX}{number} is damaged ({why}); if no job runs this chain, remove it")]
    Damaged {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        why: String,
    },
    /// Others claim it all the time.
    #[error("{TRIES} other processes claimed the chain at the same moment; try again")]
    Contended,
    /// The record could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An owner as it was found, so that no other is taken for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    number: u64,
    /// Who.
    pub owner: Owner,
}

fn job_name(job: Option<JobId>) -> String {
    job.map_or_else(|| "a process".to_owned(), |job| format!("job {job}"))
}

/// What an existing owner means for a claimer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It may be followed: it has released the chain, is dead, is an older copy of the same job, or is ourselves.
    Over,
    Newer,
    Live,
    Foreign,
}

impl Owner {
    /// This process as the owner.
    pub fn current(job: Option<JobId>, restart: u32, segment: SegmentNumber, now: Timestamp) -> Self {
        Self { job, restart, process: ProcessMark::current(), segment, claimed_at: now, released: false }
    }

    /// What this owner means for `mine`.
    fn judge(&self, mine: &Self) -> Verdict {
        let same_job = self.job.is_some() && self.job == mine.job;
        if same_job && self.restart > mine.restart {
            return Verdict::Newer;
        }
        if self.released || self.process == mine.process || (same_job && self.restart < mine.restart) {
            return Verdict::Over;
        }
        match self.process.life(&mine.process) {
            Life::Dead => Verdict::Over,
            Life::Alive => Verdict::Live,
            Life::Unknown => Verdict::Foreign,
        }
    }
}

/// Makes `mine` the owner of the chain in `dir`, if nobody else is. Nothing is synced.
///
/// A process that owns the chain already gets a new claim, for its next segment.
pub fn claim(dir: &Dir, mine: &Owner) -> Result<Claim, ClaimError> {
    for _ in 0..TRIES {
        let number = match latest(dir)? {
            Latest::None => 0,
            Latest::Damaged { number, why } => return Err(ClaimError::Damaged { number, why }),
            Latest::Owner(seen) => match seen.owner.judge(mine) {
                Verdict::Over => seen.number,
                Verdict::Newer => return Err(ClaimError::Newer(Box::new(seen.owner))),
                Verdict::Live => return Err(ClaimError::Live(Box::new(seen.owner))),
                Verdict::Foreign => return Err(ClaimError::Foreign(Box::new(seen))),
            },
        };
        if let Some(claim) = follow(dir, number, mine)? {
            return Ok(claim);
        }
    }
    Err(ClaimError::Contended)
}

/// Makes `mine` the owner after `seen`, which the scheduler says is over. Another owner since then is judged anew.
pub fn take_over(dir: &Dir, mine: &Owner, seen: &Seen) -> Result<Claim, ClaimError> {
    take_over_damaged(dir, mine, seen.number)
}

/// Makes `mine` the owner after the damaged record `number`, which is known to be nobody's.
pub fn take_over_damaged(dir: &Dir, mine: &Owner, number: u64) -> Result<Claim, ClaimError> {
    match follow(dir, number, mine)? {
        Some(claim) => Ok(claim),
        None => claim(dir, mine),
    }
}

/// The owner on record, dead or alive; for those who only want to tell.
pub fn current(dir: &Dir) -> Result<Option<Owner>, ClaimError> {
    match latest(dir)? {
        Latest::None => Ok(None),
        Latest::Owner(seen) => Ok(Some(seen.owner)),
        Latest::Damaged { number, why } => Err(ClaimError::Damaged { number, why }),
    }
}

impl Claim {
    /// Who was claimed for.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Whether it still stands. An error is no answer: it may or may not.
    pub fn check(&self, dir: &Dir) -> Result<Standing, ClaimError> {
        match latest(dir)? {
            Latest::None => Ok(Standing::Missing),
            Latest::Damaged { number, .. } if number == self.number => Ok(Standing::StillOurs),
            Latest::Damaged { number, why } => Err(ClaimError::Damaged { number, why }),
            Latest::Owner(seen) => Ok(match seen.number.cmp(&self.number) {
                Ordering::Equal => Standing::StillOurs,
                // Our own was removed by hand.
                Ordering::Less => Standing::Missing,
                Ordering::Greater => Standing::Lost(Box::new(seen.owner)),
            }),
        }
    }

    /// Makes the record durable: not needed for the claim to hold, but a node that loses power may leave it empty.
    pub fn sync(&self, dir: &Dir) -> Result<(), StoreError> {
        dir.sync_file(&name(self.number))?;
        dir.sync()
    }

    /// Lets the next one in without asking whether we are dead.
    ///
    /// The record stays, marked: an older copy of the job must still find that it is not the newest.
    pub fn release(self, dir: &Dir) -> Result<(), ClaimError> {
        if self.check(dir)? == Standing::StillOurs {
            let released = Owner { released: true, ..self.owner };
            dir.replace(&name(self.number), &spell(&released)?)?;
        }
        Ok(())
    }
}

enum Latest {
    None,
    Owner(Seen),
    Damaged { number: u64, why: String },
}

/// The record with the highest number.
fn latest(dir: &Dir) -> Result<Latest, StoreError> {
    for _ in 0..TRIES {
        let Some(number) = numbers(dir)?.into_iter().max() else {
            return Ok(Latest::None);
        };
        // One that has gone since the names were listed has been followed by another.
        if let Some(content) = dir.read(&name(number), LIMIT)? {
            return Ok(match serde_json::from_slice(&content) {
                Ok(owner) => Latest::Owner(Seen { number, owner }),
                Err(why) => Latest::Damaged { number, why: why.to_string() },
            });
        }
    }
    Ok(Latest::None)
}

fn numbers(dir: &Dir) -> Result<Vec<u64>, StoreError> {
    // `owner.007` is no name that is ever given: its number would be looked for under another one.
    let number = |given: &String| {
        let number = given.strip_prefix(PREFIX)?.parse().ok()?;
        (*given == name(number)).then_some(number)
    };
    Ok(dir.names()?.iter().filter_map(number).collect())
}

fn name(number: u64) -> String {
    format!("{PREFIX}{number}")
}

fn spell(owner: &Owner) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(owner)
        .map_err(|e| StoreError::Encode(super::EncodeError::Json { kind: "owner", source: e }))
}

/// Takes the place after `number`; `None` if another was faster.
fn follow(dir: &Dir, number: u64, mine: &Owner) -> Result<Option<Claim>, StoreError> {
    let next = number.saturating_add(1);
    if dir.publish(&name(next), &spell(mine)?)? == Publish::Taken {
        return Ok(None);
    }
    // Records long past are removed, so a late claimer may have got such a number: only the highest counts.
    let all = numbers(dir)?;
    if all.iter().any(|other| *other > next) {
        dir.remove(&name(next))?;
        return Ok(None);
    }
    for old in all.into_iter().filter(|old| *old < number) {
        // Of no meaning any more; one that stays does no harm.
        let _ = dir.remove(&name(old));
    }
    Ok(Some(Claim { number: next, owner: mine.clone() }))
}

#[cfg(test)]
mod tests;
