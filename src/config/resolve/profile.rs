//! A profile's rules, with every name filled in and every pattern checked.

use std::path::PathBuf;

use regex_lite::Regex;

use super::context::Context;
use super::defaults;
use super::reachable::reachable;
use super::settings::catchable;
use super::variables::Variables;
use crate::config::error::ConfigError;
use crate::config::wire;
use crate::model::{Effect, Trigger};
use crate::profile::restart::stands;
use crate::profile::rules::{
    CheckpointRule, Condition, FinishRule, How, Kind, NumberIn, Pick, Profile, RestartRule, StoppedRule,
    Validation, When,
};

type Result<T> = std::result::Result<T, ConfigError>;

/// The profile that the merged layers make.
pub(super) fn resolve(context: &Context<'_>) -> Result<Profile> {
    let wire = context.wire;
    let vars = Variables::new(context);
    let poll = wire.poll.map_or(Some(std::time::Duration::ZERO), wire_span);
    let Some(poll) = poll else {
        return Err(context.error("poll", "a program that never notices").hint("write a duration"));
    };
    Ok(Profile {
        name: context.profile.to_owned(),
        experimental: wire.status == Some(wire::Status::Experimental),
        triggers: triggers(context, &vars)?,
        effect: wire.effect.unwrap_or(Effect::Stop),
        poll_ms: u64::try_from(poll.as_millis()).unwrap_or(u64::MAX),
        checkpoint: wire.checkpoint.as_ref().map_or(Ok(None), |keys| checkpoint(context, &vars, keys))?,
        restart: restart(context, &vars)?,
        finish: wire.finish.as_ref().map(|finish| finish_rule(context, &vars, finish)).transpose()?,
        stopped: stopped(context, &vars)?,
        kill_safe: wire.kill.as_ref().and_then(|kill| kill.safe).unwrap_or(false),
    })
}

fn wire_span(span: crate::config::TimeSpan) -> Option<std::time::Duration> {
    span.finite()
}

fn triggers(context: &Context<'_>, vars: &Variables<'_>) -> Result<Vec<Trigger>> {
    let Some(wire::Triggers(list)) = &context.wire.trigger else { return Ok(vec![Trigger::Auto]) };
    let mut triggers = Vec::new();
    for (index, entry) in list.iter().enumerate() {
        let key = |name: &str| format!("trigger[{index}].{name}");
        triggers.push(match entry {
            wire::Trigger::Auto => Trigger::Auto,
            wire::Trigger::Wait => Trigger::Wait,
            wire::Trigger::Signal { signal, to } => {
                catchable(context, &key("signal"), *signal)?;
                reachable(context, &key("signal"), *signal, *to)?;
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

fn some_words(context: &Context<'_>, key: &str, words: Vec<String>) -> Result<Vec<String>> {
    if words.first().is_none_or(String::is_empty) {
        return Err(context
            .error(key, "needs at least one word")
            .hint("write a list such as [command, argument]"));
    }
    Ok(words)
}

fn named(context: &Context<'_>, key: &str, path: &str) -> Result<PathBuf> {
    if path.is_empty() || path.contains('\0') {
        return Err(context.error(key, "needs the name of a file"));
    }
    Ok(PathBuf::from(path))
}

fn checkpoint(
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
        pick: keys.pick.unwrap_or(Pick::Newest),
        kind: keys.kind.unwrap_or(Kind::File),
        validate: validate
            .iter()
            .enumerate()
            .map(|(index, check)| validation(context, vars, index, check))
            .collect::<Result<_>>()?,
    }))
}

fn globs(context: &Context<'_>, vars: &Variables<'_>, key: &str, texts: &[String]) -> Result<Vec<String>> {
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| glob(context, vars, &format!("{key}[{index}]"), text))
        .collect()
}

fn glob(context: &Context<'_>, vars: &Variables<'_>, key: &str, text: &str) -> Result<String> {
    let text = vars.fill_pattern(key, text)?;
    match glob::Pattern::new(&text) {
        Ok(_) if text.is_empty() => Err(context.error(key, "needs a pattern such as *.h5")),
        Ok(_) => Ok(text),
        Err(error) => Err(context
            .error(key, &format!("`{text}` is no file name pattern: {}", error.msg))
            .hint("write * ? [a-z]; a bracket that stands for itself is [[]")),
    }
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

fn restart(context: &Context<'_>, vars: &Variables<'_>) -> Result<RestartRule> {
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

fn finish_rule(context: &Context<'_>, vars: &Variables<'_>, finish: &wire::Finish) -> Result<FinishRule> {
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
                .map(|(index, text)| number_in(context, vars, &format!("{key}[{index}]"), text))
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

/// `FILE: REGEX` with one group, the number.
fn number_in(context: &Context<'_>, vars: &Variables<'_>, key: &str, text: &str) -> Result<NumberIn> {
    let Some((file, regex)) = text.split_once(": ") else {
        return Err(context
            .error(key, &format!("`{text}` does not say in which file"))
            .hint("write \"FILE: REGEX\" with a colon and a space"));
    };
    pattern(context, key, regex, 1)?;
    Ok(NumberIn { file: named(context, key, &vars.fill(key, file.trim())?)?, regex: regex.to_owned() })
}

/// File and pattern of a log entry; without a file it is the profile's `{log}`.
fn log(context: &Context<'_>, vars: &Variables<'_>, key: &str, entry: &wire::Log) -> Result<NumberIn> {
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
    Ok(NumberIn { file: named(context, key, &file)?, regex: entry.regex.clone() })
}

/// A regular expression with at least so many groups.
pub(super) fn pattern(context: &Context<'_>, key: &str, text: &str, groups: usize) -> Result<Regex> {
    let regex = Regex::new(text).map_err(|error| {
        context
            .error(key, &format!("`{text}` is no regular expression: {error}"))
            .hint("in YAML single quotes keep backslashes as they are: '(\\d+)'")
    })?;
    if regex.captures_len() <= groups {
        return Err(context
            .error(key, &format!("`{text}` has no group"))
            .hint("put parentheses around the value: step ([0-9]+)"));
    }
    Ok(regex)
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

fn stopped(context: &Context<'_>, vars: &Variables<'_>) -> Result<StoppedRule> {
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
