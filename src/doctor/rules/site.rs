//! Slurm's settings, against what the chain needs.

use std::time::Duration;

use crate::doctor::case::{Case, Settings, commands};
use crate::doctor::facts::{Asked, Checkpoints, Site};
use crate::doctor::finding::{Finding, Fix, Place};
use crate::doctor::header::Header;
use crate::doctor::judge::Report;
use crate::model::ContinuationMode;
use crate::scheduler::slurm::PreemptMode;

/// CK201 to CK204.
pub(in crate::doctor) fn check(
    site: &Site,
    text: Option<&str>,
    settings: &Settings,
    known: &Checkpoints,
    report: &mut Report,
) {
    let mode = match text {
        None => Some(settings.mode),
        Some(text) => {
            let header = Header::of(text);
            let script = commands(text, &header);
            Case::new(text, "", (&header, &script), settings, Some(site)).mode()
        }
    };
    not_told(site, report);
    seen(site, report);
    if mode == Some(ContinuationMode::ExitCode) {
        codes(site, settings, report);
    }
    if !site.sbatch && mode == Some(ContinuationMode::Successor) {
        let why = "There is no sbatch on this machine; if compute nodes have none either, no successor can be submitted.";
        let fix = Fix::by_hand("let a node submit that may, in ckwrap.yaml")
            .paste("continue: {submit_command: [ssh, LOGIN-NODE, sbatch]}");
        report.findings.push(Finding::warning("CK204", Place::Site, why, fix));
    }
    saving(site, known, report);
    partition(site, report);
}

fn seen(site: &Site, report: &mut Report) {
    let yes_no = |value: &bool| if *value { "1" } else { "0" };
    let codes = |codes: &Vec<u8>| {
        let all: Vec<String> = codes.iter().map(ToString::to_string).collect();
        if all.is_empty() { "none".to_owned() } else { all.join(",") }
    };
    let mut parts: Vec<String> = Vec::new();
    parts.extend(site.kill_wait.known().map(|wait| format!("KillWait {}s", wait.as_secs())));
    parts.extend(site.requeue.known().map(|value| format!("JobRequeue {}", yes_no(value))));
    parts.extend(site.append.known().map(|value| format!("JobFileAppend {}", yes_no(value))));
    parts.extend(site.requeue_exit.known().map(|value| format!("RequeueExit {}", codes(value))));
    parts.extend(site.tracking.known().map(|value| format!("ProctrackType {value}")));
    if let Some((name, Asked::Known(view))) = &site.partition {
        let (mode, grace) = (view.preempt_mode.words(), view.grace_time.as_secs());
        parts.push(format!("partition {name} with PreemptMode {mode}, GraceTime {grace}s"));
    }
    if !parts.is_empty() {
        let version = site.version.as_deref().map_or(String::new(), |version| format!(" {version}"));
        report.seen.push(format!("Slurm{version}: {}", parts.join(", ")));
    }
}

fn not_told(site: &Site, report: &mut Report) {
    let mut note = |what: &str, why: Option<&String>| {
        if let Some(why) = why {
            report.not_judged.push(format!("{what}: Slurm could not be asked ({why})"));
        }
    };
    let all = [
        site.kill_wait.unknown(),
        site.requeue.unknown(),
        site.append.unknown(),
        site.requeue_exit.unknown(),
    ];
    if let [Some(why), Some(_), Some(_), Some(_)] = all {
        note("the site's settings", Some(why));
    } else {
        let names = ["KillWait", "JobRequeue", "JobFileAppend", "RequeueExit"];
        names.into_iter().zip(all).for_each(|(name, why)| note(name, why));
    }
    if let Some((name, asked)) = &site.partition {
        note(&format!("preemption in partition {name}"), asked.unknown());
    }
}

fn codes(site: &Site, settings: &Settings, report: &mut Report) {
    let Some(codes) = site.requeue_exit.known() else { return };
    let own = settings.exit_code;
    if own != 0 && codes.contains(&own) || own == 0 && !codes.is_empty() {
        return;
    }
    let listed: Vec<String> = codes.iter().map(ToString::to_string).collect();
    let (why, fix) = if codes.is_empty() {
        let why = "`--continue exit-code` goes on by a code that the site requeues, and this site requeues none (RequeueExit).".to_owned();
        (why, Fix::by_hand("let ckwrap requeue the job itself").paste("--continue requeue"))
    } else {
        let why = format!(
            "continue.exit_code is {own}, and this site requeues only {} (RequeueExit).",
            listed.join(", ")
        );
        (
            why,
            Fix::by_hand("in ckwrap.yaml")
                .paste(format!("continue: {{exit_code: {}}}", codes.first().unwrap_or(&0))),
        )
    };
    report.findings.push(Finding::error("CK202", Place::Site, why, fix));
}

/// At a preemption without grace, and at scancel, ckwrap allows a checkpoint two thirds of KillWait.
fn saving(site: &Site, known: &Checkpoints, report: &mut Report) {
    let (Some(kill_wait), Some(slowest)) = (site.kill_wait.known(), known.slowest) else { return };
    let allowed = *kill_wait * 2 / 3;
    if slowest <= allowed {
        return;
    }
    let span = |span: Duration| humantime::format_duration(Duration::from_secs(span.as_secs())).to_string();
    let why = format!(
        "A checkpoint has taken {} here, and at scancel or a preemption without grace there are {} (two thirds of KillWait).",
        span(slowest),
        span(allowed)
    );
    let fix = Fix::by_hand(
        "let the program save more often by itself, so that less is lost, or ask your site for a longer KillWait or GraceTime",
    );
    report.findings.push(Finding::advice("CK201", Place::Site, why, fix));
}

fn partition(site: &Site, report: &mut Report) {
    let Some((name, asked)) = &site.partition else { return };
    let Some(view) = asked.known() else { return };
    if view.preempt_mode == PreemptMode::Cancel && view.grace_time.is_zero() {
        let why = format!(
            "Partition {name} cancels preempted jobs without a grace time: ckwrap must save and submit the next one within KillWait."
        );
        let fix = Fix::by_hand(
            "let the program save often by itself, or use a partition that requeues (PreemptMode=REQUEUE)",
        );
        report.findings.push(Finding::advice("CK203", Place::Site, why, fix));
    }
}
