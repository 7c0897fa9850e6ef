//! The names of the restart files that derived inputs write: they tell what LAMMPS' own content does not, which of
//! several runs a file lies in and at which step that run began.

use std::path::Path;

/// `ckwrap-DIGEST.runR.fromS.a`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointName {
    /// Of the input it was written by.
    pub digest: String,
    /// Which `run` of the input, from 1.
    pub run: usize,
    /// The step at which that run began.
    pub from: u64,
    /// Which of the two files.
    pub second: bool,
}

impl CheckpointName {
    /// From a path; `None`: the file was written by something else.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_prefix("ckwrap-")?;
        let mut parts = name.split('.');
        let digest = parts.next()?.to_owned();
        let run = parts.next()?.strip_prefix("run")?.parse().ok()?;
        let from = parts.next()?.strip_prefix("from")?.parse().ok()?;
        let second = match parts.next()? {
            "a" => false,
            "b" => true,
            _ => return None,
        };
        parts.next().is_none().then_some(Self { digest, run, from, second })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ckwrap-0123456789.run2.from1043.b", Some((2, 1043, true)))]
    #[case("sub/ckwrap-0123456789.run1.from0.a", Some((1, 0, false)))]
    #[case("ckwrap-0123456789.run1.from0.c", None)]
    #[case("ckwrap-0123456789.run1.from0.a.before-fresh-1", None)]
    #[case("ck.restart", None)]
    #[case("ckwrap-x.runx.from0.a", None)]
    fn names(#[case] path: &str, #[case] parts: Option<(usize, u64, bool)>) {
        let found = CheckpointName::of(Path::new(path)).map(|name| (name.run, name.from, name.second));
        assert_eq!(found, parts);
    }
}
