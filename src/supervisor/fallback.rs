//! After a mistake in ckwrap's own code: the program runs on, its signals and its exit code pass, and nothing else is done.
//!
//! Uses none of the policy, whose state can no longer be trusted: so nothing is asked, ended or continued any more. What the
//! user has to do in its place is said at once, while there is time, and again at the end.

use std::collections::BTreeSet;
use std::time::Duration;

use super::edge::{Edge, Leader};
use super::processes;
use crate::journal::record::InternalError;
use crate::journal::{Durability, Record};
use crate::model::{ChildExit, ExitStatus, Signal};
use crate::sys::{self, Change, Panic, Received, guarded};

/// What the program leaves behind may take so long to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);
/// How long the journal is waited for.
const FLUSH: Duration = Duration::from_secs(5);
/// Longer than this nobody sleeps at one go.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Between two looks at what is to end.
const AGAIN: Duration = Duration::from_millis(100);

impl Edge {
    /// Sees the child to its end without the policy.
    pub(super) fn fall_back(&mut self, panic: &Panic) -> ExitStatus {
        self.teller.error(&format!("{panic}; this is a fault of ckwrap, please report it"));
        // A clearing, a record or a reply may be what failed: each is tried by itself.
        let _ = guarded(|| self.stop_helpers());
        let _ = guarded(|| self.note_internal_error(panic));
        let Some(leader) = self.leader else {
            self.teller.error("the program was not started");
            return ExitStatus::INTERNAL;
        };
        let unread = std::mem::take(&mut self.incoming).into_iter();
        let left = std::mem::take(&mut self.early).into_iter().chain(self.current.take()).chain(unread);
        for received in left.collect::<Vec<_>>() {
            self.pass_on(leader, received);
        }
        let exit = self.see_to_its_end(leader);
        self.end_leftovers();
        let _ = guarded(|| self.leave_journal());
        if let Some(chain) = &self.chain {
            let known = if chain.token.is_some() {
                "the chain may go on by itself. See `ckwrap status` and `squeue --me` before you submit anything"
            } else {
                "whether it is finished was not judged, and nothing was continued. Look at its output; to go on from the \
                 newest checkpoint, submit the batch script again"
            };
            self.teller.error(&format!("the program has ended ({exit}); {known}"));
        }
        // Who was asked to save may have ended with 0 and be far from finished.
        if self.chain.is_some() && self.asked && exit.is_success() {
            return ExitStatus::UNFINISHED;
        }
        exit.into()
    }

    /// Signals go to the child until it ends. Whoever stops it stops ckwrap too.
    fn see_to_its_end(&mut self, leader: Leader) -> ChildExit {
        let mut ended = leader.ended;
        if ended.is_none() && self.chain.is_some() {
            self.teller.error(
                "the program runs on and gets every signal, but ckwrap will not ask it for a checkpoint, nor continue it: ask it \
                 yourself before the time limit, with the signal it listens to: scancel --batch --signal=USR1 JOBID",
            );
        }
        loop {
            for received in self.signals.read() {
                self.pass_on(leader, received);
            }
            while let Some(change) = sys::next_change() {
                match change {
                    Change::Exited(pid, exit) if pid == leader.pid => ended = Some(exit),
                    Change::Stopped(pid, _) if pid == leader.pid => sys::stop_self(),
                    Change::Exited(..) | Change::Stopped(..) | Change::Continued(_) => {}
                    Change::Nothing => break,
                }
            }
            if let Some(exit) = ended {
                return exit;
            }
            self.signals.rest(DAY);
        }
    }

    fn pass_on(&mut self, leader: Leader, received: Received) {
        let terminals_too = received.from_kernel && self.program.terminal;
        let of_ours = received.pid == leader.pid || received.pid == sys::own_pid();
        if received.signal == Signal::CHLD || leader.ended.is_some() || terminals_too || of_ours {
            return;
        }
        self.asked = true;
        match received.value {
            Some(value) => sys::send_value(leader.pid, received.signal, value),
            None => sys::send(leader.pid, received.signal),
        };
    }

    /// TERM, the grace, KILL for what the child leaves behind.
    fn end_leftovers(&mut self) {
        let kill_at = sys::now().instant + GRACE;
        let give_up = kill_at + GRACE;
        let mut told = BTreeSet::new();
        loop {
            while sys::next_change().is_some_and(|change| change != Change::Nothing) {}
            let now = sys::now().instant;
            let left = guarded(|| processes::descendants(sys::own_pid())).unwrap_or_default();
            if left.is_empty() || now >= give_up {
                return;
            }
            for pid in left {
                if now >= kill_at {
                    sys::send(pid, Signal::KILL);
                } else if told.insert(pid) {
                    sys::send(pid, Signal::TERM);
                    sys::send(pid, Signal::CONT);
                }
            }
            self.signals.rest(AGAIN);
            let _ = self.signals.read();
        }
    }

    /// A mistake of ckwrap's own that costs one piece of work and no more: told, recorded, and its text.
    pub(super) fn mistake(&mut self, panic: &Panic) -> String {
        self.teller
            .error(&format!("{panic}; this is a fault of ckwrap, please report it; the program runs on"));
        self.note_internal_error(panic);
        panic.to_string()
    }

    fn note_internal_error(&mut self, panic: &Panic) {
        let Some(chain) = &self.chain else { return };
        let event = InternalError { segment: chain.segment, text: panic.to_string() }.into();
        let record = Record { t: sys::now().wall, event };
        self.work(move |ledger| ledger.write(&[record], Durability::Synced), |_, _| {});
    }

    /// Gives the chain up in good order, if the file system lets it.
    fn leave_journal(&mut self) {
        if self.chain.is_some() {
            self.work(super::ledger::Ledger::release, |_, ()| {});
        }
        let until = sys::now().instant + FLUSH;
        while !self.drop_replies() && sys::now().instant < until {
            self.signals.rest(until.since(sys::now().instant));
            let _ = self.signals.read();
        }
    }
}
