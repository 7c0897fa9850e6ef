//! `finish` and `stopped`: what an end means.

use super::checks::{glob, named, pattern, text_file};
use super::context::Context;
use super::defaults;
use super::variables::Variables;
use crate::config::error::ConfigError;
use crate::config::wire;
use crate::profile::rules::{Condition, FinishRule, NumberFrom, NumberIn, StoppedRule};

type Result<T> = std::result::Result<T, ConfigError>;

/// When the work is done.
pub(super) fn finish_rule(
    context: &Context<'_>,
    vars: &Variables<'_>,
    finish: &wire::Finish,
) -> Result<FinishRule> {
    let (list, name) = match finish {
        wire::Finish::Any(list) => (list, "any"),
        wire::Finish::All(list) => (list, "all"),
    };
    if list.is_empty() {
        return Err(context
            .error("finish", "needs at least one condition")
            .hint("write {any: [{exit: [0]}]}"));
    }
    let conditions = list
        .iter()
        .enumerate()
        .map(|(index, entry)| condition(context, vars, &format!("finish.{name}[{index}]"), entry))
        .collect::<Result<_>>()?;
    Ok(match finish {
        wire::Finish::Any(_) => FinishRule::Any(conditions),
        wire::Finish::All(_) => FinishRule::All(conditions),
    })
}

fn condition(
    context: &Context<'_>,
    vars: &Variables<'_>,
    key: &str,
    entry: &wire::Condition,
) -> Result<Condition> {
    Ok(match entry {
        wire::Condition::Exit(codes) => Condition::Exit(exit_codes(context, &format!("{key}.exit"), codes)?),
        wire::Condition::Log(entry) => {
            let NumberIn { file, regex } = log(context, vars, &format!("{key}.log"), entry)?;
            if let Some(not) = &entry.not {
                pattern(context, &format!("{key}.log.not"), not, 0)?;
            }
            Condition::Log { file, regex, not: entry.not.clone() }
        }
        wire::Condition::File(path) => {
            let key = format!("{key}.file");
            Condition::File(named(context, &key, &vars.fill(&key, path)?)?)
        }
        wire::Condition::Absent(text) => {
            Condition::Absent(glob(context, vars, &format!("{key}.absent"), text)?)
        }
        wire::Condition::Reached(texts) => {
            let key = format!("{key}.reached");
            let mut numbers = texts
                .iter()
                .enumerate()
                .map(|(index, entry)| number_from(context, vars, &format!("{key}[{index}]"), entry))
                .collect::<Result<Vec<_>>>()?
                .into_iter();
            match (numbers.next(), numbers.collect::<Vec<_>>()) {
                (Some(have), want) if !want.is_empty() => Condition::Reached { have, want },
                _ => {
                    return Err(context
                        .error(&key, "needs two numbers: how far it is, and how far it shall go")
                        .hint(r#"write ["FILE: step (\\d+)", "FILE: nsteps = (\\d+)"]"#));
                }
            }
        }
    })
}

fn number_from(
    context: &Context<'_>,
    vars: &Variables<'_>,
    key: &str,
    entry: &wire::NumberFrom,
) -> Result<NumberFrom> {
    Ok(match entry {
        wire::NumberFrom::Text(text) => NumberFrom::Text(number_in(context, vars, key, text)?),
        wire::NumberFrom::Names(text) => {
            NumberFrom::Names(glob(context, vars, &format!("{key}.names"), text)?)
        }
    })
}

/// `FILE: REGEX` with one group, the number.
fn number_in(context: &Context<'_>, vars: &Variables<'_>, key: &str, text: &str) -> Result<NumberIn> {
    let Some((file, regex)) = text.split_once(": ") else {
        return Err(context
            .error(key, &format!("`{text}` does not say in which file"))
            .hint("write \"FILE: REGEX\" with a colon and a space"));
    };
    pattern(context, key, regex, 1)?;
    Ok(NumberIn { file: text_file(context, key, &vars.fill(key, file.trim())?)?, regex: regex.to_owned() })
}

/// File and pattern of a log entry; without a file it is the profile's `{log}`.
pub(super) fn log(
    context: &Context<'_>,
    vars: &Variables<'_>,
    key: &str,
    entry: &wire::Log,
) -> Result<NumberIn> {
    pattern(context, key, &entry.regex, 0)?;
    let file = match &entry.file {
        Some(file) => vars.fill(&format!("{key}.file"), file)?,
        None if vars.has("log")? => vars.fill(key, "{log}")?,
        None => {
            return Err(context.error(key, "does not say in which file").hint(
                "write {file: PATH, regex: REGEX}, or declare it for all: vars: {log: {default: PATH}}",
            ));
        }
    };
    Ok(NumberIn { file: text_file(context, key, &file)?, regex: entry.regex.clone() })
}

/// Codes that a process can end with (exit(3)): with another one a rule would never hold.
fn exit_codes(context: &Context<'_>, key: &str, codes: &[i32]) -> Result<Vec<i32>> {
    match codes.iter().find(|code| !(0..=255).contains(*code)) {
        Some(code) => {
            Err(context.error(key, &format!("{code} is no exit code")).hint("write numbers from 0 to 255"))
        }
        None => Ok(codes.to_vec()),
    }
}

/// What tells a clean but unfinished stop.
pub(super) fn stopped(context: &Context<'_>, vars: &Variables<'_>) -> Result<StoppedRule> {
    let keys = context.wire.stopped.as_ref();
    let exit = match keys.and_then(|keys| keys.exit.as_deref()) {
        Some(codes) => exit_codes(context, "stopped.exit", codes)?,
        None => vec![defaults::STOPPED_EXIT],
    };
    let entries = keys.and_then(|keys| keys.log.as_deref()).unwrap_or_default();
    let log = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            let key = format!("stopped.log[{index}]");
            match &entry.not {
                Some(_) => Err(context.error(&format!("{key}.not"), "is not taken here").hint("remove it")),
                None => log(context, vars, &key, entry),
            }
        })
        .collect::<Result<_>>()?;
    Ok(StoppedRule { exit, log })
}
