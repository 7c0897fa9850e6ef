//! Which chain a segment belongs to, what its journal says, and whether it may be run here.

use std::cell::Cell;
use std::rc::Rc;

use super::edge::Edge;
use super::ledger::Ledger;
use super::run::Run;
use super::stop::Stop;
use crate::config::ChainChoice;
use crate::journal::owner::{Life, Owner, claim, current, take_over, take_over_damaged};
use crate::journal::store::find_expecting;
use crate::journal::{ClaimError, Expectation, History, Store};
use crate::model::{ChainId, ContinuationMode, JobId, Now, SegmentNumber, Token};
use crate::policy::EarlierCopy;
use crate::scheduler::slurm::{JobState, Presence};
use crate::scheduler::{Answer, Engine};

/// What the journal says about this start.
pub(super) struct Place {
    pub(super) id: ChainId,
    pub(super) history: History,
    pub(super) expectation: Expectation,
    /// The journal, or why there is none.
    pub(super) store: Result<Store, String>,
    /// The owner before, if nobody has seen its program end.
    pub(super) earlier: Option<EarlierOwner>,
    /// Whether the owner before never began, and the segment before it may still be alive.
    pub(super) hides_another: bool,
    /// Whether this process has run a segment of it already.
    pub(super) continues_here: bool,
}

/// The chain is another's.
pub(super) struct Held {
    /// By another task of the same array.
    pub(super) sibling: bool,
    /// By whom, and what follows.
    pub(super) text: String,
}

/// Who owned the chain before, and who asks.
pub(super) struct EarlierOwner {
    earlier: Owner,
    mine: Owner,
}

impl Place {
    /// Whether the segment before may still be alive: Slurm may have given its node up, and gone on with this job or with the
    /// next task.
    pub(super) fn earlier_copy(&self) -> EarlierCopy {
        let life = self.earlier.as_ref().map(|owner| owner.earlier.process.life(&owner.mine.process));
        let owner = life.map(|life| match life {
            Life::Dead => EarlierCopy::Gone,
            Life::Alive => EarlierCopy::Alive,
            Life::Unknown => EarlierCopy::Unknown,
        });
        EarlierCopy::behind(owner, self.hides_another)
    }
}

impl Edge {
    /// Which chain this is, and what its journal says about this job.
    pub(super) fn place(&self, run: &Run, token: Option<&Token>, continues_here: bool) -> Place {
        let job = run.slurm.as_ref().map(|slurm| slurm.id);
        let restart = run.slurm.as_ref().map_or(0, |slurm| slurm.restarts);
        let (mut id, mut expectation) = (chain_name(run), Expectation::First);
        if let (ChainChoice::Auto, Some(job)) = (&run.plan.chain, job) {
            // What is in the way of all journals is met again by this job's own, and told there.
            if let Ok(found) = find_expecting(&run.run_dir, job, restart, token) {
                let known = found.chains.into_iter().find(|chain| chain.expectation != Expectation::Sibling);
                if let Some(chain) = known {
                    id = chain.loaded.history.chain.clone();
                }
                for error in found.unreadable {
                    self.teller.warn(&format!("a chain's journal cannot be read: {error}"));
                }
            }
        }
        let mut history = History::new(id.clone());
        let store = Store::create(&run.run_dir, &id).map_err(|error| error.to_string());
        // A journal that cannot be read is none: its history would begin again at the first segment.
        let store = store.and_then(|store| {
            let loaded = store.load().map_err(|error| error.to_string())?;
            for problem in &loaded.reading.problems {
                self.teller.warn(&format!(
                    "the journal of {id} is damaged: line {} {}",
                    problem.line, problem.damage
                ));
            }
            history = loaded.history;
            Ok(store)
        });
        if let Some(job) = job {
            expectation =
                settled(history.expects(job, restart, token), &history, job, run.plan.settings.mode);
        } else if !history.segments.is_empty() {
            expectation = Expectation::Foreign;
        }
        Place { id, history, expectation, store, earlier: None, hides_another: false, continues_here }
    }

    /// A job that the user submits to a named chain must not run beside the one that waits to carry it on already; neither
    /// beside one that may, as the answer of its requeue was lost.
    pub(super) fn refuse_while_successor_waits(&mut self, run: &Run, place: &Place) -> Result<(), Stop> {
        if place.expectation != Expectation::Foreign || run.engine != Engine::Slurm {
            return Ok(());
        }
        let intended = || place.history.open_intent.as_ref().and_then(|intent| intent.job);
        let Some(job) = place.history.continuation().map_or_else(intended, |(_, job)| job) else {
            return Ok(());
        };
        match self.is_over(job, false) {
            Some(true) => Ok(()),
            Some(false) => Err(Stop::Bad(format!(
                "chain {} goes on in job {job}; nothing is started here; cancel that job first (scancel {job}), or use another --chain name",
                place.id
            ))),
            None => Err(Stop::Bad(format!(
                "chain {} may go on in job {job}, and Slurm does not answer; nothing is started here; try again later",
                place.id
            ))),
        }
    }

    /// Whether Slurm says that a job is over; `None`: it does not answer.
    pub(super) fn is_over(&mut self, job: JobId, sibling: bool) -> Option<bool> {
        let call = self.chain.as_ref()?.slurm.as_ref()?.commands.show_job(job);
        let answer = Rc::new(Cell::new(None));
        let slot = Rc::clone(&answer);
        self.call(
            &call,
            Box::new(move |_, output| {
                slot.set(Some(match Presence::from_answer(&output, job) {
                    Answer::Yes(Presence::Gone) => Some(true),
                    Answer::Yes(Presence::Known(view)) => Some(leaves_room(&view.state, sibling)),
                    Answer::Refused(_) | Answer::Unknown(_) => None,
                }));
            }),
        );
        self.until(|_| answer.get().is_some());
        answer.get().flatten()
    }

    /// Makes this process the owner of the chain, as far as it has a journal.
    pub(super) fn claim(
        &mut self,
        place: &mut Place,
        segment: SegmentNumber,
        now: Now,
    ) -> Result<Ledger, Held> {
        let Ok(store) = std::mem::replace(&mut place.store, Err(String::new())) else {
            return Ok(Ledger::default());
        };
        let (job, restart) = self.chain.as_ref().map_or((None, 0), |chain| (chain.job(), chain.restart()));
        let mine = Owner::current(job, restart, segment, now.wall);
        let before = current(store.dir());
        // Whose a damaged record was is not known; it may have been of one that never began.
        let since = match &before {
            Ok(owner) => owner.as_ref().map(|owner| owner.segment),
            Err(_) => Some(segment),
        };
        place.hides_another =
            since.is_some_and(|segment| place.history.is_open_before(segment, &mine.process.host));
        place.earlier = before
            .ok()
            .flatten()
            .filter(|owner| !owner.released && owner.process != mine.process)
            .filter(|owner| !place.history.has_ended(owner.segment))
            .map(|earlier| EarlierOwner { earlier, mine: mine.clone() });
        let claimed = match claim(store.dir(), &mine) {
            Err(ClaimError::Foreign(seen)) => {
                let over = match seen.owner.job {
                    _ if is_predecessor(place.expectation, &seen.owner, &mine) => Some(true),
                    Some(other) => self.is_over(other, are_siblings(Some(other), job)),
                    None => None,
                };
                match over {
                    Some(true) => take_over(store.dir(), &mine, &seen),
                    _ => Err(ClaimError::Foreign(seen)),
                }
            }
            // Power was lost before the record reached the disk: whose it was is known where the scheduler starts a
            // segment only after the one before it.
            Err(ClaimError::Damaged { number, .. }) if matches!(place.expectation, Expectation::Next) => {
                take_over_damaged(store.dir(), &mine, number)
            }
            other => other,
        };
        match claimed {
            Ok(claim) => Ok(Ledger::new(store, claim)),
            // Whoever claims it all the time, or seems to where names are cached, runs.
            Err(
                error @ (ClaimError::Live(_)
                | ClaimError::Newer(_)
                | ClaimError::Foreign(_)
                | ClaimError::Contended),
            ) => {
                let sibling = are_siblings(owner_of(&error), job);
                Err(Held { sibling, text: format!("nothing is started: {error}") })
            }
            // Without a claim the one that may still live would never find out.
            Err(error) if place.earlier_copy() != EarlierCopy::Gone => Err(Held {
                sibling: false,
                text: format!(
                    "nothing is started: {error}; the segment before this one may still be alive on a node that failed; submit the same script again to go on"
                ),
            }),
            Err(error) => {
                if let Some(chain) = &mut self.chain {
                    chain.no_journal = Some(error.to_string());
                }
                Ok(Ledger::default())
            }
        }
    }
}

/// What a start is, where that depends on how the chain is to be continued.
fn settled(expectation: Expectation, history: &History, job: JobId, mode: ContinuationMode) -> Expectation {
    let before = || history.segments.iter().rev().find(|segment| segment.job == Some(job));
    match expectation {
        Expectation::Sibling if mode == ContinuationMode::Array => Expectation::Next,
        Expectation::Sibling => before()
            .map_or(Expectation::Foreign, |segment| Expectation::AlreadyTaken { after: segment.number }),
        other => other,
    }
}

/// Whether Slurm has started this segment only because the owner's had ended.
///
/// That it has not where the owner runs this very segment (of one continuation two submissions may start at one moment),
/// nor where both are tasks of an array, which run side by side without `%1`.
fn is_predecessor(expectation: Expectation, owner: &Owner, mine: &Owner) -> bool {
    expectation == Expectation::Next && owner.segment < mine.segment && !are_siblings(owner.job, mine.job)
}

fn owner_of(error: &ClaimError) -> Option<JobId> {
    match error {
        ClaimError::Live(owner) | ClaimError::Newer(owner) => owner.job,
        ClaimError::Foreign(seen) => seen.owner.job,
        _ => None,
    }
}

fn are_siblings(one: Option<JobId>, other: Option<JobId>) -> bool {
    match (one, other) {
        (Some(JobId::Task { array: a, task: i }), Some(JobId::Task { array: b, task: j })) => {
            a == b && i != j
        }
        _ => false,
    }
}

/// Whether another job may have the chain that one in this state has owned.
///
/// One that waits, or whose node has failed, comes back, and the chain is its own; in an array the next task is as good,
/// and each that refused would be lost to the chain. One that is being ended may still be saving.
fn leaves_room(state: &JobState, sibling: bool) -> bool {
    match state {
        JobState::Pending | JobState::NodeFail => sibling,
        state => state.has_ended(),
    }
}

/// The chain's name where the user gave none: by the job, so that every job starts a chain of its own.
pub(crate) fn chain_name(run: &Run) -> ChainId {
    match (&run.plan.chain, run.slurm.as_ref().map(|slurm| slurm.id)) {
        (ChainChoice::Named(id), _) => id.clone(),
        (ChainChoice::Auto, Some(JobId::Task { array, .. }))
            if run.plan.settings.mode == ContinuationMode::Array =>
        {
            ChainId::of_job(JobId::Single(array))
        }
        (ChainChoice::Auto, Some(job)) => ChainId::of_job(job),
        (ChainChoice::Auto, None) => ChainId::local(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::model::Timestamp;

    fn owner(job: &str, segment: u32) -> Owner {
        Owner::current(job.parse().ok(), 0, SegmentNumber(segment), Timestamp::from_seconds(0))
    }

    #[rstest]
    #[case::predecessor("7", 1, "8", true)]
    #[case::twin_at_one_moment("9", 2, "8", false)]
    #[case::array_without_throttle("20_1", 1, "20_2", false)]
    #[case::next_index("20_1", 1, "21_2", true)]
    fn only_a_predecessor_is_known_to_be_over(
        #[case] before: &str,
        #[case] segment: u32,
        #[case] now: &str,
        #[case] over: bool,
    ) {
        let (before, now) = (owner(before, segment), owner(now, 2));
        assert_eq!(is_predecessor(Expectation::Next, &before, &now), over);
        assert!(!is_predecessor(Expectation::Foreign, &before, &now));
    }

    #[rstest]
    #[case::runs(JobState::Running, false, false)]
    #[case::comes_back(JobState::Pending, false, true)]
    #[case::node_failed(JobState::NodeFail, false, true)]
    #[case::being_ended(JobState::Completing, false, false)]
    #[case::ended(JobState::Cancelled, true, true)]
    fn a_task_that_waits_does_not_keep_the_next_from_its_turn(
        #[case] state: JobState,
        #[case] for_strangers: bool,
        #[case] for_siblings: bool,
    ) {
        assert_eq!((leaves_room(&state, false), leaves_room(&state, true)), (for_strangers, for_siblings));
    }

    #[test]
    fn a_task_of_a_sweep_does_not_take_over_the_chain_of_another() {
        let (history, job) = (History::new("mine".parse().unwrap()), "20_3".parse().unwrap());
        let settle = |mode| settled(Expectation::Sibling, &history, job, mode);
        assert_eq!(settle(ContinuationMode::Auto), Expectation::Foreign);
        assert_eq!(settle(ContinuationMode::Array), Expectation::Next);
    }
}
