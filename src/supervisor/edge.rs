//! The one loop: everything that happens becomes an event, every action of the policy is carried out.
//!
//! Sleeps in `poll(2)` without a time-out until a signal, the alarm, a helper command or the worker has news.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::fd::AsFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::chain::Chain;
use super::commands::{Commands, Done};
use super::durable::Syncer;
use super::keeping::Keeper;
use super::notify::Notify;
use super::tell::Teller;
use super::tree::Clearance;
use super::worker::{Reply, Worker};
use crate::model::{ChildExit, ExitStatus, Instant, Signal};
use crate::policy::{Event, Machine, Outcome};
use crate::scheduler::Call;
use crate::sys::{self, Alarm, Inherited, Received, SignalSource, failpoint};

/// How long the worker may take to finish what it was given before ckwrap ends all the same.
const FLUSH: Duration = Duration::from_secs(10);

/// How often all that could happen is looked at where it cannot be waited for: no descriptor for signals, no poll(2).
const GLANCE: Duration = Duration::from_millis(100);

/// What is to be started, and in what state.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) argv: Vec<OsString>,
    pub(super) environment: Vec<(OsString, OsString)>,
    /// Whether it leads a process group of its own: in a batch job, not on a terminal.
    pub(super) own_group: bool,
    /// Whether a person may press keys that reach it too.
    pub(super) terminal: bool,
}

/// The child, from its start to its being reaped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leader {
    pub(super) pid: i32,
    pub(super) alive: bool,
    /// How it ended.
    pub(super) ended: Option<ChildExit>,
}

/// Everything the loop holds.
pub(super) struct Edge {
    pub(super) machine: Option<Machine>,
    pub(super) program: Program,
    pub(super) inherited: Inherited,
    /// Environment that ckwrap was started with.
    pub(super) caller_environment: Vec<(OsString, OsString)>,
    /// The batch script, once fetched.
    pub(super) script: Option<Vec<u8>>,
    pub(super) leader: Option<Leader>,
    pub(super) chain: Option<Box<Chain>>,
    pub(super) teller: Teller,
    /// Whether ckwrap was started by srun, as a task of a step.
    pub(super) in_step: bool,
    /// A signal that ckwrap has sent to the step it is a task of: it comes back.
    pub(super) echo: Option<Signal>,
    /// Whether the program has been asked for a checkpoint.
    pub(super) asked: bool,
    /// The signal that is being handled, for its value.
    pub(super) current: Option<Received>,
    pub(super) clearance: Option<Clearance>,
    pub(super) outcome: Option<Outcome>,
    /// Processes killed for lack of memory here when the child was started; `None`: not known.
    pub(super) killed_before: Option<u64>,
    pub(super) commands: Commands,
    pub(super) notify: Notify,
    worker: Option<Worker>,
    /// For copies of checkpoints.
    pub(super) keeper: Keeper,
    pub(super) syncer: Syncer,
    pub(super) signals: SignalSource,
    alarm: Option<Alarm>,
    events: VecDeque<Event>,
    /// Read, and still to be handled.
    pub(super) incoming: VecDeque<Received>,
    pub(super) early: Vec<Received>,
    flush_until: Option<Instant>,
    resting_until: Option<Instant>,
}

impl Edge {
    /// A loop with nothing to do yet.
    pub(super) fn new(
        program: Program,
        inherited: Inherited,
        teller: Teller,
        chain: Option<Box<Chain>>,
    ) -> Self {
        Self {
            machine: None,
            program,
            inherited,
            caller_environment: Vec::new(),
            script: None,
            leader: None,
            chain,
            teller,
            in_step: false,
            echo: None,
            asked: false,
            current: None,
            clearance: None,
            outcome: None,
            killed_before: None,
            commands: Commands::default(),
            notify: Notify::default(),
            worker: None,
            keeper: Keeper::default(),
            syncer: Syncer::default(),
            signals: SignalSource::open(),
            alarm: None,
            events: VecDeque::new(),
            incoming: VecDeque::new(),
            early: Vec::new(),
            flush_until: None,
            resting_until: None,
        }
    }

    /// Runs the machine to its end.
    pub(super) fn run(&mut self, machine: Machine) -> Outcome {
        self.machine = Some(machine);
        self.outcome = None;
        self.flush_until = None;
        loop {
            self.perform_all();
            for received in std::mem::take(&mut self.early) {
                // Neither the terminal nor Slurm has given it to the child, which was not there.
                self.signal(Received { from_kernel: false, pid: 0, ..received });
            }
            self.perform_all();
            if let Some(outcome) = self.outcome
                && self.is_flushed()
            {
                return outcome;
            }
            self.wait();
        }
    }

    /// Runs the loop without a machine until `done` says so: before anything has been started.
    pub(super) fn until(&mut self, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            self.wait();
        }
    }

    /// Lets time pass before anything has been started.
    pub(super) fn rest(&mut self, span: Duration) {
        self.until_or(span, |_| false);
    }

    /// The same, for so long at the most.
    pub(super) fn until_or(&mut self, span: Duration, done: impl Fn(&Self) -> bool) {
        let until = sys::now().instant + span;
        self.resting_until = Some(until);
        self.until(|edge| done(edge) || sys::now().instant >= until);
        self.resting_until = None;
    }

    /// Whether the worker has nothing left to do.
    pub(super) fn is_idle(&self) -> bool {
        self.worker.as_ref().is_none_or(|worker| worker.waiting() == 0)
    }

    /// Whether the worker can wait while the loop goes on.
    pub(super) fn has_worker_thread(&self) -> bool {
        self.worker.as_ref().is_some_and(Worker::is_thread)
    }

    fn is_flushed(&mut self) -> bool {
        let now = sys::now().instant;
        let patience = self.machine.as_ref().map_or(FLUSH, Machine::patience_at_the_end);
        let until = *self.flush_until.get_or_insert(now + patience);
        if now >= until {
            self.teller
                .warn("the file system does not answer; the last records of the journal may be missing");
            return true;
        }
        self.is_idle()
    }

    pub(super) fn perform_all(&mut self) {
        loop {
            if let Some(action) = self.machine.as_mut().and_then(Machine::next_action) {
                self.perform(action);
            } else if let Some(event) = self.events.pop_front() {
                self.handle(event);
            } else {
                break;
            }
        }
    }

    /// Hands an event to the machine once the actions before it are done.
    pub(super) fn push(&mut self, event: Event) {
        self.events.push_back(event);
    }

    pub(super) fn handle(&mut self, event: Event) {
        let now = sys::now();
        failpoint("policy");
        if let Some(machine) = &mut self.machine {
            machine.handle(now, event);
        }
    }

    /// Starts a helper command.
    pub(super) fn call(&mut self, call: &Call, done: Done) {
        // A reply that comes while the worker finishes must leave no command behind.
        if self.outcome.is_some() {
            return;
        }
        let now = sys::now().instant;
        if let Err((done, output)) = self.commands.start(now, call, done) {
            done(self, output);
        }
    }

    /// Gives the worker something to do that can hang in a file system.
    pub(super) fn work<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut super::ledger::Ledger) -> T + Send + 'static,
        reply: impl FnOnce(&mut Self, T) + Send + 'static,
    ) {
        if self.worker.is_none() {
            let ledger = self.chain.as_mut().map(|chain| chain.take_ledger()).unwrap_or_default();
            let (worker, trouble) = Worker::start(ledger);
            self.worker = Some(worker);
            if let Some(error) = trouble {
                self.teller.warn(&format!(
                    "no thread could be started ({error}); a file system that hangs would hold ckwrap up"
                ));
            }
        }
        if let Some(worker) = &mut self.worker {
            worker.give(move |ledger| {
                let result = job(ledger);
                Box::new(move |edge: &mut Self| reply(edge, result)) as Reply
            });
        }
    }

    fn wait(&mut self) {
        let next = [
            self.machine.as_ref().and_then(Machine::deadline),
            self.commands.deadline(),
            self.clearance.as_ref().map(|clearance| clearance.next),
            self.flush_until,
            self.resting_until,
        ];
        let next = next.into_iter().flatten().min();
        self.sleep(next);
        self.take_letters();
        self.take_signals();
        self.commands.read();
        let now = sys::now().instant;
        self.commands.expire(now);
        while let Some((done, output)) = self.commands.take_finished() {
            failpoint("scheduler");
            done(self, output);
        }
        while let Some(reply) = self.worker.as_mut().and_then(Worker::take_reply) {
            reply(self);
        }
        while let Some(reply) = self.keeper.take_reply() {
            reply(self);
        }
        if self.clearance.as_ref().is_some_and(|clearance| clearance.next <= now) {
            self.go_on_clearing();
        }
        if self.machine.as_ref().and_then(Machine::deadline).is_some_and(|deadline| deadline <= now) {
            self.handle(Event::Tick);
        }
    }

    /// Sleeps until something happens, or until then.
    fn sleep(&mut self, next: Option<Instant>) {
        self.set_alarm(next);
        let timeout = if self.alarm.is_some() { PollTimeout::NONE } else { without_alarm(next) };
        let mut waited_for: Vec<PollFd<'_>> = Vec::with_capacity(8);
        let mailbox = self.notify.mailbox.as_ref().map(AsFd::as_fd);
        let own = self.signals.descriptor().into_iter().chain(self.alarm.as_ref().map(AsFd::as_fd));
        for descriptor in own.chain(mailbox).chain(self.commands.pipes()) {
            waited_for.push(PollFd::new(descriptor, PollFlags::POLLIN));
        }
        let can_wait = self.signals.descriptor().is_some()
            && matches!(poll(&mut waited_for, timeout), Ok(_) | Err(Errno::EINTR));
        drop(waited_for);
        if !can_wait {
            let left = next.map_or(GLANCE, |next| next.since(sys::now().instant));
            self.signals.rest(left.min(GLANCE));
        }
    }

    fn set_alarm(&mut self, at: Option<Instant>) {
        if at.is_some() && self.alarm.is_none() {
            self.alarm = Alarm::new().ok();
        }
        if let Some(alarm) = &mut self.alarm {
            if at.is_none_or(|at| at <= sys::now().instant) {
                alarm.fired();
            }
            if alarm.set(at).is_err() {
                self.alarm = None;
            }
        }
    }

    /// Ends helper commands, copies and syncs, whose answers nobody waits for any more.
    pub(super) fn stop_helpers(&mut self) {
        self.commands.kill_all();
        self.keeper.abandon();
        self.syncer.abandon();
    }

    /// Drops what the worker has answered; whether it has nothing left to do.
    pub(super) fn drop_replies(&mut self) -> bool {
        while self.worker.as_mut().and_then(Worker::take_reply).is_some() {}
        self.is_idle()
    }

    /// Helper commands, which are no part of the child's tree.
    pub(super) fn helpers(&self) -> Vec<i32> {
        self.commands.pids()
    }

    /// Gives the journal of the next segment to whoever writes it.
    pub(super) fn install_ledger(&mut self, ledger: super::ledger::Ledger) {
        match (&mut self.worker, &mut self.chain) {
            (Some(worker), _) => worker.give(move |held| {
                *held = ledger;
                Box::new(|_: &mut Self| {})
            }),
            (None, Some(chain)) => chain.ledger = Some(ledger),
            (None, None) => {}
        }
    }

    /// Ends the machine with this outcome as soon as the worker is done.
    pub(super) fn end(&mut self, outcome: Outcome) {
        self.stop_helpers();
        self.outcome = Some(outcome);
    }

    /// Forgets the child of the last segment.
    pub(super) fn clear_child(&mut self) {
        self.leader = None;
        self.echo = None;
        self.clearance = None;
        self.outcome = None;
        self.events.clear();
    }

    /// What a failed start means for ckwrap's own end.
    pub(super) fn status_of(error: &sys::SpawnError) -> ExitStatus {
        match error {
            sys::SpawnError::NotFound(_) | sys::SpawnError::NoInterpreter(_) => ExitStatus::NOT_FOUND,
            sys::SpawnError::NotExecutable(..) => ExitStatus::NOT_EXECUTABLE,
            sys::SpawnError::NoProcess(_) | sys::SpawnError::Nul => ExitStatus::INTERNAL,
        }
    }
}

/// How long to sleep where no timer can be had (no descriptor is left; Linux before 3.15): rounded up, so that it
/// is over afterwards.
fn without_alarm(next: Option<Instant>) -> PollTimeout {
    let Some(next) = next else { return PollTimeout::NONE };
    let left = next.since(sys::now().instant).as_millis().saturating_add(1);
    PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
}
