//! Whether the job may be requeued, and what becomes of its output then.

use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix, Place};
use crate::doctor::judge::Report;

/// CK101, CK102, CK103.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    if !case.requeues() || case.launches.is_empty() {
        return;
    }
    append(case, report);
    let last = case
        .header
        .options
        .iter()
        .rev()
        .find(|option| ["requeue", "no-requeue"].contains(&option.name.as_str()));
    match last {
        Some(option) if option.name == "no-requeue" => {
            let why = "With --no-requeue a preemption or the loss of a node ends the chain: Slurm does not start the job again.";
            let fix = Fix::by_hand("write in this line, unless your site forbids it").paste("--requeue");
            report.findings.push(Finding::warning("CK102", Place::Script(option.at.clone()), why, fix));
        }
        Some(_) => {}
        None => missing(case, report),
    }
}

fn missing(case: &Case<'_>, report: &mut Report) {
    let place = Place::Script(case.header.first_line.clone());
    let fix = case.add_option("#SBATCH --requeue");
    match case.site.and_then(|site| site.requeue.known()) {
        Some(true) => {}
        Some(false) => report.findings.push(Finding::warning(
            "CK103",
            place,
            "This site requeues no job that does not ask for it (JobRequeue=0), so a preemption or the loss of a node ends the chain.",
            fix,
        )),
        None => report.findings.push(Finding::advice(
            "CK103",
            place,
            "Without --requeue it depends on the site (JobRequeue) whether the job runs again after a preemption or the loss of a node.",
            fix,
        )),
    }
}

fn append(case: &Case<'_>, report: &mut Report) {
    if case.header.value("output") == Some("/dev/null") {
        return;
    }
    match case.header.value("open-mode") {
        // sbatch takes any beginning of the word.
        Some(mode) if mode.starts_with('a') => {}
        Some(_) => {
            let why = "--open-mode=truncate empties the job's output at each restart: what earlier segments said is lost.";
            let fix = case.change_option("open-mode", "--open-mode=append").unsafe_to_apply();
            report.findings.push(Finding::warning("CK101", case.option_place("open-mode"), why, fix));
        }
        None if case.site.and_then(|site| site.append.known()) == Some(&true) => {}
        None => {
            let why = "Slurm empties the job's output at each restart: what earlier segments said is lost.";
            let fix = case.add_option("#SBATCH --open-mode=append");
            let place = case.option_place("output");
            report.findings.push(Finding::warning("CK101", place, why, fix));
        }
    }
}
