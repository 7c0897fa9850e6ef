//! Checkpoints that are moved out of the program's way before a segment starts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::edge::Edge;
use super::looking::Found;
use super::run::Run;
use super::stop::Stop;
use crate::checkpoint::{Aside, Candidate, set_aside};
use crate::model::{CheckpointId, Now};
use crate::profile::rules::SetAside;

impl Edge {
    /// Gives the checkpoints of what is given up other names: a program that finds its checkpoint by itself would
    /// go on from it, and one that writes in place would write over it.
    pub(super) fn set_all_aside(&self, run: &Run, found: &Found, now: Now) -> Result<(), Stop> {
        // Sets may share files.
        let parts: BTreeSet<PathBuf> = found.files().into_iter().collect();
        parts.iter().try_for_each(|part| self.move_away(run, part, Aside::BeforeFresh, now))
    }

    /// Moves away what is newer than the chosen checkpoint and not to be used, if the profile says that the program
    /// would pick it. What could not be judged stays.
    pub(super) fn clear_way(
        &self,
        run: &Run,
        found: &Found,
        chosen: Option<&CheckpointId>,
        now: Now,
    ) -> Result<(), Stop> {
        let rule = run.plan.profile.checkpoint.as_ref();
        if rule.is_none_or(|rule| rule.set_aside == SetAside::None) {
            return Ok(());
        }
        in_the_way(found, chosen).iter().try_for_each(|(part, why)| self.move_away(run, part, *why, now))
    }

    fn move_away(&self, run: &Run, part: &Path, why: Aside, now: Now) -> Result<(), Stop> {
        let (option, reason) = match why {
            Aside::BeforeFresh => ("--fresh: ", "--fresh cannot set it aside"),
            Aside::Damaged | Aside::Incomplete | Aside::PassedOver => ("", "the program would start from it"),
        };
        match set_aside(&run.run_dir, &run.run_dir.join(part), why, now.wall.seconds()) {
            Ok(None) => Ok(()),
            Ok(Some(name)) => {
                let name = name.strip_prefix(&run.run_dir).unwrap_or(&name);
                self.teller.info(&format!("{option}{} is now {}", part.display(), name.display()));
                Ok(())
            }
            Err(error) => Err(Stop::Bad(format!(
                "nothing is started: {} cannot be renamed: {error}; {reason}; move it away by hand",
                part.display()
            ))),
        }
    }
}

/// What is newer than the chosen checkpoint and not to be used, without the files that belong to the chosen one too.
fn in_the_way(found: &Found, chosen: Option<&CheckpointId>) -> Vec<(PathBuf, Aside)> {
    let is_chosen = |candidate: &&Candidate| Some(&candidate.id) == chosen;
    let stays: &[PathBuf] = found.candidates.iter().find(is_chosen).map_or(&[], |candidate| &candidate.parts);
    let is_shared = |part: &Path| stays.iter().any(|own| own.starts_with(part) || part.starts_with(own));
    let mut moved = Vec::new();
    for candidate in found.candidates.iter().take_while(|candidate| !is_chosen(candidate)) {
        let id = &candidate.id;
        let why = if found.invalid.iter().any(|(invalid, _)| invalid == id) {
            Aside::Incomplete
        } else if chosen.is_some() && found.valid.iter().any(|(valid, _)| valid == id) {
            Aside::PassedOver
        } else {
            continue;
        };
        let parts = candidate.parts.iter().filter(|part| !is_shared(part));
        moved.extend(parts.map(|part| (part.clone(), why)));
    }
    moved
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::profile::rules::Kind;

    fn candidate(number: u64, parts: &[&str]) -> Candidate {
        let parts: Vec<PathBuf> = parts.iter().map(PathBuf::from).collect();
        Candidate {
            id: CheckpointId { path: parts[0].clone(), size: number, modified_ns: 1, inode: number },
            kind: Kind::Set,
            files: parts.clone(),
            parts,
            missing: Vec::new(),
            fallback: false,
        }
    }

    #[rstest]
    #[case::shared(&["common", "a.2"], &["common", "a.1"], &["a.2"])]
    #[case::in_a_directory_of_its(&["run", "a.2"], &["run/a.1"], &["a.2"])]
    #[case::of_its_own(&["a.2", "b.2"], &["a.1"], &["a.2", "b.2"])]
    fn what_belongs_to_the_chosen_one_stays(
        #[case] newer: &[&str],
        #[case] chosen: &[&str],
        #[case] moved: &[&str],
    ) {
        let (newer, chosen) = (candidate(2, newer), candidate(1, chosen));
        let found = |valid: &[&Candidate], invalid: &[&Candidate]| Found {
            valid: valid.iter().map(|one| (one.id.clone(), false)).collect(),
            invalid: invalid.iter().map(|one| (one.id.clone(), String::new())).collect(),
            candidates: vec![newer.clone(), chosen.clone()],
            ..Found::default()
        };
        let names = |why| moved.iter().map(|name| (PathBuf::from(name), why)).collect::<Vec<_>>();
        let incomplete = found(&[&chosen], &[&newer]);
        assert_eq!(in_the_way(&incomplete, Some(&chosen.id)), names(Aside::Incomplete));
        let passed_over = found(&[&newer, &chosen], &[]);
        assert_eq!(in_the_way(&passed_over, Some(&chosen.id)), names(Aside::PassedOver));
    }

    #[test]
    fn what_was_not_judged_stays_and_so_does_all_that_is_whole_without_a_choice() {
        let (one, other) = (candidate(2, &["a.2"]), candidate(1, &["a.1"]));
        let found = Found {
            valid: vec![(other.id.clone(), false)],
            candidates: vec![one, other],
            ..Found::default()
        };
        assert_eq!(in_the_way(&found, None), []);
        assert_eq!(in_the_way(&found, Some(&found.candidates[1].id)), []);
    }
}
