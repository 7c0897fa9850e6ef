//! What happens to a chain from outside, and when.

use super::rng::Rng;

/// Something that happens to a chain. Times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blow {
    /// The user's `scancel`.
    Cancel,
    /// SIGKILL for ckwrap, from outside.
    Kill,
    /// SIGTERM for ckwrap alone.
    Terminate,
    /// Somebody else's `scontrol requeue`.
    AdminRequeue,
    Preempt,
    /// The node is given up; what ran there lives on for so long, with or without a word from the controller.
    NodeFails {
        lives: u64,
        cut_off: bool,
    },
    /// The node loses power.
    PowerLoss,
    /// The controller is away, or only hangs.
    Outage(u64),
    Warning,
    Extend,
    Shorten,
    /// No end is told any more.
    Unlimited,
    /// The job is suspended, and resumed after so long.
    Suspend(u64),
    /// The machine stands still, everything on it included.
    Freeze(u64),
    /// ckwrap alone is stopped.
    StopCkwrap(u64),
    /// Somebody sets the clock on the wall.
    ClockStep(i64),
    /// The file system gives no answer.
    Hang(u64),
    /// Every write of the journal fails.
    NoSpace(u64),
    /// The user submits the same script once more.
    Resubmit,
    /// What waits is held for a while.
    Hold(u64),
}

/// When something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// So long after a job's start.
    After(u64),
    /// So long after a requeue or a submission of ckwrap's has taken effect.
    Act(u64),
}

/// What happens, by the kinds of trouble there are.
pub(super) fn blows(
    rng: &mut Rng,
    limit: u64,
    (commands, events, files): (bool, bool, bool),
) -> Vec<(u64, When, Blow)> {
    let mut blows = Vec::new();
    if events {
        for _ in 0..rng.range(1, 4) {
            blows.push((rng.range(0, 3), when(rng, limit), event(rng, limit)));
        }
    }
    if files {
        for _ in 0..rng.range(1, 3) {
            blows.push((rng.range(0, 3), when(rng, limit), trouble(rng, limit)));
        }
    }
    if commands && rng.chance(50) {
        let length = rng.range(1, 600) * 1000;
        blows.push((rng.range(0, 3), when(rng, limit), Blow::Outage(length)));
    }
    blows
}

/// Mostly around the end of an allocation, where it matters.
fn when(rng: &mut Rng, limit: u64) -> When {
    match rng.range(0, 9) {
        0 | 1 => When::Act(rng.pick(&[0, 1, 30, 500, 3000, 20_000, 125_000])),
        2..=6 => When::After(rng.range(limit.saturating_sub(100_000), limit + 40_000)),
        _ => When::After(rng.range(0, limit)),
    }
}

fn event(rng: &mut Rng, limit: u64) -> Blow {
    let long = rng.range(1, limit);
    let lives = rng.pick(&[0, 30_000, limit, 3 * limit]);
    let cut_off = rng.chance(60);
    rng.pick(&[
        Blow::Cancel,
        Blow::Cancel,
        Blow::Kill,
        Blow::Terminate,
        Blow::AdminRequeue,
        Blow::AdminRequeue,
        Blow::Preempt,
        Blow::Preempt,
        Blow::NodeFails { lives, cut_off },
        Blow::NodeFails { lives, cut_off },
        Blow::Warning,
        Blow::Extend,
        Blow::Shorten,
        Blow::Unlimited,
        Blow::Suspend(long),
        Blow::Freeze(long),
        Blow::StopCkwrap(long),
        Blow::ClockStep(3_600_000),
        Blow::ClockStep(-3_600_000),
        Blow::Resubmit,
        Blow::Hold(long),
    ])
}

fn trouble(rng: &mut Rng, limit: u64) -> Blow {
    let long = rng.pick(&[5000, 40_000, limit, 100 * limit]);
    let lives = rng.pick(&[30_000, limit, 3 * limit]);
    rng.pick(&[
        Blow::PowerLoss,
        Blow::PowerLoss,
        Blow::Hang(long),
        Blow::NoSpace(long),
        Blow::NodeFails { lives, cut_off: true },
        Blow::Kill,
    ])
}
