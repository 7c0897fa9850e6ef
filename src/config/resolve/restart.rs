//! `restart`: how the program is started again.

use std::path::Path;

use super::context::Context;
use super::variables::Variables;
use crate::config::error::ConfigError;
use crate::config::wire;
use crate::profile::edit::{self, EditError};
use crate::profile::restart::COMMAND;
use crate::profile::rules::{EditRule, Editor, How, RestartRule, When};

/// What is read of an input file at the most, in bytes.
const INPUT_READ: usize = 1 << 20;

type Result<T> = std::result::Result<T, ConfigError>;

/// The rule; nothing said is the same command again.
pub(super) fn restart(context: &Context<'_>, vars: &Variables<'_>) -> Result<RestartRule> {
    let none = wire::Restart::default();
    let keys = context.wire.restart.as_ref().unwrap_or(&none);
    let how = how(context, keys)?;
    let args = vars.fill_all("restart.args", keys.args.as_deref().unwrap_or_default())?;
    let needs_words = matches!(how, How::Append | How::Run);
    if needs_words && args.is_empty() {
        return Err(context.error("restart.how", "needs words").hint("add restart.args, such as [--resume]"));
    }
    whole_command(context, how, &args)?;
    let rule = RestartRule {
        how,
        when: keys.when.unwrap_or(When::Checkpoint),
        args,
        unless: vars.fill_all("restart.unless", keys.unless.as_deref().unwrap_or_default())?,
        drop: vars.fill_all("restart.drop", keys.drop.as_deref().unwrap_or_default())?,
        edit: edits(context, vars, keys)?,
        editor: editor(context, vars, keys)?,
    };
    tried(context, &rule)?;
    Ok(rule)
}

fn how(context: &Context<'_>, keys: &wire::Restart) -> Result<How> {
    Ok(match keys.how {
        None if keys.args.is_some() => {
            return Err(context
                .error("restart.args", "does not say what happens with these words")
                .hint("add restart.how: append, replace or run"));
        }
        None if keys.edit.is_some() => {
            return Err(context
                .error("restart.edit", "does not say that the input is to be edited")
                .hint("add restart.how: edit"));
        }
        None | Some(wire::How::Same) => How::Same,
        Some(wire::How::Append) => How::Append,
        Some(wire::How::Replace) => How::Replace,
        Some(wire::How::Edit) => How::Edit,
        Some(wire::How::Run) => How::Run,
    })
}

/// `{command}` is the user's words, as so many words of another command.
fn whole_command(context: &Context<'_>, how: How, args: &[String]) -> Result<()> {
    let Some(index) = args.iter().position(|word| word.contains(COMMAND)) else { return Ok(()) };
    let key = format!("restart.args[{index}]");
    if how != How::Run {
        return Err(context
            .error(&key, &format!("`{COMMAND}` goes with `how: run` only"))
            .hint("with the other ways the command stands there already"));
    }
    if args.get(index).is_none_or(|word| word != COMMAND) {
        return Err(context
            .error(&key, &format!("`{COMMAND}` stands for several words"))
            .hint("make it a word of its own: [sh, -c, 'cp A B && exec \"$@\"', sh, \"{command}\"]"));
    }
    Ok(())
}

fn edits(context: &Context<'_>, vars: &Variables<'_>, keys: &wire::Restart) -> Result<Vec<EditRule>> {
    let wants = keys.how == Some(wire::How::Edit);
    let rules = match &keys.edit {
        Some(_) if !wants => {
            return Err(context.error("restart.edit", "goes with `how: edit` only").hint("remove it"));
        }
        Some(wire::Edit::Lammps) => return Ok(Vec::new()),
        Some(wire::Edit::Rules(rules)) if !rules.is_empty() => rules,
        _ if wants => {
            return Err(context
                .error("restart.how", "does not say what is edited")
                .hint("add restart.edit: [{file: FILE, regex: REGEX, to: TEXT}]"));
        }
        _ => return Ok(Vec::new()),
    };
    rules.iter().enumerate().map(|(index, rule)| edit(context, vars, index, rule)).collect()
}

/// The variable `every` of a profile for LAMMPS is a number of steps, or `auto`.
fn editor(context: &Context<'_>, vars: &Variables<'_>, keys: &wire::Restart) -> Result<Option<Editor>> {
    if keys.edit != Some(wire::Edit::Lammps) {
        return Ok(None);
    }
    let every = if vars.has("every")? { vars.fill("restart.edit", "{every}")? } else { String::new() };
    let every = match every.as_str() {
        "" | "auto" => None,
        steps => Some(steps.parse().ok().filter(|steps| *steps > 0).ok_or_else(|| {
            context.error("vars.every", &format!("`{steps}` is no number of steps")).hint(
                "write how many steps lie between two restart files, such as {default: \"1000\"}, or auto",
            )
        })?),
    };
    Ok(Some(Editor::Lammps { every }))
}

fn edit(
    context: &Context<'_>,
    vars: &Variables<'_>,
    index: usize,
    rule: &wire::EditRule,
) -> Result<EditRule> {
    let key = |name: &str| format!("restart.edit[{index}].{name}");
    edit::pattern(&rule.regex).map_err(|error| {
        context
            .error(&key("regex"), &error.to_string())
            .hint("in YAML single quotes keep backslashes as they are: '(\\d+)'")
    })?;
    let file = vars.fill(&key("file"), &rule.file)?;
    if file.is_empty() {
        return Err(context.error(&key("file"), "needs the name of a file"));
    }
    let arguments = context.words().get(1..).unwrap_or_default();
    if !edit::stands(arguments, &file) {
        return Err(context
            .error(
                &key("file"),
                &format!("{file} does not stand on the command line, so no copy can take its place"),
            )
            .hint("write restart: {how: run, args: [SCRIPT, \"{command}\"]} with a script that prepares the input and runs its arguments, or restart: {how: same} if the input is prepared already"));
    }
    Ok(EditRule {
        file,
        regex: rule.regex.clone(),
        to: vars.fill(&key("to"), &rule.to)?,
        optional: rule.optional,
    })
}

/// Tries the changes on the files as they are, so that a rule that fits nothing is told now and not after the first
/// segment.
fn tried(context: &Context<'_>, rule: &RestartRule) -> Result<()> {
    for file in edit::files(&rule.edit) {
        let text = (context.input)(Path::new(file)).map_err(|error| {
            context
                .error("restart.edit", &format!("{file} {}", error.message))
                .hint("it is an input file of the program, seen from the directory that the job runs in")
        })?;
        // Of a longer file only the beginning was read.
        if text.len() >= INPUT_READ {
            continue;
        }
        edit::edited(text.as_bytes(), file, &rule.edit, Path::new("checkpoint")).map_err(|error| {
            let place = match &error {
                EditError::NoMatch { regex, .. } | EditError::Regex { regex, .. } => {
                    rule.edit.iter().position(|rule| rule.regex == *regex && rule.file == file).unwrap_or(0)
                }
            };
            context.error(&format!("restart.edit[{place}].regex"), &error.to_string()).hint(
                "write into the input what the rule looks for, or change the rule in a profile of your own (ckwrap profiles NAME > my-profile.yaml)",
            )
        })?;
    }
    Ok(())
}
