//! A later copy of a job lets the earlier one go first.

use super::edge::Edge;
use super::ledger::Ledger;
use super::prepare::{AGAIN, Stop};
use crate::journal::{Claim, Life};
use crate::policy::{EarlierCopy, Fence};
use crate::sys;

impl Edge {
    /// Waits until the copy of this job that Slurm has given up has seen that it is not the owner any more.
    pub(super) fn outlast_earlier_copy(&mut self, ledger: &Ledger) -> Result<(), Stop> {
        let began = sys::now().instant;
        let mut told = false;
        loop {
            let earlier = match ledger.claim.as_ref().map_or(Life::Dead, Claim::earlier_copy) {
                Life::Dead => EarlierCopy::Gone,
                Life::Alive => EarlierCopy::Alive,
                Life::Unknown => EarlierCopy::Unknown,
            };
            match Fence::against(earlier, sys::now().instant.since(began)) {
                Fence::Start => return Ok(()),
                Fence::Refuse => {
                    return Err(Stop::Bad(
                        "nothing is started: an earlier copy of this job still runs in this directory and does not \
                         end; end its process and submit the same script again"
                            .into(),
                    ));
                }
                Fence::Wait if !told => {
                    self.teller.info(
                        "an earlier copy of this job, on a node that Slurm has given up, may still run here; waiting \
                         until it has seen that it is not needed any more",
                    );
                    told = true;
                }
                Fence::Wait => self.rest(AGAIN),
            }
        }
    }
}
