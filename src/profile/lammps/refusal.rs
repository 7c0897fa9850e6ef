//! Why no input can be derived, for the user.

use std::fmt;

use crate::model::harmless;

/// What stands in the way: where, why, and what to do by hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The file and the line in it, from 1; `None`: the command line.
    pub place: Option<(String, usize)>,
    /// The line, or the word.
    pub what: String,
    /// Why.
    pub why: String,
}

/// What a user adds by hand; the comments say where.
pub(super) const BY_HAND: &str = "\
variable ck index none
variable have equal is_file(${ck})
if \"${have} == 1\" then \"read_restart ${ck}\" \"jump SELF go\"  # before the box; `label go` after atoms and velocities
restart 1000 ck.a ck.b
fix halt all halt 1000 v_stop == 1 error soft message yes  # v_stop: see the README of examples/lammps
run 1000000 upto
if \"$(step) >= 1000000\" then \"print 'CKWRAP FINISHED'\"";

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some((file, line)) => write!(f, "{}:{line}: ", harmless(file))?,
            None => write!(f, "command line: ")?,
        }
        // What is quoted of the input must not make further lines.
        write!(f, "`{}`: {}", harmless(&self.what), self.why)?;
        if self.place.is_some() {
            write!(f, "\nAn input that continues by itself is used as it is. These lines make one:")?;
            for line in BY_HAND.lines() {
                write!(f, "\n    {line}")?;
            }
        }
        Ok(())
    }
}
