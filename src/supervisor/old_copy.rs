//! Before the child: time for an old copy of the job, on a node that Slurm has given up, to find out that it is replaced.

use super::edge::Edge;
use super::place::Place;
use super::prepare::Stop;
use super::run::{Run, time_left};
use crate::model::{Now, Signal, Token};
use crate::policy::wait_for_old_copy;

impl Edge {
    /// An old copy of this job may still write on a node that Slurm has given up: it gets the time to find out that it is
    /// replaced. The claim stays, so that a start after this one waits too.
    pub(super) fn outwait_old_copy(
        &mut self,
        run: &Run,
        token: Option<&Token>,
        place: &mut Place,
        began: Now,
    ) -> Result<(), Stop> {
        let span = wait_for_old_copy(place.old_copy_may_live, time_left(run, began));
        if span.is_zero() {
            return Ok(());
        }
        let seconds = span.as_secs();
        self.teller.info(&format!(
            "the segment before this one may still be alive on a node that failed; starting in {seconds} s, when it has found out"
        ));
        let ends = |edge: &Self| edge.early.iter().any(|received| received.signal == Signal::TERM);
        self.until_or(span, ends);
        if ends(self) {
            return Err(Stop::Bad(
                "nothing is started: SIGTERM came before; unless Slurm starts this job again, submit the same script to go on"
                    .into(),
            ));
        }
        // It may have said its last word meanwhile.
        let again = self.place(run, token, place.continues_here);
        (place.history, place.expectation) = (again.history, again.expectation);
        Ok(())
    }
}
