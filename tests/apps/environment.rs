//! Python environments with large packages, which `scripts/python-env` makes the first time one is wanted.

#![expect(clippy::disallowed_methods, reason = "the script is an ordinary child here")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The Python that has this package. What the script says while it installs goes to stderr.
pub(crate) fn python(name: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/python-env");
    let output = Command::new(&script).arg(name).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{} {name} failed: see what it has said", script.display());
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim_end())
}
