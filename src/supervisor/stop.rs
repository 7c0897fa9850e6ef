//! What comes of preparing a segment, and how it is said where nothing is started.

use super::edge::Edge;
use super::run::Run;
use crate::model::ExitStatus;
use crate::policy::Machine;

/// What comes of the preparation.
pub(super) enum Prepared {
    /// A segment that can start.
    Run(Box<Machine>),
    /// Nothing is to be started.
    End(ExitStatus),
}

/// Why nothing is started.
pub(super) enum Stop {
    /// All is well; say this.
    Well(String),
    /// It must not be; say this.
    Bad(String),
    /// The same, with lines of advice after the first.
    Explained(String),
}

impl Edge {
    /// Prepares the next segment of the run.
    pub(super) fn prepare(&mut self, run: &Run) -> Prepared {
        match self.try_prepare(run) {
            Ok(machine) => Prepared::Run(Box::new(machine)),
            Err(Stop::Well(text)) => {
                self.teller.info(&text);
                Prepared::End(ExitStatus::SUCCESS)
            }
            Err(Stop::Explained(text)) => {
                text.lines().for_each(|line| self.teller.error(line));
                Prepared::End(ExitStatus::INTERNAL)
            }
            Err(Stop::Bad(text)) => {
                self.teller.error(&text);
                Prepared::End(ExitStatus::INTERNAL)
            }
        }
    }
}
