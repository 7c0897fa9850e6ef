//! One thread for work that can hang in a file system; its answers come back through the loop.
//!
//! Jobs run in the order they were given. A job that hangs delays those behind it and nothing else.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use nix::sys::eventfd::{EfdFlags, EventFd};

use super::edge::Edge;
use super::ledger::Ledger;

/// What is done in the loop with a job's result.
pub(super) type Reply = Box<dyn FnOnce(&mut Edge) + Send>;
type Job = Box<dyn FnOnce(&mut Ledger) -> Reply + Send>;

/// The worker thread's near end.
pub(super) struct Worker {
    hands: Hands,
    wake: Arc<EventFd>,
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
    /// Where not even an answer could be told of, the journal is given back.
    pub(super) fn start(ledger: Ledger) -> Result<(Self, Option<io::Error>), (Box<Ledger>, io::Error)> {
        let wake = match EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK) {
            Ok(wake) => Arc::new(wake),
            Err(error) => return Err((Box::new(ledger), error.into())),
        };
        Ok(match start_thread(Arc::clone(&wake)) {
            Ok(hands) => {
                let mut worker = Self { hands, wake, waiting: 0 };
                worker.give(move |held| {
                    *held = ledger;
                    Box::new(|_| {})
                });
                (worker, None)
            }
            Err(error) => {
                let hands = Hands::Own { ledger: Box::new(ledger), replies: VecDeque::new() };
                (Self { hands, wake, waiting: 0 }, Some(error))
            }
        })
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
                replies.push_back(job(ledger));
                let _ = self.wake.write(1);
            }
        }
        self.waiting += 1;
    }

    /// Jobs that have not been answered.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The next result, if there is one.
    pub(super) fn take_reply(&mut self) -> Option<Reply> {
        let _ = self.wake.read();
        let reply = match &mut self.hands {
            Hands::Thread { replies, .. } => replies.try_recv().ok(),
            Hands::Own { replies, .. } => replies.pop_front(),
        }?;
        self.waiting -= 1;
        Some(reply)
    }
}

fn start_thread(bell: Arc<EventFd>) -> io::Result<Hands> {
    let (jobs, inbox) = channel::<Job>();
    let (outbox, replies) = channel();
    thread::Builder::new().name("files".into()).stack_size(512 * 1024).spawn(move || {
        let mut ledger = Ledger::default();
        for job in inbox {
            let reply = job(&mut ledger);
            if outbox.send(reply).is_err() {
                break;
            }
            // The counter cannot overflow in a lifetime; an error means the loop is gone.
            let _ = bell.write(1);
        }
    })?;
    Ok(Hands::Thread { jobs, replies })
}

impl AsFd for Worker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}
