//! The script's file: read as it is, and written so that nothing of the user's is lost.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use crate::cli::dispatch::Failure;

/// sbatch itself takes no longer ones, unless a site has raised it (`max_script_size`, slurm.conf(5)).
const LONGEST: u64 = 4 << 20;

/// A batch script and where it came from.
#[derive(Debug)]
pub(super) struct Source {
    /// As the user named it.
    pub(super) name: String,
    path: PathBuf,
    /// Its text; of a file that is not UTF-8 each byte is one letter.
    pub(super) text: String,
    bytewise: bool,
    /// The name of the file that was written; empty: none was.
    pub(super) written: String,
}

impl Source {
    /// Reads it.
    pub(super) fn read(named: &Path, cwd: &Path) -> Result<Self, Failure> {
        let path = cwd.join(named);
        let name = named.display().to_string();
        let failed = |error: io::Error| {
            Failure::Words(format!("cannot read {name}: {error}; name the batch script, as for sbatch"))
        };
        // A FIFO must not be waited for.
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(OFlag::O_NONBLOCK.bits())
            .open(&path)
            .map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(Failure::Words(format!("{name} is no file; name the batch script, as for sbatch")));
        }
        let mut bytes = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > LONGEST {
            return Err(Failure::Words(format!(
                "{name} is longer than 4 MiB, which sbatch takes for no batch script"
            )));
        }
        let (text, bytewise) = match String::from_utf8(bytes) {
            Ok(text) => (text, false),
            Err(error) => (error.into_bytes().into_iter().map(char::from).collect(), true),
        };
        Ok(Self { name, path, text, bytewise, written: String::new() })
    }

    /// The file that lines are told of: the one that was written, if any.
    pub(super) fn shown_name(&self) -> &str {
        if self.written.is_empty() { &self.name } else { &self.written }
    }

    /// Writes the mended text, if it is another one.
    pub(super) fn put(&mut self, text: String, in_place: bool) -> Result<(), Failure> {
        if text == self.text {
            return Ok(());
        }
        let bytes = self.bytes(&text);
        let mode = fs::metadata(&self.path).map_or(0o644, |meta| meta.permissions().mode() & 0o777);
        if in_place {
            self.keep_backup(mode)?;
            // Through a link: the file it leads to is meant.
            let path = fs::canonicalize(&self.path).map_err(|error| self.failed(&self.path, &error))?;
            let temp = with_end(&path, &format!(".{}.tmp", std::process::id()));
            let replaced = create(&temp, &bytes, mode).and_then(|()| fs::rename(&temp, &path));
            if let Err(error) = replaced {
                // Of no use to anybody; if it cannot be removed, that is no further harm.
                let _ = fs::remove_file(&temp);
                return Err(self.failed(&path, &error));
            }
            self.written.clone_from(&self.name);
        } else {
            let path = with_end(&self.path, ".fixed");
            match create(&path, &bytes, mode) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if fs::read(&path).ok().as_ref() != Some(&bytes) {
                        let fixed = format!("{}.fixed", self.name);
                        return Err(Failure::Words(format!(
                            "{fixed} is there already and has another content; nothing was written; remove it first (rm {fixed})"
                        )));
                    }
                }
                other => other.map_err(|error| self.failed(&path, &error))?,
            }
            self.written = format!("{}.fixed", self.name);
        }
        self.text = text;
        Ok(())
    }

    /// A name that is free: no earlier backup is overwritten.
    fn keep_backup(&self, mode: u32) -> Result<(), Failure> {
        let before = self.bytes(&self.text);
        for number in 0..1000 {
            let end = if number == 0 { ".bak".to_owned() } else { format!(".bak.{number}") };
            let path = with_end(&self.path, &end);
            match create(&path, &before, mode) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                other => return other.map_err(|error| self.failed(&path, &error)),
            }
        }
        Err(Failure::Words(format!(
            "there are a thousand backups of {}; remove some (rm {0}.bak*)",
            self.name
        )))
    }

    fn failed(&self, path: &Path, error: &io::Error) -> Failure {
        Failure::Words(format!("cannot write {}: {error}; {} is as it was", path.display(), self.name))
    }

    fn bytes(&self, text: &str) -> Vec<u8> {
        if self.bytewise {
            text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
        } else {
            text.as_bytes().to_vec()
        }
    }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// A new file with this content, on the disk.
fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}
