//! Finding the configuration file and deciding whether it may be believed: it can run commands.
//!
//! Knows nothing of what a file says.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::origin::Source;
use super::scan;

/// The file's name in a run directory.
pub const FILE_NAME: &str = "ckwrap.yaml";

/// How much is read of an input file of the program, in bytes.
const LARGEST_INPUT: u64 = 1 << 20;

/// Write permission for everybody.
const WORLD_WRITABLE: u32 = 0o002;
/// Links one behind the other that are followed, as many as the kernel follows.
const MOST_LINKS: u32 = 40;

/// Where the file was found, if anywhere, and files that were passed over.
pub(super) struct Found {
    /// What was read.
    pub(super) source: Option<Source>,
    /// What the user should hear of.
    pub(super) warnings: Vec<String>,
}

/// Looks in `cwd` and its parents, up to `home` or the edge of the file system.
///
/// A file in the way that cannot be believed is an error: running without settings that the user believes in
/// force could lose work. The exception is somebody else's file in a directory above that everybody may write
/// to, such as `/tmp`: it is not the user's, and anybody could stop everybody's jobs with it.
pub(super) fn search(cwd: &Path, home: Option<&Path>, uid: u32) -> Result<Found, ConfigError> {
    let mut found = Found { source: None, warnings: Vec::new() };
    let device = |dir: &Path| dir.metadata().map(|metadata| metadata.dev()).ok();
    let start = device(cwd);
    for dir in cwd.ancestors() {
        if device(dir) != start {
            break;
        }
        let path = dir.join(FILE_NAME);
        if path.symlink_metadata().is_ok() {
            if dir != cwd && is_foreign(&path, dir, uid) {
                found.warnings.push(format!(
                    "{}: not used: it belongs to somebody else, in a directory that everybody may write to",
                    path.display()
                ));
            } else {
                found.source = Some(read(&path, uid).map_err(|error| {
                    let hint = if error.hint.is_empty() {
                        "`--config none` runs without it".to_owned()
                    } else {
                        format!("{}; or run without it: --config none", error.hint)
                    };
                    error.hint(hint)
                })?);
                break;
            }
        }
        if home == Some(dir) {
            break;
        }
    }
    Ok(found)
}

/// Somebody else's file where everybody may put one.
fn is_foreign(path: &Path, dir: &Path, uid: u32) -> bool {
    // A second name can be anybody's for a file of the user's or of root's.
    let foreign = path
        .symlink_metadata()
        .is_ok_and(|file| (file.uid() != uid && file.uid() != 0) || (file.is_file() && file.nlink() > 1));
    foreign && dir.metadata().is_ok_and(|dir| dir.mode() & WORLD_WRITABLE != 0)
}

/// Reads a file that can run commands: only if it and its directory are the user's or root's.
pub(super) fn read(path: &Path, uid: u32) -> Result<Source, ConfigError> {
    let failed = |error: io::Error| ConfigError::file(path, format!("cannot be read: {error}"));
    // Without O_NONBLOCK a named pipe would hold up the job for ever.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(ConfigError::file(path, "is not a regular file"));
    }
    believe(path, path, &metadata, uid)?;
    for dir in holders(path).map_err(failed)? {
        believe(path, &dir, &dir.metadata().map_err(failed)?, uid)?;
    }
    let bytes = content(file, path)?;
    Ok(Source { path: path.to_owned(), text: scan::text(bytes, path)? })
}

/// The directories in which the name lies, and behind links each next one, down to the file: in any of them another file
/// could be put in its place, one of the user's own that is meant for something else, too.
fn holders(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut at = path.to_owned();
    for _ in 0..MOST_LINKS {
        let dir = at.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        found.push(dir.to_owned());
        match fs::read_link(&at) {
            Ok(target) => at = dir.join(target),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Ok(found),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from_raw_os_error(libc::ELOOP))
}

/// Whether `part` (the file or its directory) may be believed.
fn believe(path: &Path, part: &Path, metadata: &Metadata, uid: u32) -> Result<(), ConfigError> {
    let what = if part == path { String::new() } else { format!("its directory {} ", part.display()) };
    let why = "it could make ckwrap run anybody's commands";
    let owner = metadata.uid();
    if owner != uid && owner != 0 {
        let remedy = if part == path {
            format!("make a copy of your own (cp), or: chown {uid} {}", part.display())
        } else {
            "move it into a directory of your own".to_owned()
        };
        return Err(ConfigError::file(path, format!("{what}belongs to user {owner}: {why}")).hint(remedy));
    }
    if metadata.mode() & WORLD_WRITABLE != 0 {
        // Taking the permission from a shared directory such as /tmp is no remedy.
        let remedy = if owner == uid {
            format!("chmod o-w {}", part.display())
        } else {
            "move it into a directory of your own".to_owned()
        };
        return Err(ConfigError::file(path, format!("{what}may be written by everybody: {why}")).hint(remedy));
    }
    Ok(())
}

/// The bytes of a file, up to the size that is taken.
fn content(file: File, path: &Path) -> Result<Vec<u8>, ConfigError> {
    let mut bytes = Vec::new();
    file.take(scan::LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| ConfigError::file(path, format!("cannot be read: {error}")))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > scan::LARGEST {
        return Err(ConfigError::file(path, "larger than 256 KiB").hint("this is no ckwrap configuration"));
    }
    Ok(bytes)
}

/// The text of an input file of the program, for values that a profile takes from it; no trust is needed.
pub(super) fn input(path: &Path) -> Result<String, ConfigError> {
    let failed = |error: io::Error| ConfigError::file(path, format!("cannot be read: {error}"));
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(ConfigError::file(path, "is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_INPUT).read_to_end(&mut bytes).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// `path` as seen from `base`, the directory of the file that names it.
pub(super) fn beside(base: &Path, path: &str) -> PathBuf {
    base.join(path.strip_prefix("./").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn tree() -> (tempfile::TempDir, u32) {
        let dir = tempfile::tempdir().unwrap();
        let uid = dir.path().metadata().unwrap().uid();
        fs::create_dir_all(dir.path().join("home/run/deep")).unwrap();
        (dir, uid)
    }

    #[test]
    fn the_nearest_parent_up_to_home_is_used() {
        let (dir, uid) = tree();
        let (home, run) = (dir.path().join("home"), dir.path().join("home/run"));
        fs::write(dir.path().join(FILE_NAME), "chain: above").unwrap();
        assert!(search(&run.join("deep"), Some(&home), uid).unwrap().source.is_none());
        fs::write(home.join(FILE_NAME), "chain: home").unwrap();
        fs::write(run.join(FILE_NAME), "chain: run").unwrap();
        let found = search(&run.join("deep"), Some(&home), uid).unwrap();
        assert_eq!(found.source.unwrap().text, "chain: run");
    }

    #[test]
    fn a_file_or_directory_that_everybody_may_write_to_is_refused() {
        let (dir, uid) = tree();
        let (run, path) = (dir.path().join("home/run"), dir.path().join("home/run").join(FILE_NAME));
        fs::write(&path, "chain: x").unwrap();
        mode(&path, 0o666);
        let error = search(&run, None, uid).err().unwrap();
        assert!(error.hint.contains("chmod o-w") && error.hint.contains("--config none"), "{error}");
        mode(&path, 0o664);
        mode(&run, 0o1777);
        let error = search(&run, None, uid).err().unwrap();
        assert!(error.message.contains("its directory"), "{error}");
        mode(&run, 0o775);
        assert!(search(&run, None, uid).unwrap().source.is_some());
    }

    #[test]
    fn a_sticky_parent_of_the_directory_is_fine() {
        let (dir, uid) = tree();
        mode(&dir.path().join("home"), 0o1777);
        let run = dir.path().join("home/run");
        fs::write(run.join(FILE_NAME), "chain: x").unwrap();
        assert!(search(&run, None, uid).unwrap().source.is_some());
    }

    #[test]
    fn a_file_of_somebody_else_is_refused_but_in_a_shared_parent_passed_over() {
        let (dir, uid) = tree();
        if uid != 0 {
            return; // Only root can give files away.
        }
        let (home, run) = (dir.path().join("home"), dir.path().join("home/run"));
        let path = run.join(FILE_NAME);
        fs::write(&path, "chain: x").unwrap();
        std::os::unix::fs::chown(&path, Some(4242), None).unwrap();
        assert!(read(&path, uid).unwrap_err().message.contains("belongs to user 4242"));
        assert!(search(&run.join("deep"), Some(&home), uid).is_err());
        mode(&run, 0o1777);
        let found = search(&run.join("deep"), Some(&home), uid).unwrap();
        assert!(found.source.is_none() && found.warnings.len() == 1);
    }

    #[test]
    fn a_link_is_judged_by_what_it_leads_to() {
        let (dir, uid) = tree();
        let (run, open) = (dir.path().join("home/run"), dir.path().join("open"));
        fs::create_dir(&open).unwrap();
        fs::write(open.join("x.yaml"), "chain: x").unwrap();
        mode(&open, 0o1777);
        std::os::unix::fs::symlink(open.join("x.yaml"), run.join(FILE_NAME)).unwrap();
        assert!(search(&run, None, uid).err().unwrap().message.contains("its directory"));
    }

    #[test]
    fn a_pipe_or_a_huge_file_ends_the_read_at_once() {
        let (dir, uid) = tree();
        let pipe = dir.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(read(&pipe, uid).unwrap_err().message.contains("regular"));
        let huge = dir.path().join("huge");
        fs::write(&huge, vec![b' '; (256 << 10) + 1]).unwrap();
        assert!(read(&huge, uid).unwrap_err().message.contains("256 KiB"));
    }
}
