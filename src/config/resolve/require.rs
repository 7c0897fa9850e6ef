//! `require`: input without which every start would begin anew is refused before the first one.

use std::path::Path;

use super::checks::pattern;
use super::context::Context;
use super::variables::Variables;
use crate::config::error::ConfigError;

/// Checks every demand. An input that cannot be read is the program's to complain about.
pub(super) fn require(context: &Context<'_>, vars: &Variables<'_>) -> Result<(), ConfigError> {
    let demands = context.wire.require.as_deref().unwrap_or_default();
    for (index, demand) in demands.iter().enumerate() {
        let key = |name: &str| format!("require[{index}].{name}");
        let file = vars.fill(&key("file"), &demand.file)?;
        let line = pattern(context, &key("regex"), &demand.regex, 0)?;
        let met = (context.input)(Path::new(&file))
            .map_or(true, |text| text.lines().any(|text| line.is_match(text)));
        if !met {
            return Err(context
                .error(&key("regex"), &format!("no line of {file} matches `{}`", demand.regex))
                .hint(&*demand.why));
        }
    }
    Ok(())
}
