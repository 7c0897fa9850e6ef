//! The run directory: its file system, tried with small files that are removed again, and the journals in it.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::sys::statfs::{FsType, statfs};
use nix::sys::statvfs::statvfs;

use crate::doctor::{Asked, Checkpoints, Directory};
use crate::journal::store;

/// File systems of one disk, and the top of a container's: ext4, xfs, btrfs and overlayfs, by the numbers of statfs(2). Not
/// every C library has names for all of them.
const OF_ONE_DISK: [i64; 4] = [0xEF53, 0x5846_5342, 0x9123_683E, 0x794C_7630];
/// One in memory.
const TMPFS: i64 = 0x0102_1994;

/// How wide the number is, and whether it has a sign, differs between C libraries; what counts are 32 bits.
fn number(kind: FsType) -> i64 {
    #[expect(clippy::allow_attributes, reason = "which of the lints applies differs between C libraries")]
    #[allow(
        clippy::cast_lossless,
        clippy::unnecessary_cast,
        clippy::cast_possible_wrap,
        reason = "as said above"
    )]
    let wide = kind.0 as i64;
    wide & 0xFFFF_FFFF
}

/// What the journals of a directory tell.
pub(super) struct Journals {
    pub(super) known: Checkpoints,
    /// What keeps them from being used.
    pub(super) trouble: Vec<String>,
}

/// Reads the journals.
pub(super) fn journals(run_dir: &Path) -> Journals {
    let mut found = Journals { known: Checkpoints::default(), trouble: Vec::new() };
    let chains = match store::chains(run_dir) {
        Ok(chains) => chains,
        // That there is no such directory is said elsewhere.
        Err(error) if error.is_missing() => return found,
        Err(error) => {
            found.trouble.push(error.to_string());
            return found;
        }
    };
    found.trouble.extend(chains.unreadable.iter().map(ToString::to_string));
    for store in chains.chains {
        match store.load() {
            Ok(loaded) => {
                let history = loaded.history;
                let size = history.last_checkpoint.as_ref().map(|seen| seen.id.size);
                let took =
                    history.segments.iter().flat_map(|segment| &segment.taken).filter_map(|taken| taken.took);
                found.known.size = found.known.size.max(size);
                found.known.slowest = found.known.slowest.max(took.max());
            }
            Err(error) => found.trouble.push(error.to_string()),
        }
    }
    found
}

/// Looks at the directory; `slurm`: whether this is a place where jobs run on several nodes.
pub(super) fn look(run_dir: &Path, journal_trouble: Vec<String>, slurm: bool) -> Directory {
    let space = statvfs(run_dir);
    let why = |errno: &nix::errno::Errno| errno.desc().to_owned();
    let free = match &space {
        Ok(space) => Asked::Known(space.blocks_available().saturating_mul(space.fragment_size())),
        Err(errno) => Asked::Unknown(why(errno)),
    };
    let files = match &space {
        // Some file systems count no files and say 0 of 0.
        Ok(space) if space.files() > 0 => Asked::Known(space.files_available()),
        Ok(_) => Asked::Unknown("the file system does not count files".to_owned()),
        Err(errno) => Asked::Unknown(why(errno)),
    };
    let mut directory = Directory {
        path: run_dir.to_owned(),
        free,
        quota: super::quota::ask(run_dir),
        files,
        of_one_node: of_one_node(run_dir, slurm),
        writable: Ok(()),
        renames: Asked::Unknown("no file could be made".to_owned()),
        links: Asked::Unknown("no file could be made".to_owned()),
        skew: Asked::Unknown("no file could be made".to_owned()),
        journal_trouble,
    };
    match Trial::begin(run_dir) {
        Ok(trial) => trial.run(&mut directory),
        Err(error) => directory.writable = Err(error.to_string()),
    }
    directory
}

fn of_one_node(run_dir: &Path, slurm: bool) -> Asked<Option<String>> {
    let kind = match statfs(run_dir) {
        Ok(answer) => number(answer.filesystem_type()),
        Err(errno) => return Asked::Unknown(errno.desc().to_owned()),
    };
    let real = fs::canonicalize(run_dir).unwrap_or_else(|_| run_dir.to_owned());
    let below_tmp = ["/tmp", "/var/tmp"].iter().any(|root| real.starts_with(root));
    Asked::Known(match slurm {
        // A machine by itself has no other nodes.
        false => None,
        true if kind == TMPFS => Some("the memory of this node (tmpfs)".to_owned()),
        true => (below_tmp && OF_ONE_DISK.contains(&kind)).then(|| "the /tmp of this node".to_owned()),
    })
}

/// A directory for trying things, removed at the end.
struct Trial(PathBuf);

impl Trial {
    fn begin(run_dir: &Path) -> io::Result<Self> {
        let path = run_dir.join(format!(
            ".ckwrap-doctor-{}-{:08x}",
            std::process::id(),
            crate::sys::random() & 0xffff_ffff
        ));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    fn run(&self, directory: &mut Directory) {
        let (one, other, second) = (self.0.join("one"), self.0.join("other"), self.0.join("second"));
        let earlier = SystemTime::now();
        if let Err(error) = fs::write(&one, b"ckwrap doctor").and_then(|()| fs::write(&other, b"")) {
            directory.writable = Err(error.to_string());
            return;
        }
        directory.skew = match File::open(&one).and_then(|file| file.metadata()) {
            Ok(meta) => Asked::Known(skew(&meta, earlier, SystemTime::now())),
            Err(error) => Asked::Unknown(error.to_string()),
        };
        let linked = fs::hard_link(&one, &second).map_err(|error| error.to_string());
        let linked = linked.and_then(|()| match fs::metadata(&one) {
            Ok(meta) if meta.nlink() == 2 => Ok(()),
            Ok(meta) => Err(format!("a file with two names shows {}", meta.nlink())),
            Err(error) => Err(error.to_string()),
        });
        directory.links = Asked::Known(linked);
        let renamed = fs::rename(&one, &other).map_err(|error| error.to_string());
        let renamed = renamed.and_then(|()| match fs::read(&other) {
            Ok(content) if content == b"ckwrap doctor" => Ok(()),
            Ok(_) => Err("the old content is still there".to_owned()),
            Err(error) => Err(error.to_string()),
        });
        directory.renames = Asked::Known(renamed);
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        // Whatever is left of it is empty and says by its name what it is.
        let _ = crate::sys::remove_tree(&self.0);
    }
}

/// How far a time between two others lies outside of them.
fn skew(meta: &fs::Metadata, earlier: SystemTime, later: SystemTime) -> Duration {
    let Ok(modified) = meta.modified() else { return Duration::ZERO };
    let before = earlier.duration_since(modified).unwrap_or_default();
    let after = modified.duration_since(later).unwrap_or_default();
    before.max(after)
}
