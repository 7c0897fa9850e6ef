//! Checkpoints that are moved out of the program's way before a segment starts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::edge::Edge;
use super::looking::Found;
use super::prepare::Stop;
use super::run::Run;
use crate::checkpoint::{Aside, set_aside};
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
        for candidate in found.candidates.iter().take_while(|candidate| Some(&candidate.id) != chosen) {
            let id = &candidate.id;
            let why = if found.invalid.iter().any(|(invalid, _)| invalid == id) {
                Aside::Incomplete
            } else if chosen.is_some() && found.valid.iter().any(|(valid, _)| valid == id) {
                Aside::PassedOver
            } else {
                continue;
            };
            candidate.parts.iter().try_for_each(|part| self.move_away(run, part, why, now))?;
        }
        Ok(())
    }

    fn move_away(&self, run: &Run, part: &Path, why: Aside, now: Now) -> Result<(), Stop> {
        let (option, reason) = match why {
            Aside::BeforeFresh => ("--fresh: ", "--fresh cannot set it aside"),
            Aside::Damaged | Aside::Incomplete | Aside::PassedOver => ("", "the program would start from it"),
        };
        match set_aside(&run.run_dir.join(part), why, now.wall.seconds()) {
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
