//! Talk on standard error: one line an event, `ckwrap:` before it, or one JSON object.

use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Serialize;

use crate::config::LogFormat;
use crate::model::{Timestamp, changes_the_line};
use crate::policy::{Level, Notice};
use crate::sys;

/// Longest line: one write of at most this many bytes into a pipe is not mixed with others' (POSIX `PIPE_BUF`).
const LONGEST: usize = 4096;

/// Tells the user what happens.
#[derive(Debug, Clone, Copy)]
pub struct Teller {
    /// What is told at least.
    pub level: Level,
    /// In which form.
    pub format: LogFormat,
}

#[derive(Serialize)]
struct Line<'a> {
    t: Timestamp,
    level: &'a str,
    message: &'a str,
}

impl Teller {
    /// Tells what the policy has to say.
    pub(crate) fn notice(self, notice: &Notice) {
        self.line(notice.level(), &notice.to_string());
    }

    /// Tells what helps to find out why something happened.
    pub(crate) fn debug(self, text: &str) {
        self.line(Level::Debug, text);
    }

    /// Tells of an event that matters.
    pub(crate) fn info(self, text: &str) {
        self.line(Level::Info, text);
    }

    /// Tells that something is not as it should be.
    pub(crate) fn warn(self, text: &str) {
        self.line(Level::Warning, text);
    }

    /// Tells that the chain or its work is in danger.
    pub(crate) fn error(self, text: &str) {
        self.line(Level::Error, text);
    }

    fn line(self, level: Level, text: &str) {
        if level > self.level {
            return;
        }
        let clean: String = text.chars().map(|c| if changes_the_line(c) { ' ' } else { c }).collect();
        let mut line = match self.format {
            LogFormat::Text => match level {
                Level::Error => format!("ckwrap: error: {clean}"),
                Level::Warning => format!("ckwrap: warning: {clean}"),
                Level::Info | Level::Debug => format!("ckwrap: {clean}"),
            },
            LogFormat::Json => {
                let level = match level {
                    Level::Error => "error",
                    Level::Warning => "warning",
                    Level::Info => "info",
                    Level::Debug => "debug",
                };
                let line = |message| Line { t: sys::now().wall, level, message };
                let whole = serde_json::to_string(&line(&clean)).ok().filter(|whole| whole.len() < LONGEST);
                // Cut before it is encoded, where each character may become two: half an object is none.
                let part: String = clean.chars().take(LONGEST / 8).collect();
                whole.or_else(|| serde_json::to_string(&line(&part)).ok()).unwrap_or(clean)
            }
        };
        while line.len() >= LONGEST {
            line.pop();
        }
        line.push('\n');
        write_if_possible(line.as_bytes());
    }
}

/// A full pipe must not stop ckwrap: then the line is lost.
fn write_if_possible(bytes: &[u8]) {
    let stderr = std::io::stderr();
    let mut ready = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
    if poll(&mut ready, PollTimeout::ZERO).is_ok_and(|count| count > 0) {
        let _ = nix::unistd::write(stderr.as_fd(), bytes);
    }
}
