//! Before the child: a later copy of a job lets the earlier one go first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::edge::Edge;
use super::place::Place;
use super::prepare::AGAIN;
use super::run::{Run, time_left};
use super::stop::Stop;
use crate::model::{Now, Signal, Token};
use crate::policy::{EarlierCopy, Fence};
use crate::sys;

impl Edge {
    /// Waits until the copy that Slurm has given up has seen that it is not the owner any more. The claim stays, so that a
    /// start after this one waits too.
    pub(super) fn outlast_earlier_copy(
        &mut self,
        run: &Run,
        token: Option<&Token>,
        place: &mut Place,
        began: Now,
    ) -> Result<(), Stop> {
        let (claimed, left) = (sys::now().instant, time_left(run, began));
        let mut told = false;
        loop {
            let earlier = place.earlier_copy();
            match Fence::against(earlier, sys::now().instant.since(claimed), left) {
                Fence::Start if !told => return Ok(()),
                Fence::Start => break,
                Fence::Refuse => {
                    return Err(Stop::Bad(
                        "nothing is started: an earlier copy of this job still runs in this directory and does not \
                         end; end its process and submit the same script again"
                            .into(),
                    ));
                }
                Fence::Wait if !told => {
                    self.teller.info(&waiting(earlier, left));
                    told = true;
                }
                Fence::Wait => self.rest(AGAIN),
            }
            if self.early.iter().any(|received| received.signal == Signal::TERM) {
                return Err(Stop::Bad(
                    "nothing is started: SIGTERM came before; unless Slurm starts this job again, submit the same script to go on"
                        .into(),
                ));
            }
        }
        self.still_owner()?;
        // It may have said its last word meanwhile.
        let again = self.place(run, token, place.continues_here);
        (place.history, place.expectation) = (again.history, again.expectation);
        Ok(())
    }
}

impl Edge {
    /// Several copies may have waited at once: the last to have claimed the chain goes on.
    fn still_owner(&mut self) -> Result<(), Stop> {
        let lost = Arc::new(AtomicBool::new(false));
        let answer = Arc::clone(&lost);
        self.work(|ledger| ledger.is_lost(), move |_, is_lost| answer.store(is_lost, Ordering::Release));
        self.until(Self::is_idle);
        if lost.load(Ordering::Acquire) {
            return Err(Stop::Bad(
                "nothing is started: a later copy of this job has taken the chain over".into(),
            ));
        }
        Ok(())
    }
}

fn waiting(earlier: EarlierCopy, left: Option<std::time::Duration>) -> String {
    let most = Fence::patience(left).as_secs();
    let until = match earlier {
        EarlierCopy::Unknown => format!("for {most} s at the most"),
        EarlierCopy::Alive | EarlierCopy::Gone => "for it to end".to_owned(),
    };
    format!(
        "an earlier copy of this job, which Slurm has given up, may still run here; waiting {until}, until it has seen that it \
         is not needed any more"
    )
}
