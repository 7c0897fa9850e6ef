//! Laying the layers over one another: profile, file, environment, options.

use std::path::Path;

use serde_yaml::{Mapping, Value};

use super::error::ConfigError;
use super::origin::{Origin, Origins};
use super::parse;
use super::wire::{Merge, Wire};

/// Bytes of the longest text that is read as a number or a truth value.
const LONGEST_NUMBER: usize = 64;

/// One value from the environment or an option.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// The key's path, such as `checkpoint.lead`.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// Who says so.
    pub origin: Origin,
}

impl Override {
    /// A single value as text; numbers and booleans are told by what the key wants.
    pub fn text(key: &str, text: &str, origin: Origin) -> Self {
        Self { key: key.to_owned(), value: Value::String(text.to_owned()), origin }
    }

    /// This override as a layer of its own.
    pub(super) fn layer(&self) -> Result<Wire, ConfigError> {
        self.read(self.value.clone()).or_else(|error| {
            // `5` and `true` are text until a key wants a number or a truth value.
            // No longer text is either, and the YAML library would take its time over a deep one.
            let short = self.value.as_str().filter(|text| text.len() <= LONGEST_NUMBER);
            let plain = short.and_then(|text| serde_yaml::from_str::<Value>(text).ok());
            match plain {
                Some(value @ (Value::Number(_) | Value::Bool(_))) => self.read(value).map_err(|_| error),
                _ => Err(error),
            }
        })
    }

    fn read(&self, value: Value) -> Result<Wire, ConfigError> {
        let nested = self.key.rsplit('.').fold(value, |value, key| {
            Value::Mapping(Mapping::from_iter([(Value::String(key.to_owned()), value)]))
        });
        serde_yaml::from_value(nested).map_err(|error: serde_yaml::Error| {
            let (_, message, hint) = parse::explain(&self.key, &error.to_string());
            ConfigError::new(self.origin.place(&self.key), self.key.clone(), message).hint(hint)
        })
    }
}

/// Layers merged so far, and who said what.
#[derive(Debug, Clone, Default)]
pub(super) struct Merged {
    pub(super) wire: Wire,
    pub(super) origins: Origins,
}

impl Merged {
    /// Lays `upper` over what is there, key by key.
    ///
    /// Two groups of keys describe one thing each and are replaced whole: a layer that says where checkpoints
    /// lie (`checkpoint.glob`) says also what makes one whole, and one that says how to restart
    /// (`restart.how`) says also with what words.
    pub(super) fn lay(&mut self, upper: Wire, origin: &Origin) {
        if upper.checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.glob.is_some()) {
            if let Some(lower) = &mut self.wire.checkpoint {
                (lower.glob, lower.fallback, lower.validate) = (None, None, None);
                (lower.pick, lower.kind, lower.copy) = (None, None, None);
                (lower.not_glob, lower.set_aside) = (None, None);
            }
            for key in ["glob", "fallback", "validate", "pick", "kind", "copy", "not_glob", "set_aside"] {
                self.origins.forget(&format!("checkpoint.{key}"));
            }
        }
        if upper.restart.as_ref().is_some_and(|restart| restart.how.is_some()) {
            self.wire.restart = None;
            for key in ["how", "when", "args", "unless", "drop", "edit"] {
                self.origins.forget(&format!("restart.{key}"));
            }
        }
        self.wire.merge(upper, "", origin, &mut self.origins);
    }
}

/// Keys that only a profile, or only a configuration, may have.
pub(super) fn only_where_it_belongs(
    wire: &Wire,
    origin: &Origin,
    is_profile: bool,
) -> Result<(), ConfigError> {
    let misplaced = |key: &str, message: &str, hint: &str| {
        Err(ConfigError::new(origin.place(key), key, message).hint(hint))
    };
    if is_profile && wire.profile.is_some() {
        return misplaced(
            "profile",
            "a profile cannot choose a profile",
            "write `inherits:` to refine another one",
        );
    }
    let keys = [
        ("match", wire.matches.is_some()),
        ("inherits", wire.inherits.is_some()),
        ("status", wire.status.is_some()),
        ("summary", wire.summary.is_some()),
        ("tested", wire.tested.is_some()),
    ];
    match keys.iter().find(|(_, there)| *there && !is_profile) {
        Some((key, _)) => misplaced(
            key,
            "this key belongs into a profile",
            "write the profile into a file of its own and name it with `profile: ./my-profile.yaml`",
        ),
        None => Ok(()),
    }
}

/// The directory that relative paths of a layer start from.
pub(super) fn base<'a>(origin: &'a Origin, cwd: &'a Path) -> &'a Path {
    match origin {
        Origin::File(source) => source.path.parent().unwrap_or(cwd),
        _ => cwd,
    }
}
