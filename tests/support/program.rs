//! The programs of this package that tests start besides `ckwrap`: its examples.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where the example of this name was built. `cargo test --test it` alone does not build examples, so the first call
/// sees to it that they are there and up to date.
pub(crate) fn example(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(build).join(name)
}

/// The probe; see `tests/support/probe/main.rs`.
pub(crate) fn probe() -> PathBuf {
    example("probe")
}

fn build() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline", "--examples"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    assert!(cargo.status().expect("cargo runs").success(), "the examples do not build");
    // TARGET/debug/ckwrap -> TARGET/debug/examples
    Path::new(env!("CARGO_BIN_EXE_ckwrap")).with_file_name("examples")
}
