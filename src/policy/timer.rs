//! Named timers: a fixed table of moments.

use crate::model::Instant;

/// What a moment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Timer {
    /// Ask the scheduler once more before the planned checkpoint.
    Reread,
    /// The planned checkpoint.
    Trigger,
    /// The child must end now, so that the continuation can still be made.
    Stop,
    /// A child told to end has had its time.
    Kill,
    /// Look for the checkpoint again.
    Rescan,
    /// Try a held signal again.
    Hold,
    /// Try the trigger again.
    Again,
    /// Poll for a preemption's grace time.
    Poll,
    /// Ask the scheduler again after no answer.
    Retry,
    /// Something awaited has had its time.
    Wait,
    /// Write down what the program said of itself.
    Report,
    /// Look at a checkpoint that the program has announced.
    Announced,
    /// Look whether a later copy of the job owns the chain.
    Guard,
}

impl Timer {
    /// All of them.
    pub(super) const ALL: [Self; 13] = [
        Self::Reread,
        Self::Trigger,
        Self::Stop,
        Self::Kill,
        Self::Rescan,
        Self::Hold,
        Self::Again,
        Self::Poll,
        Self::Retry,
        Self::Wait,
        Self::Report,
        Self::Announced,
        Self::Guard,
    ];
}

/// When each timer is due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Timers([Option<Instant>; Timer::ALL.len()]);

impl Timers {
    /// Sets or moves a timer.
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.0[timer as usize] = Some(at);
    }

    /// Stops a timer.
    pub(super) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    /// Stops all of them.
    pub(super) fn stop_all(&mut self) {
        self.0 = Default::default();
    }

    /// When one is due, if it is set.
    pub(super) fn at(&self, timer: Timer) -> Option<Instant> {
        self.0[timer as usize]
    }

    /// The earliest moment of all.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes one timer that is due, the earliest first.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let due = |timer: &Timer| self.0[*timer as usize].filter(|at| *at <= now);
        let timer = Timer::ALL.into_iter().filter(|t| due(t).is_some()).min_by_key(|t| due(t))?;
        self.stop(timer);
        Some(timer)
    }
}
