//! While the program computes: wake-ups, memory, descriptors, threads; and the most memory there ever was, up to the end.

use std::error::Error;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use super::contenders::Contender;
use super::latency::Running;

/// What one contender needs while it has nothing to do.
#[derive(Debug, Clone, Default)]
pub(super) struct Resting {
    /// Voluntary and other context switches of all its threads while it was watched.
    pub(super) wake_ups: u64,
    /// Resident memory, private memory, and the most resident memory up to its end, in kB.
    pub(super) resident: u64,
    pub(super) private: u64,
    pub(super) peak: u64,
    pub(super) descriptors: usize,
    pub(super) threads: usize,
}

/// Watches all at once, for so many seconds.
#[expect(clippy::disallowed_methods, reason = "that nothing happens is no event that could be awaited")]
pub(super) fn measure(contenders: &[Contender], seconds: u64) -> Result<Vec<Resting>, Box<dyn Error>> {
    let start = |contender| Running::start(contender, "wait", true);
    let runs = contenders.iter().map(start).collect::<Result<Vec<_>, _>>()?;
    // What a start brings with it is over by then.
    sleep(Duration::from_secs(2));
    let switches = || runs.iter().map(|run| switches(run.pid()?)).collect::<Result<Vec<_>, _>>();
    let before = switches()?;
    sleep(Duration::from_secs(seconds));
    let after = switches()?;
    let mut all = Vec::new();
    for ((run, before), after) in runs.into_iter().zip(before).zip(after) {
        all.push(looked_at(run, after - before)?);
    }
    Ok(all)
}

fn looked_at(run: Running, wake_ups: u64) -> Result<Resting, Box<dyn Error>> {
    let pid = run.pid()?;
    let entries =
        |folder: &str| Ok::<_, std::io::Error>(fs::read_dir(format!("/proc/{pid}/{folder}"))?.count());
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let private = ["Private_Clean:", "Private_Dirty:"].iter().filter_map(|name| field(&rollup, name)).sum();
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(Resting {
        wake_ups,
        resident: field(&status, "VmRSS:").unwrap_or(0),
        private,
        descriptors: entries("fd")?,
        threads: entries("task")?,
        peak: peak(run)?,
    })
}

/// The most memory up to its end, which a tracer sees just before: the resource usage of an ended process is of no use, as it
/// begins with the size of whoever started it.
fn peak(run: Running) -> Result<u64, Box<dyn Error>> {
    let pid = run.pid()?;
    ptrace::seize(pid, ptrace::Options::PTRACE_O_TRACEEXIT)?;
    let mut run = run;
    drop(run.child.stdin.take());
    let mut peak = 0;
    loop {
        match waitpid(pid, None)? {
            WaitStatus::PtraceEvent(_, _, _) => {
                let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
                peak = field(&status, "VmHWM:").unwrap_or(peak);
                ptrace::cont(pid, None)?;
            }
            WaitStatus::Stopped(_, signal) => {
                ptrace::cont(pid, Some(signal).filter(|it| *it != Signal::SIGTRAP))?;
            }
            WaitStatus::Exited(..) | WaitStatus::Signaled(..) => return Ok(peak),
            _ => {}
        }
    }
}

fn switches(pid: Pid) -> Result<u64, Box<dyn Error>> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let status = fs::read_to_string(task?.path().join("status"))?;
        let names = ["voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:"];
        sum += names.iter().filter_map(|name| field(&status, name)).sum::<u64>();
    }
    Ok(sum)
}

/// The number in the line that begins with this.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
