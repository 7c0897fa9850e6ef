//! The policy's settings.

use super::context::Context;
use super::{defaults, limits};
use crate::config::error::ConfigError;
use crate::config::plan::Limit;
use crate::config::wire::{Continue, Requeue, Timing};
use crate::model::{ContinuationMode, OnFailure, PreemptionWatch, Signal};
use crate::policy::Settings;
use crate::profile::rules::Profile;

/// Everything the policy wants to know.
pub(super) fn resolve(
    context: &Context<'_>,
    profile: &Profile,
    limit: Limit,
) -> Result<Settings, ConfigError> {
    let none = Continue::default();
    let keys = context.wire.continuation.as_ref().unwrap_or(&none);
    let margin = limits::margin(context)?;
    Ok(Settings {
        lead: limits::lead(context, limit, margin)?,
        margin,
        warning_signals: warning_signals(context)?,
        triggers: profile.triggers.clone(),
        effect: profile.effect,
        poll: std::time::Duration::from_millis(profile.poll_ms),
        knows_checkpoints: profile.checkpoint.is_some(),
        kill_safe: profile.kill_safe,
        keeps: profile.keep > 0,
        requeued_by_program: context.wire.requeue == Some(Requeue::App),
        mode: keys.mode.unwrap_or(ContinuationMode::Auto),
        max_segments: count(context, "max_segments", keys.max_segments, defaults::MAX_SEGMENTS)?,
        max_failures: count(context, "max_failures", keys.max_failures, defaults::MAX_FAILURES)?,
        max_stalls: count(context, "max_stalls", keys.max_stalls, defaults::MAX_STALLS)?,
        ignores_end: limit == Limit::None,
        max_walltime: max_walltime(context, keys.max_walltime)?,
        on_failure: keys.on_failure.unwrap_or(OnFailure::Stop),
        expedite: keys.expedite.unwrap_or(true),
        exit_code: exit_code(context, keys.exit_code)?,
        stopped_exit: profile.stopped.exit.clone(),
        preemption: context.wire.preemption.unwrap_or(PreemptionWatch::Auto),
    })
}

fn warning_signals(context: &Context<'_>) -> Result<Vec<Signal>, ConfigError> {
    let said = context.wire.deadline.as_ref().and_then(|keys| keys.warning_signals.clone());
    let signals = said.unwrap_or_else(|| defaults::WARNING_SIGNALS.to_vec());
    for (index, signal) in signals.iter().enumerate() {
        catchable(context, &format!("deadline.warning_signals[{index}]"), *signal)?;
    }
    Ok(signals)
}

/// KILL and STOP cannot be caught by anybody: neither ckwrap nor a program is told by them.
pub(super) fn catchable(context: &Context<'_>, key: &str, signal: Signal) -> Result<(), ConfigError> {
    if signal == Signal::KILL || signal == Signal::STOP {
        return Err(context
            .error(key, &format!("{signal} cannot be caught"))
            .hint("use USR1, USR2 or TERM, whichever the program handles"));
    }
    Ok(())
}

fn count(context: &Context<'_>, key: &str, said: Option<u32>, default: u32) -> Result<u32, ConfigError> {
    match said {
        Some(0) => Err(context
            .error(&format!("continue.{key}"), "0 would end every chain before it begins")
            .hint("write 1 or more; to never continue write `continue: {mode: none}`")),
        said => Ok(said.unwrap_or(default)),
    }
}

fn max_walltime(
    context: &Context<'_>,
    said: Option<Timing>,
) -> Result<Option<std::time::Duration>, ConfigError> {
    const KEY: &str = "continue.max_walltime";
    match said {
        None | Some(Timing::Never) => Ok(None),
        Some(Timing::Auto) => {
            Err(context.error(KEY, "nothing tells it by itself").hint("write a duration or `none`"))
        }
        Some(Timing::Span(span)) => match span.finite() {
            Some(span) if span.is_zero() => {
                Err(context.error(KEY, "a chain of no time").hint("write `none` for no limit"))
            }
            span => Ok(span),
        },
    }
}

fn exit_code(context: &Context<'_>, said: Option<i64>) -> Result<u8, ConfigError> {
    let said = said.unwrap_or(0);
    u8::try_from(said).map_err(|_| {
        context
            .error("continue.exit_code", &format!("{said} is no exit code"))
            .hint("write a number from 0 to 255")
    })
}
