//! A span of time or one of the words `auto`, `off`, `none`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::TimeSpan;
use crate::config::error::nearest;

/// A span of time that may be left to ckwrap or switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// `auto`
    Auto,
    /// `off`, `none` or `UNLIMITED`
    Never,
    /// A span; never [`TimeSpan::UNLIMITED`].
    Span(TimeSpan),
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Never => f.write_str("none"),
            Self::Span(span) => span.fmt(f),
        }
    }
}

impl Serialize for Timing {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timing {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TimingVisitor)
    }
}

struct TimingVisitor;

impl serde::de::Visitor<'_> for TimingVisitor {
    type Value = Timing;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as 5m or 12:00:00, or auto, off, none")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timing, E> {
        match text {
            "auto" => return Ok(Timing::Auto),
            "off" | "none" => return Ok(Timing::Never),
            _ => {}
        }
        match text.parse() {
            Ok(TimeSpan::UNLIMITED) => Ok(Timing::Never),
            Ok(span) => Ok(Timing::Span(span)),
            Err(error) => Err(match nearest(text, ["auto", "off", "none"]) {
                Some(word) => E::custom(format!("`{text}` is not a duration; did you mean `{word}`?")),
                None => E::custom(error),
            }),
        }
    }
}
