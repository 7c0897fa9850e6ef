//! What became of children: the raw call, for the safe wrapper cannot name real-time signals.

use std::io;

use crate::model::{ChildExit, Signal};

/// News of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It ended, and has been reaped.
    Exited(i32, ChildExit),
    /// It was stopped by this signal.
    Stopped(i32, Signal),
    /// It goes on after a stop.
    Continued(i32),
    /// There are children, and nothing new of any.
    Nothing,
}

/// The next piece of news; `None` where there is no child at all. Never blocks.
pub fn next_change() -> Option<Change> {
    let mut status = 0;
    let flags = libc::WNOHANG | libc::WUNTRACED | libc::WCONTINUED;
    let pid = loop {
        // SAFETY: the status pointer is valid for the call.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, flags) };
        // An interruption says nothing about children.
        if pid >= 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            break pid;
        }
    };
    match pid {
        0 => Some(Change::Nothing),
        pid if pid < 0 => None,
        pid => Some(change(pid, status)),
    }
}

fn change(pid: i32, status: i32) -> Change {
    let signal = |number| Signal::from_number(number).unwrap_or(Signal::KILL);
    if libc::WIFEXITED(status) {
        Change::Exited(pid, ChildExit::Code(libc::WEXITSTATUS(status)))
    } else if libc::WIFSIGNALED(status) {
        Change::Exited(pid, ChildExit::Signal(signal(libc::WTERMSIG(status))))
    } else if libc::WIFSTOPPED(status) {
        Change::Stopped(pid, signal(libc::WSTOPSIG(status)))
    } else {
        Change::Continued(pid)
    }
}
