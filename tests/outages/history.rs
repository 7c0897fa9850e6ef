//! What a chain's history must never show, whatever happened: the judge of these tests and of the soak.

#![expect(
    clippy::disallowed_methods,
    reason = "the end of a process that is nobody's child here can only be polled"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::outages::watch::{Watch, running_below};
use crate::slurm::chain::Chain;

/// What is wrong with a chain, by kind.
#[derive(Debug, Default)]
pub(crate) struct Violations {
    /// Two programs at once, or a segment that was run or continued twice.
    pub(crate) doubled: Vec<String>,
    /// A start from an older checkpoint than the newest that was acknowledged.
    pub(crate) lost: Vec<String>,
    /// Processes that are left.
    pub(crate) orphans: Vec<String>,
}

impl Violations {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.doubled.is_empty() && self.lost.is_empty() && self.orphans.is_empty()
    }
}

/// All that can be said of a chain that is over, or is at rest; `log`: all that its jobs have said.
pub(crate) fn violations(chain: &Chain<'_>, log: &str, watch: &Watch) -> Violations {
    let mut found = of_the_journal(chain);
    let twice = watch.doubled().into_iter().filter(|twice| twice.dir == chain.dir());
    found.doubled.extend(twice.map(|twice| format!("{twice:?}")));
    found.lost = steps_back(log);
    found.orphans = orphans(chain.dir());
    found
}

/// Panics with what is wrong.
pub(crate) fn assert_sound(chain: &Chain<'_>, watch: &Watch) {
    let found = violations(chain, &chain.log(), watch);
    assert!(found.is_empty(), "{found:#?}\n{}", chain.log());
}

/// Segments have one number each, in order, and each is continued at most once.
fn of_the_journal(chain: &Chain<'_>) -> Violations {
    let mut found = Violations::default();
    let (mut last, mut continued) = (0, BTreeMap::<u64, u32>::new());
    for record in chain.records() {
        let segment = record.number("segment").unwrap_or_default();
        match record.kind() {
            "segment_started" if segment == last + 1 => last = segment,
            "segment_started" => {
                found.doubled.push(format!("segment {segment} starts after segment {last}"));
            }
            "continued" => *continued.entry(segment).or_default() += 1,
            _ => {}
        }
    }
    let twice = continued.into_iter().filter(|(_, times)| *times > 1);
    found
        .doubled
        .extend(twice.map(|(segment, times)| format!("segment {segment} is continued {times} times")));
    found
}

/// Starts of a program from less than it had said to be saved, in the words of heat.
fn steps_back(log: &str) -> Vec<String> {
    let mut saved = 0;
    let mut found = Vec::new();
    for line in log.lines() {
        let step = line.rsplit_once("step=").and_then(|(_, step)| step.trim().parse::<u64>().ok());
        if line.contains(": checkpoint step=") {
            saved = step.map_or(saved, |step| step.max(saved));
        } else if line.contains(": ready ") && step.is_some_and(|step| step < saved) {
            found.push(format!("step {saved} was saved, and then: {line}"));
        }
    }
    found
}

/// What still runs in the chain's directory, a few seconds after its end.
fn orphans(dir: &Path) -> Vec<String> {
    let mut left = Vec::new();
    for _ in 0..50 {
        left = running_below(dir, &[]).into_values().flatten().collect();
        if left.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    left.into_iter()
        .map(|pid| {
            let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            format!("{pid}: {}", String::from_utf8_lossy(&words).replace('\0', " "))
        })
        .collect()
}
