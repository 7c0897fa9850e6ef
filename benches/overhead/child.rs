//! The supervised program: it says when a signal reached it and when it ended, by the clock that the bench reads too.

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use nix::sys::signal::{SigSet, Signal};

use super::numbers::now;

/// `signals`: says `ready`, then the time of each SIGUSR2; `wait`: says `ready`, then waits for the end of stdin; `end`: says the time.
pub(super) fn run(words: &[String]) -> Result<ExitCode, Box<dyn Error>> {
    match words.first().map(String::as_str) {
        Some("signals") => signals(),
        Some("wait") => {
            say("ready")?;
            io::stdin().read_to_end(&mut Vec::new())?;
            Ok(ExitCode::SUCCESS)
        }
        Some("end") => {
            say(&now().to_string())?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err("the child of the bench does `signals`, `wait` or `end`".into()),
    }
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Taken from the mask, not in a handler: the time is read as soon as the process runs.
fn signals() -> Result<ExitCode, Box<dyn Error>> {
    let set = SigSet::from_iter([Signal::SIGUSR2, Signal::SIGTERM]);
    set.thread_block()?;
    say("ready")?;
    loop {
        match set.wait()? {
            Signal::SIGTERM => return Ok(ExitCode::SUCCESS),
            _ => say(&now().to_string())?,
        }
    }
}
