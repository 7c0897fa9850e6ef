//! The way from a request to a plan.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::ConfigError;
use super::layers::{Merged, Override, only_where_it_belongs};
use super::origin::{Origin, Origins, Source};
use super::plan::Plan;
use super::profiles::{Lookup, named_by};
use super::resolve::{self, Context};
use super::wire::Wire;
use super::{parse, trust};
use crate::profile;

/// What a configuration is wanted for.
pub struct Request<'a> {
    /// The run directory, absolute.
    pub cwd: &'a Path,
    /// The user's home directory: the search for a file goes no further.
    pub home: Option<&'a Path>,
    /// The user, whose files are believed.
    pub uid: u32,
    /// The file that was named; `none`: no file at all. `None`: the nearest is looked for.
    pub file: Option<&'a Path>,
    /// Who named it.
    pub file_by: &'a Origin,
    /// Values from the environment and then from options; later ones win.
    pub overrides: &'a [Override],
    /// The command line, the program first.
    pub command: &'a [OsString],
    /// Environment variables, for a profile's `{env: NAME}`.
    pub environment: &'a dyn Fn(&str) -> Option<OsString>,
}

/// A configuration that can be used.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What to do.
    pub plan: Plan,
    /// Every key that some layer sets.
    pub wire: Wire,
    /// Which layer that was.
    pub origins: Origins,
    /// The file in force.
    pub file: Option<PathBuf>,
    /// What the user should hear of.
    pub warnings: Vec<String>,
}

/// Finds, reads, merges, resolves and checks everything.
pub fn load(request: &Request<'_>) -> Result<Loaded, ConfigError> {
    let (source, warnings) = file(request)?;
    let source = source.map(Arc::new);
    let program = profile::program(request.command);
    let mut layers = Vec::new();
    if let Some(source) = &source {
        let (wire, origin) = (parse::wire(source)?, Origin::File(Arc::clone(source)));
        only_where_it_belongs(&wire, &origin, false)?;
        layers.push((wire, origin));
    }
    for value in request.overrides {
        layers.push((value.layer()?, value.origin.clone()));
    }
    let (said, said_by) = layers
        .iter()
        .rev()
        .find_map(|(wire, origin)| Some((wire.profile.clone()?, origin.clone())))
        .unwrap_or_else(|| ("auto".to_owned(), Origin::Default));
    let lookup = Lookup { cwd: request.cwd, uid: request.uid, command: request.command, program };
    let chosen = lookup.choose(&said, &said_by)?;
    let mut merged = Merged::default();
    for (wire, origin) in chosen.layers.into_iter().chain(layers) {
        merged.lay(wire, &origin);
    }
    let plan = resolve::plan(&Context {
        wire: &merged.wire,
        origins: &merged.origins,
        profile: &chosen.name,
        command: request.command,
        program,
        environment: request.environment,
        input: &|path| trust::input(&request.cwd.join(path)),
    })?;
    let file = source.map(|source| source.path.clone());
    Ok(Loaded { plan, wire: merged.wire, origins: merged.origins, file, warnings })
}

/// The file that was named, or the nearest.
fn file(request: &Request<'_>) -> Result<(Option<Source>, Vec<String>), ConfigError> {
    match request.file {
        Some(path) if path == Path::new("none") => Ok((None, Vec::new())),
        Some(path) => {
            let source = trust::read(&request.cwd.join(path), request.uid);
            Ok((Some(source.map_err(|error| named_by(error, request.file_by, "config"))?), Vec::new()))
        }
        None => {
            let found = trust::search(request.cwd, request.home, request.uid)?;
            Ok((found.source, found.warnings))
        }
    }
}
