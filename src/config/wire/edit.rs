//! `restart.edit`: changes of an input file.

use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

/// Changes written as rules, or an editor that comes with ckwrap, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// `[{file: FILE, regex: REGEX, to: TEXT}]`
    Rules(Vec<EditRule>),
    /// `lammps`
    Lammps,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditRule {
    /// The file, as it stands on the command line.
    pub file: String,
    /// What is replaced.
    pub regex: String,
    /// What takes its place.
    pub to: String,
    /// Whether nothing may match.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

const LAMMPS: &str = "lammps";

impl Serialize for Edit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Rules(rules) => rules.serialize(serializer),
            Self::Lammps => serializer.serialize_str(LAMMPS),
        }
    }
}

impl<'de> Deserialize<'de> for Edit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EditVisitor)
    }
}

struct EditVisitor;

impl<'de> Visitor<'de> for EditVisitor {
    type Value = Edit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list such as [{file: FILE, regex: REGEX, to: TEXT}], or lammps")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Edit, E> {
        match text {
            LAMMPS => Ok(Edit::Lammps),
            _ => Err(E::custom(format!("`{text}` is neither a list of changes nor `{LAMMPS}`"))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Edit, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Edit::Rules)
    }
}
