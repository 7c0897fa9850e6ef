//! From a profile's name to its layers: built in or the user's own, with what they inherit.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{ConfigError, nearest};
use super::layers::{base, only_where_it_belongs};
use super::origin::{Origin, Source};
use super::wire::{Triggers, Wire};
use super::{parse, trust};
use crate::profile::{self, BUILTIN, Builtin, GENERIC, NONE, Program};

/// A chosen profile: its layers, the one that others refine first.
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) layers: Vec<(Wire, Origin)>,
}

/// Where profiles are looked for.
pub(super) struct Lookup<'a> {
    pub(super) cwd: &'a Path,
    pub(super) uid: u32,
    pub(super) command: &'a [OsString],
    pub(super) program: Program,
}

impl Lookup<'_> {
    /// The profile that `said` names; `said_by` is where that stands.
    pub(super) fn choose(&self, said: &str, said_by: &Origin) -> Result<Chosen, ConfigError> {
        match said {
            "auto" => match profile::detect(self.command, self.program) {
                Some(builtin) => self.named(builtin.name, said_by),
                // What `generic` says are the defaults: nothing to read.
                None => Ok(Chosen { name: GENERIC.to_owned(), layers: Vec::new() }),
            },
            NONE => {
                let wire = Wire { trigger: Some(Triggers(Vec::new())), ..Wire::default() };
                Ok(Chosen { name: NONE.to_owned(), layers: vec![(wire, Origin::Profile(NONE.to_owned()))] })
            }
            name => self.named(name, said_by),
        }
    }

    fn named(&self, said: &str, said_by: &Origin) -> Result<Chosen, ConfigError> {
        let mut layers = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let mut next = Some((said.to_owned(), said_by.clone(), "profile"));
        while let Some((said, said_by, key)) = next.take() {
            let (name, source, origin) = self.read(&said, &said_by, key)?;
            if names.contains(&name) {
                let round = format!("{} -> {name}", names.join(" -> "));
                return Err(ConfigError::new(
                    said_by.place(key),
                    key,
                    format!("goes round in a circle: {round}"),
                )
                .hint("remove one `inherits:`"));
            }
            let mut wire = parse::wire(&source)?;
            only_where_it_belongs(&wire, &origin, true)?;
            check_match(&wire, &origin)?;
            names.push(name);
            next = wire.inherits.take().map(|said| (said, origin.clone(), "inherits"));
            layers.push((wire, origin));
        }
        layers.reverse();
        let name = if said.contains('/') {
            Path::new(said)
                .file_stem()
                .map_or_else(|| said.to_owned(), |stem| stem.to_string_lossy().into_owned())
        } else {
            said.to_owned()
        };
        Ok(Chosen { name, layers })
    }

    /// The text of one profile, under a name that tells two apart.
    fn read(
        &self,
        said: &str,
        said_by: &Origin,
        key: &str,
    ) -> Result<(String, Arc<Source>, Origin), ConfigError> {
        if said.contains('/') {
            let path = trust::beside(base(said_by, self.cwd), said);
            let source =
                Arc::new(trust::read(&path, self.uid).map_err(|error| named_by(error, said_by, key))?);
            let name = path.canonicalize().unwrap_or(path).to_string_lossy().into_owned();
            return Ok((name, Arc::clone(&source), Origin::File(source)));
        }
        let builtin = profile::builtin(said).ok_or_else(|| unknown(said, said_by, key))?;
        Ok((said.to_owned(), Arc::new(source(builtin)), Origin::Profile(said.to_owned())))
    }
}

/// Nothing is chosen by what a user's own profile says of command lines, and yet it must say something.
fn check_match(wire: &Wire, origin: &Origin) -> Result<(), ConfigError> {
    let Some(keys) = &wire.matches else { return Ok(()) };
    for (key, text) in [("match.exe_re", &keys.exe_re), ("match.arg_re", &keys.arg_re)] {
        if let Some(Err(error)) = text.as_deref().map(regex_lite::Regex::new) {
            let text = text.as_deref().unwrap_or_default();
            return Err(ConfigError::new(
                origin.place(key),
                key,
                format!("`{text}` is no regular expression: {error}"),
            )
            .hint("in YAML single quotes keep backslashes as they are: '\\.exe$'"));
        }
    }
    Ok(())
}

/// A built-in profile as a file.
pub(super) fn source(builtin: &Builtin) -> Source {
    Source { path: PathBuf::from(format!("builtin/{}.yaml", builtin.name)), text: builtin.text.to_owned() }
}

/// An error about a file, with who named that file.
pub(super) fn named_by(error: ConfigError, said_by: &Origin, key: &str) -> ConfigError {
    let who = said_by.describe(key);
    let hint = if error.hint.is_empty() {
        format!("named by {who}")
    } else {
        format!("{} (named by {who})", error.hint)
    };
    error.hint(hint)
}

fn unknown(said: &str, said_by: &Origin, key: &str) -> ConfigError {
    let names = || ["auto", NONE].into_iter().chain(BUILTIN.iter().map(|profile| profile.name));
    let hint = match nearest(said, names()) {
        _ if Path::new(said).extension().is_some() => {
            format!("for a file write a path with a slash: ./{said}")
        }
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "there are {}; for one of your own write its path: ./my-profile.yaml",
            names().collect::<Vec<_>>().join(", ")
        ),
    };
    ConfigError::new(said_by.place(key), key, format!("there is no profile `{said}`")).hint(hint)
}
