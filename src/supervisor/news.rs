//! News from outside: signals, told by their sender, and what became of children.

use super::edge::Edge;
use super::processes::children_are_signalled;
use crate::model::{ChildExit, Signal};
use crate::policy::{Event, Sender};
use crate::sys::{self, Change, Received};

impl Edge {
    /// Signals that have come in: to the policy, or kept until there is a child.
    pub(super) fn take_signals(&mut self) {
        let mut children = false;
        loop {
            let received = self.signals.read();
            if received.is_empty() {
                break;
            }
            children |= received.iter().any(|received| received.signal == Signal::CHLD);
            self.incoming.extend(received.into_iter().filter(|received| received.signal != Signal::CHLD));
            while let Some(received) = self.incoming.pop_front() {
                if self.machine.is_some() && self.leader.is_some() {
                    self.signal(received);
                } else {
                    self.early.push(received);
                }
            }
        }
        if children {
            self.reap();
        }
    }

    pub(super) fn signal(&mut self, received: Received) {
        self.current = Some(received);
        let sender = self.sender(received);
        self.handle(Event::Signal(received.signal, sender));
        self.perform_all();
        self.current = None;
    }

    fn sender(&mut self, received: Received) -> Sender {
        if received.from_kernel {
            return Sender::Kernel;
        }
        if let Some(sender) = self.sender_within_step(received) {
            return sender;
        }
        let leader = self.leader.map_or(0, |leader| leader.pid);
        if received.pid == sys::own_pid() {
            Sender::Own
        } else if received.pid == leader {
            Sender::Child
        } else {
            let of_its_group = self.program.own_group && group_of(received.pid) == Some(leader);
            if of_its_group { Sender::Child } else { Sender::Other }
        }
    }

    /// Who a signal to the step counts as from, that Slurm has sent to ckwrap as one of its tasks; `None`: as from anyone.
    ///
    /// Where it has gone to the children too, it is not to be given on.
    fn sender_within_step(&mut self, received: Received) -> Option<Sender> {
        let jobs_control =
            [Signal::CONT, Signal::TSTP, Signal::TTIN, Signal::TTOU].contains(&received.signal);
        if !self.in_step || jobs_control || received.pid != nix::unistd::getppid().as_raw() {
            return None;
        }
        let children_have_it = children_are_signalled();
        let echo = self.echo.take_if(|echo| *echo == received.signal).is_some();
        if echo
            && !children_have_it
            && let Some(leader) = self.leader.filter(|leader| leader.alive)
        {
            sys::send(leader.pid, received.signal);
        }
        let is_news = self.chain.as_ref().is_some_and(|chain| {
            received.signal == Signal::TERM || chain.plan.settings.warning_signals.contains(&received.signal)
        });
        (echo || (children_have_it && !is_news)).then_some(Sender::Own)
    }

    /// Takes the news of all children.
    pub(super) fn reap(&mut self) {
        loop {
            let leader = self.leader.filter(|leader| leader.alive).map(|leader| leader.pid);
            match sys::next_change() {
                Some(Change::Exited(pid, exit)) if Some(pid) == leader => self.leader_exited(exit),
                Some(Change::Exited(pid, exit)) => self.commands.exited(pid, exit),
                Some(Change::Stopped(pid, signal)) if Some(pid) == leader => {
                    self.handle(Event::ChildStopped(signal));
                }
                Some(Change::Continued(pid)) if Some(pid) == leader => self.handle(Event::ChildContinued),
                Some(Change::Stopped(..) | Change::Continued(_)) => {}
                Some(Change::Nothing) => break,
                None => {
                    self.no_child_left();
                    return;
                }
            }
        }
        if self.clearance.is_some() {
            self.go_on_clearing();
        }
    }

    fn leader_exited(&mut self, exit: ChildExit) {
        if let Some(leader) = &mut self.leader {
            leader.alive = false;
            leader.ended = Some(exit);
        }
        self.take_last_letters();
        self.handle(Event::ChildExited(exit));
        self.perform_all();
    }
}

/// The process group of a sender that is still there; none of one in another namespace, whose number is told as 0.
fn group_of(pid: i32) -> Option<i32> {
    let pid = Some(nix::unistd::Pid::from_raw(pid)).filter(|pid| pid.as_raw() > 0)?;
    nix::unistd::getpgid(Some(pid)).ok().map(nix::unistd::Pid::as_raw)
}
