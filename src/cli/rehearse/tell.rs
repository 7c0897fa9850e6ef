//! The verdict on the terminal, as JSON, and as settings.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use crate::config::{FILE_NAME, TimeSpan};
use crate::model::harmless;
use crate::rehearsal::{Report, Word};

/// Settings that follow, as they stand in `ckwrap.yaml`; none: nothing was measured.
pub(super) fn settings(report: &Report) -> Option<String> {
    let lead = report.initial_lead?;
    let lead = TimeSpan::try_from(lead).ok()?;
    Some(format!(
        "checkpoint:\n  initial_lead: {lead}   # three times what a checkpoint took in a rehearsal\n"
    ))
}

/// A line a step, and what to do below those that need it.
pub(super) fn text(report: &Report, settings: Option<&str>, out: &mut impl Write) -> io::Result<()> {
    for finding in &report.findings {
        writeln!(out, "{:<10} {:<9}  {}", finding.step, finding.word, finding.text)?;
        if let Some(advice) = &finding.advice {
            writeln!(out, "{:<20}  -> {advice}", "")?;
        }
    }
    writeln!(out)?;
    if report.is_good() {
        writeln!(out, "It can be trusted to go on.")?;
    } else {
        let bad = report.findings.iter().filter(|finding| finding.word == Word::Bad).count();
        let steps = if bad == 1 { "One step" } else { "Some steps" };
        writeln!(out, "{steps} went wrong: mend what is marked BAD, and rehearse again.")?;
    }
    if let Some(settings) = settings {
        writeln!(out, "\nWhat follows for {FILE_NAME} (--write):\n\n{settings}")?;
    }
    Ok(())
}

/// For programs.
pub(super) fn json(report: &Report, settings: Option<&str>, out: &mut impl Write) -> io::Result<()> {
    let findings: Vec<_> = report
        .findings
        .iter()
        .map(|one| json!({"step": one.step, "result": one.word.to_string(), "text": one.text, "advice": one.advice}))
        .collect();
    let lead = report.initial_lead.map(|lead| lead.as_secs());
    let value =
        json!({"good": report.is_good(), "steps": findings, "initial_lead_s": lead, "settings": settings});
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}

/// Into a new file; one that is there is the user's.
pub(super) fn write(directory: &Path, settings: &str, out: &mut impl Write) -> io::Result<()> {
    let path = directory.join(FILE_NAME);
    let shown = harmless(&path.to_string_lossy());
    match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(mut file) => {
            file.write_all(settings.as_bytes())?;
            writeln!(out, "wrote {shown}")
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            writeln!(out, "{shown} is there already: put the lines above into it by hand")
        }
        Err(error) => Err(error),
    }
}
