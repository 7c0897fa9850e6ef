//! One text to one layer, and the YAML library's complaints to errors that help.

use std::path::Path;

use super::error::{ConfigError, Place, nearest};
use super::origin::Source;
use super::wire::Wire;
use super::{locate, scan};

/// Reads one layer.
pub(super) fn wire(source: &Source) -> Result<Wire, ConfigError> {
    match serde_yaml::from_str::<Option<Wire>>(&source.text) {
        Ok(wire) => Ok(wire.unwrap_or_default()),
        Err(error) => Err(translate(&error, source)),
    }
}

/// What the library said, in our form: position, key, and the nearest good name.
fn translate(error: &serde_yaml::Error, source: &Source) -> ConfigError {
    let text = error.to_string();
    let position = error.location().map(|location| (location.line(), location.column()));
    if text.contains("duplicate field")
        && let Some((key, line, column)) = locate::duplicate(&source.text)
    {
        return ConfigError::new(place(&source.path, Some((line, column))), key, "this key stands twice")
            .hint("remove one of them");
    }
    let text = without_position(&text);
    let (key, message) = match text.split_once(": ") {
        Some((key, message)) if !key.contains(' ') => (key, message),
        _ => ("", text),
    };
    let (key, message, hint) = explain(key, message);
    let hint = match (hint.is_empty() && key.is_empty(), scan::tab(&source.text)) {
        (true, Some(line)) => format!("line {line} is indented with a tab; YAML takes only spaces"),
        (true, None) if message.contains("cannot start any token") => {
            "put quotes around values that begin with one of @ ` % | >".to_owned()
        }
        (true, None) if message.contains("did not find expected") => {
            "look here and just above for a bracket or quote that is not closed, and for uneven indentation"
                .to_owned()
        }
        _ => hint,
    };
    ConfigError::new(place(&source.path, position), key, message).hint(hint)
}

fn place(path: &Path, position: Option<(usize, usize)>) -> Place {
    Place::File { path: path.to_owned(), position }
}

/// The message without its trailing ` at line 3 column 5`.
fn without_position(text: &str) -> &str {
    text.rfind(" at line ").and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Key, message and hint from a key's path and what serde says of its value.
pub(super) fn explain(parent: &str, message: &str) -> (String, String, String) {
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (bad, known) = words.split_first().map_or(("", &[][..]), |(bad, known)| (*bad, known));
    let choices = || match nearest(bad, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => String::new(),
        None => format!("one of {} may stand here", known.join(", ")),
    };
    if message.starts_with("unknown field") {
        let key = if parent.is_empty() { bad.to_owned() } else { format!("{parent}.{bad}") };
        return (key, "unknown key".to_owned(), choices());
    }
    if message.starts_with("unknown variant") {
        // The message lists the good ones already.
        let near = nearest(bad, known.iter().copied());
        let hint = near
            .map_or_else(|| "write one of these words".to_owned(), |near| format!("did you mean `{near}`?"));
        return (parent.to_owned(), format!("`{bad}` is not one of {}", known.join(", ")), hint);
    }
    if message.starts_with("unknown signal") {
        let name = bad.to_ascii_uppercase();
        let name = name.strip_prefix("SIG").unwrap_or(&name);
        let near = nearest(name, SIGNALS.iter().copied());
        let hint = near.map(|near| format!("did you mean {near}?")).unwrap_or_default();
        return (parent.to_owned(), message.to_owned(), hint);
    }
    let message = match message.split_once("expected struct ") {
        // What follows is the name of a type of ours.
        Some((found, _)) => format!("{found}expected keys with values (KEY: VALUE)"),
        None => message.to_owned(),
    };
    let message = message
        .replace("expected u32", "expected a whole number from 0")
        .replace("expected u64", "expected a whole number from 0")
        .replace("expected i32", "expected a whole number")
        .replace("expected i64", "expected a whole number")
        .replace("expected a boolean", "expected true or false")
        .replace("expected a sequence", "expected a list such as [a, b]")
        .replace("expected a YAML tag starting with '!'", "expected one word")
        .replace("expected a string", "expected text")
        .replace("invalid type: sequence", "found a list")
        .replace("invalid type: map", "found keys with values")
        .replace("invalid type: unit value", "found nothing")
        .replace("invalid type: ", "found ")
        .replace("invalid value: ", "found ")
        .replace("found string ", "found ")
        .replace("found integer ", "found ")
        .replace("found boolean ", "found ")
        .replace("found floating point ", "found ");
    let hint = in_brackets(&message);
    (parent.to_owned(), message, hint)
}

/// The remedy where one value stands in a list's place.
fn in_brackets(message: &str) -> String {
    let value =
        message.strip_prefix("found ").and_then(|rest| rest.split_once(", expected a list such as [a, b]"));
    match value {
        // Of several words it cannot be told whether they are one entry.
        Some((value, _)) if value.starts_with(['"', '`']) && !value.contains(' ') => {
            format!("put it into brackets: [{}]", value.trim_matches(['"', '`']))
        }
        _ => String::new(),
    }
}

/// The signals that people mean, for the nearest name.
const SIGNALS: &[&str] =
    &["USR1", "USR2", "TERM", "INT", "HUP", "CONT", "QUIT", "ALRM", "XCPU", "WINCH", "RTMIN", "KILL", "STOP"];
