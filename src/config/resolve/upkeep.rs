//! What is done about files between two runs of the program: copies that are kept, leftovers that are removed.

use super::checks::glob;
use super::context::Context;
use super::defaults;
use super::variables::Variables;
use crate::config::error::ConfigError;

/// How many copies of good checkpoints are kept; 0: the program does not write over them.
pub(super) fn keep(context: &Context<'_>) -> Result<u32, ConfigError> {
    let keys = context.wire.checkpoint.as_ref();
    let copy = keys.and_then(|keys| keys.copy).unwrap_or(false);
    match (copy, keys.and_then(|keys| keys.keep).unwrap_or(defaults::KEEP)) {
        (true, 0) => Err(context
            .error("checkpoint.keep", "no copy is one too few for a program that writes over its checkpoint")
            .hint("write 1 or more; if no copy is to be made write `copy: false`")),
        (true, keep) => Ok(keep),
        (false, 0 | defaults::KEEP) => Ok(0),
        (false, _) => Err(context
            .error("checkpoint.keep", "says how many copies are kept, and none is made")
            .hint("add `copy: true`, which copies each good checkpoint aside")),
    }
}

/// Patterns of what is removed before every start.
pub(super) fn clean(context: &Context<'_>, vars: &Variables<'_>) -> Result<Vec<String>, ConfigError> {
    let entries = context.wire.clean.as_deref().unwrap_or_default();
    entries
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            let key = format!("clean[{index}]");
            let pattern = glob(context, vars, &key, entry)?;
            if pattern.starts_with('/') || pattern.split('/').any(|part| part == "..") {
                return Err(context
                    .error(&key, &format!("`{pattern}` leads out of the run directory"))
                    .hint("name what lies in the directory where the job runs; nothing else is removed"));
            }
            if pattern.split('/').any(|part| part == ".ckwrap") {
                return Err(context
                    .error(&key, &format!("`{pattern}` is ckwrap's own"))
                    .hint("a chain that is over may be removed by hand"));
            }
            Ok(pattern)
        })
        .collect()
}
