//! What stands around ckwrap and between it and the program: timeout, launchers, a shell.

use crate::config::TimeSpan;
use crate::doctor::case::Case;
use crate::doctor::finding::{Finding, Fix};
use crate::doctor::judge::Report;
use crate::doctor::launch::{Launch, UNKNOWN};
use crate::profile::reach::Starter;

/// CK008, CK009, CK017.
pub(in crate::doctor) fn check(case: &Case<'_>, report: &mut Report) {
    for launch in &case.launches {
        ranks(case, launch, report);
        timeout(case, launch, report);
        shell(case, launch, report);
    }
}

/// Tasks that `srun` would start, where that is certain.
fn tasks(case: &Case<'_>, launch: &Launch<'_>) -> Option<u32> {
    let mut words = launch.wrappers.iter();
    while let Some(word) = words.next() {
        let value = match word.as_str() {
            "-n" | "--ntasks" => words.next().map(String::as_str),
            word => word.strip_prefix("--ntasks=").or(word.strip_prefix("-n")),
        };
        if let Some(count) = value.and_then(|value| value.parse().ok()) {
            return Some(count);
        }
    }
    let number = |name: &str| case.header.value(name)?.parse::<u32>().ok();
    match (number("ntasks"), number("ntasks-per-node")) {
        (Some(count), _) => Some(count),
        // On one node at least.
        (None, per_node) => per_node.map(|count| count.saturating_mul(number("nodes").unwrap_or(1))),
    }
}

fn ranks(case: &Case<'_>, launch: &Launch<'_>, report: &mut Report) {
    let several = match launch.starter {
        Some(Starter::Mpirun) => true,
        Some(Starter::Srun) => tasks(case, launch).is_some_and(|count| count > 1),
        _ => return,
    };
    if !several {
        return;
    }
    let program = launch.first.map_or("", |first| case.slice(first.at.start..launch.command.at.end));
    let starter: Vec<&str> = launch.wrappers.iter().map(String::as_str).collect();
    let line = if starter.iter().any(|word| word.contains(UNKNOWN)) {
        "exec ckwrap -- srun ./program".to_owned()
    } else {
        format!("exec ckwrap -- {} {program}", starter.join(" "))
    };
    let fix = Fix::by_hand("put ckwrap in front, one for all ranks").paste(line);
    let place = case.at(launch.command);
    report.findings.push(if launch.starter == Some(Starter::Mpirun) {
        let why = "mpirun starts a ckwrap for each rank: they fight for one chain, and the others do not run.";
        Finding::error("CK008", place, why, fix)
    } else {
        let why = "srun starts a ckwrap for each rank, of which only the first can make the chain go on; one in front of srun sees all of them.";
        Finding::warning("CK008", place, why, fix)
    });
}

/// What `timeout [OPTIONS] TIME` among some words says.
enum Timeout {
    /// There is none.
    Absent,
    /// This long; `None`: only the shell knows.
    Given(Option<std::time::Duration>),
}

/// The time of `timeout [OPTIONS] TIME` among these words.
fn limit(words: &[String]) -> Timeout {
    let Some(at) = words.iter().position(|word| word.rsplit('/').next() == Some("timeout")) else {
        return Timeout::Absent;
    };
    let mut rest = words.iter().skip(at + 1);
    while let Some(word) = rest.next() {
        match word.as_str() {
            // Another signal than SIGTERM may be meant for the program.
            "-s" | "--signal" => return Timeout::Absent,
            word if word.starts_with("--signal=") || word.starts_with("-s") => return Timeout::Absent,
            "-k" | "--kill-after" => {
                rest.next();
            }
            word if word.starts_with('-') => {}
            word => {
                // Without a unit timeout(1) counts seconds, unlike Slurm.
                let text = if word.bytes().all(|byte| byte.is_ascii_digit()) {
                    format!("{word}s")
                } else {
                    word.to_owned()
                };
                return Timeout::Given(text.parse::<TimeSpan>().ok().and_then(TimeSpan::finite));
            }
        }
    }
    Timeout::Given(None)
}

fn timeout(case: &Case<'_>, launch: &Launch<'_>, report: &mut Report) {
    let words: Vec<std::ffi::OsString> = launch.program.iter().map(Into::into).collect();
    let before_program = launch.program.get(..crate::profile::program(&words).index).unwrap_or_default();
    let (time, outside) = match (limit(&launch.wrappers), limit(before_program)) {
        (Timeout::Given(time), _) => (time, true),
        (Timeout::Absent, Timeout::Given(time)) => (time, false),
        (Timeout::Absent, Timeout::Absent) => return,
    };
    // One that strikes after the job's end never strikes.
    if let (Some(time), Some(limit)) = (time, case.header.limit())
        && time >= limit
    {
        return;
    }
    let span = time
        .map_or_else(|| "11h".into(), |time| humantime::format_duration(time).to_string().replace(' ', ""));
    let why = if outside {
        "timeout ends ckwrap by SIGTERM, which it takes for a word to stop: it saves, and the chain does not go on."
    } else {
        "timeout ends the program before ckwrap asks it for a checkpoint, and the chain ends with a failure."
    };
    let program: Vec<&str> = launch.program.iter().map(String::as_str).collect();
    let own: String = launch.own.iter().flat_map(|word| [word.as_str(), " "]).collect();
    let fix = Fix::by_hand("let ckwrap keep the time").paste(
        if outside && !program.iter().any(|word| word.contains(UNKNOWN)) && !own.contains(UNKNOWN) {
            let text = launch.first.map_or("", |first| case.slice(first.at.start..launch.command.at.end));
            format!("exec ckwrap --time-limit {span} {own}-- {text}")
        } else {
            format!("--time-limit {span}")
        },
    );
    report.findings.push(Finding::error("CK009", case.at(launch.command), why, fix));
}

fn shell(case: &Case<'_>, launch: &Launch<'_>, report: &mut Report) {
    let words: Vec<std::ffi::OsString> = launch.program.iter().map(Into::into).collect();
    let program = launch.program.get(crate::profile::program(&words).index..).unwrap_or_default();
    let [shell, option, text, ..] = program else { return };
    let shells = ["sh", "bash", "dash", "zsh", "ksh"];
    let is_shell = shell.rsplit('/').next().is_some_and(|name| shells.contains(&name));
    // A script that waits for signals, or that the program replaces, may be meant so.
    let meant = text.contains(UNKNOWN)
        || text.contains("trap")
        || text.contains("exec ")
        || launch.option("profile").is_some();
    let runs_text = option.starts_with('-') && !option.starts_with("--") && option.ends_with('c');
    if !is_shell || !runs_text || meant || !text.contains([';', '&', '|', '\n']) {
        return;
    }
    let why = "ckwrap sees a shell here and not the program: no profile fits, and whether the program is ever asked for a checkpoint depends on that shell.";
    let fix = Fix::by_hand("write what comes first into lines of its own, and start the program itself")
        .paste("exec ckwrap -- ./program");
    report.findings.push(Finding::warning("CK017", case.at(launch.command), why, fix));
}
