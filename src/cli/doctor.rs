//! `ckwrap doctor`: looks for what is wrong with a batch script, the site and the run directory, and says how to mend it.
//!
//! Here everything is asked and read; what it means is decided in [`crate::doctor`].

mod application;
mod json;
mod place;
mod quota;
mod script;
mod site;

use std::io::Write;
use std::path::{Path, PathBuf};

use super::dispatch::Failure;
use crate::doctor::{self, Beginning, Finding, Report, RunsIn, Settings, Severity, Site};
use crate::model::ExitStatus;
use script::Source;

/// Look for what is wrong with a batch script, the site and the run directory
///
/// Each finding has a name, a place, the reason in one sentence, and how to mend it. Nothing is changed without --fix; to
/// try the file system, a directory .ckwrap-doctor-* is made in the run directory and removed at once.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(
    after_help = "Exit code: 0: nothing, or advice only; 1: warnings; 2: errors; 125: it could not be looked.\n\n\
                        Examples:\n  ckwrap doctor job.sh             look\n  \
                        ckwrap doctor --fix job.sh       mend what can be mended safely, in job.sh.fixed\n  \
                        ckwrap doctor --offline job.sh   look at the script alone\n  \
                        ckwrap doctor                    look at the site and this directory"
)]
pub struct DoctorArgs {
    /// The batch script [default: only site and directory are looked at]
    pub script: Option<PathBuf>,
    /// Mend what cannot do harm, in a copy: SCRIPT.fixed
    #[arg(long, requires = "script")]
    pub fix: bool,
    /// Mend the script itself; what it was stays as SCRIPT.bak
    #[arg(long, requires = "fix")]
    pub in_place: bool,
    /// Look at the script alone: ask no scheduler, and touch no directory
    #[arg(long)]
    pub offline: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Directory in which sbatch is typed [default: the working directory]
    #[arg(short = 'C', long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

/// Looks, prints what was found, and says how grave it is.
pub(super) fn execute(args: &DoctorArgs, cwd: &Path, out: &mut impl Write) -> Result<ExitStatus, Failure> {
    let submission = args.directory.as_ref().map_or_else(|| cwd.to_owned(), |dir| cwd.join(dir));
    let source = args.script.as_ref().map(|path| Source::read(path, cwd)).transpose()?;
    let text = source.as_ref().map(|source| source.text.as_str());
    let beginning = text.and_then(doctor::beginning);
    let run_dir = run_dir(&submission, beginning.as_ref());
    let mut first = Report::default();
    let configured = application::configure(beginning.as_ref(), run_dir.as_ref(), &mut first);
    let settings = configured.as_ref().map_or_else(Settings::default, application::settings);
    let site = if args.offline { None } else { site::ask(text) };
    let mut mended = Vec::new();
    let mut shown = source;
    let mut report = Report::default();
    if let Some(source) = &mut shown {
        report = doctor::judge(&source.text, &source.name, &settings, site.as_ref());
        if args.fix {
            let fixed = doctor::fix(&source.text, &source.name, &settings, site.as_ref());
            (mended, report) = (fixed.mended, fixed.left);
            source.put(fixed.text, args.in_place)?;
        }
    }
    if let (Some(loaded), Some(source), Some(beginning)) = (&configured, &shown, &beginning)
        && !args.offline
    {
        let known = application::look(loaded, beginning, run_dir.as_ref());
        report.add_application(&known, &source.text);
    }
    report.findings.extend(first.findings);
    report.not_judged.extend(first.not_judged);
    if !args.offline {
        let text = shown.as_ref().map(|source| source.text.as_str());
        around(text, &settings, site.as_ref(), &run_dir, configured.as_ref(), &mut report);
    }
    print(args, shown.as_ref(), &report, &mended, out)?;
    Ok(match report.worst() {
        None | Some(Severity::Advice) => ExitStatus::SUCCESS,
        Some(Severity::Warning) => ExitStatus::Code(1),
        Some(Severity::Error) => ExitStatus::Code(2),
    })
}

/// The directory in which ckwrap will run; or the line that keeps it from being known.
fn run_dir(submission: &Path, beginning: Option<&Beginning>) -> Result<PathBuf, usize> {
    match beginning.map(|beginning| &beginning.runs_in) {
        None | Some(RunsIn::Submission) => Ok(submission.to_owned()),
        Some(RunsIn::Path(path)) => Ok(submission.join(path)),
        Some(RunsIn::Unknown(line)) => Err(*line),
    }
}

/// Site and directory.
fn around(
    text: Option<&str>,
    settings: &Settings,
    site: Option<&Site>,
    run_dir: &Result<PathBuf, usize>,
    configured: Option<&crate::config::Loaded>,
    report: &mut Report,
) {
    let run_dir = match run_dir {
        Ok(path) => path,
        Err(line) => {
            report
                .not_judged
                .push(format!("the run directory: only the shell knows where line {line} leads"));
            return site_alone(text, settings, site, report);
        }
    };
    let journals = place::journals(run_dir);
    match site {
        Some(site) => report.add_site(site, text, settings, &journals.known),
        None => no_site(report),
    }
    let copies = configured.map_or(0, |loaded| loaded.plan.profile.keep);
    let slurm = site.is_some_and(|site| site.kill_wait.known().is_some());
    let directory = place::look(run_dir, journals.trouble, slurm);
    report.add_directory(&directory, &journals.known, copies);
}

fn site_alone(text: Option<&str>, settings: &Settings, site: Option<&Site>, report: &mut Report) {
    match site {
        Some(site) => report.add_site(site, text, settings, &doctor::Checkpoints::default()),
        None => no_site(report),
    }
}

fn no_site(report: &mut Report) {
    report.not_judged.push("the site's settings: Slurm's commands are not on this machine".into());
}

fn print(
    args: &DoctorArgs,
    source: Option<&Source>,
    report: &Report,
    mended: &[Finding],
    out: &mut impl Write,
) -> Result<(), Failure> {
    let written = source.map(|source| source.written.clone()).unwrap_or_default();
    let script = source.map(|source| (source.shown_name(), source.text.as_str()));
    if args.json {
        json::write(script, report, args.fix.then_some((mended, &written)), out)?;
    } else {
        let mended = args.fix.then_some((mended, written.as_str()));
        write!(out, "{}", doctor::print(&doctor::Printed { script, report, mended }))?;
    }
    Ok(out.flush()?)
}
