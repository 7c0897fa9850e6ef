//! Files that output goes to: whether one segment, task or job overwrites what another has written.

use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix, Place};
use crate::doctor::judge::Report;
use crate::doctor::shell::{Part, Word};
use crate::model::ContinuationMode;

/// CK116 and CK018.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    if case.launches.is_empty() {
        return;
    }
    pattern(case, report);
    redirects(case, report);
}

/// Whether the pattern holds one of these, such as `%j` or `%4a`.
fn has(pattern: &str, letters: &str) -> bool {
    pattern.match_indices('%').any(|(at, _)| {
        let rest = pattern.get(at + 1..).unwrap_or_default();
        let rest = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        rest.chars().next().is_some_and(|letter| letters.contains(letter))
    })
}

fn pattern(case: &Case<'_>, report: &mut Report) {
    let (Some(pattern), Some(option)) = (case.header.value("output"), case.header.option("output")) else {
        return;
    };
    if pattern.starts_with("/dev/") || pattern.contains('$') {
        return;
    }
    let place = Place::Script(option.at.clone());
    let appends = case.header.value("open-mode").is_some_and(|mode| mode.starts_with('a'));
    if let Some(array) = case.header.value("array").filter(|value| value.contains(['-', ','])) {
        let one_by_one = array.ends_with("%1");
        // %j is a number of its own for each task, %A that of the whole array.
        if has(pattern, "ajJ") || (one_by_one && appends) {
            return;
        }
        let why = if appends {
            "All tasks of the array write into this one file, mixed up."
        } else {
            "All tasks of the array write to this one file, over each other."
        };
        let (stem, end) = match pattern.rsplit_once('.') {
            Some((stem, end)) if !end.contains('/') && !stem.is_empty() => (stem, format!(".{end}")),
            _ => (pattern, String::new()),
        };
        let marks = if has(pattern, "A") { "-%a" } else { "-%A_%a" };
        let fix = Fix::by_hand("write in this line").paste(format!("--output={stem}{marks}{end}"));
        report.findings.push(Finding::warning("CK116", place, why, fix));
    } else if case.mode() == Some(ContinuationMode::None) && !appends && !has(pattern, "jJA") {
        let why = "Submitting the script again, as `--continue none` asks for, empties this file.";
        report.findings.push(Finding::warning(
            "CK116",
            place,
            why,
            case.add_option("#SBATCH --open-mode=append"),
        ));
    }
}

/// Variables that are the same in every segment of a chain.
const CONSTANT: [&str; 8] =
    ["HOME", "USER", "SCRATCH", "WORK", "PWD", "SLURM_SUBMIT_DIR", "SLURM_JOB_NAME", "SLURM_JOB_PARTITION"];

/// Whether the file is the same one in every segment.
fn is_fixed(case: &Case<'_>, target: &Word) -> bool {
    let same_job = case.requeues() && case.mode() != Some(ContinuationMode::Auto);
    target.parts.iter().all(|part| match part {
        Part::Literal(_) => true,
        Part::Variable(name, _) => {
            CONSTANT.contains(&name.as_str())
                || case.script.constant(name).is_some()
                || (same_job
                    && ["SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"].contains(&name.as_str()))
        }
        Part::Output(_) | Part::Other(_) => false,
    })
}

fn redirects(case: &Case<'_>, report: &mut Report) {
    for launch in &case.launches {
        for to in &launch.command.redirects {
            let into_file = [">", ">|", "&>"].contains(&to.operator)
                && !to
                    .target
                    .literal()
                    .is_some_and(|name| name.starts_with("/dev/") || name.starts_with('&'));
            if !into_file || !is_fixed(case, &to.target) {
                continue;
            }
            let why = "Each segment begins with emptying this file: what earlier ones wrote is lost.";
            let better = if to.operator == "&>" { "&>>" } else { ">>" };
            let descriptor = to.descriptor.as_deref().unwrap_or_default();
            let paste = format!("{descriptor}{better} {}", case.slice(to.target.at.clone()));
            let fix = Fix::by_hand("append to it").paste(paste).edit(to.at.clone(), better);
            let end = to.target.at.end;
            report.findings.push(Finding::warning("CK018", Place::Script(to.at.start..end), why, fix));
        }
    }
}
