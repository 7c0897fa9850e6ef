//! `vars.NAME.arg`: where on the command line a value stands.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

/// One or several places; the first that yields a value is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Args(pub Vec<Arg>);

/// One place on a command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Arg {
    /// After this option: `-i`, or with its sign of equality `i=`.
    Option(String),
    /// The word with this number among those after the program that are no options.
    Place(u32),
}

impl Serialize for Args {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            several => serializer.collect_seq(several),
        }
    }
}

impl<'de> Deserialize<'de> for Args {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ArgsVisitor)
    }
}

impl<'de> Deserialize<'de> for Arg {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ArgVisitor)
    }
}

const EXPECTED: &str = "an option such as -i, a number such as 1, or a list of them";

struct ArgsVisitor;

impl<'de> Visitor<'de> for ArgsVisitor {
    type Value = Args;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Args, E> {
        ArgVisitor.visit_str(text).map(|arg| Args(vec![arg]))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Args, E> {
        ArgVisitor.visit_u64(number).map(|arg| Args(vec![arg]))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Args, E> {
        ArgVisitor.visit_i64(number).map(|arg| Args(vec![arg]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Args, A::Error> {
        let mut args = Vec::new();
        while let Some(arg) = list.next_element()? {
            args.push(arg);
        }
        Ok(Args(args))
    }
}

struct ArgVisitor;

impl Visitor<'_> for ArgVisitor {
    type Value = Arg;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Arg, E> {
        match text {
            "" | "=" => Err(E::custom("an option has a name, such as -i")),
            text => Ok(Arg::Option(text.to_owned())),
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Arg, E> {
        match u32::try_from(number) {
            Ok(place) if place > 0 => Ok(Arg::Place(place)),
            _ => Err(E::custom(format!("words are counted from 1, and there is no {number}th"))),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Arg, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::custom("words are counted from 1")),
        }
    }
}
