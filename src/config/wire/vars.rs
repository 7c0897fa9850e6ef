//! `vars`: names for values.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::merge::join;
use super::{Args, Merge};
use crate::config::origin::{Origin, Origins};

/// Variables by name, merged name by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Vars(pub BTreeMap<String, Var>);

/// Where one value comes from; the first that yields one is taken, `default` last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Var {
    /// Where on the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arg: Option<Args>,
    /// An environment variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// A file to look into; its name may use other variables.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What to look for in `in`; the first group is the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// Otherwise this; may use other variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

impl Merge for Vars {
    fn merge(&mut self, upper: Self, path: &str, origin: &Origin, origins: &mut Origins) {
        for (name, var) in upper.0 {
            origins.set(&join(path, &name), origin);
            self.0.insert(name, var);
        }
    }
}

impl<'de> Deserialize<'de> for Vars {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(VarsVisitor)
    }
}

struct VarsVisitor;

impl<'de> Visitor<'de> for VarsVisitor {
    type Value = Vars;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping such as {name: {arg: -o, default: state}}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vars, A::Error> {
        let mut vars = BTreeMap::new();
        while let Some(name) = map.next_key_seed(Name(&vars))? {
            let var = map.next_value()?;
            vars.insert(name, var);
        }
        Ok(Vars(vars))
    }
}

/// A variable's name: a new one, of letters, digits and underscores.
struct Name<'a>(&'a BTreeMap<String, Var>);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = String;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name of letters, digits and underscores")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<String, E> {
        if self.0.contains_key(name) {
            return Err(E::custom(format!("duplicate field `{name}`")));
        }
        let plain =
            name.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_');
        if !plain || !name.starts_with(|sign: char| sign.is_ascii_lowercase()) {
            return Err(E::custom(format!(
                "`{name}` is no name for a variable: small letters, digits and _, beginning with a letter"
            )));
        }
        Ok(name.to_owned())
    }
}
