//! `finish` and the log entries of `stopped` and `retry`.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::one_key::only;

/// `{any: [...]}` or `{all: [...]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// One yes suffices.
    Any(Vec<Condition>),
    /// All must say yes.
    All(Vec<Condition>),
}

impl<'de> Deserialize<'de> for Finish {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FinishVisitor;

        impl<'de> Visitor<'de> for FinishVisitor {
            type Value = Finish;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("{any: [...]} or {all: [...]}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Finish, A::Error> {
                only(&mut map, &["any", "all"], |name, map| {
                    Ok(if name == "any" {
                        Finish::Any(map.next_value()?)
                    } else {
                        Finish::All(map.next_value()?)
                    })
                })
            }
        }

        deserializer.deserialize_any(FinishVisitor)
    }
}

/// One condition as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// `{exit: [0]}`
    Exit(Vec<i32>),
    /// `{log: REGEX}` or `{log: {file, regex, not}}`
    Log(Log),
    /// `{file: PATH}`
    File(String),
    /// `{absent: PATTERN}`
    Absent(String),
    /// `{reached: ["FILE: REGEX", {names: PATTERN}, ...]}`
    Reached(Vec<NumberFrom>),
}

/// Where a number stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberFrom {
    /// `"FILE: REGEX"`
    Text(String),
    /// `{names: PATTERN}`
    Names(String),
}

impl Serialize for NumberFrom {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Names(pattern) => serializer.collect_map([("names", pattern)]),
        }
    }
}

impl<'de> Deserialize<'de> for NumberFrom {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;

        impl<'de> Visitor<'de> for NumberVisitor {
            type Value = NumberFrom;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"FILE: REGEX\" or {names: PATTERN}")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<NumberFrom, E> {
                Ok(NumberFrom::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NumberFrom, A::Error> {
                only(&mut map, &["names"], |_, map| Ok(NumberFrom::Names(map.next_value()?)))
            }
        }

        deserializer.deserialize_any(NumberVisitor)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ConditionVisitor;

        impl<'de> Visitor<'de> for ConditionVisitor {
            type Value = Condition;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("{exit: [0]}, {log: REGEX}, {file: PATH}, {absent: PATTERN} or {reached: [...]}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Condition, A::Error> {
                only(&mut map, &["exit", "log", "file", "absent", "reached"], |name, map| {
                    Ok(match name {
                        "exit" => Condition::Exit(map.next_value()?),
                        "log" => Condition::Log(map.next_value()?),
                        "file" => Condition::File(map.next_value()?),
                        "absent" => Condition::Absent(map.next_value()?),
                        _ => Condition::Reached(map.next_value()?),
                    })
                })
            }
        }

        deserializer.deserialize_any(ConditionVisitor)
    }
}

/// What a log must say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Log {
    /// The file; `None`: the profile's `{log}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What must be there.
    pub regex: String,
    /// What must not be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not: Option<String>,
}

impl<'de> Deserialize<'de> for Log {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LogVisitor)
    }
}

struct LogVisitor;

/// The long form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LongLog {
    file: Option<String>,
    regex: String,
    not: Option<String>,
}

impl<'de> Visitor<'de> for LogVisitor {
    type Value = Log;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a regular expression or {file: PATH, regex: REGEX, not: REGEX}")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Log, E> {
        Ok(Log { file: None, regex: text.to_owned(), not: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Log, A::Error> {
        let LongLog { file, regex, not } = LongLog::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Log { file, regex, not })
    }
}
