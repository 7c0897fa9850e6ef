//! How values of the model are spelled in the journal where their own spelling would not do.
//!
//! Knows nothing of records. A path need not be UTF-8, but JSON is: such a path is written as its bytes. Free text is cut,
//! so that a talkative scheduler or a command line of two megabytes cannot make a record too long to be read back.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{CheckpointId, Progress};

/// Characters of free text that are kept.
const TEXT_LIMIT: usize = 2000;
/// Bytes of a command line that are kept, over all its words.
const COMMAND_LIMIT: usize = 6000;

#[derive(Serialize, Deserialize)]
struct Spelled {
    path: SpelledPath,
    size: u64,
    modified_ns: i128,
    #[serde(default)]
    inode: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum SpelledPath {
    Text(String),
    Bytes(Vec<u8>),
}

impl From<&CheckpointId> for Spelled {
    fn from(id: &CheckpointId) -> Self {
        Self { path: spell(&id.path), size: id.size, modified_ns: id.modified_ns, inode: id.inode }
    }
}

impl From<Spelled> for CheckpointId {
    fn from(spelled: Spelled) -> Self {
        let path = match spelled.path {
            SpelledPath::Text(text) => PathBuf::from(text),
            SpelledPath::Bytes(bytes) => PathBuf::from(OsString::from_vec(bytes)),
        };
        Self { path, size: spelled.size, modified_ns: spelled.modified_ns, inode: spelled.inode }
    }
}

fn spell(path: &Path) -> SpelledPath {
    match path.to_str() {
        Some(text) => SpelledPath::Text(text.to_owned()),
        None => SpelledPath::Bytes(path.as_os_str().as_bytes().to_vec()),
    }
}

/// A checkpoint.
pub(super) mod checkpoint {
    use super::{CheckpointId, Deserialize, Deserializer, Serialize, Serializer, Spelled};

    pub(in crate::journal) fn serialize<S: Serializer>(id: &CheckpointId, to: S) -> Result<S::Ok, S::Error> {
        Spelled::from(id).serialize(to)
    }

    pub(in crate::journal) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<CheckpointId, D::Error> {
        Spelled::deserialize(from).map(CheckpointId::from)
    }
}

/// A checkpoint that there may not be.
pub(super) mod maybe_checkpoint {
    use super::{CheckpointId, Deserialize, Deserializer, Serialize, Serializer, Spelled};

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(in crate::journal) fn serialize<S: Serializer>(
        id: &Option<CheckpointId>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        id.as_ref().map(Spelled::from).serialize(to)
    }

    pub(in crate::journal) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<CheckpointId>, D::Error> {
        Ok(Option::<Spelled>::deserialize(from)?.map(CheckpointId::from))
    }
}

/// How much is done, as the program spells it; a spelling that is not understood is none.
pub(super) mod maybe_progress {
    use super::{Deserialize, Deserializer, Progress, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(in crate::journal) fn serialize<S: Serializer>(
        progress: &Option<Progress>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match progress {
            Some(progress) => to.collect_str(progress),
            None => to.serialize_none(),
        }
    }

    pub(in crate::journal) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Progress>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.and_then(|text| text.parse().ok()))
    }
}

/// Writes free text, cut at a length that no reader minds.
pub(super) fn text<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
    match text.char_indices().nth(TEXT_LIMIT) {
        None => to.serialize_str(text),
        Some((end, _)) => to.collect_str(&format_args!("{}…", text.get(..end).unwrap_or_default())),
    }
}

/// Writes a command line, cut likewise; it is there to be read by people, not to be run.
pub(super) fn command<S: Serializer>(words: &[String], to: S) -> Result<S::Ok, S::Error> {
    let mut left = COMMAND_LIMIT;
    let mut kept: Vec<&str> = Vec::new();
    for word in words {
        let Some(rest) = left.checked_sub(word.len().saturating_add(3)) else {
            kept.push("…");
            break;
        };
        left = rest;
        kept.push(word);
    }
    to.collect_seq(kept)
}
