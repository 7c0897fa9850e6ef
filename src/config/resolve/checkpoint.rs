//! `checkpoint`: where checkpoints lie and what makes one whole.

use super::checks::{globs, some_words};
use super::context::Context;
use super::variables::Variables;
use crate::config::error::ConfigError;
use crate::config::wire;
use crate::profile::rules::{CheckpointRule, Kind, Pick, Validation};

type Result<T> = std::result::Result<T, ConfigError>;

/// The rule; `None`: nothing is known of checkpoints.
pub(super) fn checkpoint(
    context: &Context<'_>,
    vars: &Variables<'_>,
    keys: &wire::Checkpoint,
) -> Result<Option<CheckpointRule>> {
    let Some(patterns) = keys.glob.as_ref().filter(|list| !list.is_empty()) else {
        let needs_glob = [
            ("checkpoint.fallback", keys.fallback.is_some()),
            ("checkpoint.validate", keys.validate.is_some()),
            ("checkpoint.pick", keys.pick.is_some()),
            ("checkpoint.kind", keys.kind.is_some()),
            ("checkpoint.copy", keys.copy == Some(true)),
            ("checkpoint.not_glob", keys.not_glob.is_some()),
            ("checkpoint.set_aside", keys.set_aside.is_some()),
        ];
        return match needs_glob.iter().find(|(_, said)| *said) {
            Some((key, _)) => Err(context
                .error(key, "says something of checkpoints, but not where they lie")
                .hint("add checkpoint.glob, such as [state.h5]")),
            None => Ok(None),
        };
    };
    let validate = keys.validate.as_deref().unwrap_or(&[wire::Validation::Nonempty]);
    Ok(Some(CheckpointRule {
        glob: globs(context, vars, "checkpoint.glob", patterns)?,
        fallback: globs(context, vars, "checkpoint.fallback", keys.fallback.as_deref().unwrap_or_default())?,
        not_glob: globs(context, vars, "checkpoint.not_glob", keys.not_glob.as_deref().unwrap_or_default())?,
        set_aside: keys.set_aside.unwrap_or_default(),
        pick: keys.pick.unwrap_or(Pick::Newest),
        kind: keys.kind.unwrap_or(Kind::File),
        validate: validate
            .iter()
            .enumerate()
            .map(|(index, check)| validation(context, vars, index, check))
            .collect::<Result<_>>()?,
    }))
}

fn validation(
    context: &Context<'_>,
    vars: &Variables<'_>,
    index: usize,
    check: &wire::Validation,
) -> Result<Validation> {
    let key = |name: &str| format!("checkpoint.validate[{index}].{name}");
    Ok(match check {
        wire::Validation::Nonempty => Validation::Nonempty,
        wire::Validation::MinSize(bytes) => Validation::MinSize(*bytes),
        wire::Validation::Tail(text) => Validation::Tail(text.clone().into_bytes()),
        wire::Validation::Has(path) => Validation::Has(vars.fill(&key("has"), path)?),
        wire::Validation::SameFilesAs(_) => {
            let kind = context.wire.checkpoint.as_ref().and_then(|keys| keys.kind);
            if !matches!(kind, Some(Kind::Dir | Kind::Dirs)) {
                return Err(context.error(&key("same_files_as"), "compares what is in directories").hint(
                    "add checkpoint.kind: dir, or dirs for directories of one name in several places",
                ));
            }
            Validation::SameFilesAsPrevious
        }
        wire::Validation::Run(words) => {
            let filled = some_words(context, &key("run"), vars.fill_all(&key("run"), words)?)?;
            let by_program = words.first().is_some_and(|word| word == "{exe}");
            Validation::Run(if by_program { contained(context, filled) } else { filled })
        }
    })
}

/// A command of the program's own, put into the container that the program runs in.
fn contained(context: &Context<'_>, words: Vec<String>) -> Vec<String> {
    let container = context.program.container.and_then(|(first, end)| context.command.get(first..end));
    let outer = container.unwrap_or_default().iter().map(|word| word.to_string_lossy().into_owned());
    outer.chain(words).collect()
}
