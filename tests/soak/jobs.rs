//! The chains of a soak and their user, who does what ckwrap tells him to and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use super::cluster::Site;
use super::faults::Faults;
use super::program::{KINDS, Kind};
use crate::slurm::chain::Chain;
use crate::slurm::job::Job;

/// What the user looks for when a job is over and its chain is not.
const WORDS: [&str; 2] = ["submit", "try again later"];

/// One chain from its first submission to its end.
pub(super) struct Lot {
    pub(super) kind: &'static Kind,
    pub(super) dir: PathBuf,
    pub(super) finished: bool,
    /// How often the script was submitted again by hand.
    pub(super) by_hand: u32,
    /// Ends without a word of what to do, and without a fault that forbids one.
    pub(super) untold: Vec<String>,
    /// Length of the output that the user has read.
    read: usize,
}

impl Lot {
    /// All that the jobs of the chain have said.
    pub(super) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.dir.join("log")).unwrap_or_default()).into_owned()
    }

    pub(super) fn chain<'a>(&self, site: &'a Site) -> Chain<'a> {
        Chain::at(&site.cluster, &self.dir)
    }

    pub(super) fn is_of(&self, job: &Job) -> bool {
        Path::new(job.field("WorkDir")) == self.dir
    }

    fn submit(&self, site: &Site) -> bool {
        let mut command = site.cluster.command("sbatch");
        command.arg("--chdir").arg(&self.dir).arg("--output").arg(self.dir.join("log"));
        command.args(["--time=10", "--parsable"]).args(self.kind.sbatch).arg(self.dir.join("job.sh"));
        let output = command.output();
        let done = output.as_ref().is_ok_and(|output| output.status.success());
        site.tell(&format!("the user submits {}: {done}", self.dir.display()));
        done
    }
}

/// All chains, those that are finished among them.
pub(super) struct Jobs {
    pub(super) lots: Vec<Lot>,
}

impl Jobs {
    /// One chain of each kind.
    pub(super) fn start(site: &Site) -> Self {
        let mut jobs = Self { lots: Vec::new() };
        for kind in &KINDS {
            jobs.add(site, kind);
        }
        jobs
    }

    fn add(&mut self, site: &Site, kind: &'static Kind) {
        let round = self.lots.iter().filter(|lot| lot.kind.name == kind.name).count() + 1;
        let dir = site.cluster.dir().join(format!("{}-{round}", kind.name));
        fs::create_dir(&dir).unwrap();
        kind.write(&dir);
        let lot = Lot { kind, dir, finished: false, by_hand: 0, untold: Vec::new(), read: 0 };
        lot.submit(site);
        self.lots.push(lot);
    }

    pub(super) fn all_finished(&self) -> bool {
        self.lots.iter().all(|lot| lot.finished)
    }

    /// Chains that are not finished.
    pub(super) fn open(&self) -> Vec<&Lot> {
        self.lots.iter().filter(|lot| !lot.finished).collect()
    }

    /// Submits again where a chain's jobs are all over and it is not finished; begins a new chain where one is.
    pub(super) fn look_after(&mut self, site: &Site, faults: &mut Faults, more: bool) {
        let Some(jobs) = site.jobs() else { return };
        for job in jobs.iter().filter(|job| job.state() == "PENDING" && job.field("Reason").contains("eld")) {
            site.try_slurm("scontrol", &["release", &job.id()]);
        }
        let mut again = Vec::new();
        for lot in self.lots.iter_mut().filter(|lot| !lot.finished) {
            if jobs.iter().any(|job| lot.is_of(job)) {
                continue;
            }
            lot.finished = lot.chain(site).records().iter().any(|record| record.kind() == "chain_finished");
            if lot.finished {
                site.tell(&format!("{} is finished", lot.dir.display()));
                again.push(lot.kind);
                continue;
            }
            let log = lot.log();
            let news = log.get(lot.read..).unwrap_or_default().to_owned();
            let told = WORDS.iter().any(|words| news.contains(words));
            if !told && !faults.explain(&lot.dir) {
                let text = format!("{}: over without a word: {news}", lot.dir.display());
                site.tell(&text);
                lot.untold.push(text);
            }
            lot.read = log.len();
            lot.by_hand += u32::from(lot.submit(site));
        }
        for kind in again.into_iter().filter(|_| more) {
            self.add(site, kind);
        }
    }
}
