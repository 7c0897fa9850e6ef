//! Everything that can happen to a segment.

use std::time::Duration;

use crate::model::{CheckpointId, ChildExit, ExitStatus, Instant, JobId, Signal};

/// One thing that happened. Answers carry the [`Ticket`] of the action that asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The child runs.
    Spawned,
    /// The child could not be started; how ckwrap is to end.
    SpawnFailed(ExitStatus),
    /// A signal came in.
    Signal(Signal, Sender),
    /// The child was stopped by this signal (job control).
    ChildStopped(Signal),
    /// The child goes on after a stop.
    ChildContinued,
    /// The child ended.
    ChildExited(ChildExit),
    /// Time has passed; timers that are due fire.
    Tick,
    /// Answer to a question about the job.
    Job(Ticket, JobAnswer),
    /// Answer to a question about the partition: its grace time before a preemption.
    Grace(GraceAnswer),
    /// Answer to a question about the site: time between SIGTERM and SIGKILL when a job is ended.
    KillWait(Duration),
    /// Answer to a trigger.
    Triggered(TriggerAnswer),
    /// A forwarded signal was kept back, as the child has no handler for it yet and would die of it.
    Held(Signal),
    /// Answer to a scan for checkpoints.
    Scanned(Ticket, ScanAnswer),
    /// Nothing of the child's tree is left.
    TreeGone,
    /// What the profile's rules say of the end.
    Assessed(Assessment),
    /// A record that must be durable is, or is not.
    Recorded(bool),
    /// Answer to one step of a continuation.
    Step(StepAnswer),
    /// Answer to the wish for a copy of a checkpoint.
    Kept(KeepAnswer),
    /// A later copy of this job owns the run directory now.
    OwnerLost,
}

/// Number of a question, so that a late answer to an old one is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ticket(pub u32);

/// Who sent a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The kernel: a terminal's key, a hang-up.
    Kernel,
    /// The child or its process group.
    Child,
    /// ckwrap itself.
    Own,
    /// Anyone else.
    Other,
}

/// What Slurm says of a partition's grace time before a preemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraceAnswer {
    /// So long.
    Time(Duration),
    /// There is none.
    None,
    /// No answer; never to be taken for none.
    Unknown,
}

/// What Slurm says of the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobAnswer {
    /// It is known.
    Facts(JobFacts),
    /// Slurm answered that there is no such job.
    Gone,
    /// No answer; never to be taken for "gone".
    Unknown(String),
}

/// Facts about the job at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobFacts {
    /// Its state.
    pub phase: JobPhase,
    /// Whether it is being ended because of its time limit.
    pub time_limit: bool,
    /// Whether a preemption has been decided.
    pub preempted: bool,
    /// How often it has been restarted.
    pub restarts: Option<u32>,
    /// When it ends.
    pub end: End,
}

/// When a job ends, as far as Slurm says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Then.
    At(Instant),
    /// It has no limit.
    Never,
    /// No number was given.
    Unknown,
}

/// State of a job, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobPhase {
    /// Waiting (again).
    Pending,
    /// Running.
    Running,
    /// Suspended.
    Suspended,
    /// Its processes are being ended.
    Completing,
    /// Over.
    Ended,
    /// Anything else.
    Other,
}

/// What became of a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TriggerAnswer {
    /// It reached so many processes; 0 for a file or command.
    Delivered {
        /// What was done, for the log.
        what: String,
        /// The signal sent, if it was one.
        signal: Option<Signal>,
    },
    /// The program has no handler for it yet, so it was not sent.
    NotReady,
    /// It cannot be used.
    Unusable(String),
}

/// What a scan found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanAnswer {
    /// The newest checkpoint that passed validation, if any, and the newest that there is at all.
    Found {
        /// Valid, newest first choice.
        valid: Option<CheckpointId>,
        /// There, valid or not.
        newest: Option<CheckpointId>,
        /// The valid one is an older copy: its files may be younger than the content (GROMACS copies), so it is never new.
        fallback: bool,
    },
    /// It could not be told.
    Unknown(String),
}

/// Three answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// It cannot be told.
    Unknown,
}

/// What the profile's rules say of a segment's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Is the work done?
    pub finished: Answer,
    /// Was it a clean but unfinished stop?
    pub stopped: bool,
    /// Does a line in a log say what to do, should it be a failure?
    pub retry: Option<Retry>,
}

/// What the profile says that a failure calls for, with the line in the log that told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retry {
    /// The checkpoint is bad: go on from an older one.
    Fallback(String),
    /// A new try would fail too.
    Stop(String),
}

/// What became of a copy of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepAnswer {
    /// It is durable.
    Done,
    /// There is none, and why.
    Failed(String),
}

/// Answer to one step of a continuation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepAnswer {
    /// Done.
    Done,
    /// The successor is this job.
    Job(JobId),
    /// There is no such job: a look-up that was answered.
    Absent,
    /// The site requeues jobs that exit with one of these codes.
    Codes(Vec<u8>),
    /// No, and why.
    Refused(Refused, String),
    /// No answer: it may have happened or not.
    Unknown(String),
}

/// Why a step was refused, as far as what follows differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The job was submitted with `--no-requeue`.
    Disabled,
    /// The job is pending already.
    AlreadyPending,
    /// The job is not pending.
    NotPending,
    /// Anything else.
    Other,
}
