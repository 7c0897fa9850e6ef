//! What scripts do by themselves that ckwrap does too: requeueing, submitting themselves, traps.

use super::words::{is_dead_after, is_signal, traps};
use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix, Place};
use crate::doctor::judge::Report;
use crate::doctor::shell::{Command, Kind, Part};
use crate::model::ContinuationMode;

/// CK010, CK011, CK012.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    if case.launches.is_empty() {
        return;
    }
    if !matches!(case.mode(), Some(ContinuationMode::None) | None) {
        case.script.commands.iter().for_each(|command| requeue(case, command, report));
    }
    for (command, action, signals) in traps(case) {
        trap(case, command, &action, &signals, report);
    }
}

fn requeue(case: &Case<'_>, command: &Command, report: &mut Report) {
    let words: Vec<String> = command.argv().iter().map(|word| word.literal().unwrap_or_default()).collect();
    let first = words.first().map(String::as_str);
    if first == Some("scontrol")
        && words.iter().skip(1).any(|word| word == "requeue" || word == "requeuehold")
    {
        report.findings.push(requeued(case.at(command)));
    } else if first == Some("sbatch") && submits_itself(case, command, &words) {
        let unreached = case
            .launches
            .iter()
            .any(|launch| launch.replaces_shell(case.script) && is_dead_after(case, launch.command, command));
        if unreached {
            return;
        }
        let why = "The script submits itself, and ckwrap makes the chain go on too: two jobs would then go on from one checkpoint.";
        let fix = Fix::by_hand("take this line out: ckwrap does it, and only when the work is not finished");
        report.findings.push(Finding::error("CK011", case.at(command), why, fix));
    }
}

fn requeued(place: Place) -> Finding {
    let why = "The script requeues its job, and ckwrap does so too, only after the checkpoint is complete and never for a job that was cancelled.";
    let fix =
        Fix::by_hand("take this out, or tell ckwrap to leave it to the script: `ckwrap --continue none`");
    Finding::error("CK010", place, why, fix)
}

/// Whether what is submitted is this script, and not one for later work.
fn submits_itself(case: &Case<'_>, command: &Command, words: &[String]) -> bool {
    // A script that finds itself outside of a job may well submit itself.
    let block = case.script.around(command).map(|block| block.at).next();
    let line = case.slice(0..command.at.start).rfind('\n').map_or(0, |at| at + 1);
    let before = case.slice(block.unwrap_or(line).min(line)..command.at.start);
    if before.contains("SLURM_JOB") || before.contains("SBATCH") {
        return false;
    }
    let own = command.argv().iter().skip(1).any(|word| {
        let zero = |part: &Part| match part {
            Part::Variable(name, _) => name == "0" || name == "BASH_SOURCE",
            Part::Other(text) => text == "BASH_SOURCE[0]",
            Part::Literal(_) | Part::Output(_) => false,
        };
        word.parts.iter().any(zero)
    });
    let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    own || words
        .iter()
        .skip(1)
        .any(|word| !word.starts_with('-') && !word.is_empty() && base(word) == base(case.name))
}

fn trap(case: &Case<'_>, command: &Command, action: &str, signals: &[String], report: &mut Report) {
    let told = !matches!(case.mode(), Some(ContinuationMode::None) | None);
    if action.contains("scontrol requeue") && told {
        report.findings.push(requeued(case.at(command)));
        return;
    }
    // Those for errors of the lines in front are right as they are.
    let meant: Vec<&str> = signals
        .iter()
        .map(String::as_str)
        .filter(|name| is_signal(name) || *name == "EXIT" || *name == "0")
        .collect();
    if meant.is_empty()
        || case.script.in_function(command)
        || case.script.around(command).any(|block| block.kind == Kind::Subshell)
    {
        return;
    }
    let replaced = case
        .launches
        .iter()
        .find(|launch| launch.replaces_shell(case.script) && launch.command.at.start > command.at.start);
    let in_front = case.launches.iter().all(|launch| {
        !launch.in_background(case.script) && !launch.in_pipe(case.script) && launch.starter.is_none()
    });
    let names = meant.join(" ");
    if replaced.is_some() {
        let why = format!(
            "This trap ({names}) is gone once exec has put ckwrap in the shell's place: it never runs for it."
        );
        let fix = Fix::by_hand("take it out; what must be done at the end goes into a job of its own")
            .paste("sbatch --dependency=afterany:JOBID after.sh");
        report.findings.push(Finding::warning("CK012", case.at(command), why, fix));
    } else if in_front && meant.iter().any(|name| is_signal(name)) {
        let why = format!(
            "bash runs this trap ({names}) only when ckwrap has ended, so it cannot make anything be saved."
        );
        let fix = Fix::by_hand("take it out, and start ckwrap with exec: it handles Slurm's signals itself");
        report.findings.push(Finding::warning("CK012", case.at(command), why, fix));
    }
}
