//! Where the program runs, and what is removed there before it starts.

use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix, Place};
use crate::doctor::judge::Report;
use crate::doctor::launch::value;
use crate::doctor::shell::{Command, Kind, Part, Word};

/// CK019, CK020.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    let Some(first) = case.launches.first() else { return };
    let before = case.script.commands.iter().filter(|command| command.at.start < first.command.at.start);
    let mut last = None;
    for command in before.filter(|command| !case.script.in_function(command)) {
        match command.name().as_deref() {
            Some("rm") => journal(case, command, report),
            Some("cd") if in_subshell(case, command) => {}
            // In a branch it may or may not be done.
            Some("cd") if case.script.around(command).next().is_none() => last = Some(Some(command)),
            Some("cd" | "pushd" | "popd") => last = Some(None),
            _ => {}
        }
    }
    match last {
        Some(Some(command)) => {
            if let Some(target) = command.argv().get(1) {
                directory(case.at(command), local(case, target), report);
            }
        }
        Some(None) => {}
        None => {
            if let Some(target) = case.header.value("chdir") {
                directory(case.option_place("chdir"), local_path(target), report);
            }
        }
    }
}

fn in_subshell(case: &Case<'_>, command: &Command) -> bool {
    case.script.around(command).any(|block| block.kind == Kind::Subshell)
}

fn journal(case: &Case<'_>, command: &Command, report: &mut Report) {
    let names = |word: &Word| {
        let name = word.literal().unwrap_or_default();
        name == ".ckwrap" || name.starts_with(".ckwrap/") || name.ends_with("/.ckwrap")
    };
    if command.argv().iter().skip(1).any(names) && case.script.is_plain(command) {
        let why = "A restarted job runs this line too, and without .ckwrap it begins a new chain: a finished one would run again.";
        let fix = Fix::by_hand("take .ckwrap out of this line");
        report.findings.push(Finding::error("CK019", case.at(command), why, fix));
    }
}

/// How sure it is that a directory is there for this node or this job alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Local {
    Surely,
    Usually,
    NotKnown,
}

fn local(case: &Case<'_>, target: &Word) -> Local {
    if let Some(path) = value(case.script, &target.parts) {
        return local_path(&path);
    }
    match target.parts.iter().find(|part| !matches!(part, Part::Literal(text) if text.is_empty())) {
        Some(Part::Variable(name, _))
            if ["TMPDIR", "SLURM_TMPDIR", "LOCALTMP", "TMP"].contains(&name.as_str()) =>
        {
            Local::Usually
        }
        Some(Part::Output(text)) if text.trim_start().starts_with("mktemp ") || text.trim() == "mktemp" => {
            Local::Surely
        }
        Some(Part::Literal(path)) => local_path(path),
        Some(Part::Variable(name, _)) => made_anew(case, name),
        _ => Local::NotKnown,
    }
}

/// A variable that holds what mktemp(1) made.
fn made_anew(case: &Case<'_>, name: &str) -> Local {
    let mut set = case.script.commands.iter().flat_map(|command| &command.words).filter_map(Word::assignment);
    match set.find(|(own, _)| *own == name) {
        Some((_, parts)) if matches!(parts.as_slice(), [Part::Output(text)] if text.trim_start().starts_with("mktemp")) => {
            Local::Surely
        }
        _ => Local::NotKnown,
    }
}

fn local_path(path: &str) -> Local {
    let below =
        |root: &str| path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    if ["/tmp", "/var/tmp", "/dev/shm"].into_iter().any(below) { Local::Surely } else { Local::NotKnown }
}

fn directory(place: Place, local: Local, report: &mut Report) {
    let fix = Fix::by_hand(
        "run in a directory that all nodes share, and let only scratch files go to the node's own disk",
    );
    match local {
        Local::Surely => {
            let why = "The next segment may run on another node or in a new directory, and would find neither checkpoint nor journal here.";
            report.findings.push(Finding::error("CK020", place, why, fix));
        }
        Local::Usually => {
            let why = "On most clusters this directory is on one node's own disk and emptied at the job's end: the next segment would begin anew.";
            report.findings.push(Finding::warning("CK020", place, why, fix));
        }
        Local::NotKnown => {}
    }
}
