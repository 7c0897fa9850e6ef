//! `trigger`: ways to ask for a checkpoint.

use super::checks::{named, some_words};
use super::context::Context;
use super::settings::catchable;
use super::variables::Variables;
use crate::config::error::ConfigError;
use crate::config::wire;
use crate::model::Trigger;
use crate::profile::restart::stands;

/// The list, with names filled in; nothing said is `auto`.
pub(super) fn triggers(context: &Context<'_>, vars: &Variables<'_>) -> Result<Vec<Trigger>, ConfigError> {
    let Some(wire::Triggers(list)) = &context.wire.trigger else { return Ok(vec![Trigger::Auto]) };
    let mut triggers = Vec::new();
    for (index, entry) in list.iter().enumerate() {
        let key = |name: &str| format!("trigger[{index}].{name}");
        triggers.push(match entry {
            wire::Trigger::Auto => Trigger::Auto,
            wire::Trigger::Wait => Trigger::Wait,
            wire::Trigger::Signal { signal, to } => {
                catchable(context, &key("signal"), *signal)?;
                Trigger::Signal { signal: *signal, to: *to }
            }
            wire::Trigger::File { path, text } => Trigger::File {
                path: named(context, &key("file"), &vars.fill(&key("file"), path)?)?,
                text: vars.fill(&key("text"), text)?,
            },
            wire::Trigger::Run(words) => {
                Trigger::Run(some_words(context, &key("run"), vars.fill_all(&key("run"), words)?)?)
            }
            wire::Trigger::Limit(words) => {
                let words = some_words(context, &key("limit"), vars.fill_all(&key("limit"), words)?)?;
                // The user's own limit stands: most programs refuse an option that is given twice.
                if words.first().is_some_and(|word| word.starts_with('-') && stands(context.words(), word)) {
                    continue;
                }
                Trigger::Limit(words)
            }
        });
    }
    Ok(triggers)
}
