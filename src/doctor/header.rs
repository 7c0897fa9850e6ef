//! The head of a batch script: its first line and its `#SBATCH` lines.

use std::ops::Range;
use std::time::Duration;

use super::abbreviation::whole;
use crate::config::TimeSpan;
use crate::scheduler::slurm::{SbatchOption, sbatch_options};

/// The head of a batch script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The interpreter's file name, such as `bash`; `None`: there is no `#!` in front.
    pub interpreter: Option<String>,
    /// The options in force, in their order.
    pub options: Vec<SbatchOption>,
    /// Where one more `#SBATCH` line can be put.
    pub insert: usize,
    /// Where the first line stands.
    pub first_line: Range<usize>,
}

/// What `--signal` says: `[{R|B}:]SIG[@SECONDS]` (sbatch(1)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// To the batch shell alone.
    pub to_shell: bool,
    /// The signal as it was written.
    pub signal: String,
    /// So many seconds before the end; 60 where nothing is said.
    pub seconds: u64,
}

impl Header {
    /// Reads the head of a script.
    pub fn of(text: &str) -> Self {
        let first_line = 0..text.find('\n').unwrap_or(text.len());
        let first = text.get(first_line.clone()).unwrap_or_default();
        let mut options = sbatch_options(text.as_bytes());
        for option in &mut options {
            if let Some(name) = whole(&option.name) {
                name.clone_into(&mut option.name);
            }
        }
        let behind = options.last().map_or(first_line.end, |option| option.at.end);
        let line_end =
            |at: usize| text.get(at..).and_then(|rest| rest.find('\n')).map(|length| at + length + 1);
        Self {
            interpreter: first.strip_prefix("#!").and_then(interpreter),
            insert: line_end(behind).unwrap_or(text.len()),
            options,
            first_line,
        }
    }

    /// The option of this long name that counts: the last one.
    pub fn option(&self, name: &str) -> Option<&SbatchOption> {
        self.options.iter().rev().find(|option| option.name == name)
    }

    /// Its value, as text.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.option(name)?.value.as_ref()?.to_str()
    }

    /// Whether it is a heterogeneous job, of whose components each has options of its own.
    pub fn is_heterogeneous(&self) -> bool {
        self.option("hetjob").is_some()
    }

    /// Whether the commands behind it are for sh or one of its kin, whose language is followed here.
    pub fn is_shell(&self) -> bool {
        let name = self.interpreter.as_deref().unwrap_or("sh");
        ["sh", "bash", "dash", "ksh", "mksh", "zsh", "ash", "busybox"].contains(&name)
    }

    /// The time limit, where one is given that is finite.
    pub fn limit(&self) -> Option<Duration> {
        // 0 is no limit (sbatch(1)).
        self.value("time")?.parse::<TimeSpan>().ok()?.finite().filter(|limit| !limit.is_zero())
    }

    /// What `--signal` says, where it can be read.
    pub fn warning(&self) -> Option<Warning> {
        let value = self.value("signal")?;
        let (flags, rest) = value.split_once(':').unwrap_or(("", value));
        if !flags.chars().all(|flag| "RBrb".contains(flag)) {
            return None;
        }
        let (signal, seconds) = match rest.split_once('@') {
            Some((signal, seconds)) => (signal, seconds.parse().ok()?),
            None => (rest, 60),
        };
        Some(Warning { to_shell: flags.contains(['B', 'b']), signal: signal.to_owned(), seconds })
    }
}

/// The interpreter's file name; that behind `env`, if this is one.
fn interpreter(line: &str) -> Option<String> {
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let mut words = line.split_whitespace();
    let first = base(words.next()?);
    if first != "env" {
        return Some(first);
    }
    words.find(|word| !word.starts_with('-') && !word.contains('=')).map(base)
}
