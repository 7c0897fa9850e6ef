//! The transition table: what each event means in each phase. Every pair is answered here, none by default.

use super::event::Event;

/// Where a segment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The child has not been started yet.
    Starting,
    /// The child computes.
    Running,
    /// The child has been, or is to be, asked for a checkpoint.
    Asking,
    /// The child has been told to end.
    Ending,
    /// The child is gone; its end is looked into.
    Clearing,
    /// The chain is being continued, or what is left of it cancelled.
    Continuing,
    /// All is said.
    Done,
}

/// An event without its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// See [`Event::Spawned`].
    Spawned,
    /// See [`Event::SpawnFailed`].
    SpawnFailed,
    /// See [`Event::Signal`].
    Signal,
    /// See [`Event::ChildStopped`].
    ChildStopped,
    /// See [`Event::ChildContinued`].
    ChildContinued,
    /// See [`Event::ChildExited`].
    ChildExited,
    /// See [`Event::Tick`].
    Tick,
    /// See [`Event::Job`].
    Job,
    /// See [`Event::Grace`].
    Grace,
    /// See [`Event::KillWait`].
    KillWait,
    /// See [`Event::Triggered`].
    Triggered,
    /// See [`Event::Held`].
    Held,
    /// See [`Event::Scanned`].
    Scanned,
    /// See [`Event::TreeGone`].
    TreeGone,
    /// See [`Event::Assessed`].
    Assessed,
    /// See [`Event::Recorded`].
    Recorded,
    /// See [`Event::Step`].
    Step,
    /// See [`Event::Kept`].
    Kept,
    /// See [`Event::OwnerLost`].
    OwnerLost,
    /// See [`Event::Told`].
    Told,
    /// See [`Event::Examined`].
    Examined,
}

/// What is done about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The segment has begun: plan it.
    Begin,
    /// Nothing was started: end with the code that says so.
    GiveUp,
    /// Kept until the child runs.
    KeepSignal,
    /// Forwarded, or consumed as a request, a hint or noise.
    TakeSignal,
    /// The child is gone: only what it says about the job matters.
    LateSignal,
    /// Stop together with the child.
    StopToo,
    /// The child goes on by itself.
    WentOn,
    /// The child is gone: look into its end.
    LookIntoEnd,
    /// Timers.
    Tick,
    /// News about the job.
    TakeJob,
    /// News about the partition.
    TakeGrace,
    /// News about the site.
    TakeKillWait,
    /// The trigger was delivered or not.
    TakeTrigger,
    /// The child was told to end, or has ended: it only matters whether it had been asked before.
    LateTrigger,
    /// The signal is tried again later.
    HoldSignal,
    /// News about checkpoints.
    TakeScan,
    /// One of the things that an end is judged by.
    TreeGone,
    /// One of the things that an end is judged by.
    TakeAssessment,
    /// The intent is durable, or cannot be.
    TakeRecord,
    /// The continuation's next step.
    TakeStep,
    /// The copy is made, or cannot be.
    TakeKept,
    /// Yield to the later copy.
    Yield,
    /// The program's own word.
    TakeMessage,
    /// News about a checkpoint that the program has announced.
    TakeExamined,
    /// Too late to matter.
    Late,
    /// Cannot happen; if it does, it changes nothing.
    Never,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Starting,
        Self::Running,
        Self::Asking,
        Self::Ending,
        Self::Clearing,
        Self::Continuing,
        Self::Done,
    ];
}

impl Kind {
    /// The kind of an event.
    pub fn of(event: &Event) -> Self {
        match event {
            Event::Spawned => Self::Spawned,
            Event::SpawnFailed(_) => Self::SpawnFailed,
            Event::Signal(..) => Self::Signal,
            Event::ChildStopped(_) => Self::ChildStopped,
            Event::ChildContinued => Self::ChildContinued,
            Event::ChildExited(_) => Self::ChildExited,
            Event::Tick => Self::Tick,
            Event::Job(..) => Self::Job,
            Event::Grace(_) => Self::Grace,
            Event::KillWait(_) => Self::KillWait,
            Event::Triggered(_) => Self::Triggered,
            Event::Held(_) => Self::Held,
            Event::Scanned(..) => Self::Scanned,
            Event::TreeGone => Self::TreeGone,
            Event::Assessed(_) => Self::Assessed,
            Event::Recorded(_) => Self::Recorded,
            Event::Step(_) => Self::Step,
            Event::Kept(_) => Self::Kept,
            Event::OwnerLost => Self::OwnerLost,
            Event::Told(_) => Self::Told,
            Event::Examined(_) => Self::Examined,
        }
    }
}

/// The table.
pub fn rule(phase: Phase, kind: Kind) -> Rule {
    use Kind as K;
    use Phase as P;
    match (kind, phase) {
        (K::Spawned, P::Starting) => Rule::Begin,
        (K::Spawned, P::Running | P::Asking | P::Ending | P::Clearing | P::Continuing | P::Done) => {
            Rule::Never
        }

        (K::SpawnFailed, P::Starting) => Rule::GiveUp,
        (K::SpawnFailed, P::Running | P::Asking | P::Ending | P::Clearing | P::Continuing | P::Done) => {
            Rule::Never
        }

        (K::Signal, P::Starting) => Rule::KeepSignal,
        (K::Signal, P::Running | P::Asking | P::Ending) => Rule::TakeSignal,
        (K::Signal, P::Clearing | P::Continuing) => Rule::LateSignal,
        (K::Signal, P::Done) => Rule::Late,

        (K::ChildStopped, P::Running | P::Asking | P::Ending) => Rule::StopToo,
        (K::ChildStopped, P::Starting) => Rule::Never,
        (K::ChildStopped, P::Clearing | P::Continuing | P::Done) => Rule::Late,

        (K::ChildContinued, P::Starting) => Rule::Never,
        (K::ChildContinued, P::Running | P::Asking | P::Ending) => Rule::WentOn,
        (K::ChildContinued, P::Clearing | P::Continuing | P::Done) => Rule::Late,

        (K::ChildExited, P::Running | P::Asking | P::Ending) => Rule::LookIntoEnd,
        (K::ChildExited, P::Starting) => Rule::Never,
        // One that could not be killed while a file system hung was given up before.
        (K::ChildExited, P::Clearing | P::Continuing | P::Done) => Rule::Late,

        (K::Tick, P::Running | P::Asking | P::Ending | P::Clearing | P::Continuing) => Rule::Tick,
        (K::Tick, P::Starting | P::Done) => Rule::Late,

        (K::Job, P::Running | P::Asking | P::Ending | P::Clearing | P::Continuing) => Rule::TakeJob,
        (K::Job, P::Starting) => Rule::Never,
        (K::Job, P::Done) => Rule::Late,

        (K::Grace, P::Running) => Rule::TakeGrace,
        (K::Grace, P::Starting) => Rule::Never,
        (K::Grace, P::Asking | P::Ending | P::Clearing | P::Continuing | P::Done) => Rule::Late,

        (K::KillWait, P::Running | P::Asking | P::Ending | P::Clearing | P::Continuing) => Rule::TakeKillWait,
        (K::KillWait, P::Starting) => Rule::Never,
        (K::KillWait, P::Done) => Rule::Late,

        (K::Triggered, P::Asking) => Rule::TakeTrigger,
        (K::Triggered, P::Ending | P::Clearing) => Rule::LateTrigger,
        (K::Triggered, P::Starting | P::Running) => Rule::Never,
        (K::Triggered, P::Continuing | P::Done) => Rule::Late,

        (K::Held, P::Running | P::Asking) => Rule::HoldSignal,
        (K::Held, P::Starting) => Rule::Never,
        (K::Held, P::Ending | P::Clearing | P::Continuing | P::Done) => Rule::Late,

        (K::Scanned, P::Running | P::Asking | P::Ending | P::Clearing) => Rule::TakeScan,
        (K::Scanned, P::Starting) => Rule::Never,
        (K::Scanned, P::Continuing | P::Done) => Rule::Late,

        (K::TreeGone, P::Clearing) => Rule::TreeGone,
        (K::TreeGone, P::Starting | P::Running | P::Asking | P::Ending | P::Continuing) => Rule::Never,
        (K::TreeGone, P::Done) => Rule::Late,

        (K::Assessed, P::Clearing) => Rule::TakeAssessment,
        (K::Assessed, P::Starting | P::Running | P::Asking | P::Ending) => Rule::Never,
        (K::Assessed, P::Continuing | P::Done) => Rule::Late,

        (K::Recorded, P::Continuing) => Rule::TakeRecord,
        (K::Recorded, P::Starting | P::Running | P::Asking | P::Ending | P::Clearing) => Rule::Never,
        (K::Recorded, P::Done) => Rule::Late,

        (K::Step, P::Continuing) => Rule::TakeStep,
        (K::Step, P::Starting | P::Running | P::Asking | P::Ending | P::Clearing) => Rule::Never,
        (K::Step, P::Done) => Rule::Late,

        (K::Kept, P::Asking | P::Continuing) => Rule::TakeKept,
        (K::Kept, P::Starting | P::Running) => Rule::Never,
        (K::Kept, P::Ending | P::Clearing | P::Done) => Rule::Late,

        (K::OwnerLost, P::Running | P::Asking | P::Ending | P::Clearing | P::Continuing) => Rule::Yield,
        (K::OwnerLost, P::Starting) => Rule::Never,
        (K::OwnerLost, P::Done) => Rule::Late,

        // What was said before the end may be read after it.
        (K::Told, P::Running | P::Asking | P::Ending | P::Clearing) => Rule::TakeMessage,
        (K::Told, P::Starting) => Rule::Never,
        (K::Told, P::Continuing | P::Done) => Rule::Late,

        (K::Examined, P::Running | P::Asking | P::Ending | P::Clearing) => Rule::TakeExamined,
        (K::Examined, P::Starting) => Rule::Never,
        (K::Examined, P::Continuing | P::Done) => Rule::Late,
    }
}
