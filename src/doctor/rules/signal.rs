//! `--signal`: whom Slurm's warning reaches, and what it does there.

use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix, Place};
use crate::doctor::header::Warning;
use crate::doctor::judge::Report;
use crate::doctor::rules::words::{is_handled, same_signal};
use crate::model::Signal;
use crate::profile::reach::Starter;

/// Signals whose default action ends nobody.
const MILD: [&str; 8] = ["CHLD", "CONT", "URG", "WINCH", "STOP", "TSTP", "TTIN", "TTOU"];

/// CK108 to CK112.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    let Some(option) = case.header.option("signal") else { return };
    if case.launches.is_empty() {
        return;
    }
    let place = Place::Script(option.at.clone());
    let Some(warning) = case.header.warning() else {
        report.not_judged.push(format!("`{}`: its form is not known", case.slice(option.at.clone())));
        return;
    };
    if warning.seconds == 0 {
        let why = "Slurm never sends a warning at 0 seconds before the end.";
        let fix =
            case.change_option("signal", &format!("--signal={}{}@300", prefix(&warning), warning.signal));
        report.findings.push(Finding::warning("CK112", place, why, fix.unsafe_to_apply()));
        return;
    }
    if warning.to_shell {
        to_shell(case, &warning, &place, report);
    } else {
        to_steps(case, &warning, &place, report);
    }
    early(case, &warning, place, report);
}

fn prefix(warning: &Warning) -> &'static str {
    if warning.to_shell { "B:" } else { "" }
}

fn to_shell(case: &Case<'_>, warning: &Warning, place: &Place, report: &mut Report) {
    let signal = warning.signal.parse::<Signal>().ok();
    let mild = MILD.iter().any(|mild| same_signal(mild, &warning.signal));
    let trapped = is_handled(case, &warning.signal);
    // In a function it may or may not run in the shell that is signalled.
    let shell = case
        .launches
        .iter()
        .find(|launch| !launch.replaces_shell(case.script) && !case.script.in_function(launch.command));
    if let Some(launch) = shell
        && signal.is_some()
        && !mild
        && !trapped
        && !(launch.exec && launch.starter.is_some())
    {
        let why = format!(
            "The shell stays before ckwrap and has no trap, so Slurm's {} kills it, and the job with it.",
            name(&warning.signal)
        );
        let how = "let ckwrap take the shell's place";
        let fix = match super::shape::exec(case, launch) {
            Some(fix) => Fix { how: how.into(), ..fix },
            None => Fix::by_hand(format!("{how}, or take --signal out: ckwrap asks Slurm when the job ends")),
        };
        report.findings.push(Finding::error("CK108", case.at(launch.command), why, fix));
    }
    let Some(signal) = signal else { return };
    if signal == Signal::TERM {
        let why =
            "ckwrap takes a SIGTERM of the running job for a word to stop: it saves, and does not go on.";
        let fix = case.change_option("signal", &format!("--signal=B:USR1@{}", warning.seconds));
        // A shell that has a trap for this signal alone would die of the other one.
        let replaced = case.launches.iter().all(|launch| launch.replaces_shell(case.script));
        let fix = if replaced { fix } else { fix.unsafe_to_apply() };
        report.findings.push(Finding::error("CK110", place.clone(), why, fix));
    } else if !case.settings.warning_signals.contains(&signal) && !mild {
        let known: Vec<String> = case.settings.warning_signals.iter().map(ToString::to_string).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let why = format!(
            "ckwrap hands SIG{} on to the program instead of taking it for Slurm's warning (deadline.warning_signals: {known}).",
            name(&warning.signal).trim_start_matches("SIG")
        );
        let fix = Fix::by_hand("write in this line").paste(format!("--signal=B:USR1@{}", warning.seconds));
        report.findings.push(Finding::warning("CK110", place.clone(), why, fix));
    }
}

fn name(signal: &str) -> String {
    signal.parse::<Signal>().map_or_else(|_| signal.to_owned(), |signal| signal.to_string())
}

fn to_steps(case: &Case<'_>, warning: &Warning, place: &Place, report: &mut Report) {
    // ckwrap in a step is signalled itself.
    if case.launches.iter().any(|launch| launch.starter.is_some()) {
        return;
    }
    let in_steps = case.launches.iter().any(|launch| {
        let words: Vec<std::ffi::OsString> = launch.program.iter().map(Into::into).collect();
        crate::profile::program(&words).starters.iter().flatten().any(|one| *one == Starter::Srun)
    });
    let why = if in_steps {
        "Without `B:` Slurm sends the warning to the program behind ckwrap's back, and one without a handler dies of it."
    } else {
        "Without `B:` Slurm warns job steps only: ckwrap hears nothing of it."
    };
    let fix = case.change_option("signal", &format!("--signal=B:{}@{}", warning.signal, warning.seconds));
    let heard =
        warning.signal.parse::<Signal>().is_ok_and(|signal| case.settings.warning_signals.contains(&signal));
    let replaced = case.launches.iter().all(|launch| launch.replaces_shell(case.script));
    let reserved = case.header.value("signal").is_some_and(|value| value.starts_with(['R', 'r']));
    let fix = if heard && replaced && !reserved { fix } else { fix.unsafe_to_apply() };
    report.findings.push(Finding::warning("CK109", place.clone(), why, fix));
}

/// Slurm looks every 30 seconds and may be up to a minute early (sbatch(1)).
fn early(case: &Case<'_>, warning: &Warning, place: Place, report: &mut Report) {
    let Some(limit) = case.header.limit() else { return };
    if warning.seconds.saturating_add(60) < limit.as_secs() {
        return;
    }
    let why = format!(
        "A warning {} s before the end of {} comes at the very start, perhaps before the program is ready for it.",
        warning.seconds,
        humantime::format_duration(limit)
    );
    let seconds = (limit.as_secs() / 4).clamp(1, 600);
    let text = format!("--signal={}{}@{seconds}", prefix(warning), warning.signal);
    let fix = case.change_option("signal", &text).unsafe_to_apply();
    report.findings.push(Finding::error("CK111", place, why, fix));
}
