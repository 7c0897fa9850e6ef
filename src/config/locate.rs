//! Positions of keys in a YAML text, and keys that stand there twice.
//!
//! The YAML library tells positions only with errors. So a walk through the document, with no types in
//! mind, fails on purpose at the key that is looked for, and the error's position is the answer.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Line and column, from 1, of the key with this path (`checkpoint.lead`), or of this entry of a list
/// (`checkpoint.glob[0]`).
pub(super) fn position_of(text: &str, path: &str) -> Option<(usize, usize)> {
    let walk = Walk { path: String::new(), wanted: Some(path) };
    let error = walk.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
    let location = error.location()?;
    error.to_string().contains(FOUND).then(|| (location.line(), location.column()))
}

/// Path, line and column of the first key that stands a second time in its mapping.
pub(super) fn duplicate(text: &str) -> Option<(String, usize, usize)> {
    let walk = Walk { path: String::new(), wanted: None };
    let error = walk.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
    let location = error.location()?;
    let message = error.to_string();
    let (_, rest) = message.split_once(FOUND)?;
    let (path, _) = rest.split_once('\u{1}')?;
    Some((path.to_owned(), location.line(), location.column()))
}

/// Marks the errors that are answers; a control character cannot stand in a YAML text.
const FOUND: &str = "\u{1}found\u{1}";

impl Walk<'_> {
    /// Fails if this value is the entry that is looked for.
    fn here<E: serde::de::Error>(&self) -> Result<(), E> {
        match self.wanted {
            Some(wanted) if wanted == self.path && wanted.ends_with(']') => {
                Err(E::custom(format!("{FOUND}{}\u{1}", self.path)))
            }
            _ => Ok(()),
        }
    }
}

/// One step of the walk: the value at `path`.
struct Walk<'a> {
    path: String,
    /// The key looked for; `None`: any key that stands twice.
    wanted: Option<&'a str>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.here()
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.here()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.here()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.here()
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.here()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.here()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.here()?;
        let mut index = 0_usize;
        let item = |index| Walk { path: format!("{}[{index}]", self.path), wanted: self.wanted };
        while list.next_element_seed(item(index))?.is_some() {
            index += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.here()?;
        let mut seen = HashSet::new();
        loop {
            let key = Key { parent: &self.path, seen: &mut seen, wanted: self.wanted };
            let Some(path) = map.next_key_seed(key)? else { return Ok(()) };
            map.next_value_seed(Walk { path, wanted: self.wanted })?;
        }
    }

    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        // A tag: nothing of ours stands below it.
        let (_, variant) = tagged.variant::<IgnoredAny>()?;
        serde::de::VariantAccess::newtype_variant::<IgnoredAny>(variant).map(|_| ())
    }
}

/// A key of the mapping at `parent`; yields its own path.
struct Key<'a> {
    parent: &'a str,
    seen: &'a mut HashSet<String>,
    wanted: Option<&'a str>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<String, E> {
        let path = if self.parent.is_empty() { name.to_owned() } else { format!("{}.{name}", self.parent) };
        let found = match self.wanted {
            Some(wanted) => wanted == path,
            None => self.seen.contains(name),
        };
        if found {
            return Err(E::custom(format!("{FOUND}{path}\u{1}")));
        }
        self.seen.insert(name.to_owned());
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const TEXT: &str = "profile: auto\ncheckpoint:\n  lead: 5m\n  \"every\": off\ntrigger:\n- {signal: TERM,\n   to: rank}\n- auto\nlog: {level: info, format: |-\n";

    #[rstest]
    #[case("profile", Some((1, 1)))]
    #[case("checkpoint.lead", Some((3, 3)))]
    #[case("checkpoint.every", Some((4, 3)))]
    #[case("trigger[0].to", Some((7, 4)))]
    #[case("checkpoint.keep", None)]
    #[case("trigger[1]", Some((8, 3)))]
    #[case("trigger[0]", Some((6, 3)))]
    #[case("trigger[2]", None)]
    fn positions(#[case] path: &str, #[case] position: Option<(usize, usize)>) {
        assert_eq!(position_of(TEXT, path), position);
    }

    #[rstest]
    #[case("a: 1\nb:\n  c: 1\n  c: 2\n", Some(("b.c", 4, 3)))]
    #[case("l: [{x: 1}, {x: 1, x: 2}]", Some(("l[1].x", 1, 20)))]
    #[case("a: 1\nb: {a: 1}\n", None)]
    fn duplicates(#[case] text: &str, #[case] found: Option<(&str, usize, usize)>) {
        let found = found.map(|(path, line, column)| (path.to_owned(), line, column));
        assert_eq!(duplicate(text), found);
    }
}
