//! Looks all the time which programs run in a directory: of two at once a journal may know nothing.
//!
//! Knows `/proc` and nothing else.

#![expect(clippy::disallowed_methods, reason = "processes that are no children can only be polled")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often is looked.
const INTERVAL: Duration = Duration::from_millis(50);

/// Two programs that ran in one directory at once.
#[derive(Debug, Clone)]
pub(crate) struct Doubled {
    /// Where.
    pub(crate) dir: PathBuf,
    /// Their process ids.
    pub(crate) pids: Vec<u32>,
    /// For how long this was seen.
    pub(crate) lasted: Duration,
}

/// A watch over some directories. Dropped, it ends.
pub(crate) struct Watch {
    seen: Arc<Mutex<Vec<Doubled>>>,
    end: Arc<AtomicBool>,
    watcher: Option<JoinHandle<()>>,
}

impl Watch {
    /// Over the programs of these names (as in `/proc/PID/comm`) whose working directory is `above` or below it.
    pub(crate) fn over(above: &Path, programs: &'static [&'static str]) -> Self {
        let (seen, end) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (findings, ended, above) = (Arc::clone(&seen), Arc::clone(&end), above.to_owned());
        let watcher = thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let now = Instant::now();
                for (dir, pids) in running_below(&above, programs) {
                    if pids.len() > 1 {
                        note(&findings, &dir, pids);
                    }
                }
                thread::sleep(INTERVAL.saturating_sub(now.elapsed()).max(INTERVAL / 2));
            }
        });
        Self { seen, end, watcher: Some(watcher) }
    }

    /// What ran twice so far.
    pub(crate) fn doubled(&self) -> Vec<Doubled> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
    }
}

fn note(findings: &Mutex<Vec<Doubled>>, dir: &Path, pids: Vec<u32>) {
    let mut findings = findings.lock().unwrap_or_else(PoisonError::into_inner);
    match findings.iter_mut().find(|found| found.pids == pids && found.dir == dir) {
        Some(found) => found.lasted += INTERVAL,
        None => findings.push(Doubled { dir: dir.to_owned(), pids, lasted: Duration::ZERO }),
    }
}

/// Processes of these names (none given: of any) by the directory they work in, without those that are children of such.
pub(crate) fn running_below(above: &Path, programs: &[&str]) -> BTreeMap<PathBuf, Vec<u32>> {
    let mut found: BTreeMap<PathBuf, Vec<Process>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
        let Some(process) = Process::read(pid) else { continue };
        if !programs.is_empty() && !programs.contains(&process.name.as_str()) {
            continue;
        }
        match fs::read_link(entry.path().join("cwd")) {
            Ok(dir) if dir.starts_with(above) => found.entry(dir).or_default().push(process),
            _ => {}
        }
    }
    let roots = |processes: Vec<Process>| -> Vec<u32> {
        let is_root = |process: &&Process| processes.iter().all(|other| other.pid != process.parent);
        processes.iter().filter(is_root).map(|process| process.pid).collect()
    };
    found.into_iter().map(|(dir, processes)| (dir, roots(processes))).collect()
}

struct Process {
    pid: u32,
    parent: u32,
    name: String,
}

impl Process {
    /// One that lives.
    fn read(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (front, back) = stat.rsplit_once(')')?;
        let mut fields = back.split_ascii_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        let name = front.split_once('(')?.1.to_owned();
        (!matches!(state, "Z" | "X")).then_some(Self { pid, parent, name })
    }
}
