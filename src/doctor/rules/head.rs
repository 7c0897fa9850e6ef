//! The form of the script: its first line, its line ends, `#SBATCH` lines that are not read.

use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix, Place};
use crate::doctor::judge::Report;

/// CK117 to CK122.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    first_line(case, report);
    line_ends(case, report);
    late(case, report);
    misspelled(case, report);
    variables(case, report);
    if case.header.is_heterogeneous() {
        report.not_judged.push(
            "the #SBATCH lines: this is a heterogeneous job, and each of its parts has options of its own"
                .into(),
        );
    }
    if !case.header.is_shell() {
        let name = case.header.interpreter.as_deref().unwrap_or_default();
        report
            .not_judged
            .push(format!("the commands of the script: they are for {name}, not for sh or bash"));
    }
    if let Some(unclear) = &case.script.unclear {
        let line = case.slice(0..unclear.at).matches('\n').count() + 1;
        report.not_judged.push(format!(
            "the commands from line {line} on: {}; does `bash -n {}` accept the script?",
            unclear.what, case.name
        ));
    }
}

fn first_line(case: &Case<'_>, report: &mut Report) {
    if case.header.interpreter.is_some() {
        return;
    }
    let place = Place::Script(case.header.first_line.clone());
    let first = case.slice(case.header.first_line.clone());
    let (why, fix) = if first.contains("#!") {
        // Blanks, an empty sign or a byte-order mark stand before it.
        let at = first.find("#!").unwrap_or(0);
        let fix = Fix::by_hand("let nothing stand before the `#!`")
            .paste(first.get(at..).unwrap_or_default().trim());
        ("Something stands before the `#!`, and sbatch refuses such a script.", fix.edit(0..at, ""))
    } else {
        let fix = Fix::by_hand("put in front, if it is for bash").paste("#!/bin/bash");
        let is_batch_script = case.header.options.iter().any(|option| option.name != "hetjob");
        let fix = if is_batch_script && case.script.unclear.is_none() {
            fix.edit(0..0, "#!/bin/bash\n")
        } else {
            fix
        };
        ("The first line is no `#!`, and sbatch refuses such a script.", fix)
    };
    report.findings.push(Finding::error("CK119", place, why, fix));
}

fn line_ends(case: &Case<'_>, report: &mut Report) {
    let Some(at) = case.text.find("\r\n") else { return };
    let start = case.slice(0..at).rfind('\n').map_or(0, |before| before + 1);
    let mut fix =
        Fix::by_hand("take the carriage returns out").paste(format!("sed -i 's/\\r$//' {}", case.name));
    for (at, _) in case.text.match_indices("\r\n") {
        fix = fix.edit(at..at + 1, "");
    }
    let why = "The lines end as on Windows (a carriage return), and sbatch refuses such a script.";
    report.findings.push(Finding::error("CK120", Place::Script(start..at), why, fix));
}

fn late(case: &Case<'_>, report: &mut Report) {
    let Some(first) = case.script.commands.first() else { return };
    let late = case.script.comments.iter().filter(|at| at.start > first.at.start);
    let at_line_start = |at: usize| at == 0 || case.slice(at - 1..at) == "\n";
    for at in late.filter(|at| at_line_start(at.start)).take(20) {
        let line = case.slice(at.clone()).trim_end();
        if line.strip_prefix("#SBATCH").is_some_and(|rest| rest.starts_with([' ', '\t', '-'])) {
            let why = "sbatch reads #SBATCH lines only up to the first command, so this one does nothing.";
            let fix = Fix::by_hand("if it is meant, move it up, to the other #SBATCH lines").paste(line);
            report.findings.push(Finding::warning(
                "CK118",
                Place::Script(at.start..at.start + line.len()),
                why,
                fix,
            ));
        }
    }
}

/// Lines that look like options and are none: `#SBACTH -t 5` is a comment, and `#SBATCHES` an error (sbatch 22.05.8).
fn misspelled(case: &Case<'_>, report: &mut Report) {
    let end = case.script.commands.first().map_or(case.text.len(), |first| first.at.start);
    for at in case.script.comments.iter().filter(|at| at.end <= end) {
        let line = case.slice(at.clone()).trim_end();
        let place = Place::Script(at.start..at.start + line.len());
        let (word, rest) = line.split_at(line.find([' ', '\t']).unwrap_or(line.len()));
        if let Some(behind) = line.strip_prefix("#SBATCH") {
            if behind.starts_with(|next: char| next.is_ascii_alphanumeric() || next == ':') {
                let why = "sbatch refuses a script with a line that begins with #SBATCH and goes on without a blank.";
                let fix = Fix::by_hand("put a blank behind #SBATCH, or a second # in front of it");
                report.findings.push(Finding::error("CK121", place, why, fix));
            }
            continue;
        }
        let name = word.strip_prefix('#').unwrap_or_default();
        // One more # in front is how a line is switched off.
        let near = !name.starts_with('#')
            && name.len() >= 5
            && strsim::damerau_levenshtein(&name.to_ascii_uppercase(), "SBATCH") <= 1;
        if near && rest.trim_start().starts_with('-') {
            let why =
                format!("sbatch takes this line for a comment: it begins with {word} and not with #SBATCH.");
            let fix = Fix::by_hand("if it is meant, write").paste(format!("#SBATCH{rest}"));
            report.findings.push(Finding::warning("CK122", place, why, fix));
        }
    }
}

/// Options in which a dollar has no meaning of its own: a comment or a mail address may hold one.
const WITH_PATHS: [&str; 9] =
    ["output", "error", "input", "chdir", "time", "array", "signal", "job-name", "account"];

fn variables(case: &Case<'_>, report: &mut Report) {
    for option in &case.header.options {
        let value = option.value.as_ref().and_then(|value| value.to_str()).unwrap_or_default();
        let names_one = value.match_indices('$').any(|(at, _)| {
            let next = value.get(at + 1..).and_then(|rest| rest.chars().next());
            next.is_some_and(|next| next.is_ascii_alphabetic() || "_{(".contains(next))
        });
        if names_one && WITH_PATHS.contains(&option.name.as_str()) {
            let why = "No shell reads #SBATCH lines: the variable in this one stays as it is written.";
            let fix = match option.name.as_str() {
                "output" | "error" => {
                    Fix::by_hand("write the path itself; %j is the job's number, %x its name, %u its user")
                }
                "job-name" => Fix::by_hand("write the name itself"),
                _ => Fix::by_hand("write the value itself, or give the option on the command line of sbatch"),
            };
            report.findings.push(Finding::warning("CK117", Place::Script(option.at.clone()), why, fix));
        }
    }
}
