//! Whether a checkpoint has stopped changing, and whether it is a new one. Pure; no clock is asked, since file
//! servers have their own.

use super::scan::Candidate;
use crate::model::CheckpointId;

/// Whether nothing was written between two observations of what was found first.
pub fn settled(before: &Candidate, after: &Candidate) -> bool {
    before == after
}

/// Whether this checkpoint was written since the baseline was taken.
///
/// A fallback never is: programs make it by copying or renaming the current one, which gives it a new identity
/// with old content.
pub fn is_new(baseline: &[CheckpointId], candidate: &Candidate) -> bool {
    !candidate.fallback && !baseline.contains(&candidate.id)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::profile::rules::Kind;

    fn candidate(path: &str, size: u64, modified_ns: i128, inode: u64) -> Candidate {
        let id = CheckpointId { path: path.into(), size, modified_ns, inode };
        Candidate {
            id,
            kind: Kind::File,
            files: vec![path.into()],
            parts: vec![path.into()],
            missing: Vec::new(),
            fallback: false,
        }
    }

    #[rstest]
    #[case(candidate("a", 1, 1, 1), false)]
    #[case(candidate("b", 1, 1, 1), true)]
    #[case(candidate("a", 2, 1, 1), true)]
    #[case(candidate("a", 1, 0, 1), true)]
    #[case(candidate("a", 1, 1, 2), true)]
    #[case(Candidate { fallback: true, ..candidate("a", 2, 2, 2) }, false)]
    fn new_by_identity(#[case] found: Candidate, #[case] new: bool) {
        let old = candidate("a", 1, 1, 1);
        assert_eq!(is_new(std::slice::from_ref(&old.id), &found), new);
        assert_eq!(settled(&old, &found), !new && !found.fallback);
    }
}
