//! What `ckwrap init` looks at: the directory, and Slurm's partitions.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use nix::fcntl::OFlag;

use crate::init::{Entry, Kind};
use crate::scheduler::slurm::{Commands, Limit, PartitionTime};
use crate::supervisor::ask;
use crate::sys;

/// Most names that are looked at; a directory with more holds results.
const MOST: usize = 2000;
/// How much of a text is read: the signs of all inputs stand at their beginnings.
const HEAD: u64 = 64 << 10;
/// What is looked for below the directory.
const BELOW: [&str; 1] = ["system/controlDict"];

/// What lies in the directory, by name.
pub(super) fn entries(directory: &Path) -> io::Result<Vec<Entry>> {
    let mut names = Vec::new();
    for listed in sys::list(directory)?.take(MOST) {
        // A name that is no text cannot stand in a script.
        if let Ok(name) = listed?.file_name().into_string()
            && !name.starts_with('.')
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    names.extend(BELOW.map(str::to_owned));
    Ok(names.into_iter().filter_map(|name| entry(directory, name)).collect())
}

fn entry(directory: &Path, name: String) -> Option<Entry> {
    let path = directory.join(&name);
    let meta = fs::metadata(&path).ok()?;
    if meta.is_dir() {
        return Some(Entry { name, kind: Kind::Directory, text: None });
    }
    if !meta.is_file() {
        return None;
    }
    let executable = meta.permissions().mode() & 0o111 != 0;
    let kind = if executable { Kind::Executable } else { Kind::File };
    Some(Entry { name, kind, text: head(&path) })
}

/// The beginning of a text; what cannot be read, or is no text, has none.
fn head(path: &Path) -> Option<String> {
    // It may have become a FIFO just now, which must not be waited for.
    let flags = OFlag::O_NONBLOCK.bits();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    let mut bytes = Vec::new();
    file.take(HEAD).read_to_end(&mut bytes).ok()?;
    (!bytes.contains(&0)).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// How long a job may run.
#[derive(Debug)]
pub(super) enum Longest {
    /// So long, in this partition.
    Time(String, Duration),
    /// As long as it wants.
    Unlimited(String),
    /// Nobody said so.
    Unknown,
}

/// What Slurm says of a partition, or of the one that jobs go to without a word.
pub(super) fn longest(partition: Option<&str>) -> Longest {
    let commands = Commands::new(std::env::vars_os());
    let answer = PartitionTime::from_answer(&ask(&commands.show_partitions()));
    let Some(all) = answer.yes() else { return Longest::Unknown };
    let meant = |one: &PartitionTime| match partition {
        // Of several the first is as good as any.
        Some(names) => names.split(',').next() == Some(one.name.as_str()),
        None => one.is_default,
    };
    match all.into_iter().find(meant) {
        Some(PartitionTime { name, longest: Limit::Time(time), .. }) => Longest::Time(name, time),
        Some(PartitionTime { name, longest: Limit::Unlimited, .. }) => Longest::Unlimited(name),
        _ => Longest::Unknown,
    }
}
