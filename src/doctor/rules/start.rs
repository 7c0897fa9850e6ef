//! Whether the script starts anything under ckwrap, and by words that ckwrap takes.

use super::words::is_harmless;
use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix, Place};
use crate::doctor::judge::Report;
use crate::doctor::launch::{Launch, UNKNOWN, is_helper};

/// CK001, CK014, CK015.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    if case.launches.is_empty() {
        none(case, report);
    }
    for launch in &case.launches {
        separator(case, launch, report);
        options(case, launch, report);
        if case.script.in_function(launch.command) {
            let line = case.slice(0..launch.command.at.start).matches('\n').count() + 1;
            report.not_judged.push(format!("when ckwrap in line {line} runs: it stands in a function"));
        }
    }
}

fn none(case: &Case<'_>, report: &mut Report) {
    if case.script.unclear.is_some() {
        return;
    }
    let comments = &case.script.comments;
    let hidden = case.text.match_indices("ckwrap").map(|(at, _)| at).find(|at| {
        let comment = comments.iter().any(|comment| comment.contains(at));
        let helper = case
            .script
            .commands
            .iter()
            .any(|command| command.at.contains(at) && is_helper(case.script, command));
        !comment && !helper
    });
    if let Some(at) = hidden {
        let line = case.slice(0..at).matches('\n').count() + 1;
        report
            .not_judged
            .push(format!("how ckwrap is started: line {line} names it in a way that is not followed"));
        return;
    }
    if let Some(command) = case.script.commands.iter().find(|command| {
        command.argv().first().is_some_and(|word| word.literal().is_none())
            || command.name().is_some_and(|name| name == "eval")
    }) {
        let line = case.slice(0..command.at.start).matches('\n').count() + 1;
        report.not_judged.push(format!("what line {line} runs: only the shell knows, and it may be ckwrap"));
        return;
    }
    let why = "No line of this script starts a program under ckwrap, so nothing is saved before the time limit and nothing goes on.";
    let main = case
        .script
        .commands
        .iter()
        .rev()
        .find(|command| !is_harmless(command) && !case.script.in_function(command));
    let Some(command) = main else {
        let fix = Fix::by_hand("start the program with").paste("exec ckwrap -- ./program");
        report.findings.push(Finding::error(
            "CK001",
            Place::Script(case.header.first_line.clone()),
            why,
            fix,
        ));
        return;
    };
    let words = case.argv_text(command);
    let words = words.strip_prefix("exec ").unwrap_or(words);
    let environment =
        case.slice(command.at.start..command.at.end - case.argv_text(command).len().min(command.at.len()));
    let env =
        if environment.trim().is_empty() { String::new() } else { format!("env {} ", environment.trim()) };
    let fix = if case.script.is_plain(command) && !words.contains('\n') {
        Fix::by_hand("if this is the long computation, write").paste(format!("exec ckwrap -- {env}{words}"))
    } else {
        Fix::by_hand("start the long computation with").paste("exec ckwrap -- ./program")
    };
    report.findings.push(Finding::error("CK001", case.at(command), why, fix));
}

/// ckwrap takes a program only behind two dashes.
fn separator(case: &Case<'_>, launch: &Launch<'_>, report: &mut Report) {
    if launch.separated || launch.is_vague() {
        return;
    }
    let place = case.at(launch.command);
    let Some(first) = launch.first else {
        let why = "ckwrap is given no program to run, and ends with an error before anything is started.";
        let fix = Fix::by_hand("name the program behind two dashes").paste("exec ckwrap -- ./program");
        report.findings.push(Finding::error("CK014", place, why, fix));
        return;
    };
    if launch.program.first().is_some_and(|word| word == UNKNOWN) {
        return;
    }
    let why =
        "ckwrap takes a program only behind two dashes, and ends with an error before anything is started.";
    let at = first.at.start;
    let (before, behind) = (case.slice(launch.command.at.start..at), case.slice(at..launch.command.at.end));
    let fix = Fix::by_hand("write instead").paste(format!("{before}-- {behind}"));
    // A variable may hold options and the program at once.
    let certain = first.literal().is_some();
    let fix = if certain { fix.edit(at..at, "-- ") } else { fix };
    report.findings.push(Finding::error("CK014", place, why, fix));
}

fn options(case: &Case<'_>, launch: &Launch<'_>, report: &mut Report) {
    if launch.option("dry-run").is_some() {
        let why = "With --dry-run ckwrap only shows what it would do: the job ends at once and nothing is computed.";
        let fix = Fix::by_hand("take --dry-run out of this line");
        report.findings.push(Finding::error("CK015", case.at(launch.command), why, fix));
    }
    let why = match launch.option("engine") {
        Some(Some("none")) => {
            "With --engine none ckwrap only passes signals on: nothing is saved before the time limit, nothing goes on."
        }
        Some(Some("local")) => {
            "With --engine local ckwrap does not ask Slurm: the job's end strikes unforeseen, and nothing goes on after it."
        }
        _ => return,
    };
    let fix = Fix::by_hand("take --engine out of this line: inside a job ckwrap chooses Slurm by itself");
    report.findings.push(Finding::error("CK015", case.at(launch.command), why, fix));
}
