//! One thread for work that can hang in a file system; its answers come back through the loop.
//!
//! Jobs run in the order they were given. A job that hangs delays those behind it and nothing else.
//!
//! An answer is announced by a SIGCHLD to ckwrap itself: the loop waits for that signal anyhow, so that the thread needs no
//! descriptor, and one too many only makes it look for children that have not changed. It cannot be lost: the answer is there
//! before the signal is sent, and a blocked signal stays until it is read.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::edge::Edge;
use super::ledger::Ledger;
use crate::sys::{self, Panic, guarded, resume};

/// What is done in the loop with a job's result.
pub(super) type Reply = Box<dyn FnOnce(&mut Edge) + Send>;
type Job = Box<dyn FnOnce(&mut Ledger) -> Reply + Send>;

/// The worker thread's near end.
pub(super) struct Worker {
    hands: Hands,
    waiting: usize,
}

/// Who does the work.
enum Hands {
    /// A thread, which owns the journal.
    Thread { jobs: Sender<Job>, replies: Receiver<Reply> },
    /// The loop itself, where no thread could be had: a hung file system then stops it, but nothing else is lost.
    Own { ledger: Box<Ledger>, replies: VecDeque<Reply> },
}

impl Worker {
    /// Starts the thread, which owns the journal from then on; the second value says why there is none.
    pub(super) fn start(ledger: Ledger) -> (Self, Option<io::Error>) {
        match start_thread() {
            Ok(hands) => {
                let mut worker = Self { hands, waiting: 0 };
                worker.give(move |held| {
                    *held = ledger;
                    Box::new(|_| {})
                });
                (worker, None)
            }
            Err(error) => {
                let hands = Hands::Own { ledger: Box::new(ledger), replies: VecDeque::new() };
                (Self { hands, waiting: 0 }, Some(error))
            }
        }
    }

    /// Gives it a job; the reply is run in the loop.
    pub(super) fn give(&mut self, job: impl FnOnce(&mut Ledger) -> Reply + Send + 'static) {
        match &mut self.hands {
            Hands::Thread { jobs, .. } => {
                if jobs.send(Box::new(job)).is_err() {
                    return;
                }
            }
            Hands::Own { ledger, replies } => {
                replies.push_back(guarded(|| job(ledger)).unwrap_or_else(failed));
                ring();
            }
        }
        self.waiting += 1;
    }

    /// Whether it is a thread, and not the loop itself.
    pub(super) fn is_thread(&self) -> bool {
        matches!(self.hands, Hands::Thread { .. })
    }

    /// Jobs that have not been answered.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The next result, if there is one.
    pub(super) fn take_reply(&mut self) -> Option<Reply> {
        let reply = match &mut self.hands {
            Hands::Thread { replies, .. } => replies.try_recv().ok(),
            Hands::Own { replies, .. } => replies.pop_front(),
        }?;
        self.waiting -= 1;
        Some(reply)
    }
}

/// A job that has no answer because of a mistake in ckwrap is one of the loop's too: it could wait for ever.
fn failed(panic: Panic) -> Reply {
    Box::new(|_| resume(panic))
}

fn ring() {
    sys::wake_self();
}

fn start_thread() -> io::Result<Hands> {
    let (jobs, inbox) = channel::<Job>();
    let (outbox, replies) = channel();
    sys::start_thread("files", 512 * 1024, move || {
        let mut ledger = Ledger::default();
        for job in inbox {
            let reply = guarded(|| job(&mut ledger)).unwrap_or_else(failed);
            if outbox.send(reply).is_err() {
                break;
            }
            ring();
        }
    })?;
    Ok(Hands::Thread { jobs, replies })
}
