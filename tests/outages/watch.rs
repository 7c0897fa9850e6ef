//! Looks all the time which programs run in a directory: of two at once a journal may know nothing.
//!
//! Knows `/proc` and nothing else.

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
    /// Over the programs called `program` (as in `/proc/PID/comm`) whose working directory is one of `dirs`.
    pub(crate) fn over(dirs: Vec<PathBuf>, program: &str) -> Self {
        let (seen, end) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (findings, ended, program) = (Arc::clone(&seen), Arc::clone(&end), program.to_owned());
        let watcher = thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let now = Instant::now();
                for dir in &dirs {
                    let pids = running_in(dir, &program);
                    if pids.len() > 1 {
                        note(&findings, dir, pids);
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

/// Processes of that name that work in the directory and are no children of such a one; `""`: of any name.
pub(crate) fn running_in(dir: &Path, program: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((front, back)) = stat.rsplit_once(')') else { continue };
        let name = front.split_once('(').map_or("", |(_, name)| name);
        let mut fields = back.split_ascii_whitespace();
        let (state, parent) = (fields.next(), fields.next().and_then(|parent| parent.parse::<u32>().ok()));
        if (!program.is_empty() && name != program) || matches!(state, Some("Z" | "X")) {
            continue;
        }
        if fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == dir) {
            found.push((pid, parent));
        }
    }
    let pids: Vec<u32> = found.iter().map(|(pid, _)| *pid).collect();
    found.retain(|(_, parent)| parent.is_none_or(|parent| !pids.contains(&parent)));
    found.into_iter().map(|(pid, _)| pid).collect()
}
