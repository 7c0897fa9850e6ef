//! `ckwrap status`: where the chains of a run directory stand.
//!
//! Looks into journals and at processes of this node, and asks Slurm for one word about each job that a chain is in; where
//! that does not come, it says so and shows the rest.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::chains::{self, ChainError};
use super::counters;
use super::json::write_json;
use super::slurm::Slurm;
use crate::journal::{Loaded, store};
use crate::model::{ChainId, Timestamp, harmless};
use crate::report::{self, ChainStatus, Standing, State};

/// Show where each chain of a run directory stands
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  ckwrap status                all chains of this directory\n  \
                        ckwrap status slurm-4711     one chain, with its segments\n  \
                        ckwrap status --watch        all of them, again every half minute\n  \
                        ckwrap status --json | jq '.chains[].state'")]
pub struct StatusArgs {
    /// Chain to show with all its segments [default: all chains]
    pub chain: Option<ChainId>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Look again every so many seconds until it is interrupted (Ctrl-C); without a terminal: print one block after the other
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "30", require_equals = true, conflicts_with = "json", value_parser = clap::value_parser!(u32).range(1..))]
    pub watch: Option<u32>,
    /// Run directory in which the chains are [default: the working directory]
    #[arg(short = 'C', long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

/// Why the status cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// A chain cannot be shown.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// It cannot be printed.
    #[error("cannot print the status: {0}")]
    Output(#[from] io::Error),
}

/// One chain with all that is known of it.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    status: ChainStatus,
    #[serde(flatten)]
    standing: Standing,
    #[serde(skip)]
    loaded: Loaded,
}

#[derive(Serialize)]
struct Answer {
    chains: Vec<Shown>,
    unreadable: Vec<String>,
}

/// Prints where the chains stand at `now`, in so many columns.
pub fn execute(
    args: &StatusArgs,
    cwd: &Path,
    out: &mut impl Write,
    now: Timestamp,
    width: usize,
) -> Result<(), StatusError> {
    let directory = args.directory.as_ref().map_or_else(|| cwd.to_owned(), |dir| cwd.join(dir));
    let answer = look(args, &directory, now)?;
    if args.json {
        write_json(&answer, out)?;
    } else {
        print(args, &directory, &answer, out, now, width)?;
    }
    Ok(out.flush()?)
}

fn look(args: &StatusArgs, directory: &Path, now: Timestamp) -> Result<Answer, ChainError> {
    let (stores, mut unreadable) = if let Some(chain) = &args.chain {
        (vec![chains::one(directory, chain)?], Vec::new())
    } else {
        let found = store::chains(directory)?;
        (found.chains, found.unreadable.iter().map(ToString::to_string).collect())
    };
    let mut slurm = Slurm::new();
    let mut shown = Vec::new();
    for store in stores {
        match chains::load(&store) {
            Ok((loaded, trace)) => {
                let owner = chains::owner_life(&store);
                let mut status = ChainStatus::of(&loaded, owner, now);
                let (said, _) = slurm.about(&status);
                let mut standing = Standing::of(&loaded.history, &trace, &mut status, owner, said, now);
                if goes_on(status.state) && status.told.as_ref().is_none_or(|told| told.progress.is_none()) {
                    standing.counted = counters::progress(directory, &loaded.history).map(Into::into);
                }
                shown.push(Shown { status, standing, loaded });
            }
            Err(error) if args.chain.is_some() => return Err(error.into()),
            Err(error) => unreadable.push(error.to_string()),
        }
    }
    Ok(Answer { chains: shown, unreadable })
}

fn print(
    args: &StatusArgs,
    directory: &Path,
    answer: &Answer,
    out: &mut impl Write,
    now: Timestamp,
    width: usize,
) -> io::Result<()> {
    if answer.chains.is_empty() && answer.unreadable.is_empty() {
        return writeln!(
            out,
            "no chains in {}; is this the directory in which the job runs? (-C DIR)",
            harmless(&directory.to_string_lossy())
        );
    }
    if !answer.chains.is_empty() {
        let rows: Vec<&ChainStatus> = answer.chains.iter().map(|chain| &chain.status).collect();
        write!(out, "{}", report::table(&rows))?;
    }
    for chain in answer.chains.iter().filter(|chain| args.chain.is_some() || goes_on(chain.status.state)) {
        write!(out, "\n{}", report::block(&chain.status, &chain.standing, now, width))?;
    }
    if args.chain.is_some() {
        for chain in &answer.chains {
            write!(out, "\n{}", report::timeline(&chain.loaded.history, now))?;
        }
    }
    for text in &answer.unreadable {
        writeln!(out, "not readable: {}", harmless(text))?;
    }
    Ok(())
}

/// Whether there is more to say than what the table says.
fn goes_on(state: State) -> bool {
    !matches!(state, State::New | State::Finished | State::Stopped)
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
        let args =
            StatusArgs { chain: chain.map(|name| name.parse().unwrap()), json, watch: None, directory: None };
        let mut out = Vec::new();
        execute(&args, root, &mut out, Timestamp::from_seconds(1_763_800_000), 80)?;
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
