//! What stands behind ckwrap in the script: never reached, or run after every segment.

use super::words::{is_dead_after, is_harmless, runs_after};
use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix};
use crate::doctor::judge::Report;
use crate::doctor::launch::is_helper;
use crate::doctor::shell::{Command, Join, Kind};
use crate::model::ContinuationMode;

/// CK003, CK004.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    for launch in &case.launches {
        let is_launch =
            |command: &Command| case.launches.iter().any(|other| std::ptr::eq(other.command, command));
        let behind =
            case.script.commands.iter().filter(|command| !is_harmless(command) && !is_launch(command));
        if launch.replaces_shell(case.script) {
            let mut dead = behind.filter(|command| is_dead_after(case, launch.command, command));
            if let Some(first) = dead.next() {
                never(case, first, dead.count(), report);
                return;
            }
        } else if !launch.in_background(case.script) && !case.script.in_function(launch.command) {
            let mut later = behind.filter(|command| is_reached(case, launch.command, command));
            if let Some(first) = later.next() {
                always(case, first, later.count(), report);
                return;
            }
        }
    }
}

/// Whether a command is sure to run after each segment: no condition, loop or way out stands before it.
fn is_reached(case: &Case<'_>, launch: &Command, command: &Command) -> bool {
    let between = |other: &&Command| other.at.start > launch.at.end && other.at.start < command.at.start;
    let ways_out = ["exit", "return", "break", "continue", "exec"];
    let leaves = |other: &Command| other.name().is_some_and(|name| ways_out.contains(&name.as_str()));
    let free = command.within.iter().all(|place| {
        let group = case
            .script
            .blocks
            .get(place.0)
            .is_some_and(|block| block.kind == Kind::Group && matches!(block.before, Join::Sequence));
        group || launch.within.contains(place)
    });
    // `ckwrap -- a && b`: directly behind it, success is all that is asked for.
    let next = case.script.commands.iter().find(|other| other.at.start > launch.at.end);
    let joined = match command.before {
        Join::Sequence => true,
        Join::And => launch.after == Join::And && next.is_some_and(|next| std::ptr::eq(next, command)),
        Join::Or | Join::Pipe | Join::Background => false,
    };
    let condition = case
        .script
        .around(launch)
        .zip(&launch.within)
        .any(|(block, (_, branch))| matches!(block.kind, Kind::If | Kind::Loop(_)) && *branch == 0);
    runs_after(case, launch, command)
        && free
        && joined
        && !condition
        && !case.script.commands.iter().filter(between).any(leaves)
}

fn and_more(count: usize) -> String {
    match count {
        0 => "This is".into(),
        1 => "This and the command behind it are".into(),
        count => format!("This and the {count} commands behind it are"),
    }
}

/// In an array chain the tasks that are left at the end are cancelled, and nobody's dependency on success is met.
fn afterwards(case: &Case<'_>) -> Fix {
    let when = if case.mode() == Some(ContinuationMode::Array) { "afterany" } else { "afterok" };
    Fix::by_hand("put it into a script of its own, for a job that starts when the chain is over")
        .paste(format!("sbatch --dependency={when}:JOBID after.sh"))
}

fn never(case: &Case<'_>, first: &Command, more: usize, report: &mut Report) {
    let why = format!(
        "{} never run: with exec ckwrap takes the shell's place, and the script ends with it.",
        and_more(more)
    );
    let fix = afterwards(case);
    report.findings.push(Finding::warning("CK003", case.at(first), why, fix));
}

fn always(case: &Case<'_>, first: &Command, more: usize, report: &mut Report) {
    // Whoever asks ckwrap, or has it end otherwise while the chain goes on, knows.
    let asks = case.script.commands.iter().any(|command| is_helper(case.script, command));
    let tells = case.settings.exit_code != 0 && first.before == Join::And;
    if asks || tells {
        return;
    }
    let why = format!(
        "{} run after every segment, also while the chain goes on and the result is not complete{}.",
        and_more(more),
        if case.settings.exit_code == 0 { ": ckwrap ends with 0 then too" } else { "" }
    );
    let fix = afterwards(case);
    report.findings.push(Finding::warning("CK004", case.at(first), why, fix));
}
