//! `restart`: how the program is started again.

use super::context::Context;
use super::variables::Variables;
use crate::config::error::ConfigError;
use crate::config::wire;
use crate::profile::rules::{How, RestartRule, When};

/// The rule; nothing said is the same command again.
pub(super) fn restart(context: &Context<'_>, vars: &Variables<'_>) -> Result<RestartRule, ConfigError> {
    let none = wire::Restart::default();
    let keys = context.wire.restart.as_ref().unwrap_or(&none);
    let how = match keys.how {
        None if keys.args.is_some() => {
            return Err(context
                .error("restart.args", "does not say what happens with these words")
                .hint("add restart.how: append, replace or run"));
        }
        None | Some(wire::How::Same | wire::How::Edit) => How::Same,
        Some(wire::How::Append) => How::Append,
        Some(wire::How::Replace) => How::Replace,
        Some(wire::How::Run) => How::Run,
    };
    let args = vars.fill_all("restart.args", keys.args.as_deref().unwrap_or_default())?;
    let needs_words = matches!(how, How::Append | How::Run);
    if needs_words && args.is_empty() {
        return Err(context.error("restart.how", "needs words").hint("add restart.args, such as [--resume]"));
    }
    Ok(RestartRule {
        how,
        when: keys.when.unwrap_or(When::Checkpoint),
        args,
        unless: keys.unless.clone().unwrap_or_default(),
        drop: keys.drop.clone().unwrap_or_default(),
    })
}
