//! Leaving nothing behind: the child's descendants are ended, TERM first, KILL after the grace.
//!
//! ckwrap is their subreaper, so every orphan of the tree is its child. Under proctrack/linuxproc one that
//! got away would go on computing on the node after the job (measured on Slurm 22.05.8).

use std::collections::BTreeSet;
use std::time::Duration;

use super::edge::Edge;
use super::processes;
use crate::model::{Instant, Signal};
use crate::policy::Event;
use crate::sys::{self, failpoint};

/// How often what is left is counted again after SIGKILL.
const AGAIN: Duration = Duration::from_millis(50);
/// How long processes that survive SIGKILL (stuck in the kernel, or of another user) are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A clearing under way.
#[derive(Debug)]
pub(super) struct Clearance {
    /// When the next step is due.
    pub(super) next: Instant,
    kill_at: Instant,
    give_up: Instant,
    signalled: BTreeSet<i32>,
}

impl Edge {
    /// Begins to end what is left of the child's tree.
    pub(super) fn clear_tree(&mut self, grace: Duration) {
        let now = sys::now().instant;
        let kill_at = now + grace;
        let give_up = kill_at + PATIENCE;
        self.clearance = Some(Clearance { next: now, kill_at, give_up, signalled: BTreeSet::new() });
        // Without any child there is nothing to look for in /proc.
        self.reap();
    }

    pub(super) fn no_child_left(&mut self) {
        if self.clearance.take().is_some() {
            self.push(Event::TreeGone);
        }
    }

    pub(super) fn go_on_clearing(&mut self) {
        failpoint("clearing");
        let now = sys::now().instant;
        let left = self.descendants();
        let Some(clearance) = &mut self.clearance else { return };
        if left.is_empty() || now >= clearance.give_up {
            if !left.is_empty() {
                let text = format!("processes {left:?} of the program cannot be ended and are left behind");
                self.teller.warn(&text);
            }
            self.no_child_left();
            return;
        }
        if now >= clearance.kill_at {
            for pid in left {
                sys::send(pid, Signal::KILL);
            }
            clearance.next = now + AGAIN;
            return;
        }
        for pid in left.into_iter().filter(|pid| clearance.signalled.insert(*pid)) {
            sys::send(pid, Signal::TERM);
            sys::send(pid, Signal::CONT);
        }
        clearance.next = clearance.kill_at;
    }

    /// Living descendants, helper commands and their children left out.
    fn descendants(&self) -> Vec<i32> {
        let mut helpers: BTreeSet<i32> = BTreeSet::new();
        for helper in self.helpers() {
            helpers.insert(helper);
            helpers.extend(processes::descendants(helper));
        }
        let all = processes::descendants(sys::own_pid());
        all.into_iter().filter(|pid| !helpers.contains(pid) && !is_zombie(*pid)).collect()
    }
}

fn is_zombie(pid: i32) -> bool {
    processes::stat(pid).is_none_or(|stat| matches!(stat.state, 'Z' | 'X'))
}
