//! Which commands matter: helpers of several checks.

use crate::doctor::case::Case;
use crate::doctor::shell::{Command, Join, Kind};

/// Commands that only tell something or change the shell itself: running them once more, or never, does no harm.
const HARMLESS: [&str; 36] = [
    "let",
    "declare",
    "sleep",
    "echo",
    "printf",
    "date",
    "exit",
    "true",
    "false",
    ":",
    "wait",
    "return",
    "hostname",
    "env",
    "pwd",
    "ls",
    "sacct",
    "seff",
    "squeue",
    "sstat",
    "nvidia-smi",
    "export",
    "cd",
    "unset",
    "set",
    "local",
    "test",
    "[",
    "shift",
    "module",
    "ml",
    "conda",
    "source",
    ".",
    "deactivate",
    "ulimit",
];

/// Whether running it once more, or never, does no harm.
pub(in crate::doctor) fn is_harmless(command: &Command) -> bool {
    let writes = command.redirects.iter().any(|to| {
        to.operator.contains('>')
            && !to.operator.contains('&')
            && to.target.literal().as_deref() != Some("/dev/null")
    });
    match command.name() {
        _ if command.argv().is_empty() => true,
        Some(name) => HARMLESS.contains(&name.as_str()) && !writes,
        None => false,
    }
}

/// What a script sets by `trap`: the words of each, with the command. Traps that are only reset or ignored are left out.
pub(super) fn traps<'a>(case: &Case<'a>) -> Vec<(&'a Command, String, Vec<String>)> {
    let traps =
        case.script.commands.iter().filter(|command| command.name().is_some_and(|name| name == "trap"));
    traps
        .filter_map(|command| {
            let mut words = command.argv().get(1..)?.iter().peekable();
            words.next_if(|word| word.literal().as_deref() == Some("--"));
            // An action with a variable in it is an action too.
            let action = words.next()?;
            let text = action.literal().unwrap_or_else(|| case.slice(action.at.clone()).to_owned());
            let signals: Vec<String> = words.filter_map(crate::doctor::shell::Word::literal).collect();
            let acts = !["", "-", "-l", "-p"].contains(&text.as_str()) && !signals.is_empty();
            acts.then_some((command, text, signals))
        })
        .collect()
}

/// Whether some `trap` of the script keeps this signal from killing the shell, be it by ignoring it.
pub(super) fn is_handled(case: &Case<'_>, signal: &str) -> bool {
    case.script.commands.iter().filter(|command| command.name().is_some_and(|name| name == "trap")).any(
        |command| {
            let words: Vec<String> =
                command.argv().iter().map(|word| word.literal().unwrap_or_default()).collect();
            words.get(1).is_some_and(|action| action != "-")
                && words.iter().skip(2).any(|own| same_signal(own, signal))
        },
    )
}

/// Whether this is what a trap calls this signal.
pub(super) fn same_signal(one: &str, other: &str) -> bool {
    match (one.parse::<crate::model::Signal>(), other.parse::<crate::model::Signal>()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Whether a name in a trap means a signal, and not the shell's own `EXIT`, `ERR`, `DEBUG`, `RETURN`.
pub(super) fn is_signal(name: &str) -> bool {
    name.parse::<crate::model::Signal>().is_ok()
}

/// Whether a command runs once `first` is over, as far as that can be seen: it stands behind it, in no function, in no other
/// branch, and not as the answer to its failure.
pub(super) fn runs_after(case: &Case<'_>, first: &Command, command: &Command) -> bool {
    let block = command.within.iter().find(|place| !first.within.contains(place));
    let block = block.and_then(|(block, _)| case.script.blocks.get(*block));
    let for_failure = first.after == Join::Or
        && (command.before == Join::Or || block.is_some_and(|block| block.before == Join::Or));
    command.at.start > first.at.end
        && !for_failure
        && !case.script.in_function(command)
        && !case.script.exclude(first, command)
}

/// Whether a command is never reached once the shell has been replaced by `first`.
pub(super) fn is_dead_after(case: &Case<'_>, first: &Command, command: &Command) -> bool {
    let same = command.within.len() >= first.within.len()
        && first.within.iter().zip(&command.within).all(|(one, other)| one == other);
    let own_shell = case.script.around(first).any(|block| {
        matches!(block.kind, Kind::Subshell | Kind::Function(_))
            || matches!(block.before, Join::And | Join::Or)
    });
    first.before == Join::Sequence && same && !own_shell && runs_after(case, first, command)
}
