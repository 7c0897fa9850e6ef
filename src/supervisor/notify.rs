//! What the program tells through its socket, on the way to the policy.

use std::ffi::OsString;
use std::path::PathBuf;

use super::edge::Edge;
use super::mailbox::{Letter, Mailbox, places, sweep};
use super::run::Run;
use crate::checkpoint::examine;
use crate::model::{Message, plain};
use crate::policy::{Event, Examined};
use crate::sys::failpoint;

/// Datagrams that are read in one turn of the loop, so that a flood delays no deadline.
const MOST_AT_ONCE: usize = 64;
/// Datagrams that are read when the program has ended: more than the kernel keeps for a socket
/// (`net.unix.max_dgram_qlen`, 512 where it is large).
const MOST_AT_THE_END: usize = 2048;
/// Messages that were not understood which the user is told of.
const MOST_TOLD: u32 = 20;

/// The socket of a segment.
#[derive(Debug, Default)]
pub(super) struct Notify {
    pub(super) mailbox: Option<Mailbox>,
    told: u32,
}

impl Edge {
    /// Makes the socket of the next segment; what the program must know of it. Without one the program runs all the same.
    pub(super) fn open_mailbox(&mut self, run: &Run) -> Option<OsString> {
        self.notify = Notify::default();
        match Mailbox::open(&places(&run.environment)) {
            Ok(mailbox) => {
                let path = mailbox.path().to_owned();
                self.notify.mailbox = Some(mailbox);
                Some(path)
            }
            Err(error) => {
                self.teller.warn(&format!(
                    "no socket can be made in /tmp or TMPDIR ({error}), so the program cannot tell anything; all else goes on"
                ));
                None
            }
        }
    }

    /// Removes what earlier ones have left, when the program runs already.
    pub(super) fn sweep_mailboxes(&mut self) {
        if self.notify.mailbox.is_some() {
            let places = places(&self.caller_environment);
            self.work(move |_| sweep(&places), |_, ()| {});
        }
    }

    /// Reads what the program has said.
    pub(super) fn take_letters(&mut self) {
        self.read_letters(MOST_AT_ONCE);
    }

    /// Reads what the program said before it ended.
    pub(super) fn take_last_letters(&mut self) {
        self.read_letters(MOST_AT_THE_END);
    }

    fn read_letters(&mut self, most: usize) {
        for _ in 0..most {
            let Some(mailbox) = &self.notify.mailbox else { return };
            match mailbox.take() {
                Ok(None) => return,
                Ok(Some(Letter::Words(bytes))) => self.take_words(&bytes),
                Ok(Some(Letter::Refused(why))) => {
                    self.not_understood(&format!("a message is ignored: {why}"));
                }
                Err(error) => {
                    // It would be met again at once, and for ever.
                    self.notify.mailbox = None;
                    self.teller.warn(&format!("the socket for the program's messages is lost: {error}"));
                }
            }
        }
    }

    fn take_words(&mut self, bytes: &[u8]) {
        failpoint("notify");
        let parsed = Message::parse(bytes);
        for text in &parsed.not_understood {
            self.not_understood(&format!("a message of the program is not understood: {text}"));
        }
        for message in parsed.messages {
            let message = match message {
                Message::Checkpoint(path) => Message::Checkpoint(self.as_found(path)),
                other => other,
            };
            self.handle(Event::Told(message));
        }
    }

    /// A path as a rule of the profile would find it: relative to the run directory where it is in there.
    fn as_found(&self, path: PathBuf) -> PathBuf {
        let inside = self.chain.as_ref().and_then(|chain| path.strip_prefix(&chain.run_dir).ok());
        inside.filter(|inside| !inside.as_os_str().is_empty()).map(PathBuf::from).unwrap_or(path)
    }

    fn not_understood(&mut self, text: &str) {
        self.notify.told = self.notify.told.saturating_add(1);
        if self.notify.told <= MOST_TOLD {
            self.teller.debug(&plain(text));
        }
    }

    /// Looks at a checkpoint that the program has announced.
    pub(super) fn examine(&mut self, path: PathBuf) {
        let Some(chain) = &self.chain else { return };
        let dir = chain.run_dir.clone();
        self.work(
            move |_| match examine(&dir, &path) {
                Ok(Some(id)) => Examined::There(id),
                Ok(None) => Examined::Missing(path),
                Err(error) => Examined::Unknown(error.to_string()),
            },
            |edge, answer| edge.handle(Event::Examined(answer)),
        );
    }
}
