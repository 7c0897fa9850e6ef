//! Keys that have a meaning but cannot be carried out yet: refused, since ignoring one would break a promise.

use super::context::Context;
use crate::config::error::ConfigError;
use crate::config::wire::Timing;

/// Refuses the first such key.
pub(super) fn refuse(context: &Context<'_>) -> Result<(), ConfigError> {
    let wire = context.wire;
    let checkpoint = wire.checkpoint.as_ref();
    let hooks = wire.hooks.as_ref();
    let some = |list: Option<&Vec<Vec<String>>>| list.is_some_and(|list| !list.is_empty());
    let keys = [
        (
            "checkpoint.every",
            checkpoint.and_then(|keys| keys.every).is_some_and(|every| every != Timing::Never),
            "write `off`: checkpoints are asked for before the deadline and at preemption",
        ),
        ("hooks.checkpoint", some(hooks.and_then(|keys| keys.checkpoint.as_ref())), "remove it"),
        ("hooks.continue", some(hooks.and_then(|keys| keys.continuation.as_ref())), "remove it"),
        ("hooks.finish", some(hooks.and_then(|keys| keys.finish.as_ref())), "remove it"),
        ("hooks.fail", some(hooks.and_then(|keys| keys.fail.as_ref())), "remove it"),
    ];
    match keys.iter().find(|(_, said, _)| *said) {
        Some((key, _, hint)) => Err(context.error(key, "not supported yet").hint(*hint)),
        None => Ok(()),
    }
}
