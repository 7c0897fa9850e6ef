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
            let rest = Rest::of(case, launch.command);
            let mut later = behind.filter(|command| rest.reaches(case, command));
            if let Some(first) = later.next() {
                always(case, first, later.count(), report);
                return;
            }
        }
    }
}

/// What follows a launch that leaves the shell in place.
struct Rest<'a> {
    launch: &'a Command,
    /// The command directly behind it.
    next: Option<&'a Command>,
    /// Where the script may end: what is behind it may not be reached.
    way_out: usize,
    /// Whether the launch is a condition, so that what follows depends on how it ends.
    condition: bool,
}

impl<'a> Rest<'a> {
    fn of(case: &Case<'a>, launch: &'a Command) -> Self {
        let leaving = ["exit", "return", "break", "continue", "exec"];
        let mut behind = case.script.commands.iter().filter(|other| other.at.start > launch.at.end);
        let next = behind.clone().next();
        let ends = |other: &&Command| other.name().is_some_and(|name| leaving.contains(&name.as_str()));
        let condition = case
            .script
            .around(launch)
            .zip(&launch.within)
            .any(|(block, (_, branch))| matches!(block.kind, Kind::If | Kind::Loop(_)) && *branch == 0);
        let way_out = behind.find(ends).map_or(usize::MAX, |other| other.at.start);
        Self { launch, next, way_out, condition }
    }

    /// Whether a command is sure to run after each segment: no condition, loop or way out stands before it.
    fn reaches(&self, case: &Case<'_>, command: &Command) -> bool {
        let free = command.within.iter().all(|place| {
            let block = case.script.blocks.get(place.0);
            block.is_some_and(|block| block.kind == Kind::Group && block.before == Join::Sequence)
                || self.launch.within.contains(place)
        });
        // `ckwrap -- a && b`: directly behind it, success is all that is asked for.
        let in_line = match command.before {
            Join::Sequence => true,
            Join::And => {
                self.launch.after == Join::And && self.next.is_some_and(|next| std::ptr::eq(next, command))
            }
            Join::Or | Join::Pipe | Join::Background => false,
        };
        let in_time = command.at.start < self.way_out && !self.condition;
        in_time && free && in_line && runs_after(case, self.launch, command)
    }
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
