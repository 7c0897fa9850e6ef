//! Laying one layer over another, key by key, and remembering who set what.

use crate::config::origin::{Origin, Origins};

/// A set of keys that a higher layer can be laid over.
pub trait Merge {
    /// Takes every key that `upper` sets. `path` is where this set stands, empty at the top.
    fn merge(&mut self, upper: Self, path: &str, origin: &Origin, origins: &mut Origins);
}

/// The path of `key` below `parent`.
pub(super) fn join(parent: &str, key: &str) -> String {
    if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") }
}

/// Declares sections: each key's name in YAML, whether it is a `leaf` (replaced whole) or a `section` (merged
/// key by key), and its type.
macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident { $($(#[$key_doc:meta])* $kind:ident $field:ident($key:literal): $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Deserialize, serde::Serialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$key_doc])*
            #[serde(rename = $key, skip_serializing_if = "Option::is_none")]
            pub $field: Option<$type>,)*
        }

        impl $crate::config::wire::Merge for $name {
            fn merge(
                &mut self,
                upper: Self,
                path: &str,
                origin: &$crate::config::origin::Origin,
                origins: &mut $crate::config::origin::Origins,
            ) {
                $(if let Some(upper) = upper.$field {
                    let path = $crate::config::wire::merge::join(path, $key);
                    $crate::config::wire::merge::sections!(@$kind self.$field, upper, &path, origin, origins);
                })*
            }
        }
    )*};
    (@leaf $lower:expr, $upper:ident, $path:expr, $origin:ident, $origins:ident) => {
        $lower = Some($upper);
        $origins.set($path, $origin);
    };
    (@section $lower:expr, $upper:ident, $path:expr, $origin:ident, $origins:ident) => {
        $crate::config::wire::Merge::merge($lower.get_or_insert_default(), $upper, $path, $origin, $origins);
    };
}

pub(super) use sections;
