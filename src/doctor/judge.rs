//! All checks of a script, one after the other, and what comes of them.

use super::case::{Case, Settings, commands};
use super::facts::{Application, Checkpoints, Directory, Site};
use super::finding::{Finding, Place, Severity};
use super::header::Header;
use super::rules;

/// What came of all checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What was found, in the order of the script.
    pub findings: Vec<Finding>,
    /// What could not be told, and so was not judged.
    pub not_judged: Vec<String>,
    /// What was looked at beside the script, and what was seen there.
    pub seen: Vec<String>,
}

/// Most findings that are told: nobody reads more.
const MOST: usize = 500;

/// Judges a script by itself, and by the site's settings where they are known.
pub fn judge(text: &str, name: &str, settings: &Settings, site: Option<&Site>) -> Report {
    let header = Header::of(text);
    let script = commands(text, &header);
    let case = Case::new(text, name, (&header, &script), settings, site);
    let mut report = Report::default();
    rules::head::check(&case, &mut report);
    if !header.is_heterogeneous() {
        rules::requeue::check(&case, &mut report);
        rules::time::check(&case, &mut report);
        rules::signal::check(&case, &mut report);
        rules::array::check(&case, &mut report);
        rules::output::check(&case, &mut report);
    }
    if header.is_shell() {
        rules::start::check(&case, &mut report);
        rules::shape::check(&case, &mut report);
        rules::order::check(&case, &mut report);
        rules::several::check(&case, &mut report);
        rules::own::check(&case, &mut report);
        rules::around::check(&case, &mut report);
        rules::place::check(&case, &mut report);
    }
    report.sort();
    let more = report.findings.len().saturating_sub(MOST);
    if more > 0 {
        report.findings.truncate(MOST);
        report.not_judged.push(format!("{more} more findings: mend those that are told first"));
    }
    report
}

impl Report {
    /// The gravest of all; `None`: nothing was found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// How many are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Judges what is known of the site.
    pub fn add_site(&mut self, site: &Site, text: Option<&str>, settings: &Settings, known: &Checkpoints) {
        rules::site::check(site, text, settings, known, self);
    }

    /// Judges the run directory.
    pub fn add_directory(&mut self, directory: &Directory, known: &Checkpoints, copies: u32) {
        rules::directory::check(directory, known, copies, self);
    }

    /// Judges what is known of the program that the script starts.
    pub fn add_application(&mut self, application: &Application, text: &str) {
        rules::application::check(application, text, self);
        self.sort();
    }

    /// In the order of the script; what is not about it comes behind.
    fn sort(&mut self) {
        let key = |finding: &Finding| match &finding.place {
            Place::Script(at) => (0, at.start, finding.code),
            _ => (1, 0, finding.code),
        };
        self.findings.sort_by_key(key);
    }
}
