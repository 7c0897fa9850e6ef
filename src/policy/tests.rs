//! The table as a whole, and single paths through the machine.

use std::time::Duration;

use crate::model::{ContinuationMode, Effect, OnFailure, PreemptionWatch, Signal, Target, Trigger};

use super::*;

mod announced;
pub(super) mod bench;
mod calling_off;
mod carrying;
mod continuing;
mod copying;
mod crossing;
mod durable;
mod ends;
mod fence;
mod keeping;
mod life;
mod moments;
mod odd;
mod pairs;
mod planning;
mod play;
mod random;
mod requests;
mod running;
mod telling;
mod terms;
mod usual;

pub(super) fn settings() -> Settings {
    Settings {
        lead: Lead::Fixed(Duration::from_secs(60)),
        margin: None,
        warning_signals: vec![Signal::USR1],
        triggers: vec![Trigger::Signal { signal: Signal::USR1, to: Target::Leader }],
        effect: Effect::Stop,
        poll: Duration::ZERO,
        knows_checkpoints: true,
        kill_safe: true,
        keeps: false,
        requeued_by_program: false,
        mode: ContinuationMode::Auto,
        max_segments: 1000,
        max_failures: 3,
        max_stalls: 2,
        ignores_end: false,
        max_walltime: None,
        on_failure: OnFailure::Stop,
        expedite: true,
        exit_code: 0,
        stopped_exit: vec![85],
        awaits_ready: false,
        preemption: PreemptionWatch::Auto,
    }
}
