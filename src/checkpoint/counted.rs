//! How far a program is by the counters in its own files, where its finish rule says which they are.
//!
//! Only looks; whether the work is done is told elsewhere.

use std::path::Path;

use super::finish::number;
use super::marks::LogMarks;
use super::number::Number;
use crate::profile::rules::{Condition, FinishRule};

/// What is done and what there is to do, by the first counter of the rule that can be read.
pub fn counted(rule: &FinishRule, dir: &Path) -> Option<(f64, f64)> {
    let (FinishRule::Any(conditions) | FinishRule::All(conditions) | FinishRule::Sure(conditions)) = rule;
    conditions.iter().find_map(|condition| match condition {
        Condition::Reached { have, want } => {
            let marks = LogMarks::default();
            let mut goal = None;
            for part in want {
                let part = number(part, dir, &marks).ok().filter(|part| !part.is_negative())?;
                goal = Some(goal.map_or(part, |goal: Number| goal.plus(part)));
            }
            Some((number(have, dir, &marks).ok()?.real(), goal?.real()))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rstest::rstest;

    use super::*;
    use crate::profile::rules::{NumberFrom, NumberIn};

    #[rstest]
    #[case::some("  nsteps = 500\n  init-step = 0\nWriting checkpoint, step 40 at\nWriting checkpoint, step 120 at\n", Some((120.0, 500.0)))]
    #[case::none_yet("  nsteps = 500\n  init-step = 0\n", None)]
    #[case::for_ever("  nsteps = -1\n  init-step = 0\nWriting checkpoint, step 40 at\n", None)]
    #[case::no_log("", None)]
    fn steps_of_gromacs(#[case] log: &str, #[case] expected: Option<(f64, f64)>) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("md.log"), log).unwrap();
        let place = |regex: &str| NumberFrom::Text(NumberIn { file: "md.log".into(), regex: regex.into() });
        let want = vec![place("[ ]nsteps *= *(-?[0-9]+)"), place("[ ]init-step *= *(-?[0-9]+)")];
        let rule = FinishRule::Any(vec![
            Condition::Exit(vec![0]),
            Condition::Reached { have: place("Writing checkpoint, step ([0-9]+)"), want },
        ]);
        assert_eq!(counted(&rule, dir.path()), expected);
    }
}
