//! Findings as text for a terminal of 80 columns, and for a reader that speaks it: no colour, no drawing.

use std::fmt::Write as _;

use super::finding::{Finding, Place, Severity};
use super::judge::Report;
use crate::model::{harmless, typed};

/// What is printed.
#[derive(Debug, Clone, Copy)]
pub struct Printed<'a> {
    /// The script's name and text.
    pub script: Option<(&'a str, &'a str)>,
    /// What was found.
    pub report: &'a Report,
    /// What was mended, and where the result is.
    pub mended: Option<(&'a [Finding], &'a str)>,
}

const WIDTH: usize = 80;

/// Line and column, from 1, of a byte of a text; columns count letters.
pub fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before.get(start..).unwrap_or_default().chars().count() + 1)
}

/// The whole text, ending in a line that says how it stands and what to type next.
pub fn print(printed: &Printed<'_>) -> String {
    let mut out = String::new();
    for finding in &printed.report.findings {
        one(printed.script, finding, &mut out);
    }
    if let Some((mended, path)) = printed.mended {
        changes(mended, path, &mut out);
    }
    if !printed.report.not_judged.is_empty() {
        out.push_str("Not judged, as it could not be told:\n");
        for note in &printed.report.not_judged {
            wrap(&mut out, "  - ", "    ", &harmless(note));
        }
        out.push('\n');
    }
    if !printed.report.seen.is_empty() {
        out.push_str("Looked at:\n");
        for note in &printed.report.seen {
            wrap(&mut out, "  - ", "    ", &harmless(note));
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(printed));
    // Whole, however long, so that it can be pasted.
    let _ = writeln!(out, "Next: {}", next(printed));
    out
}

fn one(script: Option<(&str, &str)>, finding: &Finding, out: &mut String) {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    };
    let (place, quoted) = whereabouts(script, &finding.place);
    // A path is never broken, so that it can be clicked or pasted.
    let _ = writeln!(out, "{}: {severity} {}", harmless(&place), finding.code);
    wrap(out, "  ", "  ", &harmless(&finding.why));
    if let Some(line) = quoted {
        let _ = writeln!(out, "    | {}", harmless(&line));
    }
    if !finding.fix.how.is_empty() {
        let colon = if finding.fix.paste.is_empty() { "." } else { ":" };
        wrap(out, "  Fix: ", "       ", &format!("{}{colon}", harmless(&finding.fix.how)));
    }
    for line in &finding.fix.paste {
        for line in line.lines() {
            // Whole, however long: a line that was broken could not be pasted.
            let _ = writeln!(out, "      {}", harmless(line));
        }
    }
    out.push('\n');
}

fn whereabouts(script: Option<(&str, &str)>, place: &Place) -> (String, Option<String>) {
    match (place, script) {
        (Place::Script(at), Some((name, text))) => {
            let (line, column) = line_and_column(text, at.start);
            (format!("{name}:{line}:{column}"), text.lines().nth(line - 1).map(|line| shortened(line.trim())))
        }
        (Place::Script(_), None) => ("script".into(), None),
        (Place::File(path, Some((line, column))), _) => (format!("{}:{line}:{column}", path.display()), None),
        (Place::File(path, None), _) => (path.display().to_string(), None),
        (Place::Site, _) => ("Slurm".into(), None),
        (Place::Directory(path), _) => (path.display().to_string(), None),
    }
}

fn shortened(line: &str) -> String {
    const MOST: usize = WIDTH - 6;
    if line.chars().count() <= MOST {
        return line.to_owned();
    }
    line.chars().take(MOST - 4).collect::<String>() + " ..."
}

fn changes(mended: &[Finding], path: &str, out: &mut String) {
    if mended.is_empty() {
        out.push_str("Nothing was changed: there is nothing here that is mended without a person.\n\n");
        return;
    }
    let codes: Vec<&str> = mended.iter().map(|finding| finding.code).collect();
    let rest = "What is listed above was not touched: it needs a decision.";
    wrap(out, "", "", &format!("Mended in {}: {}. {rest}", harmless(path), codes.join(", ")));
    out.push('\n');
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn summary(printed: &Printed<'_>) -> String {
    let report = printed.report;
    let counts = [
        (Severity::Error, "error", "errors"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Advice, "piece of advice", "pieces of advice"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .map(|(severity, one, many)| (report.count(*severity), one, many))
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, one, many)| counted(count, one, many))
        .collect();
    let counted = if parts.is_empty() { "Nothing found".to_owned() } else { parts.join(", ") };
    let mendable = report.findings.iter().filter(|finding| finding.fix.is_safe()).count();
    match (printed.mended, mendable) {
        (None, 1..) => format!("{counted}. --fix can mend {mendable} of them, in a copy."),
        _ => format!("{counted}."),
    }
}

fn next(printed: &Printed<'_>) -> String {
    let Some((name, _)) = printed.script else {
        return match printed.report.worst() {
            None | Some(Severity::Advice) => "ckwrap doctor SCRIPT".into(),
            Some(_) => "mend what is said above, then: ckwrap doctor SCRIPT".into(),
        };
    };
    let (name, report) = (typed(name), printed.report);
    let mendable = report.findings.iter().filter(|finding| finding.fix.is_safe()).count();
    match (printed.mended, report.worst()) {
        (Some((mended, path)), None | Some(Severity::Advice)) if !mended.is_empty() => {
            format!("sbatch {}", typed(path))
        }
        (Some((mended, path)), _) if !mended.is_empty() => {
            format!("edit {0} as said above, then: ckwrap doctor {0}", typed(path))
        }
        (None, _) if mendable > 0 => {
            format!("ckwrap doctor --fix {name}")
        }
        (_, None | Some(Severity::Advice)) => format!("sbatch {name}"),
        _ => format!("edit {name} as said above, then: ckwrap doctor {name}"),
    }
}

/// Puts words into lines of 80 columns; a word that is longer stays whole.
fn wrap(out: &mut String, first: &str, others: &str, text: &str) {
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            line.clear();
            line.push_str(others);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(&line);
    out.push('\n');
}
