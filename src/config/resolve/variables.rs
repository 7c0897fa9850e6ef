//! Values of a profile's variables, and texts with them filled in.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use super::arguments::argument;
use super::context::Context;
use crate::config::error::{ConfigError, nearest};
use crate::config::wire::{Var, Vars};
use crate::profile::rules::{STDERR, STDOUT};
use crate::profile::template::{self, TemplateError, Value};

/// The variables of one profile on one command line; each is looked up once, when it is first used.
pub(super) struct Variables<'a> {
    context: &'a Context<'a>,
    vars: Option<&'a Vars>,
    known: RefCell<BTreeMap<String, Value>>,
    /// Names that are being looked up now, to see a circle.
    open: RefCell<Vec<String>>,
    /// Bytes that may still be filled in, over all texts.
    left: Cell<usize>,
}

/// How deep variables may need each other.
const DEEPEST: usize = 32;

/// Bytes of all texts together, filled in.
const LARGEST: usize = 4 << 20;

/// The program's word on the command line, which needs no declaration.
const EXE: &str = "exe";

impl<'a> Variables<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        let vars = context.wire.vars.as_ref();
        Self { context, vars, known: RefCell::default(), open: RefCell::default(), left: Cell::new(LARGEST) }
    }

    /// Whether there is a variable of this name with a value.
    pub(super) fn has(&self, name: &str) -> Result<bool, ConfigError> {
        Ok(matches!(self.get(name)?, Value::Is(_)))
    }

    /// `text`, said under `key`, with its placeholders filled in.
    pub(super) fn fill(&self, key: &str, text: &str) -> Result<String, ConfigError> {
        self.fill_quoted(key, text, str::to_owned)
    }

    /// The same for a file name pattern: what is filled in stands for itself.
    pub(super) fn fill_pattern(&self, key: &str, text: &str) -> Result<String, ConfigError> {
        self.fill_quoted(key, text, glob::Pattern::escape)
    }

    /// The same for each of a list.
    pub(super) fn fill_all(&self, key: &str, texts: &[String]) -> Result<Vec<String>, ConfigError> {
        texts.iter().enumerate().map(|(index, text)| self.fill(&format!("{key}[{index}]"), text)).collect()
    }

    fn fill_quoted(&self, key: &str, text: &str, quote: fn(&str) -> String) -> Result<String, ConfigError> {
        let mut failed = None;
        let mut value = |name: &str| {
            self.get(name).unwrap_or_else(|error| {
                failed.get_or_insert(error);
                Value::Empty
            })
        };
        let filled = template::fill(text, &mut value, quote);
        match (failed, filled) {
            (Some(error), _) => Err(error),
            (None, Ok(filled)) => self.counted(key, filled),
            (None, Err(error)) => Err(self.complain(key, &error)),
        }
    }

    /// Texts of variables in texts of variables may grow to any size.
    fn counted(&self, key: &str, filled: String) -> Result<String, ConfigError> {
        let Some(left) = self.left.get().checked_sub(filled.len()) else {
            return Err(self
                .context
                .error(key, &format!("with this all texts together are longer than {LARGEST} bytes"))
                .hint("look for variables that are made of many others"));
        };
        self.left.set(left);
        Ok(filled)
    }

    fn complain(&self, key: &str, error: &TemplateError) -> ConfigError {
        let names = self.vars.iter().flat_map(|vars| vars.0.keys()).map(String::as_str).chain([EXE]);
        let hint = match error {
            TemplateError::Unknown(name) => match nearest(name, names) {
                Some(near) => format!("did you mean {{{near}}}?"),
                None => format!("declare it: vars: {{{name}: {{default: VALUE}}}}"),
            },
            TemplateError::Empty(name) => format!("give it a default, or write {{{name}|VALUE}}"),
            TemplateError::TooLong => "look for variables that are made of many others".to_owned(),
        };
        self.context.error(key, &error.to_string()).hint(hint)
    }

    fn get(&self, name: &str) -> Result<Value, ConfigError> {
        if name == EXE {
            let exe = self.text(EXE, self.context.exe().map(ToOwned::to_owned))?;
            return Ok(exe.map_or(Value::Empty, Value::Is));
        }
        let Some(var) = self.vars.and_then(|vars| vars.0.get(name)) else {
            // Where these go is known only when the program runs.
            let stream =
                [STDOUT, STDERR].into_iter().find(|stream| stream.get(1..stream.len() - 1) == Some(name));
            return Ok(stream.map_or(Value::Unknown, |stream| Value::Is(stream.to_owned())));
        };
        if let Some(value) = self.known.borrow().get(name) {
            return Ok(value.clone());
        }
        if self.open.borrow().iter().any(|open| open == name) {
            return Err(self.context.error(&format!("vars.{name}"), "needs its own value"));
        }
        if self.open.borrow().len() >= DEEPEST {
            return Err(self
                .context
                .error(&format!("vars.{name}"), &format!("more than {DEEPEST} variables need each other"))
                .hint("write values that need fewer others"));
        }
        self.open.borrow_mut().push(name.to_owned());
        let value = self.look_up(&format!("vars.{name}"), var);
        self.open.borrow_mut().pop();
        let value = value?.map_or(Value::Empty, Value::Is);
        self.known.borrow_mut().insert(name.to_owned(), value.clone());
        Ok(value)
    }

    /// The first of command line, environment, file and default that yields a value.
    fn look_up(&self, key: &str, var: &Var) -> Result<Option<String>, ConfigError> {
        let places = var.arg.iter().flat_map(|args| &args.0);
        if let Some(value) = places.into_iter().find_map(|place| argument(self.context.words(), place)) {
            return self.text(key, Some(value));
        }
        if let Some(value) = var.env.as_deref().and_then(|name| (self.context.environment)(name)) {
            return self.text(key, Some(value));
        }
        match (&var.file, &var.regex) {
            (None, None) => {}
            (Some(file), Some(pattern)) => {
                let file = self.fill(&format!("{key}.in"), file)?;
                let pattern = super::checks::pattern(self.context, &format!("{key}.regex"), pattern, 1)?;
                let text = (self.context.input)(Path::new(&file));
                // A missing input file is the program's to complain about, unless its value is needed.
                let value = text.ok().and_then(|text| {
                    pattern.captures(&text).and_then(|found| Some(found.get(1)?.as_str().to_owned()))
                });
                if value.is_some() {
                    return Ok(value);
                }
            }
            _ => {
                return Err(self
                    .context
                    .error(key, "`in` and `regex` go together")
                    .hint("write {in: FILE, regex: 'name *= *(.*)'}"));
            }
        }
        var.default.as_deref().map(|text| self.fill(&format!("{key}.default"), text)).transpose()
    }

    /// A word as text; one that is not UTF-8 cannot be put into patterns and file names of a profile.
    fn text(&self, key: &str, word: Option<OsString>) -> Result<Option<String>, ConfigError> {
        word.map(OsString::into_string).transpose().map_err(|word| {
            self.context
                .error(key, &format!("`{}` is not UTF-8", word.to_string_lossy()))
                .hint("rename the file, or run without a profile: --profile none")
        })
    }
}
