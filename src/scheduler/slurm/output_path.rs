//! Where a successor's output goes: the pattern behind the path that Slurm shows.
//!
//! `scontrol show job` shows paths with the job's number put in (22.05.8 and 25.05.8 put in `%A %a %j %u %x`
//! and leave the rest). A number put back must not end up in a directory's name: there is none for the next job.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use crate::model::JobId;

/// The job whose paths these are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) id: JobId,
    pub(super) raw_id: u32,
    pub(super) work_dir: &'a OsStr,
    pub(super) name: &'a OsStr,
    pub(super) user: &'a str,
}

impl Owner<'_> {
    /// The option's value for the path shown, or `None` where nothing must be said: the path is the default,
    /// or what the script's own `#SBATCH` line gives.
    pub(super) fn pattern(&self, shown: &OsStr, in_script: Option<&OsString>) -> Option<OsString> {
        if shown.is_empty() {
            return None;
        }
        let expected = in_script.map_or_else(|| self.default_path(), |pattern| self.expand(pattern));
        (expected.as_bytes() != shown.as_bytes()).then(|| self.put_back(shown.as_bytes()))
    }

    fn default_path(&self) -> OsString {
        self.expand(OsStr::new(match self.id {
            JobId::Single(_) => "slurm-%j.out",
            JobId::Task { .. } => "slurm-%A_%a.out",
        }))
    }

    /// As Slurm shows a pattern.
    fn expand(&self, pattern: &OsStr) -> OsString {
        let mut path = Vec::new();
        let pattern = pattern.as_bytes();
        if !pattern.starts_with(b"/") {
            path.extend_from_slice(self.work_dir.as_bytes());
            path.push(b'/');
        }
        let (array, task) = match self.id {
            JobId::Single(id) => (id.to_string(), String::new()),
            JobId::Task { array, task } => (array.to_string(), task.to_string()),
        };
        let mut bytes = pattern.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            let known: Option<Vec<u8>> = match (byte, bytes.peek()) {
                (b'%', Some(b'j')) => Some(self.raw_id.to_string().into()),
                (b'%', Some(b'A')) => Some(array.clone().into()),
                (b'%', Some(b'a')) => Some(task.clone().into()),
                (b'%', Some(b'u')) => Some(self.user.into()),
                (b'%', Some(b'x')) => Some(self.name.as_bytes().to_vec()),
                _ => None,
            };
            match known {
                Some(text) => {
                    path.extend(text);
                    bytes.next();
                }
                None => path.push(byte),
            }
        }
        OsString::from_vec(path)
    }

    /// The job's numbers in the file's name, turned into their patterns.
    fn put_back(&self, path: &[u8]) -> OsString {
        let cut = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
        let (directory, file) = path.split_at(cut);
        let mut numbers = vec![(self.raw_id.to_string(), "%j")];
        if let JobId::Task { array, task } = self.id {
            numbers.insert(0, (format!("{array}_{task}"), "%A_%a"));
            numbers.push((array.to_string(), "%A"));
        }
        let mut pattern = directory.to_vec();
        let mut rest = file;
        let mut before = None;
        while let Some((first, tail)) = rest.split_first() {
            let starts = !before.is_some_and(|byte: u8| byte.is_ascii_digit());
            let found = numbers.iter().filter(|_| starts).find_map(|(number, mark)| {
                let after = rest.strip_prefix(number.as_bytes())?;
                (!after.first().is_some_and(u8::is_ascii_digit)).then_some((after, *mark))
            });
            if let Some((after, mark)) = found {
                pattern.extend_from_slice(mark.as_bytes());
                (before, rest) = (Some(b'0'), after);
            } else {
                pattern.push(*first);
                (before, rest) = (Some(*first), tail);
            }
        }
        OsString::from_vec(pattern)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn pattern(id: JobId, shown: &str, script: Option<&str>) -> Option<String> {
        let raw_id = if let JobId::Single(id) = id { id } else { 6 };
        let owner = Owner { id, raw_id, work_dir: OsStr::new("/w"), name: OsStr::new("run"), user: "me" };
        owner
            .pattern(OsStr::new(shown), script.map(OsString::from).as_ref())
            .map(|text| text.into_string().unwrap())
    }

    #[rstest]
    #[case("/w/slurm-17.out", None, None)]
    #[case("/w/log-17", Some("log-%j"), None)]
    #[case("/w/run.17", Some("%x.%A"), None)]
    #[case("/w/other-17", Some("log-%j"), Some("/w/other-%j"))]
    #[case("/w/slurm-17.out", Some("log-%j"), Some("/w/slurm-%j.out"))]
    #[case("/w/log-17", None, Some("/w/log-%j"))]
    #[case("/w17/17/log-17-171.17", None, Some("/w17/17/log-%j-171.%j"))]
    #[case("/w/log-%N", None, Some("/w/log-%N"))]
    #[case("/w/fixed.log", None, Some("/w/fixed.log"))]
    #[case("/dev/null", None, Some("/dev/null"))]
    #[case("", None, None)]
    fn of_a_job(#[case] shown: &str, #[case] script: Option<&str>, #[case] expected: Option<&str>) {
        assert_eq!(pattern(JobId::Single(17), shown, script).as_deref(), expected);
    }

    #[rstest]
    #[case("/w/slurm-5_3.out", None, None)]
    #[case("/w/log-6", Some("log-%j"), None)]
    #[case("/w/log-6", None, Some("/w/log-%j"))]
    #[case("/w/log-5_3.txt", None, Some("/w/log-%A_%a.txt"))]
    #[case("/w/log-5", None, Some("/w/log-%A"))]
    fn of_a_task(#[case] shown: &str, #[case] script: Option<&str>, #[case] expected: Option<&str>) {
        assert_eq!(pattern(JobId::Task { array: 5, task: 3 }, shown, script).as_deref(), expected);
    }
}
