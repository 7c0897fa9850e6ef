//! A configuration and a profile of the user's own, from the bytes of the file to the plan of a run.

use std::ffi::OsString;
use std::path::Path;

use ckwrap::cli::config::write as show;
use ckwrap::config::{ConfigError, Loaded, Origin, Override, Request, load};

use super::scratch::{directory, write};

/// Longest message, in bytes: a part of a file may be quoted, and not the whole of it.
const LONGEST: usize = 8 << 10;

/// `ckwrap.yaml`.
pub(super) fn config(data: &[u8]) {
    directory(|dir| {
        let file = write(dir, "ckwrap.yaml", data);
        let shown = String::from_utf8_lossy(&data[..data.len().min(200)]);
        let origin = Origin::Option("--lead".into());
        // The same bytes where one value is wanted.
        let one = [Override::text("checkpoint.lead", &shown, origin)];
        judge(loaded(dir, &file, &[]));
        judge(loaded(dir, Path::new("none"), &one));
    });
}

/// A file that a configuration names as its profile; the input that a profile's values come from is the same text.
pub(super) fn profile(data: &[u8]) {
    directory(|dir| {
        write(dir, "mine.yaml", data);
        write(dir, "in.txt", data);
        let file = write(dir, "names.yaml", b"profile: ./mine.yaml\n");
        judge(loaded(dir, &file, &[]));
    });
}

fn loaded(dir: &Path, file: &Path, overrides: &[Override]) -> Result<Loaded, ConfigError> {
    let command = ["srun", "-n", "2", "sim", "-i", "in.txt", "-deffnm", "md"].map(OsString::from);
    load(&Request {
        cwd: dir,
        home: None,
        uid: nix::unistd::geteuid().as_raw(),
        file: Some(file),
        file_by: &Origin::Default,
        overrides,
        command: &command,
        environment: &|name| (name == "SEED").then(|| "42".into()),
    })
}

#[track_caller]
fn judge(answer: Result<Loaded, ConfigError>) {
    match answer {
        Err(error) => {
            let text = error.to_string();
            assert!(!error.message.is_empty() && text.len() <= LONGEST, "{} bytes: {text:.300}", text.len());
        }
        Ok(loaded) => {
            for json in [false, true] {
                show(&loaded, json, &mut std::io::sink()).expect("nothing is written anywhere");
            }
        }
    }
}
