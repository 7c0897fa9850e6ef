//! The same for programs.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::cli::json::write_json;
use crate::doctor::{Finding, Place, Report, Severity, line_and_column};

/// Prints an object of `script`, `findings`, `mended`, `written`, `not_judged`, `seen` and `counts`.
pub(super) fn write(
    script: Option<(&str, &str)>,
    report: &Report,
    mended: Option<(&[Finding], &String)>,
    out: &mut impl Write,
) -> io::Result<()> {
    let findings: Vec<Value> = report.findings.iter().map(|finding| one(script, finding)).collect();
    let codes = mended.map(|(mended, _)| mended.iter().map(|finding| finding.code).collect::<Vec<_>>());
    let written = mended.map(|(_, path)| path).filter(|path| !path.is_empty());
    write_json(
        &json!({
            "script": script.map(|(name, _)| name),
            "findings": findings,
            "mended": codes,
            "written": written,
            "not_judged": report.not_judged,
            "seen": report.seen,
            "counts": {
                "error": report.count(Severity::Error),
                "warning": report.count(Severity::Warning),
                "advice": report.count(Severity::Advice),
            },
        }),
        out,
    )
}

fn one(script: Option<(&str, &str)>, finding: &Finding) -> Value {
    let mut value = json!({
        "code": finding.code,
        "severity": finding.severity,
        "why": finding.why,
        "fix": {"how": finding.fix.how, "paste": finding.fix.paste, "safe": finding.fix.is_safe()},
    });
    let place = match (&finding.place, script) {
        (Place::Script(at), Some((name, text))) => {
            let ((line, column), (end_line, end_column)) =
                (line_and_column(text, at.start), line_and_column(text, at.end));
            json!({"file": name, "line": line, "column": column, "end_line": end_line, "end_column": end_column})
        }
        (Place::Script(_), None) => Value::Null,
        (Place::File(path, position), _) => {
            json!({"file": path.to_string_lossy(), "line": position.map(|(line, _)| line), "column": position.map(|(_, column)| column)})
        }
        (Place::Site, _) => json!({"about": "slurm"}),
        (Place::Directory(path), _) => json!({"directory": path.to_string_lossy()}),
    };
    if let Value::Object(fields) = &mut value {
        fields.insert("place".to_owned(), place);
    }
    value
}
