//! Who takes part: the words that stand before a command, and in what surroundings.

use std::error::Error;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Wish;

/// Names that the table and the line to reach refer to.
pub(super) const BARE: &str = "bare";
pub(super) const TINI: &str = "tini";
pub(super) const STATIC: &str = "ckwrap static";

/// One supervisor, or none.
pub(super) struct Contender {
    pub(super) name: String,
    words: Vec<PathBuf>,
    /// Whether a SIGUSR2 to it reaches the program.
    pub(super) forwards: bool,
    /// The fake Slurm that it runs under.
    slurm: Option<PathBuf>,
    next_job: AtomicU32,
}

impl Contender {
    fn new(name: &str, words: &[&Path]) -> Self {
        let words = words.iter().map(|word| word.to_path_buf()).collect();
        Self { name: name.to_owned(), words, forwards: true, slurm: None, next_job: AtomicU32::new(1000) }
    }

    /// This program with these words under it; each time in a job of its own where there is a Slurm.
    #[expect(
        clippy::disallowed_methods,
        reason = "the bench is no supervisor: what it starts has its own signal state"
    )]
    pub(super) fn command(&self, program: &Path, words: &[&str]) -> Command {
        let mut all = self.words.iter().map(PathBuf::as_path).chain([program]);
        let mut command = Command::new(all.next().unwrap_or(program));
        command.args(all).args(words);
        if let Some(slurm) = &self.slurm {
            let job = self.next_job.fetch_add(1, Ordering::Relaxed);
            let path = format!("{}:/usr/bin:/bin", slurm.join("bin").display());
            command.current_dir(slurm.join("run")).env("PATH", path).env("FAKE_SLURM", slurm);
            command.env("SLURM_JOB_ID", job.to_string()).env("SLURM_JOB_PARTITION", "main");
            command.env("SLURM_JOB_END_TIME", "4000000000").env("SLURM_SUBMIT_DIR", slurm.join("run"));
        }
        command
    }
}

fn found(program: &str) -> Result<PathBuf, Box<dyn Error>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    found.ok_or_else(|| format!("{program} is missing").into())
}

/// The directory of a fake Slurm whose jobs have a day left.
fn fake_slurm(program: &Path, folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    for name in ["bin", "run", "jobs", "plan"] {
        fs::create_dir_all(folder.join(name))?;
    }
    for name in ["scontrol", "sbatch", "squeue", "scancel"] {
        symlink(program, folder.join("bin").join(name))?;
    }
    fs::write(folder.join("partition"), "PartitionName=main PreemptMode=OFF\n")?;
    // A file that says where checkpoints lie makes it look for some.
    fs::write(folder.join("run/ckwrap.yaml"), "checkpoint: {glob: [state]}\n")?;
    Ok(folder.to_owned())
}

/// All of them; the first is the program by itself, the second the same again, which shows the noise.
pub(super) fn all(wish: &Wish, scene: &Path) -> Result<Vec<Contender>, Box<dyn Error>> {
    let trap = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/peers/trap.sh");
    let dashes = Path::new("--");
    let slurm = fake_slurm(&wish.fake_slurm, &scene.join("slurm"))?;
    Ok(vec![
        Contender::new(BARE, &[]),
        Contender::new("bare again", &[]),
        Contender::new(TINI, &[&found("tini")?, Path::new("-s"), dashes]),
        Contender::new("dumb-init", &[&found("dumb-init")?, dashes]),
        Contender::new("catatonit", &[&found("catatonit")?, dashes]),
        // It ends at this signal, and leaves the program behind.
        Contender { forwards: false, ..Contender::new("timeout", &[&found("timeout")?, Path::new("3600")]) },
        Contender::new("bash trap", &[&found("bash")?, &trap]),
        Contender::new("ckwrap dynamic", &[&wish.dynamic, dashes]),
        Contender::new(STATIC, &[&wish.fixed, dashes]),
        Contender { slurm: Some(slurm), ..Contender::new("ckwrap static, chain", &[&wish.fixed, dashes]) },
    ])
}
