//! Programs that a test makes itself.
//!
//! Another process writes them. What this one has open for writing, a process that another test starts at that moment
//! has open too, until it executes something: meanwhile execve(2) of the new program fails with `ETXTBSY`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a program that can be executed at once, in a directory that is made if need be.
pub(crate) fn write_executable(path: &Path, text: &str) {
    let script = "mkdir -p \"${1%/*}\" && cat > \"$1\" && chmod 755 \"$1\"";
    let mut writer = Command::new("/bin/sh");
    writer.args(["-c", script, "sh"]).arg(path).stdin(Stdio::piped());
    let mut writer = writer.spawn().unwrap();
    writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success(), "{} cannot be written", path.display());
}

/// Copies a program likewise.
pub(crate) fn copy_executable(from: &Path, to: &Path) {
    let mut copier = Command::new("/bin/cp");
    copier.arg("--").arg(from).arg(to);
    assert!(copier.status().unwrap().success(), "{} cannot be copied", from.display());
}
