//! Signals that must not be sent to a launcher: refused where the user has asked for one.

use super::context::Context;
use crate::config::Origin;
use crate::config::error::ConfigError;
use crate::model::{Signal, Target};

/// Refuses a signal that would end the launcher and the program with it.
///
/// A built-in profile is written for the bare program: what it cannot use behind a launcher is passed over when it is tried.
pub(super) fn reachable(
    context: &Context<'_>,
    key: &str,
    signal: Signal,
    to: Target,
) -> Result<(), ConfigError> {
    let Some(starter) = context.program.starters.first().copied().flatten() else { return Ok(()) };
    let to_launcher = matches!(to, Target::Leader | Target::Launcher | Target::Group);
    if !to_launcher || starter.forwards(signal) {
        return Ok(());
    }
    match context.origins.get("trigger") {
        Origin::Default | Origin::Profile(_) => Ok(()),
        Origin::File(_) | Origin::Environment(_) | Origin::Option(_) => {
            let text = format!("{signal} would go to {}: {}", starter.name(), starter.harm());
            Err(context.error(key, &text).hint(starter.hint()))
        }
    }
}
