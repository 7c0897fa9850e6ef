//! Where in each log this segment begins: programs append, and what an earlier segment wrote ("run time
//! exceeded") says nothing about this one.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::expand::is_absent;
use super::open::open_regular;
use super::search::read_available;
use super::streams::Streams;
use crate::profile::rules::{Condition, FinishRule, NumberFrom, RetryRule, StoppedRule};

/// How much of a log's end is remembered, in bytes.
const TAIL: u64 = 256 << 10;

/// The state of the logs at the start of a segment. Empty: everything in them counts.
#[derive(Debug, Clone, Default)]
pub struct LogMarks {
    marks: BTreeMap<PathBuf, Mark>,
    streams: Streams,
}

#[derive(Debug, Clone)]
enum Mark {
    /// The log's last bytes and where they began. They are kept because programs truncate a log to their
    /// checkpoint before they append (GROMACS does), which no offset or inode shows.
    Tail { start: u64, bytes: Vec<u8> },
    /// It was there and could not be read.
    Unreadable,
}

impl LogMarks {
    /// Marks the logs of these rules in `dir`. To be taken before the program starts, or right after.
    pub fn take(
        finish: Option<&FinishRule>,
        stopped: &StoppedRule,
        retry: &[RetryRule],
        streams: Streams,
        dir: &Path,
    ) -> Self {
        let conditions = match finish {
            Some(FinishRule::Any(conditions) | FinishRule::All(conditions)) => conditions.as_slice(),
            None => &[],
        };
        let of_finish = conditions.iter().flat_map(|condition| match condition {
            Condition::Log { file, .. } => vec![file],
            // Of a stream's file what stood there before is not this program's.
            Condition::Reached { have, want } => {
                let files = want.iter().chain([have]).filter_map(|number| match number {
                    NumberFrom::Text(number) => Some(&number.file),
                    NumberFrom::Names(_) => None,
                });
                files.filter(|file| Streams::is_stream(file)).collect()
            }
            _ => Vec::new(),
        });
        let of_stopped = stopped.log.iter().chain(retry.iter().map(|rule| &rule.log)).map(|log| &log.file);
        let mut marks = BTreeMap::new();
        for file in of_finish.chain(of_stopped) {
            if marks.contains_key(file) {
                continue;
            }
            let Some(path) = streams.path(file, dir) else { continue };
            match mark(&path) {
                Ok(mark) => marks.insert(file.clone(), mark),
                Err(error) if is_absent(&error) => None,
                Err(_) => marks.insert(file.clone(), Mark::Unreadable),
            };
        }
        Self { marks, streams }
    }

    /// Where a rule's file lies; `None`: it is a stream that is no file, and nothing can be told of it.
    pub(super) fn path(&self, name: &Path, dir: &Path) -> Option<PathBuf> {
        self.streams.path(name, dir)
    }

    /// Where this segment's text begins in a log that is open now, in bytes; `None`: cannot tell.
    pub(super) fn start(&self, name: &Path, file: &File) -> io::Result<Option<u64>> {
        match self.marks.get(name) {
            None => Ok(Some(0)),
            Some(Mark::Unreadable) => Ok(None),
            Some(Mark::Tail { start, bytes }) => first_difference(file, *start, bytes).map(Some),
        }
    }
}

fn mark(path: &Path) -> io::Result<Mark> {
    let (file, length) = open_regular(path)?;
    let start = length.saturating_sub(TAIL);
    let mut bytes = vec![0; usize::try_from(length - start).unwrap_or(0)];
    read_available(&file, &mut bytes, start)?;
    Ok(Mark::Tail { start, bytes })
}

fn first_difference(file: &File, start: u64, old: &[u8]) -> io::Result<u64> {
    let mut now = vec![0; old.len()];
    read_available(file, &mut now, start)?;
    let mut same = old.iter().zip(&now).take_while(|(old, now)| old == now).count();
    if same == 0 {
        // Another file, or one truncated further back than is remembered.
        return Ok(if old.is_empty() { start } else { 0 });
    }
    if same < old.len() {
        // New text may begin with the same letters as what it replaced; its line counts from its beginning.
        let line = old.get(..same).and_then(|same| same.iter().rposition(|byte| *byte == b'\n'));
        same = line.map_or(0, |at| at + 1);
    }
    Ok(start.saturating_add(u64::try_from(same).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rstest::rstest;

    use super::*;
    use crate::profile::rules::NumberIn;

    fn rule() -> StoppedRule {
        StoppedRule { exit: vec![], log: vec![NumberIn { file: "log".into(), regex: "x".into() }] }
    }

    /// What of the log `after` counts, where it was `before` at the start.
    #[rstest]
    #[case("old\n", "old\nnew\n", "new\n")]
    #[case("old", "oldnew\n", "new\n")]
    #[case("old\n", "old\n", "")]
    #[case("", "new\n", "new\n")]
    #[case("one\nstopped\nsummary\n", "one\nstopped\nstep 2\n", "step 2\n")]
    #[case("one\nstopped\nsummary\n", "one\nstopped\n", "")]
    #[case("one\nstopped\n", "header\nstep\n", "header\nstep\n")]
    #[case("one\nstopped\n", "", "")]
    fn new_text(#[case] before: &str, #[case] after: &str, #[case] expected: &str) {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        fs::write(&log, before).unwrap();
        let marks = LogMarks::take(None, &rule(), &[], Streams::default(), dir.path());
        fs::write(&log, after).unwrap();
        let start = marks.start(Path::new("log"), &File::open(&log).unwrap()).unwrap().unwrap();
        assert_eq!(after.get(usize::try_from(start).unwrap()..), Some(expected));
    }

    #[test]
    fn a_log_that_begins_in_this_segment_counts_whole() {
        let dir = tempfile::tempdir().unwrap();
        let marks = LogMarks::take(None, &rule(), &[], Streams::default(), dir.path());
        let log = dir.path().join("log");
        fs::write(&log, "new").unwrap();
        assert_eq!(marks.start(Path::new("log"), &File::open(&log).unwrap()).unwrap(), Some(0));
    }

    #[test]
    fn a_long_log_is_remembered_by_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let old = "stopped\n".repeat(100_000);
        fs::write(&log, &old).unwrap();
        let marks = LogMarks::take(None, &rule(), &[], Streams::default(), dir.path());
        fs::write(&log, format!("{old}new\n")).unwrap();
        let start = marks.start(Path::new("log"), &File::open(&log).unwrap()).unwrap();
        assert_eq!(start, u64::try_from(old.len()).ok());
    }
}
