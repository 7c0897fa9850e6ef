//! Where each value comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::Place;
use super::locate;

/// A file as it was read, kept so that lines can be named when somebody asks for them.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Its path as the user would write it.
    pub path: PathBuf,
    /// Its text, without a byte order mark.
    pub text: String,
}

/// The layer that set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// A built-in profile, by name.
    Profile(String),
    /// `ckwrap.yaml` or a profile of the user's own.
    File(Arc<Source>),
    /// An environment variable, by name.
    Environment(String),
    /// A command-line option, as it is spelled.
    Option(String),
}

impl Origin {
    /// Where `key` stands in this layer. A file is read again for it: lines are asked for rarely.
    pub fn place(&self, key: &str) -> Place {
        match self {
            Self::Default => Place::Nowhere,
            Self::Profile(name) => Place::Named(format!("profile {name}")),
            Self::File(source) => {
                // What is missing has no place: its parent has.
                let mut path = key;
                let mut position = locate::position_of(&source.text, path);
                while position.is_none()
                    && let Some((parent, _)) = path.rsplit_once(['.', '['])
                {
                    path = parent;
                    position = locate::position_of(&source.text, path);
                }
                Place::File { path: source.path.clone(), position }
            }
            Self::Environment(name) | Self::Option(name) => Place::Named(name.clone()),
        }
    }

    /// The layer and, for a file, the line: `default`, `profile gromacs`, `ckwrap.yaml:3`, `CKWRAP_LEAD`, `--lead`.
    pub fn describe(&self, key: &str) -> String {
        match (self, self.place(key)) {
            (Self::Default, _) => "default".to_owned(),
            (_, Place::File { path, position: Some((line, _)) }) => format!("{}:{line}", path.display()),
            (_, place) => place.to_string(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(""))
    }
}

/// The origin of every value that some layer above the defaults has set, by key path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(BTreeMap<String, Origin>);

impl Origins {
    /// Who set `key`.
    pub fn get(&self, key: &str) -> Origin {
        self.0.get(key).cloned().unwrap_or(Origin::Default)
    }

    /// Every key above the defaults with its origin.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Origin)> {
        self.0.iter().map(|(key, origin)| (key.as_str(), origin))
    }

    pub(super) fn set(&mut self, key: &str, origin: &Origin) {
        self.0.insert(key.to_owned(), origin.clone());
    }

    pub(super) fn forget(&mut self, key: &str) {
        self.0.remove(key);
    }
}
