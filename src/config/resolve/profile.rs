//! A profile's rules, with every name filled in and every pattern checked.

use super::checkpoint::checkpoint;
use super::context::Context;
use super::finish::{finish_rule, stopped};
use super::restart::restart;
use super::triggers::triggers;
use super::variables::Variables;
use crate::config::error::ConfigError;
use crate::config::wire;
use crate::model::Effect;
use crate::profile::rules::Profile;

/// The profile that the merged layers make.
pub(super) fn resolve(context: &Context<'_>) -> Result<Profile, ConfigError> {
    let wire = context.wire;
    let vars = Variables::new(context);
    let poll = wire.poll.map_or(Some(std::time::Duration::ZERO), wire_span);
    let Some(poll) = poll else {
        return Err(context.error("poll", "a program that never notices").hint("write a duration"));
    };
    super::require::require(context, &vars)?;
    Ok(Profile {
        name: context.profile.to_owned(),
        experimental: wire.status == Some(wire::Status::Experimental),
        triggers: triggers(context, &vars)?,
        effect: wire.effect.unwrap_or(Effect::Stop),
        poll_ms: u64::try_from(poll.as_millis()).unwrap_or(u64::MAX),
        checkpoint: wire.checkpoint.as_ref().map_or(Ok(None), |keys| checkpoint(context, &vars, keys))?,
        restart: restart(context, &vars)?,
        finish: wire.finish.as_ref().map(|finish| finish_rule(context, &vars, finish)).transpose()?,
        stopped: stopped(context, &vars)?,
        kill_safe: wire.kill.as_ref().and_then(|kill| kill.safe).unwrap_or(false),
        retry: super::failure::retry(context, &vars)?,
        keep: super::upkeep::keep(context)?,
        clean: super::upkeep::clean(context, &vars)?,
    })
}

fn wire_span(span: crate::config::TimeSpan) -> Option<std::time::Duration> {
    span.finite()
}
