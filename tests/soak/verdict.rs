//! What came of a soak.

use std::fmt;

use super::cluster::Site;
use super::jobs::Jobs;
use crate::outages::history::violations;

/// Counts, and what is wrong.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    chains: usize,
    segments: u64,
    by_hand: u32,
    doubled: Vec<String>,
    lost: Vec<String>,
    orphans: Vec<String>,
    untold: Vec<String>,
    unfinished: Vec<String>,
    different: Vec<String>,
}

impl Verdict {
    pub(super) fn on(site: &Site, jobs: &Jobs) -> Self {
        let mut verdict = Self { chains: jobs.lots.len(), ..Self::default() };
        for lot in &jobs.lots {
            let (chain, log) = (lot.chain(site), lot.log());
            let at = |text: String| format!("{}: {text}", lot.dir.display());
            verdict.segments += log.lines().filter(|line| line.contains(": ready ")).count() as u64;
            verdict.by_hand += lot.by_hand;
            verdict.untold.extend(lot.untold.clone());
            if !lot.finished {
                verdict.unfinished.push(at("not finished in the time given".into()));
            } else if let Err(text) = lot.kind.is_result_right(&lot.dir) {
                verdict.different.push(at(text));
            }
            let found = violations(&chain, &log, &site.watch);
            verdict.doubled.extend(found.doubled.into_iter().map(at));
            verdict.lost.extend(found.lost.into_iter().map(at));
            verdict.orphans.extend(found.orphans.into_iter().map(at));
        }
        verdict
    }

    fn wrong(&self) -> [(&str, &Vec<String>); 6] {
        [
            ("doubled", &self.doubled),
            ("lost", &self.lost),
            ("orphans", &self.orphans),
            ("over without a word", &self.untold),
            ("not finished", &self.unfinished),
            ("other results", &self.different),
        ]
    }

    pub(super) fn is_good(&self) -> bool {
        self.wrong().iter().all(|(_, list)| list.is_empty())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "soak: {} chains, {} segments, {} submitted again by hand",
            self.chains, self.segments, self.by_hand
        )?;
        for (what, list) in self.wrong() {
            write!(f, "\nsoak: {what}: {}", list.len())?;
            list.iter().try_for_each(|text| write!(f, "\n  {text}"))?;
        }
        Ok(())
    }
}
