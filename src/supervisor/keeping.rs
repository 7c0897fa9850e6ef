//! Copies of good checkpoints: made on a thread of their own, since a large one takes long and the journal must not wait
//! behind it, and put back before a start.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::edge::Edge;
use super::ledger::Ledger;
use super::looking::Found;
use super::run::{Run, time_left};
use super::stop::Stop;
use super::worker::{Reply, Worker};
use crate::checkpoint::{Aside, KeepError, Kept, clean, keep, kept, parts, restore, set_aside};
use crate::journal::dir::Dir;
use crate::journal::record::{self, Restored};
use crate::journal::{Durability, Record, Store};
use crate::model::{ChainId, CheckpointId, Now, SegmentNumber};
use crate::policy::{Event, KeepAnswer, Notice, longest_first_copy};
use crate::sys::{failpoint, guarded};

/// Directory of the copies, in the chain's.
const GOOD: &str = "good";

/// The thread that copies, once there is one.
#[derive(Default)]
pub(super) struct Keeper {
    worker: Option<Worker>,
    /// Set when nobody waits for the copy under way any more.
    abandoned: Arc<AtomicBool>,
    /// Whether the user has been told that there is no copy.
    told: bool,
}

impl Keeper {
    pub(super) fn take_reply(&mut self) -> Option<Reply> {
        self.worker.as_mut().and_then(Worker::take_reply)
    }

    /// Leaves the copy that is being made: what there is of it is removed by the next one.
    pub(super) fn abandon(&mut self) {
        self.abandoned.store(true, Ordering::Release);
    }

    /// Whether this is the first trouble of this kind.
    pub(super) fn is_news(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }
}

impl Edge {
    /// Copies a checkpoint aside and tells the policy.
    pub(super) fn keep(&mut self, id: CheckpointId) {
        self.copy_aside(id, |edge, answer| edge.handle(Event::Kept(answer)));
    }

    fn copy_aside(&mut self, id: CheckpointId, reply: impl FnOnce(&mut Self, KeepAnswer) + Send + 'static) {
        let Some(chain) = &self.chain else { return };
        let (dir, name, most) = (chain.run_dir.clone(), chain.id.clone(), chain.plan.profile.keep);
        let trouble = match (&chain.plan.profile.checkpoint, &chain.no_journal) {
            (None, _) => Some("it is not known where checkpoints lie".to_owned()),
            (_, Some(why)) => Some(why.clone()),
            _ => self.start_keeper().err(),
        };
        let rule = self.chain.as_ref().and_then(|chain| chain.plan.profile.checkpoint.clone());
        let (Some(rule), None) = (rule, &trouble) else {
            reply(self, KeepAnswer::Failed(trouble.unwrap_or_default()));
            return;
        };
        let abandoned = Arc::new(AtomicBool::new(false));
        self.keeper.abandoned = Arc::clone(&abandoned);
        let Some(worker) = &mut self.keeper.worker else { return };
        worker.give(move |_| {
            let made = guarded(|| {
                failpoint("keep");
                let good = good(&dir, &name, true)?.ok_or_else(|| "the chain has no directory".to_owned())?;
                keep(&good.held_path(), &dir, &rule, &id, most, &abandoned)
                    .map_err(|error| told(&error, &good))
            });
            let made = made.unwrap_or_else(|panic| Err(panic.to_string()));
            Box::new(move |edge: &mut Self| {
                // Whoever asked has gone on.
                if !abandoned.load(Ordering::Acquire) {
                    reply(edge, made.map_or_else(KeepAnswer::Failed, |()| KeepAnswer::Done));
                }
            })
        });
    }

    /// Without a thread a copy would stop the loop, so there is none.
    fn start_keeper(&mut self) -> Result<(), String> {
        if self.keeper.worker.is_some() {
            return Ok(());
        }
        match Worker::start(Ledger::default()) {
            (worker, None) => {
                self.keeper.worker = Some(worker);
                Ok(())
            }
            (_, Some(error)) => Err(format!("no thread could be started ({error})")),
        }
    }

    /// Copies the checkpoint that the program is about to start from, and waits for it: the program could destroy it.
    pub(super) fn keep_before_start(
        &mut self,
        run: &Run,
        id: CheckpointId,
        segment: SegmentNumber,
        now: Now,
    ) {
        self.teller
            .debug(&format!("copying checkpoint {} aside before the program starts", id.path.display()));
        let slot = Arc::new(Mutex::new(None));
        let answer = Arc::clone(&slot);
        self.copy_aside(id.clone(), move |_, kept| {
            if let Ok(mut answer) = answer.lock() {
                *answer = Some(kept);
            }
        });
        let patience = longest_first_copy(time_left(run, now));
        self.until_or(patience, |_| slot.lock().map_or(true, |answer| answer.is_some()));
        self.keeper.abandon();
        let kept = slot.lock().ok().and_then(|mut answer| answer.take());
        match kept {
            Some(KeepAnswer::Done) => {
                self.note(record::Kept { segment, checkpoint: id }.into(), now);
            }
            Some(KeepAnswer::Failed(text)) => self.not_kept(&Notice::NotKept(text)),
            None => self.not_kept(&Notice::NotKept("it takes too long".into())),
        }
    }

    /// Says once that there is no copy.
    pub(super) fn not_kept(&mut self, notice: &Notice) {
        if self.keeper.is_news() {
            self.teller.notice(notice);
        } else {
            self.teller.debug(&notice.to_string());
        }
    }

    fn note(&mut self, event: crate::journal::Event, now: Now) {
        let record = Record { t: now.wall, event };
        self.work(move |ledger| ledger.write(&[record], Durability::Lazy), |_, written| drop(written));
    }

    /// Does something on the worker before the child is there, and waits for it.
    fn done<T: Send + 'static>(&mut self, job: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let slot = Arc::new(Mutex::new(None));
        let answer = Arc::clone(&slot);
        self.work(
            move |_| job(),
            move |_, result| {
                if let Ok(mut answer) = answer.lock() {
                    *answer = Some(result);
                }
            },
        );
        self.until(|_| slot.lock().map_or(true, |answer| answer.is_some()));
        slot.lock().ok().and_then(|mut answer| answer.take())
    }

    /// The copies that are there, newest first.
    pub(super) fn copies(&mut self, run: &Run) -> Vec<Kept> {
        let Some((dir, name)) = self.place_of_copies().filter(|_| run.plan.settings.keeps) else {
            return Vec::new();
        };
        let look = move || match good(&dir, &name, false)? {
            Some(good) => kept(&good.held_path()).map_err(|error| told(&error, &good)),
            None => Ok(Vec::new()),
        };
        match self.done(look) {
            Some(Ok(copies)) => copies,
            Some(Err(error)) => {
                self.teller.warn(&format!("kept copies of checkpoints cannot be looked at: {error}"));
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// The run directory and the chain, where the chain has a directory that can be trusted.
    fn place_of_copies(&self) -> Option<(PathBuf, ChainId)> {
        let chain = self.chain.as_ref().filter(|chain| chain.no_journal.is_none())?;
        Some((chain.run_dir.clone(), chain.id.clone()))
    }

    /// Puts a copy back in place of what is damaged. Each copy is tried once.
    pub(super) fn put_back(
        &mut self,
        run: &Run,
        copies: &mut Vec<Kept>,
        (id, quarantined): (&CheckpointId, &[CheckpointId]),
        found: &Found,
        (segment, now): (SegmentNumber, Now),
    ) -> Result<(), Stop> {
        let refused = |why: &str| {
            Stop::Bad(format!(
                "nothing is started: the copy of checkpoint {} cannot be put back: {why}",
                id.path.display()
            ))
        };
        let Some(index) = copies.iter().position(|copy| copy.id == *id) else {
            return Err(refused("it is gone"));
        };
        let copy = copies.remove(index);
        let Some((dir, name)) = self.place_of_copies() else { return Err(refused("there is no chain")) };
        let seconds = now.wall.seconds();
        let unusable = |id: &CheckpointId| {
            quarantined.contains(id) || found.invalid.iter().any(|(invalid, _)| invalid == id)
        };
        let current = found.candidates.iter().filter(|candidate| !candidate.fallback);
        let damaged: Vec<PathBuf> = current.filter(|one| unusable(&one.id)).flat_map(parts).collect();
        let put_back = move || {
            let good = good(&dir, &name, false)?.ok_or_else(|| "its directory is gone".to_owned())?;
            restore(&good.held_path(), &copy, &dir, &damaged, seconds).map_err(|error| told(&error, &good))
        };
        let renamed = match self.done(put_back) {
            Some(Ok(renamed)) => renamed,
            Some(Err(error)) => return Err(refused(&error)),
            None => return Err(refused("the file system gives no answer")),
        };
        let relative = |path: &PathBuf| path.strip_prefix(&run.run_dir).unwrap_or(path).display().to_string();
        let names: Vec<String> = renamed.iter().map(|(_, name)| relative(name)).collect();
        let aside = match names.as_slice() {
            [] => String::new(),
            names => format!("; what lay there is now {}", names.join(", ")),
        };
        self.teller.warn(&format!(
            "no checkpoint that can be used is there; a kept copy of {} is put back{aside}",
            id.path.display()
        ));
        self.note(Restored { segment, checkpoint: id.clone() }.into(), now);
        Ok(())
    }

    /// The copies of what is given up are not for what begins anew.
    pub(super) fn set_copies_aside(&mut self, now: Now) {
        let Some((dir, name)) = self.place_of_copies() else { return };
        let seconds = now.wall.seconds();
        let move_away = move || match Store::open(&dir, &name).map_err(|error| error.to_string())? {
            Some(store) => {
                let chain = store.dir().held_path();
                set_aside(&chain, Path::new(GOOD), Aside::BeforeFresh, seconds)
                    .map_err(|error| error.to_string())
            }
            None => Ok(None),
        };
        if let Some(Err(error)) = self.done(move_away) {
            self.teller.warn(&format!("--fresh cannot set the kept copies aside: {error}"));
        }
    }

    /// Removes the leftovers that the profile names.
    pub(super) fn clean(&mut self, run: &Run, found: &Found) {
        let patterns = run.plan.profile.clean.clone();
        if patterns.is_empty() {
            return;
        }
        let (dir, checkpoints) = (run.run_dir.clone(), found.files());
        match self.done(move || clean(&dir, &patterns, &checkpoints)) {
            Some(Ok(cleaned)) => {
                for path in cleaned.removed {
                    self.teller.debug(&format!("removed {} (clean)", path.display()));
                }
                for (path, why) in cleaned.left {
                    self.teller.debug(&format!("{} is not removed: {why} (clean)", path.display()));
                }
            }
            Some(Err(error)) => self.teller.warn(&format!("leftovers are not all removed (clean): {error}")),
            None => {}
        }
    }
}

/// The directory of the copies of this chain, as it lies there now, if it is the user's alone; `None`: there is none.
///
/// Opened anew each time, and held while it is worked in: where others may write into the run directory, what lies at its
/// path can be theirs from one moment to the next, and what it says of files would be believed.
fn good(dir: &Path, chain: &ChainId, make: bool) -> Result<Option<Dir>, String> {
    let store = Store::open(dir, chain).map_err(|error| error.to_string())?;
    let Some(store) = store else { return Ok(None) };
    let opened = if make {
        store.dir().make_private(GOOD).map(|(good, _)| good)
    } else {
        store.dir().open_private(GOOD)
    };
    match opened {
        Ok(good) => Ok(Some(good)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// An error with the path that the user knows.
fn told(error: &KeepError, good: &Dir) -> String {
    let held = good.held_path();
    error.to_string().replace(&held.display().to_string(), &good.path().display().to_string())
}
