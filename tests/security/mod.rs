//! Attacks on each rule of `SECURITY.md`, by real processes and real files of other users.
//!
//! | surface | where |
//! |---|---|
//! | configuration and profiles that others have written or can change | `configuration` |
//! | `.ckwrap`, planted before the start or swapped while the program runs | `state` |
//! | copies of checkpoints | `copies` |
//! | files that are written, renamed and removed in the run directory | `run_directory` |
//! | Slurm's commands: which are run, with what environment | `scheduler` |
//! | what others have named, on the way into command lines | `words` |
//! | the same on the way into logs and onto terminals | `output` |
//! | which processes are signalled | `processes` |
//! | starts with more rights than the caller has | `privilege` |
//! | each rule names its attacks, and each attack its rule | `rules` |
//!
//! They need root: only root can make files of other users and be them. The user who is attacked is no root.
#![expect(clippy::disallowed_methods, reason = "attackers are ordinary processes here")]

mod configuration;
mod copies;
mod output;
mod privilege;
mod processes;
mod rules;
mod run_directory;
mod scheduler;
mod state;
mod words;

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, lchown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::{TempDir, tempdir};

use crate::support::{Running, Start, Wrapper, copy_executable};

/// The user who runs ckwrap.
const USER: u32 = 4201;
/// Somebody else.
const STRANGER: u32 = 4202;

/// A run directory and a home of [`USER`]'s, side by side.
struct Scene {
    dir: TempDir,
    run: PathBuf,
    home: PathBuf,
}

impl Scene {
    #[track_caller]
    fn new() -> Self {
        assert!(
            nix::unistd::geteuid().is_root(),
            "these tests make files of other users: run them as root, as CI does"
        );
        let dir = tempdir().unwrap();
        allow(dir.path(), 0o755);
        let [run, home] = ["run", "home"].map(|name| dir.path().join(name));
        for dir in [&run, &home] {
            fs::create_dir(dir).unwrap();
            give(dir, USER);
        }
        let scene = Self { dir, run, home };
        scene.put(USER, "home/thesis", "years of work");
        scene
    }

    /// A file of this user's; directories on the way that are not there yet are the same user's.
    fn put(&self, owner: u32, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(path);
        self.dir_of(owner, path.parent().unwrap());
        fs::write(&path, text).unwrap();
        give(&path, owner);
        path
    }

    fn dir_of(&self, owner: u32, path: &Path) -> PathBuf {
        let path = self.dir.path().join(path);
        if !path.exists() {
            self.dir_of(owner, path.parent().unwrap());
            fs::create_dir(&path).unwrap();
            give(&path, owner);
        }
        path
    }

    /// A link of this user's, both paths in the scene.
    fn link(&self, owner: u32, path: &str, target: &str) -> PathBuf {
        let path = self.dir.path().join(path);
        std::os::unix::fs::symlink(self.dir.path().join(target), &path).unwrap();
        lchown(&path, Some(owner), Some(owner)).unwrap();
        path
    }

    fn hard_link(&self, path: &str, target: &str) -> PathBuf {
        let path = self.dir.path().join(path);
        fs::hard_link(self.dir.path().join(target), &path).unwrap();
        path
    }

    fn fifo(&self, owner: u32, path: &str) -> PathBuf {
        let path = self.dir.path().join(path);
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        give(&path, owner);
        path
    }

    /// As in shared scratch: everybody may put files there, nobody may take away another's.
    fn share_run_dir(&self) {
        give(&self.run, 0);
        allow(&self.run, 0o1777);
    }

    /// A shell script under ckwrap, as [`USER`], in the run directory.
    fn ckwrap(&self, options: &str, script: &str) -> Running {
        self.start(options, script).go()
    }

    fn start(&self, options: &str, script: &str) -> Start {
        let words = [ckwrap().into()].into_iter().chain(options.split_whitespace().map(OsString::from));
        let words = words.chain(["--", "/bin/sh", "-c", script].map(OsString::from));
        self.place(Start::new(&Wrapper::bare(), words.collect::<Vec<_>>()))
    }

    /// Any words for ckwrap.
    fn words(&self, words: &[&str]) -> Start {
        let words = [ckwrap().into()].into_iter().chain(words.iter().map(OsString::from));
        self.place(Start::new(&Wrapper::bare(), words.collect::<Vec<_>>()))
    }

    fn place(&self, start: Start) -> Start {
        let (run, home) = (self.run.clone(), self.home.clone());
        start.set(move |command| {
            command.uid(USER).gid(USER).current_dir(run).env("HOME", home);
        })
    }

    #[track_caller]
    fn thesis_is_whole(&self) {
        assert_eq!(fs::read_to_string(self.home.join("thesis")).unwrap(), "years of work");
    }
}

/// For a local chain that is not ended by its limit.
const LOCAL: &str = "--engine local --time-limit 1h --continue none";

/// ckwrap where every user can run it.
fn ckwrap() -> &'static Path {
    static COPY: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = COPY.get_or_init(|| {
        let dir = tempdir().unwrap();
        let path = dir.path().join("ckwrap");
        copy_executable(Path::new(env!("CARGO_BIN_EXE_ckwrap")), &path);
        allow(dir.path(), 0o755);
        allow(&path, 0o755);
        (dir, path)
    });
    path
}

/// By another process: one that is started while this one has it open for writing would keep it from being executed.
fn give(path: &Path, owner: u32) {
    lchown(path, Some(owner), Some(owner)).unwrap();
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Names in a directory, sorted.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
