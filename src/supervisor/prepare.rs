//! Before the child: whether a segment may start, and from which checkpoint.

use std::cell::Cell;
use std::ffi::OsString;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::chain::{Chain, Slurm};
use super::edge::Edge;
use super::ledger::{Ledger, Written};
use super::looking::Found;
use super::place::Place;
use super::run::{Run, own_limit};
use super::stop::Stop;
use crate::checkpoint::{Kept, LogMarks};
use crate::config::ChainChoice;
use crate::journal::record::{ChainStopped, Resumed, StopReason};
use crate::journal::{Durability, Expectation, History, Record};
use crate::model::{CheckpointId, ContinuationMode, JobId, Now, SegmentNumber, Token};
use crate::policy::lead::Learned;
use crate::policy::{
    ArrayPlace, Crowd, Host, Machine, Past, Situation, Start, StartFacts, patience_with_owner, start,
};
use crate::profile::reach::Starter;
use crate::scheduler::Engine;
use crate::scheduler::slurm::{Commands, SlurmEnvironment};
use crate::sys::{self, failpoint};

/// How often it is looked whether another has ended.
pub(super) const AGAIN: Duration = Duration::from_secs(1);

impl Edge {
    /// The place in the chain, and the journal as its owner.
    ///
    /// One who owns it may be about to end: it is waited for, as long as the policy says.
    fn own_place(
        &mut self,
        run: &Run,
        token: Option<&Token>,
    ) -> Result<(Place, SegmentNumber, Ledger), Stop> {
        let continues_here = self.chain.is_some();
        let began = sys::now().instant;
        loop {
            let mut place = self.place(run, token, continues_here);
            let segment = place.history.next_number();
            self.chain = Some(Box::new(chain_at(run, &place, segment)));
            self.refuse_while_successor_waits(run, &place)?;
            match self.claim(&mut place, segment, sys::now()) {
                Ok(ledger) => return Ok((place, segment, ledger)),
                Err(held) => {
                    let turn = place.expectation == Expectation::Next;
                    if sys::now().instant.since(began) >= patience_with_owner(held.sibling, turn) {
                        return Err(Stop::Bad(held.text));
                    }
                    self.rest(AGAIN);
                }
            }
        }
    }

    pub(super) fn try_prepare(&mut self, run: &Run) -> Result<Machine, Stop> {
        failpoint("prepare");
        let began = sys::now();
        let token = variable(run, "CKWRAP_TOKEN").and_then(|text| Token::try_from(text).ok());
        let (mut place, segment, ledger) = self.own_place(run, token.as_ref())?;
        let journal = ledger.store.is_some();
        self.install_ledger(ledger);
        self.outlast_earlier_copy(run, token.as_ref(), &mut place, began)?;
        self.expect_what_was_announced(&place.history);
        let mut found = self.look_now();
        let past = past_of(&place.history);
        let claimed = self.claimed_by_another(run, &place, &found.all);
        let mut copies = self.copies(run);
        let (facts, checkpoint, keep) = loop {
            let facts = StartFacts { claimed: claimed.clone(), ..start_facts(run, &place, &found, &copies) };
            match start(&facts, &past, &run.plan.settings) {
                Start::Run { checkpoint, quarantined, keep } => {
                    for id in quarantined {
                        let text = format!(
                            "checkpoint {} is passed over: restarts from it failed",
                            id.path.display()
                        );
                        self.teller.warn(&text);
                    }
                    break (facts, checkpoint, keep);
                }
                Start::Restore { kept, quarantined } => {
                    let which = (&kept, quarantined.as_slice());
                    self.put_back(run, &mut copies, which, &found, (segment, began))?;
                    found = self.look_now();
                }
                start => return Err(self.not_started(run, start, (segment, began))),
            }
        };
        if facts.finished || facts.stopped.is_some() {
            self.note_resumed(segment, began, "started again by hand");
        } else if place.history.stopped.is_some() {
            self.note_resumed(segment, began, "started again by Slurm");
        }
        if facts.fresh {
            self.set_all_aside(run, &found, began)?;
            self.set_copies_aside(began);
        } else {
            self.clear_way(run, &found, checkpoint.as_ref(), began)?;
        }
        self.clean(run, &found);
        if let Some(id) = checkpoint.clone().filter(|_| keep) {
            self.keep_before_start(run, id, segment, began);
        }
        let baseline = if facts.fresh { Vec::new() } else { found.all };
        let command = self.with_edited_input(run, checkpoint.as_ref())?;
        self.set_command(run, &command, checkpoint, began);
        Ok(self.machine(run, began, (journal, &place.history), baseline, past))
    }

    /// Where no rule tells which files are checkpoints, the one that the program announced last is looked at.
    fn expect_what_was_announced(&mut self, history: &History) {
        if let Some(chain) = self.chain.as_mut().filter(|chain| chain.plan.profile.checkpoint.is_none()) {
            chain.announced = history.last_checkpoint.as_ref().map(|seen| seen.id.path.clone());
        }
    }

    /// The checkpoints that are whole now.
    fn look_now(&mut self) -> Found {
        let slot = Arc::new(Mutex::new(None));
        let answer = Arc::clone(&slot);
        self.look(
            5,
            Box::new(move |_, found| {
                if let Ok(mut answer) = answer.lock() {
                    *answer = Some(found);
                }
            }),
        );
        let is_there = |slot: &Mutex<Option<Found>>| slot.lock().map_or(true, |answer| answer.is_some());
        self.until(|_| is_there(&slot));
        let found = slot.lock().ok().and_then(|mut answer| answer.take()).unwrap_or_default();
        self.tell_invalid(&found);
        found
    }

    fn not_started(&mut self, run: &Run, start: Start, at: (SegmentNumber, Now)) -> Stop {
        let chain = self.chain.as_ref().map(|chain| chain.id.to_string()).unwrap_or_default();
        let over = matches!(start, Start::AlreadyFinished | Start::AlreadyStopped(_) | Start::Exhausted(_));
        let stop = match start {
            Start::AlreadyFinished => {
                Stop::Well(format!("chain {chain} is finished; nothing is started (--fresh starts anew)"))
            }
            Start::AlreadyStopped(why) => Stop::Well(format!(
                "chain {chain} was stopped: {why}; nothing is started; submit the script again to go on"
            )),
            Start::Taken => {
                Stop::Well(format!("this part of chain {chain} was run by another job; nothing is started"))
            }
            Start::Exhausted(why) => {
                self.note_stopped(at, &why);
                Stop::Bad(format!(
                    "nothing is started: {why}; mend the program or the input and submit the script again, \
                     or start anew with --fresh"
                ))
            }
            Start::Refuse(why) => Stop::Bad(format!("nothing is started: {why}")),
            Start::Run { .. } | Start::Restore { .. } => Stop::Well(String::new()),
        };
        if over {
            self.cancel_waiting_tasks(run);
        }
        self.work(Ledger::release, |_, ()| {});
        self.until(Self::is_idle);
        stop
    }

    /// The tasks of an array chain that is over have nothing to do.
    fn cancel_waiting_tasks(&mut self, run: &Run) {
        let array = match run.slurm.as_ref().map(|slurm| slurm.id) {
            Some(JobId::Task { array, .. }) if run.plan.settings.mode == ContinuationMode::Array => array,
            _ => return,
        };
        let Some(slurm) = self.chain.as_ref().and_then(|chain| chain.slurm.as_ref()) else { return };
        let call = slurm.commands.cancel_pending(array);
        let answered = Rc::new(Cell::new(false));
        let slot = Rc::clone(&answered);
        self.call(&call, Box::new(move |_, _| slot.set(true)));
        self.until(|_| answered.get());
    }

    /// A chain that was over begins anew by the user's wish: what was counted before counts no more.
    fn note_resumed(&mut self, segment: SegmentNumber, now: Now, by: &str) {
        let before = SegmentNumber(segment.0.saturating_sub(1));
        let event = Resumed { segment: before, by: by.into() }.into();
        let record = Record { t: now.wall, event };
        self.work(move |ledger| ledger.write(&[record], Durability::Lazy), |_, written| drop(written));
    }

    /// Without it a job that the user submits anew would not be told from one that goes on by itself.
    fn note_stopped(&mut self, (segment, now): (SegmentNumber, Now), why: &str) {
        let before = SegmentNumber(segment.0.saturating_sub(1));
        let event = ChainStopped { segment: before, reason: StopReason::Failed, text: why.into() }.into();
        let record = Record { t: now.wall, event };
        self.work(
            move |ledger| ledger.write(&[record], Durability::Synced),
            |edge, written| {
                if let Written::Failed(error) = written {
                    edge.teller.warn(&format!("it is not on record that the chain is stopped: {error}"));
                }
            },
        );
    }

    fn machine(
        &self,
        run: &Run,
        began: Now,
        (journal, history): (bool, &History),
        baseline: Vec<CheckpointId>,
        past: Past,
    ) -> Machine {
        let slurm = run.slurm.as_ref();
        let array = slurm.and_then(|slurm| {
            let JobId::Task { array, task } = slurm.id else { return None };
            // A task that was put back has its turn after all the others.
            let before = history.highest_task(array);
            let highest = before.unwrap_or(0).max(task);
            let none_left = slurm.array.and_then(|array| array.max).is_some_and(|max| highest >= max);
            // A chain that was stopped has cancelled its waiting tasks.
            let last = none_left || history.was_ever_stopped();
            let first = slurm.array.and_then(|array| array.min).is_some_and(|min| task <= min);
            let begins = first && history.segments.is_empty();
            // One between that and this may have ended with a full disk, and cancelled the others.
            let step = slurm.array.and_then(|array| array.step).unwrap_or(1);
            let follows = before.is_none_or(|before| task <= before.saturating_add(step));
            let handed_over = begins || (follows && history.continuation().is_some());
            Some(ArrayPlace::new(last, handed_over, slurm.restarts))
        });
        let [starter, _] = crate::profile::program(&run.plan.command).starters;
        let situation = Situation {
            host: match run.engine {
                Engine::Slurm => Host::Slurm,
                Engine::Local => Host::Local,
                Engine::None => Host::Nobody,
            },
            chain: true,
            terminal: self.program.terminal,
            began,
            end: slurm.and_then(|slurm| slurm.end_time).map(|at| began.instant_of(at)),
            own_limit: own_limit(run, began.instant),
            restart: slurm.map_or(0, |slurm| slurm.restarts),
            array,
            crowd: slurm.and_then(crowd),
            journal,
            baseline,
            from: self.chain.as_ref().and_then(|chain| chain.checkpoint.clone()),
            ranks_in_step: slurm.is_some() && starter == Some(Starter::Srun),
            child_hears_slurm: slurm.is_some() && super::processes::batch_container().is_none(),
        };
        let mut settings = run.plan.settings.clone();
        // Without a socket the word could never come.
        settings.awaits_ready &= self.notify.mailbox.is_some();
        Machine::new(settings, situation, past)
    }
}

/// What is known of the segment before its checkpoint and words are chosen.
fn chain_at(run: &Run, place: &Place, segment: SegmentNumber) -> Chain {
    let slurm = run.slurm.clone().map(|environment| Slurm {
        commands: Commands::new(run.environment.iter().cloned()),
        job: environment.id,
        raw_job: environment.raw_id,
        environment,
        view: None,
    });
    Chain {
        plan: run.plan.clone(),
        engine: run.engine,
        slurm,
        run_dir: run.run_dir.clone(),
        host: nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        id: place.id.clone(),
        is_new: place.history.segments.is_empty(),
        segment,
        command: Vec::new(),
        checkpoint: None,
        marks: LogMarks::default(),
        token: None,
        submitted_index: None,
        validated: Vec::new(),
        told_invalid: Vec::new(),
        announced: None,
        no_journal: place.store.as_ref().err().cloned(),
        ledger: None,
    }
}

/// Whether a command is another than the recorded one; long ones are recorded cut, with `…` for the rest.
fn is_other_command(recorded: &[String], words: &[OsString]) -> bool {
    let whole = recorded.last().is_none_or(|last| last != "…");
    let kept = if whole { recorded.len() } else { recorded.len() - 1 };
    let mut pairs = recorded.iter().take(kept).zip(words);
    let same = pairs.all(|(then, now)| *then == now.to_string_lossy());
    !recorded.is_empty() && (!same || (whole && words.len() != kept))
}

fn variable(run: &Run, name: &str) -> Option<String> {
    let found = run.environment.iter().find(|(key, _)| key == name);
    found.and_then(|(_, value)| value.clone().into_string().ok())
}

/// Where a task of an array stands among the others.
fn crowd(slurm: &SlurmEnvironment) -> Option<Crowd> {
    let (JobId::Task { task, .. }, Some(array)) = (&slurm.id, slurm.array) else { return None };
    Crowd::new(*task, (array.min?, array.max?), array.count?)
}

fn past_of(history: &History) -> Past {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Past {
        segments: count(history.segments.len()),
        failures: history.failures_in_row(),
        stalls: history.stalls_in_row(),
        // The last segment has no end on record, and yet it is over, or this one would not be prepared.
        lost: history.lost_in_row() + u32::from(history.open_segment().is_some()),
        walltime: history.walltime(),
        learned: Learned::new(history.checkpoint_times(), history.continuation_times()),
    }
}

fn start_facts(run: &Run, place: &Place, found: &Found, copies: &[Kept]) -> StartFacts {
    let expected = matches!(place.expectation, Expectation::Next | Expectation::SameAllocation);
    let restart = run.slurm.as_ref().map_or(0, |slurm| slurm.restarts);
    let mistaken =
        run.slurm.as_ref().is_some_and(|slurm| place.history.stop_was_mistaken(slurm.id, slurm.restarts));
    // The journal of this job's first start is gone, and with it the proof that `--fresh` was obeyed.
    let forgotten = place.expectation == Expectation::First && restart > 0;
    let kept: Vec<CheckpointId> = copies.iter().map(|copy| copy.id.clone()).collect();
    let known = || found.valid.iter().map(|(id, _)| id).chain(&kept);
    let failed_starts = known().map(|id| (id.clone(), place.history.failed_starts(id))).collect();
    let quarantined = known().filter(|id| place.history.is_quarantined(id)).cloned().collect();
    StartFacts {
        finished: place.history.finished,
        stopped: place.history.stopped.as_ref().filter(|_| !mistaken).map(|stopped| stopped.text.clone()),
        expected,
        taken: matches!(
            place.expectation,
            Expectation::AlreadyTaken { .. } | Expectation::TokenTaken { .. } | Expectation::Outdated
        ),
        // By hand a chain may go on with other words, such as more threads; one that is finished is another's.
        other_command: (place.expectation == Expectation::SameAllocation
            || run.engine == Engine::Local && place.history.finished)
            && run.plan.chain == ChainChoice::Auto
            && is_other_command(&place.history.command, &run.plan.command),
        had_checkpoint: place.history.had_checkpoint,
        valid: found.valid.iter().map(|(id, _)| id.clone()).collect(),
        failed_starts,
        quarantined,
        kept,
        unknown: found.unknown.clone(),
        claimed: None,
        knows_checkpoints: run.plan.settings.knows_checkpoints,
        // Later segments of what was begun afresh go on from its checkpoints.
        fresh: run.fresh && !expected && !forgotten && !place.continues_here,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&["a", "b"], &["a", "b"], false)]
    #[case(&["a"], &["a", "b"], true)]
    #[case(&["a", "b"], &["a"], true)]
    #[case(&["a", "…"], &["a", "b", "c"], false)]
    #[case(&["a", "…"], &["x", "b", "c"], true)]
    #[case(&[], &["a"], false)]
    fn commands(#[case] recorded: &[&str], #[case] now: &[&str], #[case] other: bool) {
        let recorded: Vec<String> = recorded.iter().map(ToString::to_string).collect();
        let now: Vec<OsString> = now.iter().map(OsString::from).collect();
        assert_eq!(is_other_command(&recorded, &now), other);
    }
}
