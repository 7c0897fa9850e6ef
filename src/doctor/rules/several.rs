//! Several programs under ckwrap in one script.

use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix};
use crate::doctor::judge::Report;
use crate::doctor::launch::{Launch, UNKNOWN};
use crate::doctor::shell::Kind;

/// CK007.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    for (index, later) in case.launches.iter().enumerate() {
        let same = case.launches.iter().take(index).any(|earlier| are_one_chain(case, earlier, later));
        let looped = !later.replaces_shell(case.script)
            && case.script.around(later.command).any(|block| matches!(block.kind, Kind::Loop(_)))
            && !has_own_name(later);
        if same || looped {
            let why = if same {
                "Two runs of ckwrap in one job are one chain to it: when the first is finished, the second ends at once without running."
            } else {
                "All turns of the loop are one chain to ckwrap: when the first is finished, the others end at once without running."
            };
            let variable = case.script.around(later.command).find_map(|block| match &block.kind {
                Kind::Loop(variable) => variable.as_deref(),
                _ => None,
            });
            let name = match variable {
                Some(variable) if looped => format!("\"run-${variable}\""),
                _ => "second".to_owned(),
            };
            let line = super::shape::with_option(case, later, &format!("--chain {name}"));
            let how = "give each a job of its own, or each a chain of its own, such as";
            report.findings.push(Finding::error(
                "CK007",
                case.at(later.command),
                why,
                Fix::by_hand(how).paste(line.trim_start_matches("exec ")),
            ));
            return;
        }
    }
}

/// Whether `--chain` names it anew in each turn of a loop, as far as can be told.
fn has_own_name(launch: &Launch<'_>) -> bool {
    launch.is_vague() || matches!(launch.option("chain"), Some(None))
}

fn are_one_chain(case: &Case<'_>, one: &Launch<'_>, other: &Launch<'_>) -> bool {
    let name = |launch: &Launch<'_>| {
        launch.options.iter().rev().find(|(own, _)| own == "chain").and_then(|(_, name)| name.clone())
    };
    let vague = [one, other].iter().any(|launch| launch.options.iter().any(|(own, _)| own.contains(UNKNOWN)))
        || [name(one), name(other)].iter().flatten().any(|name| name.contains(UNKNOWN));
    let unreached = case.script.exclude(one.command, other.command)
        || (one.replaces_shell(case.script) && super::words::is_dead_after(case, one.command, other.command))
        || [one, other].iter().any(|launch| case.script.in_function(launch.command));
    // `exec ckwrap -- a || exec ckwrap -- b`, and a branch that ends with its exec.
    let replaced = one.replaces_shell(case.script) && !one.command.within.is_empty();
    !vague && !unreached && !replaced && name(one) == name(other)
}
