//! The configuration in force as rows for people and programs: key, value, origin.

use serde_json::Value;

use super::load::Loaded;
use super::origin::{Origin, Source};
use super::parse;
use super::wire::{Merge, Wire};

/// The documented defaults, as YAML.
pub(super) const DEFAULTS: &str = include_str!("default.yaml");

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The key's path.
    pub key: String,
    /// Its value, as it could stand in a file.
    pub value: Value,
    /// Where it comes from: `default`, `ckwrap.yaml:3`, `--lead`.
    pub origin: String,
}

/// Sections that are shown key by key; everything else is one value.
const SECTIONS: &[&str] =
    &["deadline", "checkpoint", "continue", "hooks", "log", "vars", "restart", "stopped", "kill", "notify"];

/// Every value in force, in the order of the schema.
pub fn effective(loaded: &Loaded) -> Vec<Row> {
    let mut wire = defaults();
    if loaded.wire.restart.as_ref().is_some_and(|restart| restart.how.is_some()) {
        wire.restart = None;
    }
    wire.merge(loaded.wire.clone(), "", &Origin::Default, &mut super::Origins::default());
    let mut rows = Vec::new();
    // Plain data with string keys: it always has a JSON form.
    if let Ok(Value::Object(map)) = serde_json::to_value(wire) {
        for (key, value) in map {
            match value {
                Value::Object(section) if SECTIONS.contains(&key.as_str()) => {
                    for (name, value) in section {
                        rows.push(row(loaded, format!("{key}.{name}"), value));
                    }
                }
                value => rows.push(row(loaded, key, value)),
            }
        }
    }
    rows
}

fn row(loaded: &Loaded, key: String, value: Value) -> Row {
    let origin = loaded.origins.get(&key).describe(&key);
    Row { key, value, origin }
}

/// The defaults as a layer.
fn defaults() -> Wire {
    parse::wire(&Source { path: "default.yaml".into(), text: DEFAULTS.to_owned() }).unwrap_or_default()
}
