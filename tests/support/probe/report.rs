//! All that a process inherits, as text.

use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::{env, fs, io};

type Anyhow<T> = Result<T, Box<dyn std::error::Error>>;

/// Lines of `/proc/self/status` that survive `execve`.
const INHERITED: [&str; 17] = [
    "Umask",
    "Uid",
    "Gid",
    "Groups",
    "SigPnd",
    "ShdPnd",
    "SigBlk",
    "SigIgn",
    "SigCgt",
    "CapInh",
    "CapPrm",
    "CapEff",
    "CapBnd",
    "CapAmb",
    "NoNewPrivs",
    "Cpus_allowed",
    "Mems_allowed",
];

/// Writes the report to a file: the standard streams are part of what is measured. The file is only opened when all has
/// been seen.
pub(crate) fn write(path: &Path) -> Anyhow<()> {
    let mut text = String::new();
    streams(&mut text)?;
    process(&mut text)?;
    fs::write(path, text)?;
    Ok(())
}

/// Open descriptors with what they lead to.
fn streams(text: &mut String) -> Anyhow<()> {
    // Named first and read later, when the one that lists the directory is closed again.
    let names =
        fs::read_dir("/proc/self/fd")?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    for name in names {
        let number = name.to_str().unwrap_or_default().parse::<u32>()?;
        if let Ok(target) = fs::read_link(Path::new("/proc/self/fd").join(name)) {
            writeln!(text, "fd {number}: {}", target.as_os_str().as_bytes().escape_ascii())?;
        }
    }
    Ok(())
}

fn process(text: &mut String) -> Anyhow<()> {
    let status = fs::read_to_string("/proc/self/status")?;
    for line in status.lines() {
        if let Some((key, value)) = line.split_once(':')
            && INHERITED.contains(&key)
        {
            writeln!(text, "{key}: {}", value.trim())?;
        }
    }
    for line in fs::read_to_string("/proc/self/limits")?.lines().skip(1) {
        writeln!(text, "limit: {line}")?;
    }
    writeln!(text, "oom_score_adj: {}", fs::read_to_string("/proc/self/oom_score_adj")?.trim())?;
    writeln!(text, "timerslack: {}", fs::read_to_string("/proc/self/timerslack_ns")?.trim())?;
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields =
        stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ').collect::<Vec<_>>()).unwrap_or_default();
    // proc(5): numbered from 1, and the two before the state are cut off here.
    for (key, field) in [("ppid", 4), ("pgid", 5), ("sid", 6), ("tty", 7), ("nice", 19), ("policy", 41)] {
        writeln!(text, "{key}: {}", fields.get(field - 3).copied().unwrap_or_default())?;
    }
    writeln!(text, "pid: {}", std::process::id())?;
    writeln!(text, "cwd: {}", env::current_dir()?.as_os_str().as_bytes().escape_ascii())?;
    for word in env::args_os() {
        writeln!(text, "arg: {}", word.into_vec().escape_ascii())?;
    }
    let mut variables =
        env::vars_os().map(|(key, value)| (key.into_vec(), value.into_vec())).collect::<Vec<_>>();
    variables.sort();
    for (key, value) in variables {
        writeln!(text, "env: {}={}", key.escape_ascii(), value.escape_ascii())?;
    }
    Ok(())
}
