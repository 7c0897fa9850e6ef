//! Before the child: which chain this is, whose it is, from which checkpoint and with which words it starts.

use std::cell::Cell;
use std::ffi::OsString;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use super::chain::{Chain, Slurm};
use super::edge::Edge;
use super::ledger::Ledger;
use super::looking::Found;
use super::run::{Run, own_limit};
use crate::checkpoint::{LogMarks, remove_trigger_file};
use crate::config::ChainChoice;
use crate::journal::owner::{Owner, claim, take_over, take_over_damaged};
use crate::journal::record::Resumed;
use crate::journal::store::find_expecting;
use crate::journal::{ClaimError, Durability, Expectation, History, Record, Store};
use crate::model::{
    ChainId, CheckpointId, ContinuationMode, ExitStatus, JobId, Now, SegmentNumber, Token, Trigger,
};
use crate::policy::{ArrayPlace, Host, Machine, Past, Situation, Start, StartFacts, start};
use crate::profile::{limit, restart};
use crate::scheduler::slurm::{Commands, JobState, Presence};
use crate::scheduler::{Answer, Engine};
use crate::sys;

/// What comes of the preparation.
pub(super) enum Prepared {
    /// A segment that can start.
    Run(Box<Machine>),
    /// Nothing is to be started.
    End(ExitStatus),
}

/// Why nothing is started.
enum Stop {
    /// All is well; say this.
    Well(String),
    /// It must not be; say this.
    Bad(String),
}

/// What the journal says about this start.
struct Place {
    id: ChainId,
    history: History,
    expectation: Expectation,
    /// The journal, or why there is none.
    store: Result<Store, String>,
    /// Whether this process has run a segment of it already.
    continues_here: bool,
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
            Err(Stop::Bad(text)) => {
                self.teller.error(&text);
                Prepared::End(ExitStatus::INTERNAL)
            }
        }
    }

    fn try_prepare(&mut self, run: &Run) -> Result<Machine, Stop> {
        let began = sys::now();
        let token = variable(run, "CKWRAP_TOKEN").and_then(|text| Token::try_from(text).ok());
        let mut place = self.place(run, token.as_ref());
        let segment = place.history.next_number();
        let slurm = run.slurm.clone().map(|environment| Slurm {
            commands: Commands::new(run.environment.iter().cloned()),
            job: environment.id,
            raw_job: environment.raw_id,
            environment,
            view: None,
        });
        self.chain = Some(Box::new(Chain {
            plan: run.plan.clone(),
            engine: run.engine,
            slurm,
            run_dir: run.run_dir.clone(),
            host: nix::unistd::gethostname()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            id: place.id.clone(),
            is_new: place.history.segments.is_empty(),
            segment,
            command: Vec::new(),
            checkpoint: None,
            marks: LogMarks::default(),
            token: None,
            submitted_index: None,
            validated: Vec::new(),
            no_journal: place.store.as_ref().err().cloned(),
            ledger: None,
        }));
        self.refuse_while_successor_waits(run, &place)?;
        let ledger = self.claim(&mut place, segment, began)?;
        let journal = ledger.store.is_some();
        self.install_ledger(ledger);
        let found = self.look_now();
        let past = past_of(&place.history);
        let facts = start_facts(run, &place, &found);
        let checkpoint = match start(&facts, &past, &run.plan.settings) {
            Start::Run { checkpoint, quarantined } => {
                for id in quarantined {
                    let text =
                        format!("checkpoint {} is passed over: restarts from it failed", id.path.display());
                    self.teller.warn(&text);
                }
                checkpoint
            }
            start => return Err(self.not_started(run, start)),
        };
        if facts.finished || facts.stopped.is_some() {
            self.note_resumed(segment, began);
        }
        self.set_command(run, checkpoint, began);
        Ok(self.machine(run, began, journal, found.all, past))
    }

    /// Which chain this is, and what its journal says about this job.
    fn place(&self, run: &Run, token: Option<&Token>) -> Place {
        let job = run.slurm.as_ref().map(|slurm| slurm.id);
        let restart = run.slurm.as_ref().map_or(0, |slurm| slurm.restarts);
        let (mut id, mut expectation) = (own_chain(run), Expectation::First);
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
            expectation = history.expects(job, restart, token);
        } else if !history.segments.is_empty() {
            expectation = Expectation::Foreign;
        }
        let continues_here = self.chain.is_some();
        Place { id, history, expectation, store, continues_here }
    }

    /// A job that the user submits to a named chain must not run beside the successor that waits already.
    fn refuse_while_successor_waits(&mut self, run: &Run, place: &Place) -> Result<(), Stop> {
        if place.expectation != Expectation::Foreign || run.engine != Engine::Slurm {
            return Ok(());
        }
        let Some(job) = place.history.continuation().and_then(|(_, job)| job) else { return Ok(()) };
        match self.is_over(job) {
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
    fn is_over(&mut self, job: JobId) -> Option<bool> {
        let call = self.chain.as_ref()?.slurm.as_ref()?.commands.show_job(job);
        let answer = Rc::new(Cell::new(None));
        let slot = Rc::clone(&answer);
        self.call(
            &call,
            Box::new(move |_, output| {
                slot.set(Some(match Presence::from_answer(&output, job) {
                    Answer::Yes(Presence::Gone) => Some(true),
                    Answer::Yes(Presence::Known(view)) => {
                        Some(view.state.has_ended() && !matches!(view.state, JobState::NodeFail))
                    }
                    Answer::Refused(_) | Answer::Unknown(_) => None,
                }));
            }),
        );
        self.until(|_| answer.get().is_some());
        answer.get().flatten()
    }

    fn claim(&mut self, place: &mut Place, segment: SegmentNumber, now: Now) -> Result<Ledger, Stop> {
        let Ok(store) = std::mem::replace(&mut place.store, Err(String::new())) else {
            return Ok(Ledger::default());
        };
        let (job, restart) = self.chain.as_ref().map_or((None, 0), |chain| (chain.job(), chain.restart()));
        let mine = Owner::current(job, restart, segment, now.wall);
        let claimed = match claim(store.dir(), &mine) {
            Err(ClaimError::Foreign(seen)) => {
                // A successor starts only after its predecessor has ended: Slurm holds it back until then.
                let expected = matches!(place.expectation, Expectation::Next);
                let over = match seen.owner.job {
                    _ if expected => Some(true),
                    Some(job) => self.is_over(job),
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
            Ok(claim) => Ok(Ledger { store: Some(store), claim: Some(claim) }),
            Err(error @ (ClaimError::Live(_) | ClaimError::Newer(_) | ClaimError::Foreign(_))) => {
                Err(Stop::Bad(format!("nothing is started: {error}")))
            }
            Err(error) => {
                if let Some(chain) = &mut self.chain {
                    chain.no_journal = Some(error.to_string());
                }
                Ok(Ledger::default())
            }
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
        for (id, reason) in &found.invalid {
            self.teller.warn(&format!("checkpoint {} is not whole: {reason}", id.path.display()));
        }
        found
    }

    fn not_started(&mut self, run: &Run, start: Start) -> Stop {
        let chain = self.chain.as_ref().map(|chain| chain.id.to_string()).unwrap_or_default();
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
            Start::Refuse(why) => Stop::Bad(format!("nothing is started: {why}")),
            Start::Run { .. } => Stop::Well(String::new()),
        };
        if matches!(stop, Stop::Well(_)) {
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
    fn note_resumed(&mut self, segment: SegmentNumber, now: Now) {
        let before = SegmentNumber(segment.0.saturating_sub(1));
        let event = Resumed { segment: before, by: "started again by hand".into() }.into();
        let record = Record { t: now.wall, event };
        self.work(move |ledger| ledger.write(&[record], Durability::Lazy), |_, written| drop(written));
    }

    /// The words to start and what the program is told through its environment.
    fn set_command(&mut self, run: &Run, checkpoint: Option<CheckpointId>, began: Now) {
        let Some(chain) = &mut self.chain else { return };
        let path = checkpoint.as_ref().map(|id| id.path.as_path());
        let mut words = restart::command_line(&run.plan.command, &run.plan.profile.restart, path);
        let end = run.slurm.as_ref().and_then(|slurm| slurm.end_time).map(|at| began.instant_of(at));
        let left = [end, own_limit(run, began.instant)].into_iter().flatten().min();
        let only_a_limit =
            run.plan.settings.triggers.iter().all(|trigger| matches!(trigger, Trigger::Limit(_)));
        if let (Some(left), true) = (left, only_a_limit)
            && let Some(Trigger::Limit(given)) = run.plan.settings.triggers.first()
        {
            words.extend(limit::words(given, left.since(began.instant)));
        }
        for file in chain.trigger_files() {
            if let Err(error) = remove_trigger_file(&file) {
                self.teller.warn(&format!("a stale trigger file is in the way: {error}"));
            }
        }
        chain.marks =
            LogMarks::take(run.plan.profile.finish.as_ref(), &run.plan.profile.stopped, &run.run_dir);
        let mut own: Vec<(&str, OsString)> = vec![
            ("CKWRAP_CHAIN", chain.id.as_str().into()),
            ("CKWRAP_SEGMENT", chain.segment.to_string().into()),
            ("CKWRAP_CHECKPOINT", path.map(|path| path.as_os_str().to_owned()).unwrap_or_default()),
            ("CKWRAP_ACTIVE", active_mark(run).into()),
        ];
        own.extend(
            chain.trigger_files().into_iter().next().map(|file| ("CKWRAP_STOP_FILE", file.into_os_string())),
        );
        own.extend(left.map(|left| ("CKWRAP_DEADLINE", began.wall_of(left).seconds().to_string().into())));
        let foreign = run
            .environment
            .iter()
            .filter(|(name, _)| name != "CKWRAP_TOKEN" && !own.iter().any(|(other, _)| name == other));
        self.program.environment =
            foreign.cloned().chain(own.iter().map(|(name, value)| ((*name).into(), value.clone()))).collect();
        self.program.argv.clone_from(&words);
        chain.command = words;
        chain.checkpoint = checkpoint;
    }

    fn machine(
        &self,
        run: &Run,
        began: Now,
        journal: bool,
        baseline: Vec<CheckpointId>,
        past: Past,
    ) -> Machine {
        let slurm = run.slurm.as_ref();
        let array = slurm.and_then(|slurm| {
            let JobId::Task { task, .. } = slurm.id else { return None };
            let last = slurm.array.and_then(|array| array.max).is_some_and(|max| task >= max);
            Some(ArrayPlace { last })
        });
        let situation = Situation {
            host: match run.engine {
                Engine::Slurm => Host::Slurm,
                Engine::Local => Host::Local,
                Engine::None => Host::Nobody,
            },
            chain: true,
            terminal: !self.program.own_group,
            began,
            end: slurm.and_then(|slurm| slurm.end_time).map(|at| began.instant_of(at)),
            own_limit: own_limit(run, began.instant),
            restart: slurm.map_or(0, |slurm| slurm.restarts),
            array,
            journal,
            baseline,
            child_hears_slurm: slurm.is_some() && super::processes::batch_container().is_none(),
        };
        Machine::new(run.plan.settings.clone(), situation, past)
    }
}

fn variable(run: &Run, name: &str) -> Option<String> {
    let found = run.environment.iter().find(|(key, _)| key == name);
    found.and_then(|(_, value)| value.clone().into_string().ok())
}

/// Tells a ckwrap that is started inside this one that the chain is in good hands.
pub(crate) fn active_mark(run: &Run) -> String {
    match &run.slurm {
        Some(slurm) => format!("{}.{}", slurm.raw_id, slurm.restarts),
        None => "local".to_owned(),
    }
}

/// The chain's name where the user gave none: by the job, so that every job starts a chain of its own.
fn own_chain(run: &Run) -> ChainId {
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

fn past_of(history: &History) -> Past {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Past {
        segments: count(history.segments.len()),
        failures: history.failures_in_row(),
        stalls: history.stalls_in_row(),
        // The last segment has no end on record, and yet it is over, or this one would not be prepared.
        lost: history.lost_in_row() + u32::from(history.open_segment().is_some()),
        walltime: history.walltime(),
    }
}

fn start_facts(run: &Run, place: &Place, found: &Found) -> StartFacts {
    let mode = run.plan.settings.mode;
    let expected = match place.expectation {
        Expectation::Next | Expectation::SameAllocation => true,
        Expectation::Sibling => mode == ContinuationMode::Array,
        _ => false,
    };
    let failed_starts =
        found.valid.iter().map(|(id, _)| (id.clone(), place.history.failed_starts(id))).collect();
    StartFacts {
        finished: place.history.finished,
        stopped: place.history.stopped.as_ref().map(|stopped| stopped.text.clone()),
        expected,
        taken: matches!(
            place.expectation,
            Expectation::AlreadyTaken { .. } | Expectation::TokenTaken { .. } | Expectation::Outdated
        ),
        had_checkpoint: place.history.had_checkpoint,
        valid: found.valid.iter().map(|(id, _)| id.clone()).collect(),
        failed_starts,
        unknown: found.unknown.clone(),
        knows_checkpoints: run.plan.settings.knows_checkpoints,
        // Later segments of what was begun afresh go on from its checkpoints.
        fresh: run.fresh && !expected && !place.continues_here,
    }
}
