//! The plan as a whole, put together from its parts.

use super::super::error::ConfigError;
use super::super::plan::{ChainChoice, LogSettings, Plan};
use super::{Context, defaults, limits, profile, settings, unsupported};

/// The plan of a run.
pub(in crate::config) fn plan(context: &Context<'_>) -> Result<Plan, ConfigError> {
    unsupported::refuse(context)?;
    let profile = profile::resolve(context)?;
    let limit = limits::limit(context)?;
    let settings = settings::resolve(context, &profile, limit)?;
    let wire = context.wire;
    let continuation = wire.continuation.as_ref();
    let submit_command = continuation
        .and_then(|keys| keys.submit_command.clone())
        .unwrap_or_else(|| vec![defaults::SUBMIT_COMMAND.to_owned()]);
    if submit_command.is_empty() {
        return Err(context
            .error("continue.submit_command", "a command has at least one word")
            .hint("write [sbatch], or leave the key out"));
    }
    let log = wire.log.as_ref();
    Ok(Plan {
        command: context.command.to_vec(),
        settings,
        profile,
        chain: chain(context)?,
        limit,
        sbatch_args: continuation.and_then(|keys| keys.sbatch_args.clone()).unwrap_or_default(),
        submit_command,
        log: LogSettings {
            level: log.and_then(|keys| keys.level).unwrap_or(defaults::LOG_LEVEL),
            format: log.and_then(|keys| keys.format).unwrap_or(defaults::LOG_FORMAT),
        },
    })
}

fn chain(context: &Context<'_>) -> Result<ChainChoice, ConfigError> {
    match context.wire.chain.as_deref() {
        None | Some("auto") => Ok(ChainChoice::Auto),
        Some(name) => match name.parse() {
            Ok(id) => Ok(ChainChoice::Named(id)),
            Err(error) => Err(context.error("chain", &format!("{error}"))),
        },
    }
}
