//! `retry`: what a line in a log says of a failure.

use super::checks::pattern;
use super::context::Context;
use super::finish::log;
use super::variables::Variables;
use crate::config::error::ConfigError;
use crate::config::wire;
use crate::profile::rules::RetryRule;

/// The rules, in the order in which they are looked at.
pub(super) fn retry(context: &Context<'_>, vars: &Variables<'_>) -> Result<Vec<RetryRule>, ConfigError> {
    let entries = context.wire.retry.as_deref().unwrap_or_default();
    entries.iter().enumerate().map(|(index, entry)| rule(context, vars, index, entry)).collect()
}

fn rule(
    context: &Context<'_>,
    vars: &Variables<'_>,
    index: usize,
    entry: &wire::Retry,
) -> Result<RetryRule, ConfigError> {
    let key = |name: &str| format!("retry[{index}].{name}");
    let missing = |name: &str, hint: &str| context.error(&key(name), "is missing").hint(hint);
    let said = entry.log.as_ref().ok_or_else(|| missing("log", "write what the program says: log: REGEX"))?;
    let action = entry.action.ok_or_else(|| missing("use", "write use: fallback or use: stop"))?;
    if let Some(not) = &said.not {
        pattern(context, &key("log.not"), not, 0)?;
    }
    Ok(RetryRule { log: log(context, vars, &key("log"), said)?, not: said.not.clone(), action })
}
