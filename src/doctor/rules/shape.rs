//! How ckwrap stands in its line: with exec or without, in a pipeline, in the background.

use super::words::{is_harmless, is_signal, runs_after, traps};
use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix, Place};
use crate::doctor::judge::Report;
use crate::doctor::launch::Launch;
use crate::doctor::shell::{Command, Join, Kind, Word};

/// CK002, CK005, CK006, CK013.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    for launch in &case.launches {
        if launch.in_pipe(case.script) {
            pipe(case, launch, report);
        } else if launch.in_background(case.script) {
            background(case, launch, report);
        } else if !launch.replaces_shell(case.script) {
            shell_between(case, launch, report);
        }
    }
}

/// `exec` in front, where that is all that is to be done; with the change where it cannot do harm.
pub(super) fn exec(case: &Case<'_>, launch: &Launch<'_>) -> Option<Fix> {
    let command = launch.command;
    // In the condition of an `if` the shell must see how it ends.
    let condition = case
        .script
        .around(command)
        .zip(&command.within)
        .any(|(block, (_, branch))| block.kind == Kind::If && *branch == 0);
    let alone =
        !condition && command.before == Join::Sequence && command.after == Join::Sequence && !launch.exec;
    let in_place = case.script.around(command).all(|block| {
        matches!(block.kind, Kind::Group | Kind::If | Kind::Case)
            && block.before == Join::Sequence
            && block.after == Join::Sequence
            && !block.redirected
    });
    let at_once =
        case.script.commands.iter().all(|other| !runs_after(case, command, other) || is_harmless(other));
    // The keyword `time` is none behind exec, and the others may be functions.
    if !alone || !in_place || !at_once || !launch.wrappers.is_empty() {
        return None;
    }
    let fix = Fix::by_hand("write instead").paste(whole(case, launch));
    let others = case.launches.len() > 1 || case.script.unclear.is_some() || !traps(case).is_empty();
    let text = if command.assignments > 0 { "exec env " } else { "exec " };
    Some(if others { fix } else { fix.edit(command.at.start..command.at.start, text) })
}

/// The command as it should be: in the shell's place, and with the two dashes.
fn whole(case: &Case<'_>, launch: &Launch<'_>) -> String {
    let text = case.with_exec(launch.command);
    let behind = launch.first.filter(|_| !launch.separated && !launch.is_vague());
    let program = behind.map_or("", |first| case.slice(first.at.start..launch.command.at.end));
    match text.strip_suffix(program) {
        Some(front) if !program.is_empty() => format!("{front}-- {program}"),
        _ => text,
    }
}

/// The line with one more option of ckwrap.
pub(super) fn with_option(case: &Case<'_>, launch: &Launch<'_>, option: &str) -> String {
    let text = whole(case, launch);
    match text.split_once("ckwrap ") {
        Some((before, behind)) => format!("{before}ckwrap {option} {behind}"),
        None => format!("exec ckwrap {option} -- ..."),
    }
}

fn shell_between(case: &Case<'_>, launch: &Launch<'_>, report: &mut Report) {
    // In a step Slurm signals ckwrap itself; in a function it may be right as it is; the worse has been said already.
    let said = report
        .findings
        .iter()
        .any(|finding| finding.code == "CK108" && finding.place == case.at(launch.command));
    if launch.starter.is_some()
        || case.script.in_function(launch.command)
        || said
        || shell_is_needed(case, launch)
    {
        return;
    }
    let why = "Without exec the shell stays before ckwrap, and at a preemption or scancel ckwrap may hear nothing before it is killed.";
    let fix = exec(case, launch).unwrap_or_else(|| {
        Fix::by_hand(
            "make it the script's last command, with exec; what follows it goes into a job of its own",
        )
        .paste(format!(
            "exec {}",
            case.argv_text(launch.command).trim_start_matches("exec ").trim_start_matches("time ")
        ))
    });
    report.findings.push(Finding::warning("CK002", case.at(launch.command), why, fix));
}

/// Whether the shell must stay to start another one: that this is one too many is said elsewhere.
fn shell_is_needed(case: &Case<'_>, launch: &Launch<'_>) -> bool {
    let looped = case.script.around(launch.command).any(|block| matches!(block.kind, Kind::Loop(_)));
    let others = case.launches.iter().any(|other| {
        !std::ptr::eq(other.command, launch.command) && !case.script.exclude(other.command, launch.command)
    });
    looped || others
}

/// Whether several chains are run at once on purpose: only one could take the shell's place.
fn others_run_beside(case: &Case<'_>) -> bool {
    case.launches.len() > 1 && case.launches.iter().all(|launch| launch.option("chain").is_some())
}

fn pipe(case: &Case<'_>, launch: &Launch<'_>, report: &mut Report) {
    let why = "In a pipeline ckwrap does not take the shell's place, and the job ends with the exit code of the last command in it.";
    let text = whole(case, launch);
    let behind = case.script.commands.iter().find(|command| command.at.start > launch.command.at.end);
    let file = behind.filter(|_| launch.command.after == Join::Pipe).and_then(tee_file);
    let both =
        case.slice(launch.command.at.end..behind.map_or(launch.command.at.end, |command| command.at.start));
    let fix = match file {
        Some(file) if !text.contains("2>&1") && !both.contains("|&") => {
            Fix::by_hand("let ckwrap's output go into the file itself").paste(format!("{text} >> {file}"))
        }
        Some(file) => {
            let text = text.replace(" 2>&1", "");
            Fix::by_hand("let ckwrap's output go into the file itself")
                .paste(format!("{text} >> {file} 2>&1"))
        }
        None => Fix::by_hand("start ckwrap by itself, and work on its output in the job's output file")
            .paste(text),
    };
    report.findings.push(Finding::warning("CK005", case.at(launch.command), why, fix));
}

/// The file of `tee FILE`.
fn tee_file(command: &Command) -> Option<String> {
    let words: Option<Vec<String>> = command.argv().iter().map(Word::literal).collect();
    match words?.as_slice() {
        [tee, file] if tee == "tee" => Some(file.clone()),
        [tee, append, file] if tee == "tee" && append == "-a" => Some(file.clone()),
        _ => None,
    }
}

fn background(case: &Case<'_>, launch: &Launch<'_>, report: &mut Report) {
    if case.script.in_function(launch.command) {
        return;
    }
    let fix = || {
        let text = whole(case, launch);
        Fix::by_hand("write instead, and take the `wait` out").paste(text)
    };
    let is = |command: &&Command, name: &str| command.name().is_some_and(|own| own == name);
    let behind = |command: &&Command| command.at.start > launch.command.at.end;
    let waits: Vec<&Command> =
        case.script.commands.iter().filter(|command| is(command, "wait")).filter(behind).collect();
    let in_foreground = |command: &&Command| {
        runs_after(case, launch.command, command)
            && !is_harmless(command)
            && command.after != Join::Background
    };
    let others = case.script.commands.iter().any(|command| in_foreground(&command));
    if waits.is_empty() {
        // Another command in the foreground may last longer.
        if others || case.script.unclear.is_some() {
            report
                .not_judged
                .push("how long the script's shell outlives the ckwrap it starts in the background".into());
            return;
        }
        let why = "The script ends while ckwrap runs in the background, and with its shell Slurm ends the whole job.";
        report.findings.push(Finding::error("CK006", case.at(launch.command), why, fix()));
        return;
    }
    let trap = traps(case).into_iter().find(|(_, text, signals)| {
        signals.iter().any(|name| is_signal(name)) && !text.contains("wait") && !calls_function(case, text)
    });
    let exits_on_error = case.script.commands.iter().any(|command| {
        is(&command, "set")
            && command.argv().iter().filter_map(Word::literal).any(|word| {
                word == "errexit" || (word.starts_with('-') && !word.starts_with("--") && word.contains('e'))
            })
    });
    let again =
        |command: &&Command| case.script.around(command).any(|block| matches!(block.kind, Kind::Loop(_)));
    if let (Some(_), [first, rest @ ..]) = (trap, waits.as_slice())
        && !again(first)
        && (rest.is_empty() || exits_on_error)
        && !others
    {
        let why = "`wait` ends as soon as the trapped signal comes, and the script with it, while ckwrap is still saving.";
        report.findings.push(Finding::error("CK013", case.at(first), why, fix()));
    } else if !others_run_beside(case) && launch.starter.is_none() {
        let why = "A shell that waits for ckwrap stays before it, and at a preemption or scancel ckwrap may hear nothing before it is killed.";
        report.findings.push(Finding::warning("CK006", Place::Script(launch.command.at.clone()), why, fix()));
    }
}

/// Whether a trap's action is a function of the script, which may wait.
fn calls_function(case: &Case<'_>, action: &str) -> bool {
    let first = action.split_whitespace().next().unwrap_or_default();
    case.script.blocks.iter().any(|block| matches!(&block.kind, Kind::Function(name) if name == first))
}
