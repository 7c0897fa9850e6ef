//! One thread for work that can hang in a file system; its answers come back through the loop.
//!
//! Jobs run in the order they were given. A job that hangs delays those behind it and nothing else.

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
    jobs: Sender<Job>,
    replies: Receiver<Reply>,
    wake: Arc<EventFd>,
    waiting: usize,
}

impl Worker {
    /// Starts the thread, which owns the journal from then on.
    pub(super) fn start(mut ledger: Ledger) -> std::io::Result<Self> {
        let (jobs, inbox) = channel::<Job>();
        let (outbox, replies) = channel();
        let wake = Arc::new(EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?);
        let bell = Arc::clone(&wake);
        thread::Builder::new().name("files".into()).stack_size(512 * 1024).spawn(move || {
            for job in inbox {
                let reply = job(&mut ledger);
                if outbox.send(reply).is_err() {
                    break;
                }
                // The counter cannot overflow in a lifetime; an error means the loop is gone.
                let _ = bell.write(1);
            }
        })?;
        Ok(Self { jobs, replies, wake, waiting: 0 })
    }

    /// Gives it a job; the reply is run in the loop.
    pub(super) fn give(&mut self, job: impl FnOnce(&mut Ledger) -> Reply + Send + 'static) {
        if self.jobs.send(Box::new(job)).is_ok() {
            self.waiting += 1;
        }
    }

    /// Jobs that have not been answered.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The next result, if there is one.
    pub(super) fn take_reply(&mut self) -> Option<Reply> {
        let _ = self.wake.read();
        let reply = self.replies.try_recv().ok()?;
        self.waiting -= 1;
        Some(reply)
    }
}

impl AsFd for Worker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}
