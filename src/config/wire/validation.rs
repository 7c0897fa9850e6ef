//! `checkpoint.validate`: tests of a checkpoint.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::one_key::only;

/// One test as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Validation {
    /// `nonempty`
    Nonempty,
    /// `{min_size: 10}`, in bytes.
    MinSize(u64),
    /// `{tail: "text\0"}`
    Tail(String),
    /// `{has: "{}/Header"}`
    Has(String),
    /// `{run: [gmx, check, -f, "{}"]}`
    Run(Vec<String>),
    /// `{same_files_as: previous}`
    SameFilesAs(Other),
}

/// Another checkpoint to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Other {
    /// The one before it.
    Previous,
}

impl<'de> Deserialize<'de> for Validation {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValidationVisitor)
    }
}

struct ValidationVisitor;

impl<'de> Visitor<'de> for ValidationVisitor {
    type Value = Validation;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nonempty, {min_size: BYTES}, {tail: TEXT}, {has: PATH}, {run: [COMMAND, ...]} or {same_files_as: previous}")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Validation, E> {
        match text {
            "nonempty" => Ok(Validation::Nonempty),
            _ => Err(E::unknown_variant(
                text,
                &["nonempty", "min_size", "tail", "has", "run", "same_files_as"],
            )),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Validation, A::Error> {
        only(&mut map, &["min_size", "tail", "has", "run", "same_files_as"], |name, map| {
            Ok(match name {
                "min_size" => Validation::MinSize(map.next_value()?),
                "tail" => Validation::Tail(map.next_value()?),
                "has" => Validation::Has(map.next_value()?),
                "run" => Validation::Run(map.next_value()?),
                _ => Validation::SameFilesAs(map.next_value()?),
            })
        })
    }
}
