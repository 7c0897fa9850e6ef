//! Values that many sections have: commands, file names, patterns.

use std::path::PathBuf;

use regex_lite::{Regex, RegexBuilder};

use super::context::Context;
use super::variables::Variables;
use crate::config::error::ConfigError;
use crate::profile::rules::{LONGEST_PATTERN, MOST_NAMES, STDERR, STDOUT};

type Result<T> = std::result::Result<T, ConfigError>;

/// A command: it has a word.
pub(super) fn some_words(context: &Context<'_>, key: &str, words: Vec<String>) -> Result<Vec<String>> {
    if words.first().is_none_or(String::is_empty) {
        return Err(context
            .error(key, "needs at least one word")
            .hint("write a list such as [command, argument]"));
    }
    Ok(words)
}

/// A file that is read for what the program says: the program's streams too.
pub(super) fn text_file(context: &Context<'_>, key: &str, path: &str) -> Result<PathBuf> {
    if path == STDOUT || path == STDERR { Ok(PathBuf::from(path)) } else { named(context, key, path) }
}

/// A file's name: it is not empty.
pub(super) fn named(context: &Context<'_>, key: &str, path: &str) -> Result<PathBuf> {
    if path == STDOUT || path == STDERR {
        return Err(context
            .error(key, &format!("{path} stands for what the program says, not for a name"))
            .hint("it may stand where a log is read"));
    }
    if path.is_empty() || path.contains('\0') {
        return Err(context.error(key, "needs the name of a file"));
    }
    Ok(PathBuf::from(path))
}

/// Patterns of file names.
pub(super) fn globs(
    context: &Context<'_>,
    vars: &Variables<'_>,
    key: &str,
    texts: &[String],
) -> Result<Vec<String>> {
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| glob(context, vars, &format!("{key}[{index}]"), text))
        .collect()
}

/// A pattern of file names.
pub(super) fn glob(context: &Context<'_>, vars: &Variables<'_>, key: &str, text: &str) -> Result<String> {
    let text = vars.fill_pattern(key, text)?;
    if text.len() > LONGEST_PATTERN || text.matches('/').count() > MOST_NAMES {
        return Err(context
            .error(key, &format!("longer than any path: {LONGEST_PATTERN} bytes, {MOST_NAMES} names"))
            .hint("write a shorter pattern, from a nearer directory"));
    }
    match glob::Pattern::new(&text) {
        Ok(_) if text.is_empty() => Err(context.error(key, "needs a pattern such as *.h5")),
        Ok(_) => Ok(text),
        Err(error) => Err(context
            .error(key, &format!("`{text}` is no file name pattern: {}", error.msg))
            .hint("write * ? [a-z]; a bracket that stands for itself is [[]")),
    }
}

/// Bytes of a compiled pattern: it costs as much as this times the length of each line it is tried on.
const REGEX_SIZE: usize = 256 << 10;

/// Most groups of a pattern: each of its states remembers where all of them are.
const MOST_GROUPS: usize = 20;

/// A regular expression with at least so many groups.
pub(super) fn pattern(context: &Context<'_>, key: &str, text: &str, groups: usize) -> Result<Regex> {
    let built = RegexBuilder::new(text).size_limit(REGEX_SIZE).build();
    let regex = built.map_err(|error| {
        context
            .error(key, &format!("`{text}` is no regular expression: {error}"))
            .hint("in YAML single quotes keep backslashes as they are: '(\\d+)'")
    })?;
    if regex.captures_len() > MOST_GROUPS {
        return Err(context
            .error(key, &format!("more than {MOST_GROUPS} groups"))
            .hint("write (?:...) for a group whose text is not wanted"));
    }
    if regex.captures_len() <= groups {
        return Err(context
            .error(key, &format!("`{text}` has no group"))
            .hint("put parentheses around the value: step ([0-9]+)"));
    }
    Ok(regex)
}
