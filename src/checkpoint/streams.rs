//! Where standard output and standard error go, if that is a file: in a batch job it is the job's output.

use std::fs;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::profile::rules::{STDERR, STDOUT};

/// The files behind the streams; `None`: a terminal, a pipe, or a file that has no name any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Streams {
    stdout: Option<PathBuf>,
    stderr: Option<PathBuf>,
}

impl Streams {
    /// Those of this process, which the program inherits. To be asked before they are given up.
    pub fn of_this_process() -> Self {
        Self { stdout: file_behind(&std::io::stdout()), stderr: file_behind(&std::io::stderr()) }
    }

    /// Whether a rule's file is a stream.
    pub(super) fn is_stream(name: &Path) -> bool {
        name == Path::new(STDOUT) || name == Path::new(STDERR)
    }

    /// Where a rule's file lies; `None`: it is a stream that is no file.
    pub(super) fn path(&self, name: &Path, dir: &Path) -> Option<PathBuf> {
        if name == Path::new(STDOUT) {
            self.stdout.clone()
        } else if name == Path::new(STDERR) {
            self.stderr.clone()
        } else {
            Some(dir.join(name))
        }
    }
}

fn file_behind(stream: &impl AsFd) -> Option<PathBuf> {
    let link = format!("/proc/self/fd/{}", stream.as_fd().as_raw_fd());
    // Followed, the link leads to the open file itself, whatever its name leads to by now.
    let open = fs::metadata(&link).ok().filter(fs::Metadata::is_file)?;
    let path = fs::read_link(&link).ok()?;
    let named = fs::metadata(&path).ok()?;
    (named.dev() == open.dev() && named.ino() == open.ino()).then_some(path)
}

#[cfg(test)]
impl Streams {
    /// Standard error in this file, standard output nowhere.
    pub(super) fn with_stderr(stderr: PathBuf) -> Self {
        Self { stdout: None, stderr: Some(stderr) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn only_a_file_that_still_has_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("job.out");
        let file = File::create(&path).unwrap();
        assert_eq!(file_behind(&file), Some(path.canonicalize().unwrap()));
        fs::rename(&path, dir.path().join("other")).unwrap();
        assert_eq!(file_behind(&file), Some(dir.path().canonicalize().unwrap().join("other")));
        fs::remove_file(dir.path().join("other")).unwrap();
        assert_eq!(file_behind(&file), None);
        let (pipe, _other) = nix::unistd::pipe().unwrap();
        assert_eq!(file_behind(&pipe), None);
        assert_eq!(file_behind(&File::open("/dev/null").unwrap()), None);
    }
}
