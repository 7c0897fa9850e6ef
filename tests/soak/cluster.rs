//! The private Slurm of a soak, and what is read from it.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::SystemTime;

use crate::outages::watch::Watch;
use crate::slurm::cluster::Cluster;
use crate::slurm::job::Job;
use crate::slurm::own::OwnCluster;

/// Room for all chains and a job of more weight; nodes that are given up soon, and requeued jobs that start soon.
const OPTIONS: [&str; 10] = [
    "--cpus=8",
    "--grace=10",
    "--kill-wait=12",
    "--slurmd-timeout=15",
    "--requeue-delay=20",
    "--conf=UnkillableStepTimeout=180",
    "--conf=BatchStartTimeout=120",
    "--conf=TCPTimeout=10",
    "--conf=SlurmctldParameters=max_batch_requeue=1000",
    "--conf=EnforcePartLimits=NO",
];

/// Where everything happens. Fields are dropped in this order: Slurm last.
pub(super) struct Site {
    pub(super) watch: Watch,
    pub(super) cluster: Cluster,
    pub(super) slurm: OwnCluster,
}

impl Site {
    pub(super) fn up() -> Self {
        let options: Vec<_> = OPTIONS.iter().flat_map(|option| option.splitn(2, '=')).collect();
        let slurm = OwnCluster::up_with(&options);
        let cluster = Cluster::on(&slurm);
        let watch = Watch::over(cluster.dir(), &["heat", "count.py", "count.sh"]);
        Self { watch, cluster, slurm }
    }

    /// All jobs that are not over, as far as the controller answers.
    pub(super) fn jobs(&self) -> Option<Vec<Job>> {
        let mut command = self.cluster.command("scontrol");
        let output = command.env("SLURM_TIME_FORMAT", "%s").args(["-o", "show", "job"]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let jobs =
            text.lines().map(Job::parse).filter(|job| !job.field("JobId").is_empty() && !job.is_over());
        output.status.success().then(|| jobs.collect())
    }

    /// An administrator's command, which may well be refused; the story tells how it went.
    pub(super) fn try_slurm(&self, program: &str, words: &[&str]) {
        match self.cluster.command(program).args(words).output() {
            Ok(output) if output.status.success() => self.tell(&format!("{program} {words:?}: done")),
            Ok(output) => {
                let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                self.tell(&format!("{program} {words:?}: {text}"));
            }
            Err(error) => self.tell(&format!("{program} {words:?}: {error}")),
        }
    }

    /// A line of the story of what was done when.
    pub(super) fn tell(&self, line: &str) {
        let mut file =
            fs::OpenOptions::new().create(true).append(true).open(self.cluster.dir().join("story")).unwrap();
        let now = humantime::format_rfc3339_millis(SystemTime::now());
        writeln!(file, "{now} {line}").unwrap();
    }

    /// Slurm's logs, beside the chains, whose directory is kept when the test fails.
    pub(super) fn keep_logs(&self) {
        let logs = self.cluster.dir().join("slurm-logs");
        fs::create_dir_all(&logs).unwrap();
        for entry in fs::read_dir(self.slurm.conf().parent().map_or(Path::new("/"), |etc| etc).join("../log"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let _ = fs::copy(entry.path(), logs.join(entry.file_name()));
        }
    }
}
