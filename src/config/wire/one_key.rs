//! Mappings that stand for a choice: one key says which, and its value what.

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};

/// Reads the mapping's only key, which must be one of `names`, hands it to `value`, and wants no second key.
pub(super) fn only<'de, A: MapAccess<'de>, T>(
    map: &mut A,
    names: &'static [&'static str],
    value: impl FnOnce(&'static str, &mut A) -> Result<T, A::Error>,
) -> Result<T, A::Error> {
    let Some(name) = map.next_key_seed(OneOf(names))? else {
        return Err(A::Error::custom(format!("expected one of {}", listed(names))));
    };
    let value = value(name, map)?;
    match map.next_key_seed(OneOf(&[]))? {
        None => Ok(value),
        Some(_) => Err(A::Error::custom("expected one key")),
    }
}

/// A key that must be one of these; none of them are: any key is one too many.
pub(super) struct OneOf(pub(super) &'static [&'static str]);

impl<'de> DeserializeSeed<'de> for OneOf {
    type Value = &'static str;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for OneOf {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", listed(self.0))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<&'static str, E> {
        if self.0.is_empty() {
            return Err(E::custom(format!(
                "`{text}` is one key too many here; begin a new list entry for it"
            )));
        }
        self.0.iter().copied().find(|name| *name == text).ok_or_else(|| E::unknown_field(text, self.0))
    }
}

/// The names in backticks, with commas.
fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
