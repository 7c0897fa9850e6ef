//! `trigger`: ways to ask for a checkpoint.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use super::one_key::OneOf;
use crate::model::{Signal, Target};

/// The list, or `auto`, or `none`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Triggers(pub Vec<Trigger>);

/// One entry as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// `auto`
    Auto,
    /// `{signal: TERM, to: rank}`
    Signal {
        /// Which.
        signal: Signal,
        /// To whom.
        to: Target,
    },
    /// `{file: STOP, text: ""}`
    File {
        /// Where.
        path: String,
        /// What is written.
        text: String,
    },
    /// `{run: [command, argument]}`
    Run(Vec<String>),
    /// `{limit: [-maxh, "{hours_left}"]}`
    Limit(Vec<String>),
    /// `{wait: periodic}`
    Wait,
}

impl Serialize for Trigger {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Signal { signal, to } => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("signal", signal)?;
                map.serialize_entry("to", to)?;
                map.end()
            }
            Self::File { path, text } => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("file", path)?;
                map.serialize_entry("text", text)?;
                map.end()
            }
            Self::Run(words) => serializer.collect_map([("run", words)]),
            Self::Limit(words) => serializer.collect_map([("limit", words)]),
            Self::Wait => serializer.collect_map([("wait", "periodic")]),
        }
    }
}

impl<'de> Deserialize<'de> for Triggers {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = Triggers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list such as [{signal: USR1}], or auto, or none")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Triggers, E> {
        match text {
            "auto" => Ok(Triggers(vec![Trigger::Auto])),
            "none" | "off" => Ok(Triggers(Vec::new())),
            _ => Err(E::custom(format!("`{text}` is neither a list of triggers nor `auto` nor `none`"))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Triggers, A::Error> {
        let mut triggers = Vec::new();
        while let Some(trigger) = list.next_element()? {
            triggers.push(trigger);
        }
        Ok(Triggers(triggers))
    }
}

impl<'de> Deserialize<'de> for Trigger {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TriggerVisitor)
    }
}

struct TriggerVisitor;

const KINDS: &[&str] = &["signal", "file", "run", "limit", "wait"];

impl<'de> Visitor<'de> for TriggerVisitor {
    type Value = Trigger;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a trigger such as {signal: USR1, to: leader}, {file: STOP} or auto")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Trigger, E> {
        match text {
            "auto" => Ok(Trigger::Auto),
            _ => Err(E::custom(format!(
                "`{text}` is no trigger; write {{signal: USR1}}, {{file: STOP}} or auto"
            ))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Trigger, A::Error> {
        let mut kind = None;
        let (mut to, mut text) = (None, None);
        while let Some(name) = map.next_key_seed(OneOf(ALL))? {
            match name {
                "to" => once(&mut to, name, map.next_value()?)?,
                "text" => once(&mut text, name, map.next_value()?)?,
                name => once(&mut kind, name, body(name, &mut map)?)?,
            }
        }
        let misplaced = |name, kind| A::Error::custom(format!("`{name}` goes with `{kind}` only"));
        match kind {
            Some(Trigger::Signal { .. }) if text.is_some() => Err(misplaced("text", "file")),
            Some(Trigger::Signal { signal, to: default }) => {
                Ok(Trigger::Signal { signal, to: to.unwrap_or(default) })
            }
            _ if to.is_some() => Err(misplaced("to", "signal")),
            Some(Trigger::File { path, .. }) => Ok(Trigger::File { path, text: text.unwrap_or_default() }),
            _ if text.is_some() => Err(misplaced("text", "file")),
            Some(trigger) => Ok(trigger),
            None => Err(A::Error::custom(format!("a trigger has one of the keys {}", KINDS.join(", ")))),
        }
    }
}

/// All keys of an entry: its kinds and what goes with them.
const ALL: &[&str] = &["signal", "file", "run", "limit", "wait", "to", "text"];

/// The value of the key that says the kind.
fn body<'de, A: MapAccess<'de>>(name: &str, map: &mut A) -> Result<Trigger, A::Error> {
    Ok(match name {
        "signal" => Trigger::Signal { signal: map.next_value()?, to: Target::Leader },
        "file" => Trigger::File { path: map.next_value()?, text: String::new() },
        "run" => Trigger::Run(map.next_value()?),
        "limit" => Trigger::Limit(map.next_value()?),
        _ => {
            map.next_value::<Periodic>()?;
            Trigger::Wait
        }
    })
}

/// Puts a value in its place; a second one is an error.
fn once<T, E: Error>(place: &mut Option<T>, name: &str, value: T) -> Result<(), E> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => {
            Err(E::custom(format!("`{name}` is one key too many here; begin a new list entry for it")))
        }
    }
}

/// The only thing that can be waited for.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Periodic {
    Periodic,
}
