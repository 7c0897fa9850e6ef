//! The start of ckwrap in a job: its place in the chain, its claim, and from where it goes on; as the supervisor does it.

use std::time::Duration;

use super::super::lead::Learned;
use super::super::{ArrayPlace, Fence, Host, Machine, Past, Situation, Start, StartFacts, start};
use super::edge::millis;
use super::journal::Owner;
use super::sabotage::Sabotage;
use super::slurm::{State, TASKS};
use super::tally::Wrong;
use super::world::{Happening, Process, WALL, World};
use crate::journal::record::{ChainStopped, Restored, Resumed, StopReason};
use crate::journal::{Expectation, History};
use crate::model::{CheckpointId, ContinuationMode as Mode, JobId, SegmentNumber, Timestamp};

/// What has been found out about a start.
#[derive(Debug, Clone)]
pub(super) struct Place {
    history: History,
    expectation: Expectation,
    segment: SegmentNumber,
    /// Among the owners; `None`: there is no journal.
    claim: Option<usize>,
}

impl World {
    /// A job's batch script calls ckwrap.
    pub(super) fn start_ckwrap(&mut self, job: usize) {
        let (node, restart) = (self.jobs[job].node, self.jobs[job].restarts);
        let history = self.journal.seen_from(node, self.now, self.plan.faults.stale);
        let expectation = self.expectation(job, &history);
        self.note(|| format!("job {job}.{restart}: {expectation:?}"));
        // A task of an array that nobody has heard of meets its chain by name, as one that the user submits.
        // So does one of which not a word could be written, whose user was told that the journal cannot be.
        let mut runs = self.processes.iter().filter(|process| process.job == job).peekable();
        let unheard = runs.peek().is_some() && runs.all(|process| !process.recorded);
        let named = self.jobs[job].by_hand || self.plan.settings.mode == Mode::Array || unheard;
        if expectation == Expectation::Foreign && !named {
            self.wrong(Wrong::Doubled, format!("job {job} is not known to its chain and begins another"));
            return;
        }
        if let Err(why) = self.make_way_for_the_expected(&history, expectation) {
            return self.turn_away(job, &why);
        }
        let segment = history.next_number();
        match self.claim(job, expectation, (segment, &history)) {
            Ok(claim) => {
                let place = Place { history, expectation, segment, claim };
                let wait = self.wait_for_old_copy(job, &place);
                if wait == 0 {
                    self.choose(job, &place);
                } else {
                    self.note(|| format!("job {job} waits for the old copy"));
                    self.jobs[job].waiting = true;
                    self.later(wait, Happening::Choose(job, restart, Box::new(place)));
                }
            }
            Err(why) => self.turn_away(job, &why),
        }
    }

    fn expectation(&self, job: usize, history: &History) -> Expectation {
        let token = self.jobs[job].token.as_ref();
        match history.expects(self.id_of(job), self.jobs[job].restarts, token) {
            Expectation::Sibling if self.plan.settings.mode == Mode::Array => Expectation::Next,
            Expectation::Sibling => Expectation::Foreign,
            other => other,
        }
    }

    /// A job that the user submits must not run beside the one that waits already.
    fn make_way_for_the_expected(&self, history: &History, expectation: Expectation) -> Result<(), String> {
        let next = history.continuation().and_then(|(_, job)| job);
        match next.filter(|_| expectation == Expectation::Foreign).map(|id| self.is_over(id)) {
            None | Some(Some(true)) => Ok(()),
            Some(Some(false)) => Err("Refuse: it goes on in another job".into()),
            Some(None) => Err("Refuse: it may go on in another job, and Slurm does not answer".into()),
        }
    }

    /// Whether Slurm says that a job is over; `None`: no answer.
    fn is_over(&self, id: JobId) -> Option<bool> {
        if self.now < self.outage_until {
            return None;
        }
        Some(self.job_of(id).is_none_or(|job| self.jobs[job].state == State::Ended))
    }

    fn claim(
        &mut self,
        job: usize,
        expectation: Expectation,
        (segment, history): (SegmentNumber, &History),
    ) -> Result<Option<usize>, String> {
        let (life, node, now) = (self.jobs[job].restarts, self.jobs[job].node, self.now);
        if self.rng.chance(self.plan.faults.journal / 5) {
            self.marks.journal_failed = true;
            let before = self.journal.owners.last().copied();
            return match before.filter(|before| self.may_live(job, *before, (segment, history))) {
                Some(_) => Err("Refuse: no claim, and the one before may live".into()),
                None => Ok(None),
            };
        }
        if let Some(owner) = self.journal.owners.last().copied() {
            // One that still waits has no program yet, and lives.
            let begun = self.processes.get(owner.process);
            let lives = begun.map_or(self.jobs[owner.job].waiting, |process| process.alive);
            let same = owner.job == job;
            if owner.damaged {
                if expectation != Expectation::Next {
                    return Ok(None);
                }
            } else if same && owner.life > life {
                return Err("Refuse: a newer copy owns the chain".into());
            } else if !(owner.released || (same && owner.life < life)) {
                let predecessor = expectation == Expectation::Next && owner.segment < segment.0;
                if owner.node == node && lives {
                    return Err("Refuse: it runs here".into());
                } else if owner.node != node
                    && !predecessor
                    && self.is_over(self.id_of(owner.job)) != Some(true)
                {
                    return Err("Refuse: it may run elsewhere".into());
                }
            }
        }
        // Which process it is shows when that has begun.
        let owner = Owner {
            process: usize::MAX,
            job,
            life,
            node,
            segment: segment.0,
            at: now,
            released: false,
            damaged: false,
        };
        self.journal.owners.push(owner);
        Ok(Some(self.journal.owners.len() - 1))
    }

    /// For a copy that may live on a node that was given up.
    fn wait_for_old_copy(&self, job: usize, place: &Place) -> u64 {
        let Some(claim) = place.claim.filter(|claim| *claim > 0) else { return 0 };
        let left = Duration::from_millis(self.jobs[job].end.saturating_sub(self.now));
        let before = self.journal.owners[claim - 1];
        let may_live = self.may_live(job, before, (place.segment, &place.history));
        if may_live { millis(Fence::patience(Some(left))) } else { 0 }
    }

    fn may_live(&self, job: usize, before: Owner, (mine, history): (SegmentNumber, &History)) -> bool {
        let node = self.jobs[job].node;
        let segment = if before.damaged { mine } else { SegmentNumber(before.segment) };
        let elsewhere = before.node != node && !before.released && !before.damaged;
        let owner = elsewhere && !history.has_ended(segment);
        owner || history.is_open_before(segment, &format!("n{node}"))
    }

    /// The wait is over, unless the job is.
    pub(super) fn choose_after_wait(&mut self, job: usize, life: u32, place: &Place) {
        if self.is_in(job, life, State::Running) {
            self.jobs[job].waiting = false;
            if place.claim.is_some_and(|claim| self.has_later_owner(claim)) {
                return self.turn_away(job, "Refuse: another copy has become the owner meanwhile");
            }
            // The old copy may have said its last word meanwhile.
            let history = self.journal.seen_from(self.jobs[job].node, self.now, self.plan.faults.stale);
            let expectation = self.expectation(job, &history);
            let (segment, claim) = (place.segment, place.claim);
            self.choose(job, &Place { history, expectation, segment, claim });
        }
    }

    fn choose(&mut self, job: usize, place: &Place) {
        let history = &place.history;
        let past = past_of(history);
        let own = (self.id_of(job), self.jobs[job].restarts);
        let mistaken = history.stop_was_mistaken(own.0, own.1);
        let expected = matches!(place.expectation, Expectation::Next | Expectation::SameAllocation);
        loop {
            let keeps = self.plan.settings.keeps;
            let kept: Vec<CheckpointId> =
                self.disk.copies.iter().rev().filter(|_| keeps).map(|copy| copy.id.clone()).collect();
            let mut valid = self.disk.valid();
            if self.plan.sabotage == Some(Sabotage::TakesTheOldest) {
                valid.reverse();
            }
            let known = || valid.iter().chain(&kept);
            let facts = StartFacts {
                claimed: None,
                finished: history.finished,
                stopped: history.stopped.as_ref().filter(|_| !mistaken).map(|stopped| stopped.text.clone()),
                expected,
                taken: matches!(
                    place.expectation,
                    Expectation::AlreadyTaken { .. } | Expectation::TokenTaken { .. } | Expectation::Outdated
                ) && self.plan.sabotage != Some(Sabotage::RunsWhatIsTaken),
                other_command: false,
                had_checkpoint: history.had_checkpoint,
                failed_starts: known().map(|id| (id.clone(), history.failed_starts(id))).collect(),
                quarantined: known().filter(|id| history.is_quarantined(id)).cloned().collect(),
                valid,
                kept,
                unknown: self.rng.chance(self.plan.faults.scan / 4).then(|| "stale handle".to_owned()),
                knows_checkpoints: true,
                fresh: false,
            };
            match start(&facts, &past, &self.plan.settings) {
                Start::Run { checkpoint, keep, quarantined } => {
                    if facts.finished || facts.stopped.is_some() || history.stopped.is_some() {
                        self.note_event(
                            job,
                            place,
                            Resumed { segment: before(place), by: "by hand".into() }.into(),
                        );
                    }
                    if let Some(id) = checkpoint.as_ref().filter(|_| keep)
                        && self.rng.chance(90)
                    {
                        self.disk.keep(id);
                    }
                    let often = |(_, times): &&(CheckpointId, u32)| *times >= self.plan.settings.max_stalls;
                    let failed = facts.failed_starts.iter().filter(often).map(|(id, _)| id.clone()).collect();
                    let bad = [quarantined, facts.quarantined, failed].concat();
                    return self.begin_segment(job, place, past, (checkpoint, bad));
                }
                Start::Restore { kept, .. } => {
                    self.note(|| format!("job {job} puts back {kept:?}"));
                    self.disk.restore(&kept);
                    let restored = Restored { segment: place.segment, checkpoint: kept };
                    self.note_event(job, place, restored.into());
                }
                other => {
                    if let Start::Exhausted(text) = &other {
                        let (reason, text) = (StopReason::Failed, text.clone());
                        self.note_event(
                            job,
                            place,
                            ChainStopped { segment: before(place), reason, text }.into(),
                        );
                    }
                    if let Some(claim) = place.claim {
                        self.journal.owners[claim].released = true;
                    }
                    return self.turn_away(job, &format!("{other:?}"));
                }
            }
        }
    }

    fn note_event(&mut self, job: usize, place: &Place, event: crate::journal::Event) {
        if place.claim.is_some() {
            let wall = self.time(0).wall;
            self.journal.append(self.jobs[job].node, self.now, wall, event, false);
        }
    }

    fn turn_away(&mut self, job: usize, why: &str) {
        self.note(|| format!("job {job} does not run: {why}"));
        let told = ["Refuse", "AlreadyStopped", "Exhausted"].iter().any(|word| why.contains(word));
        // What is said to one that the user submits beside the chain is no word about the chain.
        let beside = self.jobs[job].by_hand && !self.processes.iter().any(|process| process.job == job);
        self.marks.told |= told && !beside;
        if !beside {
            self.marks.refused.push(why.to_owned());
        }
        // An array chain that is over cancels what still waits.
        let over = ["AlreadyFinished", "AlreadyStopped", "Exhausted"].iter().any(|word| why.contains(word));
        if over && self.plan.settings.mode == Mode::Array {
            self.cancel_tasks();
        }
        self.ckwrap_is_gone(job);
    }

    fn begin_segment(
        &mut self,
        job: usize,
        place: &Place,
        past: Past,
        (checkpoint, bad): (Option<CheckpointId>, Vec<CheckpointId>),
    ) {
        self.judge_start(job, checkpoint.as_ref(), &bad);
        let restart = self.jobs[job].restarts;
        let baseline: Vec<CheckpointId> = self.disk.visible().map(|saved| saved.id.clone()).collect();
        let clock_off = self.plan.site.clock_skew;
        let began = self.time(clock_off);
        let seconds = i64::try_from((self.jobs[job].end + WALL) / 1000).unwrap_or(0);
        let end = began.instant_of(Timestamp::from_seconds(seconds));
        let situation = Situation {
            host: Host::Slurm,
            chain: true,
            terminal: false,
            began,
            end: self.plan.site.end_in_environment.then_some(end),
            own_limit: None,
            restart,
            array: self.jobs[job].task.map(|task| {
                let before = place.history.highest_task(1);
                let highest = before.unwrap_or(0).max(task);
                // A successor is an array of one task.
                let last =
                    self.jobs[job].after.is_some() || highest >= TASKS || place.history.was_ever_stopped();
                let begins = task == 1 && place.history.segments.is_empty();
                let follows = before.is_none_or(|before| task <= before + 1);
                let handed_over = begins || (follows && place.history.continuation().is_some());
                ArrayPlace::new(last, handed_over, restart)
            }),
            journal: place.claim.is_some(),
            baseline: baseline.clone(),
            from: checkpoint.clone(),
            child_hears_slurm: self.plan.site.child_hears,
            crowd: None,
            ranks_in_step: false,
        };
        (self.marks.silenced, self.marks.told) = (false, false);
        if let Some(claim) = place.claim {
            self.journal.owners[claim].process = self.processes.len();
        }
        self.processes.push(Process {
            job,
            life: restart,
            node: self.jobs[job].node,
            segment: place.segment,
            from: checkpoint,
            machine: Machine::new(self.plan.settings.clone(), situation, past),
            child: None,
            ran: false,
            recorded: false,
            unwritten: Vec::new(),
            stop_waits: false,
            copies: 0,
            relied_on: None,
            alive: true,
            claim: place.claim,
            token: None,
            tick: None,
            wake: 0,
            baseline,
            paused_until: 0,
            waiting: Vec::new(),
            acts: Vec::new(),
            busy_until: 0,
            file_jobs: 0,
            hung_until: 0,
            no_space_until: 0,
            cut_off_until: 0,
            orphan: false,
            leaving: None,
            clock_off,
            parent: self.jobs[job].parent,
        });
        self.perform_all(self.processes.len() - 1);
    }
}

fn before(place: &Place) -> SegmentNumber {
    SegmentNumber(place.segment.0.saturating_sub(1))
}

fn past_of(history: &History) -> Past {
    Past {
        segments: u32::try_from(history.segments.len()).unwrap_or(u32::MAX),
        failures: history.failures_in_row(),
        stalls: history.stalls_in_row(),
        lost: history.lost_in_row() + u32::from(history.open_segment().is_some()),
        walltime: history.walltime(),
        learned: Learned::new(history.checkpoint_times(), history.continuation_times()),
    }
}
