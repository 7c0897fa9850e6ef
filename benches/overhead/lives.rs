//! From start to end: time and page faults of `true` under each contender, and the system calls it makes.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};

use super::contenders::Contender;
use super::numbers::{Random, Sample, micros, now};

/// What is run: as short a life as a program of the system has.
const PROGRAM: &str = "/usr/bin/true";

/// All lives of one contender.
#[derive(Debug, Clone, Default)]
pub(super) struct Lives {
    /// Microseconds.
    pub(super) time: Sample,
    /// Microseconds over the bare run of the same round.
    pub(super) added: Sample,
    /// Page faults of contender and program.
    pub(super) faults: Sample,
}

/// So many lives of each.
pub(super) fn measure(
    contenders: &[Contender],
    rounds: usize,
    random: &mut Random,
) -> Result<Vec<Lives>, Box<dyn Error>> {
    let mut lives = vec![Lives::default(); contenders.len()];
    for round in 0..rounds + 5 {
        for index in random.order(contenders.len()) {
            let mut command = contenders[index].command(PROGRAM.as_ref(), &[]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let (faults, began) = (minor_faults()?, now());
            let status = command.status()?;
            let took = micros(now() - began);
            if !status.success() {
                return Err(format!("{}: {status}", contenders[index].name).into());
            }
            // The first few find cold caches.
            if round >= 5 {
                lives[index].time.add(took);
                lives[index].faults.add(minor_faults()? - faults);
            }
        }
    }
    let bare = lives.first().map(|bare| bare.time.clone()).unwrap_or_default();
    for life in &mut lives {
        life.added = life.time.over(&bare);
    }
    Ok(lives)
}

/// Of all children that have been waited for, and theirs.
#[expect(clippy::cast_precision_loss, reason = "a count")]
fn minor_faults() -> Result<f64, nix::Error> {
    Ok(getrusage(UsageWho::RUSAGE_CHILDREN)?.minor_page_faults() as f64)
}

/// How many system calls one life makes, the program's among them.
#[expect(
    clippy::disallowed_methods,
    reason = "the bench is no supervisor: what it starts has its own signal state"
)]
pub(super) fn system_calls(contender: &Contender, scene: &Path) -> Result<usize, Box<dyn Error>> {
    let seen = scene.join("calls");
    let traced = contender.command(PROGRAM.as_ref(), &[]);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(&seen).arg(traced.get_program()).args(traced.get_args());
    command.envs(traced.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = traced.get_current_dir() {
        command.current_dir(folder);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Found by our own PATH, not by that of a job.
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    if !command.status()?.success() {
        return Err(format!("strace {} failed", contender.name).into());
    }
    let text = fs::read_to_string(seen)?;
    Ok(text.lines().filter(|line| line.contains('(') && !line.contains("<... ")).count())
}
