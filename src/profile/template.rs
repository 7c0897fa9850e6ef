//! Placeholders in a profile's texts. Pure.
//!
//! `{name}` is a variable, `{name|other}` the variable or, where it has no value, this text, `{name%.cpt}` without
//! this ending; `{name:stem}` and the like are parts of it as a path (see [`PathPart`]). Braces around anything that is no name stay as they are,
//! and so do the placeholders of the run time: `{}`, `{hours_left}`, `{minutes_left}`, `{seconds_left}`,
//! `{checkpoint}`, `{command}`. In `{checkpoint|name}` the name of a variable is filled in.

use std::path::Path;

use super::path_part::PathPart;

/// Placeholders that are filled in later.
const LATER: &[&str] = &["checkpoint", "command", "hours_left", "minutes_left", "pid", "seconds_left"];

/// A placeholder that cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There is no variable of this name.
    #[error("`{{{0}}}` is not a variable")]
    Unknown(String),
    /// The variable has no value here.
    #[error("`{{{0}}}` has no value on this command line")]
    Empty(String),
    /// What comes out is longer than any word, name or text of a profile.
    #[error("becomes longer than {LONGEST} bytes with its placeholders filled in")]
    TooLong,
}

/// Bytes of the longest text that comes out.
const LONGEST: usize = 64 << 10;

/// What is known of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// This is its value.
    Is(String),
    /// It exists and has none.
    Empty,
    /// There is no such variable.
    Unknown,
}

/// `text` with every placeholder filled in from `value`; what is put in passes `quote` first.
pub fn fill(
    text: &str,
    value: &mut dyn FnMut(&str) -> Value,
    quote: fn(&str) -> String,
) -> Result<String, TemplateError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}').and_then(|(inner, tail)| Some((Placeholder::parse(inner)?, inner, tail)))
        {
            None => {
                out.push('{');
                rest = after;
            }
            Some((placeholder, inner, tail)) => {
                out.push_str(&placeholder.filled(inner, value, quote)?);
                if out.len() > LONGEST {
                    return Err(TemplateError::TooLong);
                }
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The inside of one pair of braces.
struct Placeholder<'a> {
    name: &'a str,
    form: Form<'a>,
}

enum Form<'a> {
    Plain,
    Or(&'a str),
    Without(&'a str),
    Part(PathPart),
}

impl<'a> Placeholder<'a> {
    /// `None`: no placeholder, but braces that mean something else.
    fn parse(inner: &'a str) -> Option<Self> {
        let end =
            inner.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_')).unwrap_or(inner.len());
        let (name, form) = inner.split_at_checked(end)?;
        if !name.starts_with(|sign: char| sign.is_ascii_lowercase()) {
            return None;
        }
        let form = match (form.strip_prefix('|'), form.strip_prefix('%')) {
            (Some(other), _) => Form::Or(other),
            (_, Some(ending)) => Form::Without(ending),
            _ if form.is_empty() => Form::Plain,
            _ => Form::Part(PathPart::parse(form)?),
        };
        Some(Self { name, form })
    }

    fn filled(
        &self,
        inner: &str,
        value: &mut dyn FnMut(&str) -> Value,
        quote: fn(&str) -> String,
    ) -> Result<String, TemplateError> {
        if LATER.contains(&self.name) {
            return Ok(match self.form {
                Form::Or(other) => match value(other) {
                    Value::Is(other) => format!("{{{}|{other}}}", self.name),
                    Value::Empty | Value::Unknown => format!("{{{inner}}}"),
                },
                _ => format!("{{{inner}}}"),
            });
        }
        let text = match (value(self.name), &self.form) {
            (Value::Is(text), _) => text,
            (Value::Empty, Form::Or(other)) => (*other).to_owned(),
            (Value::Empty, _) => return Err(TemplateError::Empty(self.name.to_owned())),
            (Value::Unknown, _) => return Err(TemplateError::Unknown(self.name.to_owned())),
        };
        Ok(quote(&match self.form {
            Form::Plain | Form::Or(_) => text,
            Form::Without(ending) => text.strip_suffix(ending).unwrap_or(&text).to_owned(),
            Form::Part(part) => part.of(Path::new(&text)).to_string_lossy().into_owned(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn filled(text: &str) -> Result<String, TemplateError> {
        let mut value = |name: &str| match name {
            "name" => Value::Is("out/md.cpt".into()),
            "dots" => Value::Is("../state".into()),
            "empty" => Value::Empty,
            _ => Value::Unknown,
        };
        fill(text, &mut value, str::to_owned)
    }

    #[rstest]
    #[case("a{name}b", "aout/md.cptb")]
    #[case("{name%.cpt}_prev.cpt", "out/md_prev.cpt")]
    #[case("{name%.log}", "out/md.cpt")]
    #[case("{name:stem}", "out/md")]
    #[case("{dots:stem}", "../state")]
    #[case("{name:base}", "md.cpt")]
    #[case("{name:dir}", "out")]
    #[case("{checkpoint:number} {command}", "{checkpoint:number} {command}")]
    #[case("{name:odd}", "{name:odd}")]
    #[case("{empty|state}.cpt", "state.cpt")]
    #[case("{name|state}", "out/md.cpt")]
    #[case("{} {hours_left} {checkpoint}", "{} {hours_left} {checkpoint}")]
    #[case("{checkpoint|name}", "{checkpoint|out/md.cpt}")]
    #[case("[0-9]{2} {\"a\": 1} {open", "[0-9]{2} {\"a\": 1} {open")]
    fn fills(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(filled(text).unwrap(), expected);
    }

    #[test]
    fn what_is_not_there_is_named() {
        assert_eq!(filled("{nme}"), Err(TemplateError::Unknown("nme".into())));
        assert_eq!(filled("{empty}"), Err(TemplateError::Empty("empty".into())));
    }

    #[test]
    fn what_grows_without_end_is_refused() {
        assert_eq!(filled(&"{name}".repeat(100_000)), Err(TemplateError::TooLong));
    }
}
