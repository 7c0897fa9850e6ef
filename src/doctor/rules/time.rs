//! The time limit and the lead.

use crate::config::TimeSpan;
use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix, Place};
use crate::doctor::judge::Report;

/// CK104, CK105, CK106, CK107.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    match case.header.option("time") {
        None if case.launches.is_empty() => {}
        None => {
            let why =
                "There is no --time: the partition's own limit holds, which may be minutes, or none at all.";
            let fix = case.add_option("#SBATCH --time=12:00:00").unsafe_to_apply();
            report.findings.push(Finding::advice(
                "CK104",
                Place::Script(case.header.first_line.clone()),
                why,
                fix,
            ));
        }
        Some(_) => form(case, report),
    }
    if case.requeues() && !case.launches.is_empty() && case.header.option("time-min").is_some() {
        let why = "With --time-min Slurm may cut the limit at one start, and it stays cut at all restarts.";
        let fix =
            Fix::by_hand("take --time-min out, or let the chain go on by `ckwrap --continue successor`");
        report.findings.push(Finding::warning("CK106", case.option_place("time-min"), why, fix));
    }
    lead(case, report);
}

fn form(case: &Case<'_>, report: &mut Report) {
    let Some(value) = case.header.value("time").filter(|value| !value.contains('$')) else { return };
    let words = ["UNLIMITED", "INFINITE", "-1"].iter().any(|word| word.eq_ignore_ascii_case(value));
    if words || value.bytes().all(|byte| byte.is_ascii_digit() || b":-".contains(&byte)) {
        return;
    }
    let why = format!("sbatch does not understand this time limit: `{value}`.");
    let fix = match value.parse::<TimeSpan>().ok().and_then(TimeSpan::finite) {
        Some(span) => {
            let minutes = span.as_secs().div_ceil(60);
            case.change_option("time", &format!("--time={:02}:{:02}:00", minutes / 60, minutes % 60))
        }
        None => Fix::by_hand("write hours, minutes, seconds").paste("--time=12:00:00"),
    };
    report.findings.push(Finding::error("CK105", case.option_place("time"), why, fix));
}

fn lead(case: &Case<'_>, report: &mut Report) {
    let (Some((lead, launch)), Some(limit)) = (case.lead(), case.header.limit()) else { return };
    if lead <= limit / 2 {
        return;
    }
    let span = |span: std::time::Duration| humantime::format_duration(span).to_string();
    let what = if lead >= limit { "longer than" } else { "more than half of" };
    let why = format!(
        "The lead of {} is {what} the time limit of {}: ckwrap cuts it to half of that.",
        span(lead),
        span(limit)
    );
    let shorter = std::time::Duration::from_mins((limit.as_secs() / 60 / 4).max(1));
    let how = "choose twice what the slowest checkpoint takes and a minute more, or a longer --time";
    let fix = Fix::by_hand(how).paste(match launch {
        Some(_) => format!("--lead {}", span(shorter).replace(' ', "")),
        None => format!("checkpoint: {{lead: {}}}", span(shorter).replace(' ', "")),
    });
    let place = launch.map_or_else(|| case.option_place("time"), |launch| case.at(launch.command));
    report.findings.push(Finding::warning("CK107", place, why, fix));
}
