//! A directory in memory for the targets that read files.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// One for each thread: it is removed when the thread ends.
struct Scratch(TempDir);

thread_local! {
    static SCRATCH: OnceCell<Scratch> = const { OnceCell::new() };
}

/// Calls `with` with a directory that only this thread uses; what it writes there stays for its next call.
pub(super) fn directory<T>(with: impl FnOnce(&Path) -> T) -> T {
    SCRATCH.with(|scratch| {
        let scratch = scratch.get_or_init(|| {
            let memory = Path::new("/dev/shm");
            let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
            Scratch(tempfile::Builder::new().prefix("ckwrap-fuzz.").tempdir_in(parent).unwrap())
        });
        with(scratch.0.path())
    })
}

/// Writes a file into it.
pub(super) fn write(dir: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, content).unwrap();
    path
}
