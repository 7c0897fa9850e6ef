//! `ckwrap status`: where the chains of a run directory stand.
//!
//! Looks into journals and at processes of this node; asks no scheduler, so that it answers at once and everywhere.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::json::write_json;
use crate::journal::owner::{self, Life, ProcessMark};
use crate::journal::{Loaded, Store, StoreError, store};
use crate::model::{ChainId, Timestamp, harmless};
use crate::report::{self, ChainStatus};

/// Show where each chain of a run directory stands
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  ckwrap status                all chains of this directory\n  \
                        ckwrap status slurm-4711     one chain, with its segments\n  \
                        ckwrap status --json | jq '.chains[].state'")]
pub struct StatusArgs {
    /// Chain to show with all its segments [default: all chains]
    pub chain: Option<ChainId>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Run directory in which the chains are [default: the working directory]
    #[arg(short = 'C', long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

/// Why the status cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// There is no such chain.
    #[error("no chain `{chain}` in {}; {}", .directory.display(), known_chains(.known))]
    NoChain {
        /// The one that was asked for.
        chain: ChainId,
        /// Where it was looked for.
        directory: PathBuf,
        /// Those that are there.
        known: Vec<ChainId>,
    },
    /// A journal cannot be read.
    #[error(transparent)]
    Journal(#[from] StoreError),
    /// It cannot be printed.
    #[error("cannot print the status: {0}")]
    Output(#[from] io::Error),
}

fn known_chains(known: &[ChainId]) -> String {
    if known.is_empty() {
        return "there are none; is this the directory in which the job runs? (-C DIR)".to_owned();
    }
    let names: Vec<&str> = known.iter().take(20).map(ChainId::as_str).collect();
    format!("there are: {}", names.join(", "))
}

#[derive(Serialize)]
struct Answer {
    chains: Vec<ChainStatus>,
    unreadable: Vec<String>,
}

/// Prints where the chains stand at `now`.
pub fn execute(
    args: &StatusArgs,
    cwd: &Path,
    out: &mut impl Write,
    now: Timestamp,
) -> Result<(), StatusError> {
    let directory = args.directory.as_ref().map_or_else(|| cwd.to_owned(), |dir| cwd.join(dir));
    let (stores, mut unreadable) = if let Some(chain) = &args.chain {
        (vec![one(&directory, chain)?], Vec::new())
    } else {
        let found = store::chains(&directory)?;
        (found.chains, found.unreadable.iter().map(ToString::to_string).collect())
    };
    let mut loaded = Vec::new();
    let mut chains = Vec::new();
    for store in stores {
        match store.load() {
            Ok(journal) => {
                chains.push(ChainStatus::of(&journal, owner_life(&store), now));
                loaded.push(journal);
            }
            Err(error) if args.chain.is_some() => return Err(error.into()),
            Err(error) => unreadable.push(error.to_string()),
        }
    }
    if args.json {
        write_json(&Answer { chains, unreadable }, out)?;
    } else {
        print(args, &directory, &chains, &loaded, &unreadable, out, now)?;
    }
    Ok(out.flush()?)
}

fn one(directory: &Path, chain: &ChainId) -> Result<Store, StatusError> {
    if let Some(store) = Store::open(directory, chain)? {
        return Ok(store);
    }
    let known = store::chains(directory)?.chains.iter().map(|store| store.chain().clone()).collect();
    Err(StatusError::NoChain { chain: chain.clone(), directory: directory.to_owned(), known })
}

/// Whether the process that owns the chain lives, as far as can be told from this node.
fn owner_life(store: &Store) -> Life {
    match owner::current(store.dir()) {
        Ok(Some(owner)) if owner.released => Life::Dead,
        Ok(Some(owner)) => owner.process.life(&ProcessMark::current()),
        Ok(None) | Err(_) => Life::Unknown,
    }
}

fn print(
    args: &StatusArgs,
    directory: &Path,
    chains: &[ChainStatus],
    loaded: &[Loaded],
    unreadable: &[String],
    out: &mut impl Write,
    now: Timestamp,
) -> io::Result<()> {
    if chains.is_empty() && unreadable.is_empty() {
        return writeln!(
            out,
            "no chains in {}; is this the directory in which the job runs? (-C DIR)",
            harmless(&directory.to_string_lossy())
        );
    }
    if !chains.is_empty() {
        write!(out, "{}", report::table(chains))?;
    }
    if args.chain.is_some() {
        for journal in loaded {
            write!(out, "\n{}", report::timeline(&journal.history, now))?;
        }
    }
    for text in unreadable {
        writeln!(out, "not readable: {}", harmless(text))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

    use super::*;

    fn place() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join(".ckwrap/slurm-4711");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir).unwrap();
        let journal = dir.join("journal.jsonl");
        fs::write(&journal, include_bytes!("../../tests/fixtures/journal-v1.jsonl")).unwrap();
        fs::set_permissions(&journal, fs::Permissions::from_mode(0o600)).unwrap();
        root
    }

    fn run(root: &Path, chain: Option<&str>, json: bool) -> Result<String, StatusError> {
        let args = StatusArgs { chain: chain.map(|name| name.parse().unwrap()), json, directory: None };
        let mut out = Vec::new();
        execute(&args, root, &mut out, Timestamp::from_seconds(1_763_800_000))?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn shows_all_chains_or_one_with_its_segments() {
        let root = place();
        let all = run(root.path(), None, false).unwrap();
        assert!(all.contains("slurm-4711  finished"), "{all}");
        assert!(!all.contains("START"), "{all}");
        let one = run(root.path(), Some("slurm-4711"), false).unwrap();
        assert!(one.contains("4713_7"), "{one}");
        let json: serde_json::Value = serde_json::from_str(&run(root.path(), None, true).unwrap()).unwrap();
        assert_eq!(json["chains"][0]["state"], "finished");
    }

    #[test]
    fn says_what_is_there_when_a_chain_is_not() {
        let root = place();
        let error = run(root.path(), Some("other"), false).unwrap_err().to_string();
        assert!(error.contains("slurm-4711"), "{error}");
        let empty = tempfile::tempdir().unwrap();
        assert!(run(empty.path(), None, false).unwrap().starts_with("no chains in "));
        assert!(run(empty.path(), Some("c"), false).unwrap_err().to_string().contains("-C DIR"));
    }

    #[test]
    fn a_chain_that_cannot_be_read_is_told() {
        let root = place();
        let journal = root.path().join(".ckwrap/slurm-4711/journal.jsonl");
        fs::set_permissions(journal, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(run(root.path(), None, false).unwrap().contains("not readable"));
        assert!(run(root.path(), Some("slurm-4711"), false).is_err());
    }
}
