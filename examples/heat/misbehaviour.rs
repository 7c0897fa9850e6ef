//! For the tests: the ways in which real programs fall short. Nothing here is worth copying.

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, raise};

use crate::request::Requests;
use crate::{atomic, options, talk};

/// Options that make the program behave badly.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Misbehaviour, for tests")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Misbehaviour {
    /// Ignore the signal that asks for a checkpoint (and inherit that, as under `nohup`).
    #[arg(long, conflicts_with = "no_handler")]
    pub(crate) ignore_signal: bool,

    /// Install no handler: the signal is deadly.
    #[arg(long)]
    pub(crate) no_handler: bool,

    /// Install the handler only after this many milliseconds.
    #[arg(long, value_name = "MS", value_parser = options::milliseconds)]
    pub(crate) late_handler: Option<Duration>,

    /// Take this long over each checkpoint, writing it bit by bit.
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = options::seconds)]
    pub(crate) slow: Duration,

    /// Write the checkpoint that was asked for over the old one, and only half of it.
    #[arg(long, conflicts_with = "fail_save")]
    pub(crate) truncate: bool,

    /// End as if a checkpoint had been written, without writing it.
    #[arg(long)]
    pub(crate) fail_save: bool,

    /// Crash (exit code 3) when this step has been done.
    #[arg(long, value_name = "STEP")]
    pub(crate) crash_at: Option<u64>,

    /// Crash by this signal.
    #[arg(long, value_name = "SIG", requires = "crash_at", value_parser = options::signal)]
    pub(crate) crash_signal: Option<Signal>,

    /// Crash only if this file does not exist, and create it.
    #[arg(long, value_name = "FILE", requires = "crash_at")]
    pub(crate) crash_once: Option<PathBuf>,

    /// Leave a process behind that sleeps for a thousand seconds and has no parent.
    #[arg(long)]
    pub(crate) daemon: bool,
}

impl Misbehaviour {
    /// Writes the bytes of a checkpoint that was asked for. False: nothing was written.
    pub(crate) fn save(&self, path: &Path, bytes: &[u8]) -> io::Result<bool> {
        if self.fail_save {
            return Ok(false);
        }
        if self.truncate {
            let (half, _) = bytes.split_at(bytes.len() / 2);
            File::create(path).and_then(|mut file| self.write(&mut file, half))?;
        } else {
            atomic::replace(path, |file| self.write(file, bytes))?;
        }
        Ok(true)
    }

    /// Writes all bytes, as slowly as told.
    pub(crate) fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        const PARTS: u32 = 20;
        if self.slow.is_zero() {
            return file.write_all(bytes);
        }
        let start = Instant::now();
        // Deaf to requests: a program that is busy saving does not listen.
        let clock = Requests::default();
        let part = bytes.len().div_ceil(PARTS as usize).max(1);
        for (chunk, number) in bytes.chunks(part).zip(1..=PARTS) {
            file.write_all(chunk)?;
            clock.wait_until(start + self.slow * number / PARTS);
        }
        Ok(())
    }

    /// Crashes, if this is the step for it. Comes back with an exit code where it did not die of a signal.
    pub(crate) fn crash(&self, step: u64) -> Option<u8> {
        let due = self.crash_at == Some(step)
            && self
                .crash_once
                .as_ref()
                .is_none_or(|file| OpenOptions::new().write(true).create_new(true).open(file).is_ok());
        if !due {
            return None;
        }
        talk::complain(&format_args!("crashes at step {step}, as told"));
        if let Some(signal) = self.crash_signal {
            // Twice: the first SEGV or BUS only makes Rust's own handler, which looks for stack overflows, step aside.
            let _ = raise(signal).and_then(|()| raise(signal));
        }
        Some(3)
    }

    /// Leaves an orphan behind and prints its process id.
    pub(crate) fn leave_daemon(&self) -> io::Result<()> {
        if !self.daemon {
            return Ok(());
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "an example stands alone; nothing about the signal state is wanted"
        )]
        let mut shell = Command::new("sh")
            .args(["-c", "(sleep 1000 </dev/null >/dev/null 2>&1 & echo $!)"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut pid = String::new();
        shell.stdout.take().map(|mut out| out.read_to_string(&mut pid)).transpose()?;
        shell.wait()?;
        talk::say(format_args!("daemon pid={}", pid.trim()));
        Ok(())
    }

    /// Has the signal ignored: starts this program anew through a shell that sets it so. Only `execve` makes a
    /// disposition inherited, and only that is what `nohup` and careless launchers leave a program with.
    pub(crate) fn ignore(signal: Signal) -> io::Result<()> {
        let number = signal as i32;
        if is_ignored(number)? {
            return Ok(());
        }
        let script = format!("trap '' {number}; exec \"$0\" \"$@\"");
        let mut words = vec!["sh".into(), "-c".into(), script.into(), std::env::current_exe()?.into()];
        words.extend(std::env::args_os().skip(1));
        let words =
            words.into_iter().map(|word| CString::new(word.into_vec())).collect::<Result<Vec<_>, _>>()?;
        nix::unistd::execvp(c"/bin/sh", &words).map_err(io::Error::from)?;
        Ok(())
    }
}

fn is_ignored(signal: i32) -> io::Result<bool> {
    let status = fs::read_to_string("/proc/self/status")?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    Ok(mask >> (signal - 1) & 1 == 1)
}
