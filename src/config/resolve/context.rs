//! What resolving looks at, and how it complains.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::config::error::ConfigError;
use crate::config::origin::Origins;
use crate::config::wire::Wire;
use crate::profile::Program;

/// The merged layers and the run they are for.
pub(in crate::config) struct Context<'a> {
    pub(in crate::config) wire: &'a Wire,
    pub(in crate::config) origins: &'a Origins,
    /// The chosen profile's name.
    pub(in crate::config) profile: &'a str,
    pub(in crate::config) command: &'a [OsString],
    pub(in crate::config) program: Program,
    pub(in crate::config) environment: &'a dyn Fn(&str) -> Option<OsString>,
    /// The text of an input file of the program, as seen from the run directory.
    pub(in crate::config) input: &'a dyn Fn(&Path) -> Result<String, ConfigError>,
}

impl Context<'_> {
    /// An error at the place where `key` was set. `key` may go deeper than what has an origin: `trigger[1].run`.
    pub(super) fn error(&self, key: &str, message: &str) -> ConfigError {
        let mut leaf = key;
        let mut origin = self.origins.get(leaf);
        while origin == crate::config::Origin::Default {
            let Some((parent, _)) = leaf.rsplit_once(['.', '[']) else { break };
            leaf = parent;
            origin = self.origins.get(leaf);
        }
        ConfigError::new(origin.place(key), key, message)
    }

    /// The program's word on the command line.
    pub(super) fn exe(&self) -> Option<&OsStr> {
        self.command.get(self.program.index).map(OsString::as_os_str)
    }

    /// The program and its arguments.
    pub(super) fn words(&self) -> &[OsString] {
        self.command.get(self.program.index..).unwrap_or_default()
    }
}
