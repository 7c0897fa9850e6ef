//! `ckwrap report`: a chain as one HTML file.
//!
//! Looks into the journal, asks Slurm once about the chain's job, and writes one file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::chains::{self, ChainError};
use super::logs;
use super::publish::{self, PublishError};
use super::slurm::Slurm;
use crate::model::{ChainId, Timestamp, harmless};
use crate::report::ChainStatus;
use crate::report::html::{MARK, Page};

/// Write a chain's timeline, progress, checkpoints and segments as one HTML file
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Example:\n  ckwrap report                            ckwrap-report-CHAIN.html of the only chain here\n  \
                        ckwrap report slurm-4711 -o run.html     another file\n  \
                        ckwrap report slurm-4711 -o - | less     to standard output\n\n\
                        The file needs no network and no script: open it in any browser, or send it to somebody."
)]
pub struct ReportArgs {
    /// Chain to report on [default: the only one]
    pub chain: Option<ChainId>,
    /// File to write; `-`: standard output [default: ckwrap-report-CHAIN.html in the run directory]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite the file even if it is no report of ckwrap's
    #[arg(long)]
    pub force: bool,
    /// Run directory in which the chain is [default: the working directory]
    #[arg(short = 'C', long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The chain cannot be shown.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The file cannot be written.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// It cannot be printed.
    #[error("cannot print the report: {0}")]
    Output(#[from] io::Error),
}

/// Writes the report and says where it is.
pub fn execute(
    args: &ReportArgs,
    cwd: &Path,
    out: &mut impl Write,
    now: Timestamp,
) -> Result<(), ReportError> {
    let directory = args.directory.as_ref().map_or_else(|| cwd.to_owned(), |dir| cwd.join(dir));
    let store = chains::named_or_only(&directory, args.chain.as_ref())?;
    let (loaded, trace) = chains::load(&store).map_err(ChainError::from)?;
    let owner = chains::owner_life(&store);
    let status = ChainStatus::of(&loaded, owner, now);
    let (slurm, view) = Slurm::new().about(&status);
    let to_stdout = args.output.as_deref() == Some(Path::new("-"));
    let file = match &args.output {
        Some(file) => cwd.join(file),
        None => directory.join(format!("ckwrap-report-{}.html", store.chain())),
    };
    let beside = file.parent().filter(|_| !to_stdout);
    let logs = logs::find(&directory, beside, &store, &loaded.history, view.as_ref());
    let html = Page { loaded: &loaded, trace: &trace, owner, slurm, logs: &logs, now }.html();
    if to_stdout {
        out.write_all(html.as_bytes())?;
    } else {
        publish::write(&file, html.as_bytes(), MARK.as_bytes(), args.force)?;
        let shown = args.output.as_ref().unwrap_or(&file);
        writeln!(out, "{}", harmless(&shown.to_string_lossy()))?;
    }
    Ok(out.flush()?)
}
