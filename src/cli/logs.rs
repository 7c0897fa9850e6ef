//! The output files of a chain's jobs, as far as they can be found.
//!
//! Slurm forgets where the output of a job went soon after its end; the saved description of one job of the chain tells
//! the pattern, and else Slurm's default names are tried. Only files that are there count.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::journal::{History, Store};
use crate::model::JobId;
use crate::report::html::Logs;
use crate::scheduler::slurm::JobView;

/// What Slurm said of a job when its successor was made, in the chain's directory.
const OPTIONS: &str = "job.json";
/// Bytes of it that are read.
const LIMIT: u64 = 1 << 20;

/// Paths for a page that will lie in the directory `beside`; `None`: nowhere, so that all paths are absolute.
pub(super) fn find(
    run_dir: &Path,
    beside: Option<&Path>,
    store: &Store,
    history: &History,
    view: Option<&JobView>,
) -> Logs {
    let run_dir = run_dir.canonicalize().unwrap_or_else(|_| run_dir.to_owned());
    let beside = beside.and_then(|beside| beside.canonicalize().ok());
    let from_there = |path: PathBuf| match &beside {
        Some(beside) => path.strip_prefix(beside).map(Path::to_owned).unwrap_or(path),
        None => path,
    };
    let jobs: BTreeSet<JobId> = history.segments.iter().filter_map(|segment| segment.job).collect();
    let known = [saved(store), view.and_then(told)];
    let mut of = BTreeMap::new();
    for job in jobs {
        let by_example = known.iter().flatten().filter_map(|(example, path)| renamed(*example, path, job));
        let usual = run_dir.join(match job {
            JobId::Single(id) => format!("slurm-{id}.out"),
            JobId::Task { array, task } => format!("slurm-{array}_{task}.out"),
        });
        let mut candidates = by_example.map(|path| run_dir.join(path)).chain([usual]);
        if let Some(path) = candidates.find(|path| path.is_file()) {
            of.insert(job, from_there(path));
        }
    }
    let journal = run_dir.join(crate::journal::store::ROOT).join(store.chain().as_str());
    Logs { of, journal: from_there(journal.join(crate::journal::store::JOURNAL)) }
}

/// A job and where its output went, by the description that lies in the chain's directory.
fn saved(store: &Store) -> Option<(JobId, PathBuf)> {
    let bytes = store.dir().read(OPTIONS, LIMIT).ok()??;
    let fields: BTreeMap<String, String> = serde_json::from_slice(&bytes).ok()?;
    let task = || Some(format!("{}_{}", fields.get("ArrayJobId")?, fields.get("ArrayTaskId")?).parse().ok());
    let job = task().flatten().or_else(|| fields.get("JobId")?.parse().ok())?;
    Some((job, fields.get("StdOut")?.into()))
}

fn told(view: &JobView) -> Option<(JobId, PathBuf)> {
    let path = OsStr::from_bytes(view.fields.bytes("StdOut")?);
    (!path.is_empty()).then(|| (view.id, path.into()))
}

/// The path of another job's output: the example's own number in the file's name exchanged for the other's.
fn renamed(example: JobId, path: &Path, job: JobId) -> Option<PathBuf> {
    if example == job {
        return Some(path.to_owned());
    }
    let name = path.file_name()?.to_str()?;
    let [old, new] = [example, job].map(|id| id.to_string());
    let at = name.rfind(&old)?;
    let (before, after) = (name.get(..at)?, name.get(at + old.len()..)?);
    let digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    let whole = !digit(before.chars().next_back()) && !digit(after.chars().next());
    whole.then(|| path.with_file_name(format!("{before}{new}{after}")))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("12", "/w/out-12.txt", "13", Some("/w/out-13.txt"))]
    #[case("12", "/w/out-12.txt", "12", Some("/w/out-12.txt"))]
    #[case("12", "/w/all.txt", "13", None)]
    #[case("12", "/w/12/out-112.txt", "13", None)]
    #[case("12_3", "/w/slurm-12_3.out", "12_4", Some("/w/slurm-12_4.out"))]
    fn names(#[case] example: &str, #[case] path: &str, #[case] job: &str, #[case] expected: Option<&str>) {
        let renamed = renamed(example.parse().unwrap(), Path::new(path), job.parse().unwrap());
        assert_eq!(renamed, expected.map(PathBuf::from));
    }
}
